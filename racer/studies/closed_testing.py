"""Which of several groups differ: permutation tests of subsets, closed under logic.

"These groups are equal" is tested for every subset of the groups: under that hypothesis every way
to deal the values of the subset out again is as likely, so the p-value is the share of deals whose
statistic is at least as large (Pitman 1937). A pair is called different only if every hypothesis
that says it is equal is rejected: every partition of the groups with the pair in one block. Then
the chance that any pair of equal groups is called different is at most the level, whichever of the
others differ (Marcus, Peritz & Gabriel 1976, "On closed testing procedures").

Within a partition the blocks are dealt independently, so its p-value is Sidak's of the smallest of
its m blocks with more than one group: 1 - (1 - p)^m.

The statistic of a subset is the clearest of its pairs, by Welch's t. Where the values come in
several views, the smallest of the views' p-values is itself judged by the deals (Westfall & Young
1993, "Resampling-based multiple testing").
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pair = tuple[int, int]

N_DEALS = 1_999
"""Random deals of a subset where all deals are more than that."""

MOST_GROUPS = 10
"""With more groups the subsets are too many: then only pairs are tested, corrected by Holm."""

_FLOOR = 0.05  # of the variance of all values, added to that of a pair: equal values are no proof
_SEED = 20_180  # any fixed number: the same values always give the same answer


def closed_p_values(
    groups: Sequence[Floats], *, reference: int | None = None, give_up_above: float = 1.0
) -> dict[Pair, float]:
    """Return the p-value of each pair of groups, corrected for all comparisons made.

    Args:
        groups: of each group (n_views, n_seeds) its values as each view sees them, with at least
            two seeds; more is better in all views or worse in all.
        reference: compare the others with this group only, which needs fewer hypotheses.
        give_up_above: where all groups together are no clearer than this, return that p-value for
            every pair: none can be smaller.

    Returns:
        (i, j) with i < j to the largest p-value of the hypotheses under which i and j are equal.
    """
    everyone = tuple(range(len(groups)))
    pairs = [pair for pair in combinations(everyone, 2) if reference is None or reference in pair]
    if len(groups) > MOST_GROUPS:
        return holm({pair: subset_p_value([groups[i] for i in pair]) for pair in pairs})
    tests: dict[tuple[int, ...], float] = {}
    for size in range(len(groups), 1, -1):
        for subset in combinations(everyone, size):
            if reference is None or reference in subset:
                chosen = None if reference is None else subset.index(reference)
                tests[subset] = subset_p_value([groups[i] for i in subset], chosen)
        if size == len(groups) and tests[everyone] > give_up_above:
            return dict.fromkeys(pairs, tests[everyone])
    return {
        pair: max(
            _largest_with(subset, p, tests, len(groups))
            for subset, p in tests.items()
            if set(pair) <= set(subset)
        )
        for pair in pairs
    }


def subset_p_value(groups: Sequence[Floats], reference: int | None = None) -> float:
    """Return the p-value of the hypothesis that all the groups are equal.

    Args:
        groups: of each group (n_views, n_seeds) its values.
        reference: look only at pairs with this group.
    """
    sizes = tuple(group.shape[1] for group in groups)
    deals = _deals(sizes)  # the first one leaves all where it is
    pooled = np.concatenate(groups, axis=1)
    largest = np.stack([_clearest(view[deals], sizes, reference) for view in pooled])
    ps = np.stack([_tail_shares(statistic) for statistic in largest])
    smallest = ps.min(axis=0)
    return float(np.mean(smallest <= smallest[0] + 1e-12))


def _tail_shares(statistic: Floats) -> Floats:
    """Return of each deal the share of deals with a statistic at least as large, (n_deals,)."""
    rounded = np.round(statistic, 9)  # deals that are equal but for rounding count as equal
    ordered = np.sort(rounded)
    return 1.0 - np.searchsorted(ordered, rounded, side="left") / len(ordered)


def _clearest(dealt: Floats, sizes: tuple[int, ...], reference: int | None) -> Floats:
    """Return the largest |t| of the pairs in each deal, (n_deals,).

    Args:
        dealt: (n_deals, n) values, group after group.
        sizes: of the groups.
        reference: look only at pairs with this group.
    """
    ends = np.cumsum(sizes)
    parts = [dealt[:, end - size : end] for end, size in zip(ends, sizes, strict=True)]
    means = [part.mean(axis=1) for part in parts]
    errors = [part.var(axis=1, ddof=1) / part.shape[1] for part in parts]
    spread = float(dealt[0].var()) or 1.0
    found = np.zeros(len(dealt))
    for i, j in combinations(range(len(sizes)), 2):
        if reference is None or reference in (i, j):
            floor = _FLOOR * spread * (1.0 / sizes[i] + 1.0 / sizes[j])
            t = np.abs(means[i] - means[j]) / np.sqrt(errors[i] + errors[j] + floor)
            np.maximum(found, t, out=found)
    return found


@lru_cache(maxsize=64)
def _deals(sizes: tuple[int, ...]) -> NDArray[np.intp]:
    """Return ways to deal out values, (n_deals, n) indices; the first one changes nothing.

    All ways for two small groups, else random ones.
    """
    n = sum(sizes)
    if len(sizes) == 2 and math.comb(n, sizes[0]) <= N_DEALS:
        chosen = list(combinations(range(n), sizes[0]))
        return np.array([[*first, *sorted(set(range(n)) - set(first))] for first in chosen])
    rng = np.random.default_rng(_SEED)
    deals = np.argsort(rng.random((N_DEALS + 1, n)), axis=1)
    deals[0] = np.arange(n)
    return deals


def _largest_with(
    block: tuple[int, ...], p: float, tests: dict[tuple[int, ...], float], n_groups: int
) -> float:
    """Return the largest p-value of the partitions that have this block."""
    rest = tuple(i for i in range(n_groups) if i not in block)
    largest = p
    for n_more, smallest in _best_packings(rest, tests).items():
        largest = max(largest, 1.0 - (1.0 - min(p, smallest)) ** (1 + n_more))
    return largest


def _best_packings(rest: tuple[int, ...], tests: dict[tuple[int, ...], float]) -> dict[int, float]:
    """Return for each number of disjoint blocks within ``rest`` the largest smallest p-value."""
    if len(rest) < 2:
        return {}
    first, others = rest[0], rest[1:]
    best = dict(_best_packings(others, tests))  # the first one stays alone
    for size in range(1, len(rest)):
        for more in combinations(others, size):
            p = tests.get((first, *more))
            if p is None:
                continue
            best[1] = max(best.get(1, 0.0), p)
            left = tuple(i for i in others if i not in more)
            for n, smallest in _best_packings(left, tests).items():
                best[n + 1] = max(best.get(n + 1, 0.0), min(p, smallest))
    return best


def holm(p_values: dict[Pair, float]) -> dict[Pair, float]:
    """Return the p-values corrected for their number.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    adjusted, largest = {}, 0.0
    for rank, pair in enumerate(sorted(p_values, key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[pair]))
        adjusted[pair] = largest
    return adjusted
