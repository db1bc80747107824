"""Statistics of learning curves: means an update, seeds on one axis, bands.

Values that are nan are left out of every mean and median; a result without any value is nan.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MIN_SEEDS_FOR_PERCENTILES = 10  # with fewer, the 10th and 90th percentile lie beside the extremes


def per_update(
    update: ArrayLike,
    total_steps: ArrayLike,
    values: ArrayLike,
    statistic: Callable[[Floats], float] = np.mean,
) -> tuple[Floats, Floats]:
    """Return one statistic of the episodes of each update, against training steps.

    Args:
        update: (n_episodes,) the update that each episode belongs to.
        total_steps: (n_episodes,) training steps done when each episode ended.
        values: (n_episodes,) what to summarise, for example episode returns.
        statistic: of the values of one update, those that are nan left out.

    Returns:
        The training steps at the end of each update and the statistic (nan for an update without
        values), both (n_updates,), in the order of the updates.
    """
    update, steps, numbers = np.asarray(update), np.asarray(total_steps), _floats(values)
    if len(update) == 0:
        return np.empty(0), np.empty(0)
    order = np.argsort(update, kind="stable")
    firsts = np.unique(update[order], return_index=True)[1][1:]
    ends = [float(group.max()) for group in np.split(steps[order], firsts)]
    groups = [group[~np.isnan(group)] for group in np.split(numbers[order], firsts)]
    results = [float(statistic(group)) if len(group) else np.nan for group in groups]
    return np.array(ends), np.array(results)


def align(
    curves: Sequence[tuple[ArrayLike, ArrayLike]],
    steps: ArrayLike | None = None,
    *,
    hold: bool = False,
) -> tuple[Floats, Floats]:
    """Put the curves of several seeds on one axis of training steps.

    Points that are nan are left out. A curve is nan before its first point and after its last:
    nothing is known there.

    Args:
        curves: for each seed its training steps (n,), rising, and its values (n,).
        steps: the common axis (m,); by default every step at which some curve has a value.
        hold: between its points a curve keeps its last value (a best so far) instead of running
            straight to the next (as lines in a figure do).

    Returns:
        The axis (m,) and the values (n_seeds, m).
    """
    known = [(_floats(x), _floats(y)) for x, y in curves]
    known = [(x[~np.isnan(y)], y[~np.isnan(y)]) for x, y in known]
    if steps is None:
        axis = np.unique(np.concatenate([x for x, _ in known] or [np.empty(0)]))
    else:
        axis = _floats(steps)
    values = np.full((len(known), len(axis)), np.nan)
    for row, (x, y) in zip(values, known, strict=True):
        if len(x) == 0:
            continue
        inside = (axis >= x[0]) & (axis <= x[-1])
        if hold:
            row[inside] = y[np.searchsorted(x, axis[inside], side="right") - 1]
        else:
            row[inside] = np.interp(axis[inside], x, y)
    return axis, values


@dataclass(frozen=True)
class Band:
    """Several seeds summarised at each step."""

    center: Floats
    """(m,) mean over the seeds; nan where a seed has no value."""
    low: Floats
    """(m,) lower edge."""
    high: Floats
    """(m,) upper edge."""
    edges: str
    """What the edges are, for a legend."""


def band(values: ArrayLike) -> Band:
    """Summarise seeds by their mean, and their spread by a band that claims no more than it shows.

    The band shows the spread of the seeds, not the uncertainty of their mean (Patterson et al.
    2024; Tanaka & Mahmood 2026): from the lowest to the highest seed, and with ten seeds or more
    from the 10th to the 90th percentile.

    Args:
        values: (n_seeds, m), as ``align`` gives them. Where a seed has no value, nor has the band:
            a mean over the seeds that are left would be a mean over the better ones.
    """
    numbers = np.atleast_2d(_floats(values))
    n = len(numbers)
    if n >= MIN_SEEDS_FOR_PERCENTILES:
        low, high = np.percentile(numbers, (10, 90), axis=0)
        edges = "10th to 90th percentile"
    else:
        low, high = numbers.min(axis=0), numbers.max(axis=0)
        edges = "lowest to highest"
    return Band(numbers.mean(axis=0), low, high, edges)


def _floats(values: ArrayLike) -> Floats:
    """Return the values as an array of floats."""
    return np.asarray(values, dtype=np.float64)
