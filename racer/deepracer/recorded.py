"""Writes the steps of a log as ``racer reward replay`` reads those of a training."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from racer.deepracer.episodes import Block
from racer.deepracer.routes import Route, base_poses
from racer.deepracer.rows import TraceRows
from racer.env import RuleSettings
from racer.env.recording import RecordingSettings, StepFile, track_digest
from racer.kernels.layout import Floats
from racer.vehicle import ContinuousActions, DiscreteActions, vehicle

_MOST_STEPS = 100_000  # of an episode of the simulator


class LoggedRecording:
    """A recording that is made of a log's episodes.

    Attributes:
        n_steps: written so far.
        n_left_out: episodes that begin in their middle, or with actions that are not known.
    """

    def __init__(
        self,
        path: Path,
        route: Route,
        actions: DiscreteActions | ContinuousActions,
        indices: list[int],
        *,
        n_workers: int,
        first_steps: int,
    ) -> None:
        """Create the file.

        Args:
            path: where.
            route: that was driven on.
            actions: what the car could choose.
            indices: of a list of actions: which index of the log each has.
            n_workers: each is a car.
            first_steps: ``steps`` at the first call of the reward function: 1 in logs of 2019.

        Raises:
            RunError: if it cannot be written.
        """
        rules = RuleSettings(max_seconds=_MOST_STEPS / 15.0, first_steps=first_steps)
        settings = RecordingSettings(
            track=route.track.name,
            track_digest=track_digest(route.track),
            actions=actions.to_dict(),
            rules={name: getattr(rules, name) for name in RuleSettings.__dataclass_fields__},
            vehicle=[float(value) for value in vehicle("deepracer")],
            starts=[0.0] * n_workers,
            max_steps=_MOST_STEPS,
            start_advance=0.0,
            seed=0,
            reward="the reward of the log",
            reward_digest="",
        )
        self._actions, self._shift = actions, 2 - first_steps
        self._place = np.full(max(indices, default=0) + 2, -1)
        self._place[indices] = np.arange(len(indices))
        self._file = StepFile(path, settings, is_logged=True)
        self.n_steps, self.n_left_out = 0, 0

    def add(self, block: Block, car: int, first_episode: int, starts: Floats) -> None:
        """Write the driven steps of some episodes.

        Args:
            block: the episodes.
            car: their worker's number, from 0.
            first_episode: how many episodes of this car came before.
            starts: (n_episodes,) where each started, as a fraction of the lap.

        Raises:
            RunError: if they cannot be written.
        """
        rows, lengths = block.rows, block.lengths
        steps = rows.steps + self._shift
        action = self._chosen(rows)
        runs = block.runs & (steps >= 2.0)
        begins_well = np.minimum.reduceat(np.where(runs, steps, np.inf), block.begins) == 2.0
        known = np.ones(len(rows), np.bool_) if action.ndim == 2 else action >= 0
        is_known = np.logical_and.reduceat(known | ~runs, block.begins)
        good = begins_well & is_known & np.isfinite(starts)
        self.n_left_out += int(np.sum(~good))
        kept = runs & np.repeat(good, lengths)
        n = int(kept.sum())
        if n == 0:
            return
        episode = first_episode + np.repeat(np.arange(len(lengths)), lengths)
        began = np.repeat(rows.time[block.begins], lengths)
        chosen = action[kept]
        self._file.write([
            np.full(n, car), episode[kept], steps[kept], *base_poses(rows)[kept].T,
            *([chosen] if chosen.ndim == 1 else chosen.T), rows.reward[kept],
            np.repeat(starts, lengths)[kept], rows.status[kept], (rows.time - began)[kept],
        ])  # fmt: skip
        self.n_steps += n

    def _chosen(self, rows: TraceRows) -> NDArray[np.number]:
        """Return actions as a recording has them: (n,) indices, -1 if unknown, or (n, 2)."""
        if isinstance(self._actions, DiscreteActions):
            return self._place[np.clip(rows.action, -1, len(self._place) - 1)]
        a = self._actions
        return np.stack(
            [
                _unscaled(rows.steering, a.steering_low, a.steering_high),
                _unscaled(rows.speed, a.speed_low, a.speed_high),
            ],
            axis=1,
        )

    def close(self) -> None:
        """End the file.

        Raises:
            RunError: if it cannot be written.
        """
        self._file.close()


def _unscaled(values: Floats, low: float, high: float) -> NDArray[np.float32]:
    """Return values from low to high as numbers in [-1, 1]."""
    if high <= low:
        return np.zeros(len(values), np.float32)
    return np.clip(2.0 * (values - low) / (high - low) - 1.0, -1.0, 1.0).astype(np.float32)
