"""Starts a new run from the weights of another one, with other settings if wanted."""

from pathlib import Path

from racer.algorithms.learner_state import load_policy_weights, policy_weights
from racer.config.train_config import TrainConfig
from racer.errors import RunError
from racer.reward import RewardSource
from racer.runs.checkpoint_file import find_checkpoint
from racer.runs.provenance import inverse, path_names, renamed
from racer.training.checkpoint import Checkpoint, load_checkpoint
from racer.training.hooks import Hooks
from racer.training.session import RunResult, TrainingSetup
from racer.training.train import train


def clone(
    parent: Path,
    config: TrainConfig,
    *,
    folder: Path,
    checkpoint: str = "best",
    reward: RewardSource | None = None,
    force: bool = False,
    allow_pickle: bool = False,
    hooks: Hooks | None = None,
) -> RunResult:
    """Train on from the weights of a run; its optimizer and its random numbers begin anew.

    Args:
        parent: a run's folder, or a checkpoint file.
        config: all settings of the new run, see ``inheritance``.
        folder: of the new run.
        checkpoint: best or last.
        reward: in place of the one that the settings name; for Python functions.
        force: replace a run that is there.
        allow_pickle: read the checkpoint of an older version too, which can run any code.
        hooks: what is told, and how the training is stopped.

    Raises:
        RacerError: if the checkpoint cannot be read, or its weights do not fit the new settings;
            no folder is made then.
    """
    path = find_checkpoint(parent, checkpoint)
    found = load_checkpoint(path, allow_pickle=allow_pickle)
    if force and parent.resolve() == folder.resolve():
        raise RunError(f"{folder}: a run cannot be replaced by its own clone")
    names = inverse(path_names(path.parent))
    old, new = (renamed(one.model_dump(), names) for one in (found.config, config))
    return train(
        config,
        reward=reward,
        folder=folder,
        force=force,
        hooks=hooks,
        prepare=lambda setup: _take_over(path, found, setup),
        parent=path,
        facts={
            "parent": {"checkpoint": str(path), "total_steps": found.facts.get("total_steps")},
            "changed": {key: [old[key], new[key]] for key in new if old[key] != new[key]},
        },
    )


def _take_over(path: Path, found: Checkpoint, setup: TrainingSetup) -> None:
    """Put the weights into a new algorithm.

    Raises:
        RunError: if the cars see or do something else, or the network is another.
    """
    old, new = found.model, setup.model
    for what, had, has in (
        ("observation", old.observation_space, new.observation_space),
        ("action space", old.action_space, new.action_space),
    ):
        if had != has:
            raise RunError(f"{path}: was trained with the {what} {had}, the new run has {has}")
    try:
        load_policy_weights(new, found.weights or policy_weights(old))
    except RunError as error:
        raise RunError(
            f"{path}: {error}: --net-arch, --activation and --algo must stay compatible"
        ) from error
