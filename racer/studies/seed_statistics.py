"""How far the seeds of reward functions are apart, with intervals for display.

The unit is the seed: a reward function trained with one seed is one value, however many trials
were driven with it (Colas et al. 2018; Patterson et al. 2024).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

Z95 = 1.959964
"""Quantile of the normal distribution for intervals of 95 %."""

BOOTSTRAP_DRAWS = 10_000
FEWEST_FOR_INTERVAL = 5
"""Of fewer values a bootstrap interval is far too narrow, so there is none."""

_SEED = 20_180  # any fixed number: the same scores always give the same answer


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float | None = None
    """None where there are too few values for an interval."""
    high: float | None = None


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
