"""The policies that a training leaves: the best one is kept, the last one says where it went.

The best checkpoint alone hides what happened: it may be an early one of a training that collapsed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from racer.runs.record import Columns, RunRecord


def last_policy(run: RunRecord) -> dict[str, Any] | None:
    """Return what came of the last policy of a training, as plain data; None before it has one.

    ``steps`` (of training), ``best_steps`` (those of the best checkpoint); greedy, in its
    evaluation: ``finish_rate`` in [0, 1], ``completion`` (percent), ``median_lap_time`` (s or
    None); exploring, in its last whole batch: ``explored_finish_rate`` (None before the first).
    """
    table = run.trained_evaluations
    if not len(table["update"]):
        return None
    best = np.flatnonzero(table["is_best"])
    lap_time = float(table["median_lap_time"][-1])
    return {
        "steps": int(table["total_steps"][-1]),
        "best_steps": int(table["total_steps"][best[-1]]) if len(best) else None,
        "finish_rate": float(table["finish_rate"][-1]),
        "completion": float(table["completion"][-1]),
        "median_lap_time": lap_time if np.isfinite(lap_time) else None,
        "explored_finish_rate": _last(run.updates, "finish_rate"),
    }


def last_words(last: Mapping[str, Any]) -> list[str]:
    """Return in words what ``last_policy`` found: of the greedy car, then of the exploring one."""
    laps = f"{100.0 * last['finish_rate']:.0f} % of laps finished"
    laps += f", completion {last['completion']:.0f} %"
    if last["median_lap_time"] is not None:
        laps += f", median {last['median_lap_time']:.2f} s"
    lines = [f"greedy car, last policy: {laps}"]
    if last["explored_finish_rate"] is not None:
        explored = 100.0 * last["explored_finish_rate"]
        lines.append(f"exploring car, last batch: {explored:.0f} % of laps finished")
    return lines


def _last(table: Columns, name: str) -> float | None:
    """Return the last value of a column; None if it has none."""
    values = table[name]
    return float(values[-1]) if len(values) and np.isfinite(values[-1]) else None
