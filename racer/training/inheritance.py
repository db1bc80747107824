"""What a new run takes over from another one: as a clone of it, or as its student.

Only settings are read here, not the policy: a command needs no torch to check what it is told.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from racer import defaults
from racer.algorithms.known import algorithm, dagger
from racer.config.train_config import TrainConfig
from racer.errors import RunError
from racer.runs.checkpoint_file import find_checkpoint, read_settings
from racer.runs.own_reward import own_reward, shipped_reward

EVAL_EVERY = 2_000
"""Steps between evaluations of a student: it learns in a fraction of what others need."""


def parent_config(
    parent: Path,
    checkpoint: str = "best",
    *,
    reward: str | None = None,
    allow_pickle: bool = False,
    on_note: Callable[[str], None] | None = None,
) -> TrainConfig:
    """Return the settings of a run with its own copy of the reward function; see ``inherited``.

    Args:
        parent: a run's folder, or a checkpoint file.
        checkpoint: best or last.
        reward: what is taken in place of the run's own reward function, if anything is.
        allow_pickle: take the checkpoint of an older version too, which can run any code.
        on_note: told what a user should know.

    Raises:
        RunError: if the checkpoint cannot be read, or no reward function is given and its own is
            not there.
    """
    path = find_checkpoint(parent, checkpoint, on_note)
    config, facts = read_settings(path, allow_pickle=allow_pickle)
    if reward is None:
        own = own_reward(parent, path, facts)
        reward = shipped_reward(config.reward) if own is None else str(own.path)
    if reward is None:
        raise RunError(
            f"{path}: was trained with the reward function {config.reward}, which is not in it "
            "and is not looked for; --reward FILE says what the clone is trained with"
        )
    return config.model_copy(update={"reward": reward})


def inherited(parent: TrainConfig, algo: str | None = None) -> dict[str, Any]:
    """Return the settings that a clone takes over, as fields of ``TrainConfig``.

    Hyperparameters are those of their algorithm. A student that goes on learning from rewards
    leaves its teacher, and has the evaluations of other trainings.

    Args:
        parent: as ``parent_config`` returns it.
        algo: of the clone; None for the same.
    """
    values = parent.model_dump()
    if algo in (None, parent.algo):
        return values
    values |= {"algo": algo, "hyperparameters": {}}
    if algorithm(parent.algo).has_teacher:
        values |= {"teacher": None, "eval_every": TrainConfig.model_fields["eval_every"].default}
    return values


def student_settings(
    run: Path, which: str = "best", on_note: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Return the settings of a run that imitates another one with a camera.

    Track, car, actions and the reward function, which only keeps the tables here, are the
    teacher's. A checkpoint by itself has no reward function: its tables are of the default one.

    Args:
        run: the teacher's folder, or a checkpoint file.
        which: best or last.
        on_note: told what a user should know.

    Raises:
        RunError: if the checkpoint cannot be read.
    """
    path = find_checkpoint(run, which, on_note)
    named, facts = read_settings(path)
    is_bare = own_reward(run, path, facts) is None and shipped_reward(named.reward) is None
    config = parent_config(path, reward=defaults.REWARD if is_bare else None)
    own = ("reward", "track", "track_scale", "reverse", "n_envs", "vehicle", "actions",
           "max_seconds", "first_steps", "start_advance", "start_at", "drop_duplicates",
           "eval_trials")  # fmt: skip
    values = config.model_dump(include=set(own))
    return {
        **values,
        "algo": dagger.ALGORITHM.name,
        "teacher": str(path),
        "observe": "camera",
        "eval_every": EVAL_EVERY,
    }
