"""Tests and intervals that compare the seeds of two reward functions.

The unit is the seed: a reward function trained with one seed is one value, however many trials
were driven with it (Colas et al. 2018; Patterson et al. 2024). scipy does the tests. Where its
exact Mann-Whitney test does not apply, with ties, the same distribution is counted here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Z95 = 1.959964
"""Quantile of the normal distribution for intervals of 95 %."""

MOST_EXACT = 60
"""With more seeds than this on a side the rank test is the normal approximation."""

BOOTSTRAP_DRAWS = 10_000
FEWEST_FOR_INTERVAL = 5
"""Of fewer values a bootstrap interval is far too narrow, so there is none."""

_PLAN_DRAWS = 1_000
_SEED = 20_180  # any fixed number: the same scores always give the same answer


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float | None = None
    """None where there are too few values for an interval."""
    high: float | None = None


def rank_test(first: ArrayLike, second: ArrayLike) -> float:
    """Return the two-sided p-value of the Mann-Whitney test, exact with ties too.

    Under the hypothesis that the two are equal every way to deal the values into the two groups is
    as likely. Twice the smaller tail of the rank sum is the p-value, at most 1. Without ties scipy
    has that distribution; with ties it is counted (Streitberg & Röhmel 1986, "Exact distributions
    for permutation and rank tests"), since scipy's ``method="exact"`` is wrong there.

    Args:
        first: (n,) one value a seed; only their order matters.
        second: (m,) the same of the other.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if len(a) == 0 or len(b) == 0:
        return 1.0
    both = np.concatenate([a, b])
    if len(np.unique(both)) == 1:
        return 1.0
    if max(len(a), len(b)) > MOST_EXACT:
        return float(stats.mannwhitneyu(a, b, method="asymptotic").pvalue)
    if len(np.unique(both)) == len(both):
        return float(stats.mannwhitneyu(a, b, method="exact").pvalue)
    twice = np.rint(2 * stats.rankdata(both)).astype(np.int64)  # ranks of ties end in .5
    chances = _rank_sum_chances(twice, len(a))
    total = int(twice[: len(a)].sum())
    tail = min(float(chances[: total + 1].sum()), float(chances[total:].sum()))
    return min(1.0, 2.0 * tail)


def _rank_sum_chances(twice: Integers, n: int) -> Floats:
    """Return the chance of each sum of n of the doubled ranks, drawn without replacement.

    Args:
        twice: (n + m,) doubled ranks, whole numbers.
        n: how many are drawn.

    Returns:
        (largest sum + 1,) chances, indexed by the sum.
    """
    largest = int(np.sort(twice)[len(twice) - n :].sum())
    ways = np.zeros((n + 1, largest + 1))  # [how many are drawn, their sum]
    ways[0, 0] = 1.0
    for rank in twice:
        ways[1:, rank:] += ways[:-1, : largest + 1 - rank]
    return ways[n] / ways[n].sum()


def beats(first: ArrayLike, second: ArrayLike) -> float:
    """Return P(first beats second): the share of pairs of seeds that it wins, ties by half.

    Args:
        first: (n,) one value a seed, the higher the better.
        second: (m,) the same of the other.

    Source: Vargha & Delaney 2000; the probability of improvement of Agarwal et al. 2021.
    """
    a, b = np.asarray(first, np.float64)[:, None], np.asarray(second, np.float64)[None, :]
    return float(np.mean((a > b) + 0.5 * (a == b)))


def beats_interval(probability: float, n: int, m: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval of P(first beats second); honest at 0 and 1 and for few seeds.

    All values of P from which the observed one lies at most z standard errors away, with the
    standard error at that P.

    Args:
        probability: as ``beats`` gives it.
        n: seeds of the first.
        m: seeds of the second.
        z: quantile of the normal distribution; the default gives 95 %.

    Source: Newcombe 2006, "Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic. Part 2", Statistics in Medicine 25, 559, method 5.
    """

    def excess(p: float) -> float:
        shape = (1 - p) / (2 - p) + p / (1 + p)
        variance = p * (1 - p) * (1 + ((n + m) / 2 - 1) * shape) / (n * m)
        return float((p - probability) ** 2 - z * z * variance)

    inside = min(max(probability, 1e-9), 1 - 1e-9)  # at 0 and 1 the formula has a second root
    low = 0.0 if probability <= 0 else float(optimize.brentq(excess, 0.0, inside))
    high = 1.0 if probability >= 1 else float(optimize.brentq(excess, inside, 1.0))
    return low, high


@lru_cache(maxsize=4096)
def success_test(first: int, n: int, second: int, m: int) -> float:
    """Return the two-sided p-value of Fisher's exact test that both succeed equally often.

    Args:
        first: seeds of the first that succeeded.
        n: seeds of the first.
        second: seeds of the second that succeeded.
        m: seeds of the second.
    """
    table = np.array([[first, n - first], [second, m - second]])
    return float(stats.fisher_exact(table).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for their number; each is then held against the same 5 %.

    The chance that any true hypothesis is rejected stays at 5 %, however the tests hang together.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def smallest_p(n: int, m: int) -> float:
    """Return the smallest p-value that either test can reach with so many seeds."""
    return success_test(0, n, m, m) if n and m else 1.0


def bootstrap(values: ArrayLike, statistic: Callable[..., Any] = np.median) -> Estimate:
    """Return a statistic of the seeds with its 95 % percentile bootstrap interval, for display.

    Never decide by such intervals: of five seeds they miss the truth far more often than one time
    in twenty. The draws are the same each time.

    Args:
        values: (n,) one value a seed, n > 0.
        statistic: takes ``axis``, like numpy's mean and median.
    """
    numbers = np.asarray(values, np.float64)
    value = float(statistic(numbers, axis=0))
    if len(numbers) < FEWEST_FOR_INTERVAL:
        return Estimate(value)
    draws = np.random.default_rng(_SEED).integers(
        len(numbers), size=(BOOTSTRAP_DRAWS, len(numbers))
    )
    low, high = np.percentile(statistic(numbers[draws], axis=1), (2.5, 97.5))
    return Estimate(value, float(low), float(high))


@dataclass(frozen=True)
class Sample:
    """The seeds of one reward function, as the tests see them."""

    ranks: Floats
    """(n,) one value a seed, the higher the better; comparable with the other sample's."""
    succeeded: NDArray[np.bool_]
    """(n,) whether the seed succeeded."""


def more_seeds(
    first: Sample,
    second: Sample,
    *,
    n_tests: int,
    alpha: float = 0.05,
    power: float = 0.8,
    most: int = 50,
) -> int | None:
    """Return how many more seeds of each would likely settle which is better; None: over ``most``.

    Draws new comparisons from the seeds that were seen, and finds the smallest number of seeds with
    which one of the two tests holds in 80 % of them. The seeds that were seen are few: so each draw
    first doubts how frequent each of them is (the Bayesian bootstrap, Rubin 1981). Without that
    doubt the answer is too hopeful.

    Args:
        first: the seeds of one.
        second: the seeds of the other.
        n_tests: by how many the p-values are multiplied (Bonferroni, a little more than Holm).
        alpha: what an adjusted p-value must not exceed.
        power: share of the draws.
        most: where to give up.
    """
    levels, codes = np.unique(np.concatenate([first.ranks, second.ranks]), return_inverse=True)
    a, b = _cells(first, codes[: len(first.ranks)]), _cells(second, codes[len(first.ranks) :])
    counts = [np.bincount(cell, minlength=2 * len(levels)) for cell in (a, b)]
    have = min(len(a), len(b))

    def settles(extra: int) -> bool:
        rate = _settled_share(counts[0], counts[1], have + extra, alpha / n_tests)
        return rate >= power

    if not settles(most):
        return None
    low, high = 0, most  # more seeds settle more, so the smallest number is found by halving
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high


def _cells(sample: Sample, codes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Number each seed by its place in the order and whether it succeeded."""
    return 2 * codes + sample.succeeded


def _settled_share(
    first: NDArray[np.intp], second: NDArray[np.intp], n: int, alpha: float
) -> float:
    """Return how often one of the two tests holds with n seeds of each.

    Args:
        first: (2 * n_levels,) how many seeds were seen in each cell, as ``_cells`` numbers them.
        second: the same of the other.
        n: seeds to draw from each.
        alpha: of a single test.
    """
    rng = np.random.default_rng(_SEED)
    a, b = (_draws(counts, n, rng) for counts in (first, second))
    by_success = _success_table(n)[a[:, :, 1].sum(1), b[:, :, 1].sum(1)]
    by_rank = _rank_p(a.sum(2), b.sum(2), n)
    return float(np.mean(np.minimum(by_success, by_rank) <= alpha))


def _draws(counts: NDArray[np.intp], n: int, rng: np.random.Generator) -> Integers:
    """Return (n_draws, n_levels, 2) how many of n new seeds fall into each cell."""
    weights = rng.standard_gamma(counts, size=(_PLAN_DRAWS, len(counts)))
    shares = weights / weights.sum(1, keepdims=True)
    return rng.multinomial(n, shares).reshape(_PLAN_DRAWS, -1, 2)


def _rank_p(a: Integers, b: Integers, n: int) -> Floats:
    """Return p-values of the rank test by its normal approximation with ties, of many draws.

    Args:
        a: (n_draws, n_levels) how many seeds of the first are at each level, the best last.
        b: the same of the second.
        n: seeds of each.

    Source: Lehmann 1975, "Nonparametrics", section 1.4, with correction for continuity.
    """
    below = np.cumsum(b, axis=1) - 0.5 * b
    wins = np.sum(a * below, axis=1)
    size, tied = 2 * n, a + b
    ties = np.sum(tied**3 - tied, axis=1)
    variance = n * n / 12.0 * (size + 1 - ties / (size * (size - 1)))
    excess = np.maximum(np.abs(wins - n * n / 2) - 0.5, 0.0)
    z = np.divide(excess, np.sqrt(variance), out=np.zeros(len(a)), where=variance > 1e-9)
    return 2.0 * stats.norm.sf(z)


@lru_cache(maxsize=64)
def _success_table(n: int) -> Floats:
    """Return the p-values of Fisher's test, (n + 1, n + 1), by the successes of n seeds each."""
    table = np.ones((n + 1, n + 1))
    for total in range(2 * n + 1):
        first = np.arange(max(0, total - n), min(n, total) + 1)
        chance = stats.hypergeom.pmf(first, 2 * n, total, n)
        unlikely = chance[None, :] <= chance[:, None] * (1 + 1e-7)  # as scipy's fisher_exact does
        table[first, total - first] = np.minimum(1.0, (unlikely * chance[None, :]).sum(1))
    return table
