"""The figures of a comparison, from its scores and verdicts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from racer.analysis.comparison import (
    DUELS,
    Dots,
    Duels,
    comparison_curves,
    duel_matrix,
    seed_dots,
)
from racer.analysis.sweep import sweep_figure
from racer.errors import RunError
from racer.runs.record import RunRecord, read_run
from racer.studies.scores import Condition, Scores, SeedScore
from racer.studies.seed_statistics import bootstrap
from racer.studies.verdict import ConditionVerdict, Verdicts


@dataclass(frozen=True)
class ReportFigure:
    """A figure and what to call it."""

    name: str
    """Of its file, without an ending."""
    condition: str
    """What it shows."""
    caption: str
    """What it is, in a sentence for the report."""
    figure: Any
    """A matplotlib Figure."""


@dataclass(frozen=True)
class _Measure:
    """One axes of the dots."""

    label: str
    value: Callable[[SeedScore], float | None]
    statistic: Callable[..., Any] = np.median
    limits: tuple[float, float] | None = None
    only_finishers: bool = False


_MEASURES = (
    _Measure("laps finished (%), mean", lambda s: 100 * s.finish_rate, np.mean, (0, 100)),
    _Measure("completion (%), mean", lambda s: s.completion, np.mean, (0, 100)),
    _Measure("lap time (s), median of seeds that finish", lambda s: s.lap_time,
             only_finishers=True),
    _Measure("race time with resets (s), median", lambda s: s.race_time),
    _Measure("off-tracks a lap, median", lambda s: s.off_tracks),
    _Measure("steering change a step (°), median", lambda s: float(np.degrees(s.steering_change))),
)  # fmt: skip


def comparison_figures(scores: Scores, found: Verdicts) -> Iterator[ReportFigure]:
    """Yield the figures, the main condition's first.

    Args:
        scores: what was measured.
        found: what may be claimed.
    """
    judged = zip(scores.conditions, found.conditions, strict=True)
    for number, (condition, verdict) in enumerate(judged, start=1):
        names = [name for name in scores.rewards if name in verdict.order]
        seeds = {name: scores.of(name, condition.name) for name in names}
        if not any(seeds.values()):
            continue
        ending = "" if number == 1 else f"-{number}"
        yield from _condition_drawings(condition, seeds, verdict, ending)


def _condition_drawings(
    condition: Condition,
    seeds: Mapping[str, Sequence[SeedScore]],
    verdict: ConditionVerdict,
    ending: str,
) -> Iterator[ReportFigure]:
    """Yield the figures of one condition."""
    name = condition.name
    yield ReportFigure(
        f"seeds{ending}", name,
        "Every seed. Hollow dots are seeds that fail; the diamond has a 95 % bootstrap interval.",
        seed_dots(
            [_dots(measure, seeds) for measure in _MEASURES],
            {reward: [score.succeeded for score in scores] for reward, scores in seeds.items()},
            title=f"Every seed, best checkpoint, greedy: {name}",
        ),
    )  # fmt: skip
    if len(seeds) > 1:
        yield ReportFigure(
            f"duels{ending}", name,
            "P(a seed of the row beats one of the column): finish rate first, then race time.",
            duel_matrix(_duels(verdict), title=f"{DUELS}\n{name}"),
        )  # fmt: skip
    if condition.is_training_track:  # policies evaluated elsewhere learned on the same curves
        runs = {reward: runs_of(scores) for reward, scores in seeds.items()}
        if any(runs.values()):
            yield ReportFigure(
                f"learning{ending}", name,
                "Above: completion while the cars learn, the mean of the seeds in its band. Below: "
                "the end of the training and the area under the curve, every seed a small mark.",
                sweep_figure(
                    runs, title=f"Exploring and greedy car: {condition.learner}",
                    what="reward function",
                ),
            )  # fmt: skip
        for part, label, of in _CURVES:
            curves = {
                reward: [(s.curve_steps, of(s)) for s in scores if s.curve_steps]
                for reward, scores in seeds.items()
            }
            yield ReportFigure(
                f"{part}{ending}", name,
                "Evaluations of the greedy car while training: the grey lines are the means of the "
                "others.",
                comparison_curves(
                    curves, label=label,
                    title=f"Greedy car, evaluated, {label}: {condition.learner}",
                ),
            )  # fmt: skip


def runs_of(scores: Sequence[SeedScore]) -> list[RunRecord]:
    """Return the trainings of some seeds; those whose folder is gone are left out."""
    found = []
    for score in scores:
        with suppress(RunError):
            found.append(read_run(score.folder))
    return found


_CURVES: tuple[tuple[str, str, Callable[[SeedScore], Sequence[float]]], ...] = (
    ("completion", "completion (%)", lambda s: s.curve_completion),
    ("finishing", "laps finished (%)", lambda s: [100 * rate for rate in s.curve_finish_rate]),
)


def _dots(measure: _Measure, seeds: Mapping[str, Sequence[SeedScore]]) -> Dots:
    """Return one measure of all seeds, with its summaries."""
    summaries = {}
    for name, scores in seeds.items():
        taken = [s for s in scores if s.succeeded] if measure.only_finishers else scores
        known = [value for value in map(measure.value, taken) if value is not None]
        if known:
            estimate = bootstrap(known, measure.statistic)
            summaries[name] = (estimate.value, estimate.low, estimate.high)
    values = {name: [measure.value(s) for s in scores] for name, scores in seeds.items()}
    return Dots(measure.label, values, summaries, measure.limits)


def _duels(verdict: ConditionVerdict) -> Duels:
    """Return who beats whom, the best first."""
    k = len(verdict.order)
    beats, low, high = (np.full((k, k), np.nan) for _ in range(3))
    clear = np.zeros((k, k), np.int64)
    for pair in verdict.pairs:
        i, j = verdict.order.index(pair.first), verdict.order.index(pair.second)
        if pair.beats is not None:
            beats[i, j], beats[j, i] = pair.beats, 1 - pair.beats
        if pair.beats_low is not None and pair.beats_high is not None:
            low[i, j], high[i, j] = pair.beats_low, pair.beats_high
            low[j, i], high[j, i] = 1 - pair.beats_high, 1 - pair.beats_low
        if pair.winner is not None:
            clear[i, j] = 1 if pair.winner == pair.first else -1
            clear[j, i] = -clear[i, j]
    return Duels(verdict.order, beats, low, high, clear)
