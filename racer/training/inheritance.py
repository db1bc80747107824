"""What a new run takes over from another one: as a clone of it, or as its student.

Only settings are read here, not the policy: a command needs no torch to check what it is told.
"""

from pathlib import Path
from typing import Any

from racer.algorithms.known import algorithm, dagger
from racer.config.train_config import TrainConfig
from racer.run_files import REWARD_COPY
from racer.runs.checkpoint_file import find_checkpoint, read_settings

EVAL_EVERY = 2_000
"""Steps between evaluations of a student: it learns in a fraction of what others need."""


def parent_config(
    parent: Path, checkpoint: str = "best", *, allow_pickle: bool = False
) -> TrainConfig:
    """Return the settings of a run with its own copy of the reward function; see ``inherited``.

    Args:
        parent: a run's folder, or a checkpoint file.
        checkpoint: best or last.
        allow_pickle: take the checkpoint of an older version too, which can run any code.

    Raises:
        RunError: if the checkpoint cannot be read.
    """
    path = find_checkpoint(parent, checkpoint)
    config = read_settings(path, allow_pickle=allow_pickle)
    copy = path.parent / REWARD_COPY
    return config.model_copy(update={"reward": str(copy)}) if copy.is_file() else config


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


def student_settings(run: Path, which: str = "best") -> dict[str, Any]:
    """Return the settings of a run that imitates another one with a camera.

    Track, car, actions and the reward function, which only keeps the tables here, are the
    teacher's.

    Args:
        run: the teacher's folder, or a checkpoint file.
        which: best or last.

    Raises:
        RunError: if the checkpoint cannot be read.
    """
    path = find_checkpoint(run, which)
    config = parent_config(path)
    own = ("reward", "track", "track_scale", "reverse", "n_envs", "vehicle", "actions",
           "max_seconds", "first_steps", "drop_duplicates", "eval_trials")  # fmt: skip
    values = config.model_dump(include=set(own))
    return {
        **values,
        "algo": dagger.ALGORITHM.name,
        "teacher": str(path),
        "observe": "camera",
        "eval_every": EVAL_EVERY,
    }
