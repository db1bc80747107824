"""The episodes of a recording: what they were paid by two reward functions, and how they ended."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from racer.env import STATUS_NAMES
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers
from racer.runs.record import RunRecord


@dataclass(frozen=True)
class ReplayedEpisodes:
    """The episodes that ended, in the order of their ends: arrays of one length."""

    car: Integers  # (n,)
    episode: Integers  # (n,) of the car, from 0
    total_steps: Integers  # (n,) recorded steps of all cars when it ended
    update: Integers  # (n,) of the policy that it was collected for
    steps: Integers  # (n,)
    completion: Floats  # (n,) (percent)
    status: Integers  # (n,) how it ended, see racer.kernels.layout
    old: Floats  # (n,) undiscounted return as it was paid
    new: Floats  # (n,) undiscounted return of the new function

    def __len__(self) -> int:
        return len(self.car)

    def row(self, i: int) -> dict[str, Any]:
        """Return one episode as plain data."""
        return {
            "car": int(self.car[i]),
            "episode": int(self.episode[i]),
            "total_steps": int(self.total_steps[i]),
            "update": int(self.update[i]),
            "steps": int(self.steps[i]),
            "completion": float(self.completion[i]),
            "status": STATUS_NAMES.get(int(self.status[i]), "unknown"),
            "old_return": float(self.old[i]),
            "new_return": float(self.new[i]),
        }


@dataclass(frozen=True)
class PaidSteps:
    """All recorded steps, paid again: arrays of one length."""

    car: Integers
    episode: Integers
    old: Floats
    new: Floats
    along: Floats
    progress: Floats
    status: Integers


def episodes_of(steps: PaidSteps, record: RunRecord) -> ReplayedEpisodes:
    """Return the episodes that ended; those under way when the recording ends are left out."""
    order = np.lexsort((steps.episode, steps.car))  # stable: the steps of an episode in order
    car, episode = steps.car[order], steps.episode[order]
    begins = np.flatnonzero(np.diff(car, prepend=-1) | np.diff(episode, prepend=-1))
    lasts = order[np.append(begins[1:], len(order)) - 1]
    table = np.stack(
        [
            np.diff(np.append(begins, len(order))),
            np.add.reduceat(steps.old[order], begins),
            np.add.reduceat(steps.new[order], begins),
        ]
    )
    ended = np.flatnonzero(steps.status[lasts] != layout.IN_PROGRESS)
    ended = ended[np.argsort(lasts[ended])]
    last = lasts[ended]
    return ReplayedEpisodes(
        car=steps.car[last],
        episode=steps.episode[last],
        total_steps=last + 1,
        update=_updates(record, steps.car[last], steps.episode[last]),
        steps=table[0, ended].astype(np.int64),
        completion=100.0 * np.maximum(steps.progress[last], 0.0),
        status=steps.status[last],
        old=table[1, ended],
        new=table[2, ended],
    )


def _updates(record: RunRecord, car: Integers, episode: Integers) -> Integers:
    """Return the update that each episode was collected for, (n,), as episodes.csv has it.

    Its rows of a car are that car's episodes in order. Those that it does not have yet, because
    the training was killed, belong to the update after the last.
    """
    table = record.episodes
    following = int(table["update"].max(initial=-1)) + 1
    known: dict[int, list[int]] = {}
    for one, update in zip(table["car"].tolist(), table["update"].tolist(), strict=True):
        known.setdefault(one, []).append(update)
    return np.array(
        [
            known[one][number] if number < len(known.get(one, ())) else following
            for one, number in zip(car.tolist(), episode.tolist(), strict=True)
        ],
        np.int64,
    )
