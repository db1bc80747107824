"""Compares the seeds of reward functions two by two.

Two tests a pair: do as many seeds succeed (Fisher), and are the seeds of one ranked higher
(Mann-Whitney; ranked by finish rate, then by race time)? The p-values of all pairs and both tests
are adjusted together (Holm). Returns never count: a reward function sets them itself.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from racer.studies.scores import SeedScore
from racer.studies.seed_statistics import (
    Sample,
    beats,
    beats_interval,
    holm,
    more_seeds,
    rank_test,
    success_test,
)

Seeds = Mapping[str, Sequence[SeedScore]]
"""The seeds of each reward function, under its name."""

ALPHA = 0.05
"""How often, at most, equal reward functions may get a verdict."""

FEWEST_SEEDS = 5
"""From fewer there is no verdict."""

ENOUGH_SEEDS = 10
"""With fewer the evidence is called weak."""

MOST_MORE = 50
"""If more seeds than this were needed, two reward functions are as good as equal."""


@dataclass(frozen=True)
class Tests:
    """The p-values of a pair."""

    success: float
    """Of Fisher's test that as many seeds succeed."""
    success_adjusted: float
    """After Holm over all pairs and both tests: this is held against 5 %."""
    rank: float
    """Of the Mann-Whitney test of the seeds in their rank order."""
    rank_adjusted: float
    """After Holm, likewise."""
    n_tests: int
    """Pairs times both tests."""
    lap_time_adjusted: float | None = None
    """Mann-Whitney of the lap times of seeds that succeed, after Holm over the pairs alone: no
    ground for a verdict, only said beside one."""


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
    """Its 95 % interval, for this pair alone: verdicts go by the adjusted p-values."""
    beats_high: float | None = None
    tests: Tests | None = None
    """None with fewer than five seeds on a side."""
    finishes_more: str | None = None
    """Whose seeds succeed clearly more often, if that is clear."""
    ranks_higher: str | None = None
    """Whose seeds are clearly ranked higher, if that is clear."""
    laps_faster: str | None = None
    """Which laps clearly faster among seeds that succeed; only said beside a verdict."""
    more_seeds: int | None = None
    """How many more of each would likely settle it; None if it is settled, or if over 50."""
    sentence: str = ""
    """What may be claimed, in words."""

    @property
    def is_decided(self) -> bool:
        """Whether one of the tests found a difference."""
        return self.finishes_more is not None or self.ranks_higher is not None

    @property
    def is_mixed(self) -> bool:
        """Whether the tests found differences in opposite directions."""
        found = {self.finishes_more, self.ranks_higher}
        return None not in found and len(found) == 2

    @property
    def winner(self) -> str | None:
        """The better one; None if that is not clear."""
        return None if self.is_mixed else self.finishes_more or self.ranks_higher

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
        details: whether to compare lap times too, and to find out how many more seeds would settle
            what is not clear; a verdict does without.
        baseline: compare each with this one only: fewer pairs, and so fewer tests.
    """
    ranks = rank_seeds(seeds)
    pairs = [pair for pair in combinations(seeds, 2) if baseline is None or baseline in pair]
    tests = _test_all(seeds, ranks, pairs)
    if details:
        tests = _with_lap_times(tests, seeds)
    found = tuple(_compare(a, b, seeds, ranks, tests.get((a, b)), alpha) for a, b in pairs)
    return tuple(_plan(pair, seeds, ranks, alpha) for pair in found) if details else found


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


def count_successes(seeds: Sequence[SeedScore]) -> int:
    """Return how many seeds succeed."""
    return sum(score.succeeded for score in seeds)


def lap_times(seeds: Sequence[SeedScore]) -> list[float]:
    """Return the lap times of the seeds that succeed (s)."""
    return [s.lap_time for s in seeds if s.succeeded and s.lap_time is not None]


def _test_all(
    seeds: Seeds, ranks: Mapping[str, list[int]], pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Tests]:
    """Return the tests of all pairs that have enough seeds, adjusted for their number."""
    pairs = [pair for pair in pairs if min(len(seeds[name]) for name in pair) >= FEWEST_SEEDS]
    success = [
        success_test(
            count_successes(seeds[a]), len(seeds[a]), count_successes(seeds[b]), len(seeds[b])
        )
        for a, b in pairs
    ]
    rank = [rank_test(ranks[a], ranks[b]) for a, b in pairs]
    adjusted = holm([*success, *rank])
    n = len(pairs)
    return {
        pair: Tests(success[k], adjusted[k], rank[k], adjusted[n + k], 2 * n)
        for k, pair in enumerate(pairs)
    }


def _with_lap_times(
    tests: Mapping[tuple[str, str], Tests], seeds: Seeds
) -> dict[tuple[str, str], Tests]:
    """Add the tests of the lap times of seeds that succeed, adjusted for the number of pairs."""
    laps = holm([rank_test(lap_times(seeds[a]), lap_times(seeds[b])) for a, b in tests])
    return {
        pair: replace(test, lap_time_adjusted=p)
        for (pair, test), p in zip(tests.items(), laps, strict=True)
    }


def _compare(
    a: str,
    b: str,
    seeds: Seeds,
    ranks: Mapping[str, list[int]],
    tests: Tests | None,
    alpha: float,
) -> Pair:
    """Return the figures of a pair and what is clear about it."""
    n, m = len(seeds[a]), len(seeds[b])
    good, fast = count_successes(seeds[a]), _median(lap_times(seeds[a]))
    good_b, fast_b = count_successes(seeds[b]), _median(lap_times(seeds[b]))
    share = beats(ranks[a], ranks[b]) if n and m else None
    if tests is None or share is None:
        return Pair(a, b, n, m, good, good_b, fast, fast_b, share)

    def favoured(difference: float, p: float) -> str | None:
        return None if p > alpha or difference == 0 else a if difference > 0 else b

    low, high = beats_interval(share, n, m)
    more_often = favoured(good / n - good_b / m, tests.success_adjusted)
    higher = favoured(share - 0.5, tests.rank_adjusted)
    gained = _or(fast_b, math.nan) - _or(fast, math.nan)
    faster = favoured(gained, _or(tests.lap_time_adjusted, 1.0))
    return Pair(
        a, b, n, m, good, good_b, fast, fast_b, share, low, high, tests,
        more_often, higher, faster,
    )  # fmt: skip


def _plan(pair: Pair, seeds: Seeds, ranks: Mapping[str, list[int]], alpha: float) -> Pair:
    """Return a pair with the number of seeds that would likely settle it, if it is not settled."""
    if pair.tests is None or pair.is_decided:
        return pair
    samples = [_sample(seeds[name], ranks[name]) for name in (pair.first, pair.second)]
    more = more_seeds(
        samples[0], samples[1], n_tests=pair.tests.n_tests, alpha=alpha, most=MOST_MORE
    )
    return replace(pair, more_seeds=more)


def _sample(seeds: Sequence[SeedScore], ranks: list[int]) -> Sample:
    """Return the seeds as the planning of more seeds sees them."""
    succeeded = np.array([score.succeeded for score in seeds], np.bool_)
    return Sample(np.asarray(ranks, np.float64), succeeded)


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
