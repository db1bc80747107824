"""Writes steps as the simulator does: sim-trace CSVs, SIM_TRACE_LOG lines, and its metrics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from racer.deepracer.rows import FIELDS, MARK
from racer.env import STATUS_NAMES
from racer.kernels import layout
from racer.kernels.layout import Floats
from racer.track import Track

_LABELS = {"lap_complete": "Lap complete", "off_track": "Off track", "time_up": "Time Up"}
"""Of metrics, where the status with a capital is not enough."""


@dataclass(frozen=True)
class LoggedEpisode:
    """An episode of ours, to be written as the simulator writes its own."""

    measured: Floats
    """(n, MEASURED_SIZE) as its steps were judged; the first is step 2."""
    action: NDArray[Any]
    """(n,) indices, or (n, 2): then the commands are written."""
    reward: Floats
    """(n,)"""
    track: Track
    status: int
    """How it ended, see ``racer.kernels.layout``."""

    @property
    def seconds(self) -> float:
        """From the prepare step to the last, as the simulator's metrics count it (s)."""
        return float(self.measured[-1, layout.SIM_TIME])

    @property
    def completion(self) -> float:
        """How far it came (percent)."""
        if self.status == layout.LAP_COMPLETE:
            return 100.0
        return 100.0 * max(0.0, float(self.measured[-1, layout.M_PROGRESS]))


class LogRow(NamedTuple):
    """A row in the simulator's units and order, see ``FIELDS``."""

    episode: int
    steps: float
    x: float
    y: float
    yaw: float
    steer: float
    throttle: float
    action: str
    reward: float
    done: bool
    wheels_on: bool
    progress: float
    waypoint: int
    track_length: float
    time: float
    status: str


def log_rows(one: LoggedEpisode, number: int, began: float) -> Iterator[LogRow]:
    """Yield the rows of an episode, the prepare step first.

    That one has the pose and the choice of the first step, and is paid nothing.

    Args:
        one: the episode.
        number: as logs count them, from 0.
        began: time of its prepare step (s).
    """
    m = one.measured
    degrees = np.degrees(m[:, [layout.M_HEADING, layout.M_STEERING]])
    pair = m[:, [layout.CLOSEST_BEFORE, layout.CLOSEST_AFTER]].astype(np.int64)
    nose = m[:, [layout.NOSE_X, layout.NOSE_Y]]
    away = [np.hypot(*(one.track.center[pair[:, k]] - nose).T) for k in (0, 1)]
    nearer = np.where(away[0] <= away[1], pair[:, 0], pair[:, 1]).tolist()
    last = len(m) - 1
    for k, row in enumerate(m.tolist()):
        steer, speed = float(degrees[k, 1]), row[layout.M_SPEED]
        chosen = f"[{steer} {speed}]" if one.action.ndim == 2 else str(int(one.action[k]))
        status = STATUS_NAMES[one.status if k == last else layout.IN_PROGRESS]
        progress = one.completion if k == last else 100.0 * row[layout.M_PROGRESS]
        found = LogRow(
            number, row[layout.M_STEPS], row[layout.NOSE_X], row[layout.NOSE_Y],
            float(degrees[k, 0]), steer, speed, chosen, float(one.reward[k]), k == last,
            row[layout.WHEELS_ON] == 1.0, progress, nearer[k], one.track.length,
            began + row[layout.SIM_TIME], status,
        )  # fmt: skip
        if k == 0:
            yield found._replace(steps=1.0, reward=0.0, done=False, time=began,
                                 status=STATUS_NAMES[layout.PREPARE])  # fmt: skip
        yield found


def write_csv(path: Path, rows: Sequence[LogRow]) -> None:
    """Write a sim-trace CSV."""
    lines = [",".join(FIELDS)]
    lines += [",".join([*map(str, row), "0.0", "0", str(row.time)]) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def text_line(row: LogRow) -> str:
    """Return a row as the simulator prints it (M/metrics/s3_metrics.py:67)."""
    return (
        f"{MARK.decode()}{row.episode},{row.steps:.0f},{row.x:.4f},{row.y:.4f},{row.yaw:.4f},"
        f"{row.steer:.2f},{row.throttle:.2f},{row.action},{row.reward:.4f},{row.done},"
        f"{row.wheels_on},{row.progress:.4f},{row.waypoint},{row.track_length:.2f},{row.time},"
        f"{row.status},0.00,0,{row.time:.4f}"
    )


def training_metric(one: LoggedEpisode, number: int, trial: int, began: float) -> dict[str, Any]:
    """Return an episode as TrainingMetrics.json has it.

    Args:
        one: the episode.
        number: from 0.
        trial: in its iteration, from 0.
        began: time of its prepare step (s).
    """
    return {
        "reward_score": round(float(one.reward.sum())),
        **_times(one, began),
        "episode": number + 1,
        "trial": trial + 1,
        "phase": "training",
        "completion_percentage": int(one.completion),
        "episode_status": label(one.status),
    }


def evaluation_metric(one: LoggedEpisode, trial: int, began: float) -> dict[str, Any]:
    """Return a trial as the metrics of an evaluation have it."""
    counts = {
        f"{name}_count": int(STATUS_NAMES[one.status] == status)
        for name, status in (("crash", "crashed"), ("immobilized", "immobilized"),
                             ("off_track", "off_track"), ("reversed", "reversed"))
    }  # fmt: skip
    return {
        "completion_percentage": int(one.completion),
        **_times(one, began),
        "episode_status": label(one.status),
        **counts,
        "reset_count": 0,
        "trial": trial + 1,
    }


def _times(one: LoggedEpisode, began: float) -> dict[str, int]:
    """Return when an episode was (ms)."""
    return {
        "metric_time": round(1000 * (began + one.seconds)),
        "start_time": round(1000 * began),
        "elapsed_time_in_milliseconds": round(1000 * one.seconds),
    }


def label(status: int) -> str:
    """Return what metrics call a status."""
    name = STATUS_NAMES[status]
    return _LABELS.get(name, name.replace("_", " ").capitalize())
