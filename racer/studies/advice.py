"""How many more seeds would settle which of two reward functions is better."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from racer.studies.closed_testing import MOST_GROUPS, N_DEALS, Floats

MOST_MORE = 50
"""More seeds than this are never advised."""

CONFIDENCE_IN_TIME, CONFIDENCE_IN_FINISHING = 0.65, 0.95
"""Share of the imagined continuations that the advised number of seeds has to settle: so chosen
that the advice is right in about four of five cases (benchmarks/honesty.py). Failures are rare, so
a few seeds seen to fail say less of the next ones than times do."""

_N_DRAWS = 400
_VIEWS = 1.3  # the smallest of some p-values that hang together, by so much too small
_SEED = 20_180  # any fixed number: the same scores always give the same advice


def more_seeds(
    first: Floats, second: Floats, *, level: float, confidence: float, most: int = MOST_MORE
) -> int | None:
    """Return how many more seeds of each would likely settle which is better; None: over ``most``.

    The seeds that are there are kept, and new ones are drawn from those that were seen. These are
    few, so each draw first doubts how frequent each of them is (the Bayesian bootstrap, Rubin
    1981): without that doubt the answer is too hopeful.

    Args:
        first: (n_views, n) the values of the seeds of one.
        second: (n_views, m) the same of the other.
        level: what the p-value of the pair alone must not exceed.
        confidence: share of the imagined continuations that have to be settled.
        most: where to give up.
    """

    def settles(extra: int) -> bool:
        rng = np.random.default_rng(_SEED)
        a, b = (_continued(values, extra, rng) for values in (first, second))
        return float(np.mean(_p_values(a, b) <= level)) >= confidence

    if not settles(most):
        return None
    low, high = 0, most  # more seeds settle more, so the smallest number is found by halving
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high


def fewest_seeds(n_groups: int, level: float, *, is_against_one: bool = False) -> int:
    """Return the fewest seeds of each group with which any pair could become clear.

    Args:
        n_groups: reward functions.
        level: of the verdicts.
        is_against_one: whether all are compared with one only.
    """
    blocks = 1 if is_against_one else n_groups // 2
    n_pairs = n_groups - 1 if is_against_one else n_groups * (n_groups - 1) // 2

    def is_enough(n: int) -> bool:
        smallest = max(2.0 / math.comb(2 * n, n), 1.0 / (N_DEALS + 1))
        if n_groups > MOST_GROUPS:
            return smallest * n_pairs <= level
        return 1.0 - (1.0 - smallest) ** blocks <= level

    return next((n for n in range(2, 100) if is_enough(n)), 100)


def _continued(values: Floats, extra: int, rng: np.random.Generator) -> Floats:
    """Return the seeds with imagined ones behind them, (n_views, _N_DRAWS, n + extra)."""
    n = values.shape[1]
    weights = rng.standard_gamma(1.0, size=(_N_DRAWS, n))
    shares = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    drawn: NDArray[np.intp] = (rng.random((_N_DRAWS, extra, 1)) > shares[:, None, :]).sum(axis=2)
    kept = np.broadcast_to(np.arange(n), (_N_DRAWS, n))
    return values[:, np.concatenate([kept, np.minimum(drawn, n - 1)], axis=1)]


def _p_values(first: Floats, second: Floats) -> Floats:
    """Return nearly the p-values of the permutation test of each draw, (n_draws,).

    Over all deals the correlation of the values with the group is about that of normal values, so
    that its t has n + m - 2 degrees of freedom.

    Args:
        first: (n_views, n_draws, n) values.
        second: (n_views, n_draws, m) values.

    Source: Pitman 1937, "Significance tests which may be applied to samples from any populations".
    """
    n, m = first.shape[2], second.shape[2]
    both = np.concatenate([first, second], axis=2)
    scatter = both.var(axis=2) * (n + m)
    between = (first.mean(axis=2) - second.mean(axis=2)) ** 2 * n * m / (n + m)
    share = np.divide(between, scatter, out=np.zeros_like(scatter), where=scatter > 1e-12)
    t = np.sqrt(share * (n + m - 2) / np.maximum(1.0 - share, 1e-12))
    ps: Floats = 2.0 * stats.t.sf(t, n + m - 2)
    return np.minimum(1.0, _VIEWS * ps.min(axis=0))
