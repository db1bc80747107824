"""``OwnState``: what a learner keeps beside what all of Stable-Baselines3's learners keep."""

from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm


class OwnState:
    """The part of a learner that makes an exact resume possible. Here it keeps nothing.

    A learner that keeps more than weights, one optimizer and counters inherits from this and
    overrides what it needs. Positions are those of ``racer.storage.durable``, by file name.

    Attributes:
        obstacle: why a training with it cannot be resumed exactly, as a sentence's end; or "".
    """

    obstacle = ""

    def learning_state(self) -> dict[str, Any]:
        """Return what only updates change, besides the policy and its optimizer."""
        return {}

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Put it back; ``state`` holds that of all learners too."""

    def rollout_state(self) -> dict[str, Any]:
        """Return what changes while the cars drive, besides what changes for all learners."""
        return {}

    def load_rollout_state(self, state: dict[str, Any]) -> None:
        """Put it back; ``state`` holds that of all learners too."""

    def open_files(self, folder: Path, positions: dict[str, Any]) -> None:
        """Begin to keep, in files of the run's folder, what is too large for a checkpoint.

        Args:
            folder: of the run.
            positions: from ``file_positions``: what to go on from; empty for a new training.

        Raises:
            RunError: if a file is not what it was, or cannot be read or written.
        """

    def file_positions(self) -> dict[str, Any]:
        """Return where the files that are needed to go on from here stand."""
        return {}

    def sync_files(self) -> None:
        """Wait until they are on the disk.

        Raises:
            RunError: if that fails.
        """

    def drop_files(self, needed: set[str]) -> None:
        """Remove files that neither are in use nor among those that checkpoints need."""

    def close_files(self) -> None:
        """Close them."""


_NOTHING = OwnState()


def own_state(model: BaseAlgorithm) -> OwnState:
    """Return what a learner keeps of its own."""
    return model if isinstance(model, OwnState) else _NOTHING
