"""Compares the seeds of reward functions two by two.

One question a pair: do the seeds of one drive better, finishing first, then by race time? It is
asked of all pairs together (``closed_testing``), in three views of the same order, so that both a
lap that is often not finished and a slow one can be seen. How the difference came about is said
beside the answer and not tested. Returns never count: a reward function sets them itself.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy import stats

from racer.studies.advice import CONFIDENCE_IN_FINISHING, CONFIDENCE_IN_TIME, more_seeds
from racer.studies.closed_testing import Floats, closed_p_values, subset_p_value
from racer.studies.scores import FEWEST_SEEDS, SeedScore
from racer.studies.seed_statistics import beats, beats_interval

Seeds = Mapping[str, Sequence[SeedScore]]
"""The seeds of each reward function, under its name."""

ALPHA = 0.05
"""How often, at most, equal reward functions may get a verdict."""

ENOUGH_SEEDS = 10
"""With fewer the evidence is called weak, and failures are too rare for advice."""

ADVICE_BELOW = 0.15
"""A pair with a larger p-value shows too little for advice: it would mostly be wrong."""


@dataclass(frozen=True)
class Pair:
    """Two reward functions under one condition."""

    first: str
    second: str
    n_first: int
    """Seeds."""
    n_second: int
    succeeded_first: int
    """Seeds of which at least 95 % of the trials finish."""
    succeeded_second: int
    lap_time_first: float | None
    """Median lap time of the seeds that succeed (s); None if none does."""
    lap_time_second: float | None
    beats: float | None = None
    """P(a seed of the first beats one of the second), ties by half; None if one has no seeds."""
    beats_low: float | None = None
    """Its 95 % interval, for this pair alone: verdicts go by the corrected p-values."""
    beats_high: float | None = None
    p: float | None = None
    """Of the hypothesis that the two are equal; None with fewer than five seeds on a side."""
    p_corrected: float | None = None
    """For all pairs of the comparison: this is held against 5 %."""
    winner: str | None = None
    """The better one; None if that is not clear."""
    more_seeds: int | None = None
    """How many more of each would likely settle it; None if it is settled, if the seeds show too
    little to say, or if over 50."""
    sentence: str = ""
    """What may be claimed, in words."""

    @property
    def is_tested(self) -> bool:
        """Whether there are seeds enough for a verdict."""
        return self.p_corrected is not None

    @property
    def is_decided(self) -> bool:
        """Whether it is clear which one is better."""
        return self.winner is not None

    @property
    def is_weak(self) -> bool:
        """Whether there are too few seeds for more than weak evidence."""
        return min(self.n_first, self.n_second) < ENOUGH_SEEDS

    def other(self, name: str) -> str:
        """Return the one that is not ``name``."""
        return self.second if name == self.first else self.first


def compare_pairs(
    seeds: Seeds, *, alpha: float = ALPHA, details: bool = True, baseline: str | None = None
) -> tuple[Pair, ...]:
    """Compare each reward function with each other one, under one condition.

    Args:
        seeds: of each reward function.
        alpha: how often equal reward functions may get a verdict.
        details: whether to find the p-value of each pair alone, and how many more seeds would
            settle what is not clear; a verdict does without.
        baseline: compare each with this one only: fewer pairs, and so fewer hypotheses.
    """
    views = seed_views(seeds)
    pairs = [pair for pair in combinations(seeds, 2) if baseline is None or baseline in pair]
    corrected = _corrected(views, alpha, details, baseline)
    found = []
    for pair in pairs:
        one = _figures(*pair, seeds, views, corrected.get(pair), alpha)
        found.append(_with_details(one, views, alpha) if details and one.is_tested else one)
    return tuple(found)


def rank_seeds(seeds: Seeds) -> dict[str, list[int]]:
    """Return the place of each seed among all, the higher the better; equal ones share a place.

    Finish rate first, then race time (none comes last), then completion: an order, so that nothing
    is added up across units.
    """
    keys = {
        name: [(s.finish_rate, -_or(s.race_time, math.inf), s.completion) for s in scores]
        for name, scores in seeds.items()
    }
    order = sorted({key for group in keys.values() for key in group})
    places = {key: place for place, key in enumerate(order)}
    return {name: [places[key] for key in group] for name, group in keys.items()}


def seed_views(seeds: Seeds) -> dict[str, Floats]:
    """Return the seeds of each reward function as numbers, (3, n_seeds), the higher the better.

    1. The place among all seeds: a few odd ones hide no difference of the others.
    2. Finishing first: a seed that succeeds counts by the logarithm of its race time, and one that
       fails lies below all of them, by its finish rate and then its place.
    3. The logarithm of the race time alone, in which a failure costs what its resets cost; where
       nothing was finished it is twice the longest.
    """
    everyone = [score for scores in seeds.values() for score in scores]
    places = np.array([place for group in rank_seeds(seeds).values() for place in group])
    ranks = stats.rankdata(places)
    times = np.array([_or(score.race_time, math.nan) for score in everyone])
    longest = np.nanmax(times) if np.isfinite(times).any() else 1.0
    speed = -np.log(np.where(np.isfinite(times), times, 2.0 * longest))
    good = np.array([score.succeeded and score.race_time is not None for score in everyone], bool)
    bottom = (speed[good].min() if good.any() else 0.0) - math.log(2.0)
    missed = 1.0 - np.array([score.finish_rate for score in everyone])
    behind = 0.05 * (1.0 - ranks / max(1, len(everyone)))
    order = np.where(good, speed, bottom - missed - behind)
    ends = [0, *np.cumsum([len(scores) for scores in seeds.values()])]
    views = np.stack([ranks, order, speed])
    return {name: views[:, ends[k] : ends[k + 1]] for k, name in enumerate(seeds)}


def count_successes(seeds: Sequence[SeedScore]) -> int:
    """Return how many seeds succeed."""
    return sum(score.succeeded for score in seeds)


def lap_times(seeds: Sequence[SeedScore]) -> list[float]:
    """Return the lap times of the seeds that succeed (s)."""
    return [s.lap_time for s in seeds if s.succeeded and s.lap_time is not None]


def _corrected(
    views: Mapping[str, Floats], alpha: float, details: bool, baseline: str | None
) -> dict[tuple[str, str], float]:
    """Return the corrected p-values of the pairs that have enough seeds."""
    names = [name for name, values in views.items() if values.shape[1] >= FEWEST_SEEDS]
    if len(names) < 2 or (baseline is not None and baseline not in names):
        return {}
    ps = closed_p_values(
        [views[name] for name in names],
        reference=None if baseline is None else names.index(baseline),
        give_up_above=1.0 if details else alpha,
    )
    return {(names[i], names[j]): p for (i, j), p in ps.items()}


def _figures(
    a: str,
    b: str,
    seeds: Seeds,
    views: Mapping[str, Floats],
    p_corrected: float | None,
    alpha: float,
) -> Pair:
    """Return the figures of a pair and which is better, if that is clear."""
    one, two = seeds[a], seeds[b]
    pair = Pair(
        a, b, len(one), len(two), count_successes(one), count_successes(two),
        _median(lap_times(one)), _median(lap_times(two)),
    )  # fmt: skip
    if not one or not two:
        return pair
    share = beats(views[a][0], views[b][0])
    if p_corrected is None:
        return replace(pair, beats=share)
    low, high = beats_interval(share, len(one), len(two))
    winner = None if p_corrected > alpha or share == 0.5 else a if share > 0.5 else b
    return replace(
        pair, beats=share, beats_low=low, beats_high=high, p_corrected=p_corrected, winner=winner
    )


def _with_details(pair: Pair, views: Mapping[str, Floats], alpha: float) -> Pair:
    """Return a pair with its own p-value and, if it is open, the seeds that would settle it."""
    one, two = views[pair.first], views[pair.second]
    p = subset_p_value([one, two])
    if pair.is_decided or pair.p_corrected is None:
        return replace(pair, p=p)
    all_finish = (pair.succeeded_first, pair.succeeded_second) == (pair.n_first, pair.n_second)
    if p > ADVICE_BELOW or (pair.is_weak and not all_finish):
        return replace(pair, p=p)
    more = more_seeds(
        one,
        two,
        level=alpha * p / max(pair.p_corrected, p),  # the other pairs cost this one as much as now
        confidence=CONFIDENCE_IN_TIME if all_finish else CONFIDENCE_IN_FINISHING,
    )
    return replace(pair, p=p, more_seeds=more)


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
