"""What a sweep found: each value of a setting, with what the exploring and the greedy car can do.

Nothing is confirmed by it. It is a picture of a few seeds, to learn from.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from racer.analysis.sweep import Learned, learned
from racer.studies.comparison_figures import runs_of
from racer.studies.comparison_table import DASH, TextTable
from racer.studies.tune.records import SearchResult, TrialRecord
from racer.studies.tune.tuning_table import text

STEPS = 20_000
"""Of each training by default: what values do shows early."""
EVALUATIONS = 10
"""So many times is the greedy car evaluated by default."""

_LESS = ("greedy area", "seeds", "lap time", "exploring area")


def sweep_points(result: SearchResult) -> dict[str, TrialRecord]:
    """Return the trials of a sweep by what they are called, in the order of their values."""
    found = sorted(result.trials, key=lambda one: _order(one, result.searched))
    return {point_label(one, result.searched): one for one in found}


def point_label(trial: TrialRecord, names: Sequence[str]) -> str:
    """Return a point of a grid in words: ``0.01 (default)``, ``epochs 2, entropy 0.01``."""
    values = [text(trial.params.get(name)) for name in names]
    if len(names) > 1:
        values = [f"{name} {value}" for name, value in zip(names, values, strict=True)]
    return ", ".join(values) + (" (default)" if trial.number == 0 else "")


def _order(trial: TrialRecord, names: Sequence[str]) -> tuple[tuple[bool, float, str], ...]:
    """Sort numbers by size, before words by their letters."""
    values = [trial.params.get(name) for name in names]
    return tuple(
        (False, float(value), "") if isinstance(value, int | float) else (True, 0.0, str(value))
        for value in values
    )


def sweep_table(result: SearchResult) -> TextTable:
    """Return a row a value: laps finished at the end and area, of both cars; the best checkpoint.

    A cell is the mean of the seeds, with the lowest and the highest.
    """
    points = sweep_points(result)
    steps = "" if not result.steps else f" of {result.steps:,} steps"
    n_seeds = max((len(one.seeds) for one in points.values()), default=0)
    title = f"{len(points)} values, {n_seeds} seeds each{steps}: laps finished at the end (%)"
    columns = (
        ", ".join(result.searched), "exploring", "greedy", "best checkpoint", "lap time",
        "exploring area", "greedy area", "seeds",
    )  # fmt: skip
    rows = tuple(_row(label, trial) for label, trial in points.items())
    return TextTable(title, columns, rows, less=_LESS)


EXPLANATION = (
    "exploring: the car that draws its actions, in the last batch of its training; greedy: the car "
    "that takes the action it thinks best, last policy; best checkpoint: greedy too, the best of "
    "all evaluations, which hides what a value does; lap time: median of that one; area: mean "
    "completion over the whole training (%). Mean of the seeds (lowest to highest)."
)
"""What the columns of ``sweep_table`` mean."""


def _row(label: str, trial: TrialRecord) -> tuple[str, ...]:
    came = [learned(run) for run in runs_of(trial.seeds)]
    of: list[Callable[[Learned], float]] = [
        lambda one: one.exploring_last, lambda one: one.greedy_last,
        lambda one: one.exploring_area, lambda one: one.greedy_area,
    ]  # fmt: skip
    explores, greedy, area, greedy_area = (_spread([get(one) for one in came]) for get in of)
    best = _spread([100.0 * score.finish_rate for score in trial.seeds])
    times = [score.lap_time for score in trial.seeds if score.lap_time is not None]
    lap = f"{np.median(times):.1f} s" if times else DASH
    return (label, explores, greedy, best, lap, area, greedy_area, str(len(trial.seeds)))


def _spread(values: Sequence[float]) -> str:
    """Return ``36 (5–60)``: the mean, and the lowest and highest if they differ."""
    known = np.array([value for value in values if np.isfinite(value)])
    if not len(known):
        return DASH
    low, high = f"{known.min():.0f}", f"{known.max():.0f}"
    return f"{known.mean():.0f}" + (f" ({low}–{high})" if low != high else "")


def sweep_sentence(result: SearchResult) -> str:
    """Return which value does best at the end, as a picture and not as a proof."""
    ends: dict[str, float] = {}
    for label, trial in sweep_points(result).items():
        greedy = [one.greedy_last for one in map(learned, runs_of(trial.seeds))]
        ends[label] = float(np.mean(greedy)) if greedy else np.nan
    known = {label: value for label, value in ends.items() if np.isfinite(value)}
    if not known:
        return "No training was finished."
    most = max(known.values())
    best = [label for label, value in known.items() if value == most]
    name = ", ".join(result.searched)
    return (
        f"{name}: at the end the greedy car finishes most laps with {' and '.join(best)} "
        f"({most:.0f} %). A picture of few seeds and no proof: --confirm trains the best anew."
    )


def sweep_dict(result: SearchResult) -> list[dict[str, Any]]:
    """Return what ``sweep_table`` shows as plain data: of each value every seed."""
    return [
        {
            "value": label,
            "params": trial.params,
            "seeds": [
                {"seed": run.info.get("seed"), **vars(learned(run))} for run in runs_of(trial.seeds)
            ],
        }
        for label, trial in sweep_points(result).items()
    ]
