"""Finds where a curve changes its level: binary segmentation with a penalty for each change."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from racer.analysis.statistics import Floats

LEAST_LENGTH = 3
"""Points of a segment, at least: fewer are called noise."""

_PENALTY = 5.0  # times ln n, in variances; of 3,000 curves of 60 points of noise 0.3 % had a change


@dataclass(frozen=True)
class Change:
    """A place where a curve went from one level to another."""

    index: int
    """First point of the new level."""
    before: float
    """Mean of the segment before."""
    after: float
    """Mean of the segment from ``index`` on."""

    @property
    def size(self) -> float:
        """How far it went: below 0 for a fall."""
        return self.after - self.before


def find_changes(values: ArrayLike, *, least: float = 0.0) -> list[Change]:
    """Return where the level of a curve changes, in order.

    The curve is cut in two where that lowers the sum of squared distances from the means most, and
    each part again, as long as a cut gains more than a penalty of 5 ln n variances of the noise.
    The noise is told from the differences of neighbours, which a change of level hardly touches.
    Binary segmentation is Scott and Knott's, Biometrics 30, 1974; the form of the penalty is
    Schwarz's criterion (Yao, Statistics and Probability Letters 6, 1988).

    Args:
        values: (n,) in order of time, without nan.
        least: changes smaller than this are left out; the segments beside are then one.
    """
    curve = np.asarray(values, dtype=np.float64)
    if len(curve) < 2 * LEAST_LENGTH:
        return []
    penalty = _PENALTY * np.log(len(curve)) * max(_noise(curve) ** 2, 1e-12)
    cuts = sorted(_cuts(curve, 0, penalty))
    while cuts:
        changes = _changes(curve, cuts)
        smallest = min(changes, key=lambda change: abs(change.size))
        if abs(smallest.size) >= least:
            return changes
        cuts.remove(smallest.index)
    return []


def _changes(curve: Floats, cuts: list[int]) -> list[Change]:
    """Return the changes at the cuts, with the levels of the segments between them."""
    levels = [float(part.mean()) for part in np.split(curve, cuts)]
    return [
        Change(cut, before, after)
        for cut, before, after in zip(cuts, levels[:-1], levels[1:], strict=True)
    ]


def _noise(curve: Floats) -> float:
    """Return the standard deviation of the noise, from the differences of neighbours.

    Of normal noise the median absolute difference is 0.6745 √2 standard deviations. A curve that
    mostly stands still, as a finish rate at 0, has a median of 0: then the mean square serves.
    """
    differences = np.abs(np.diff(curve))
    by_median = float(np.median(differences)) / (0.6745 * np.sqrt(2.0))
    if by_median > 0.0:
        return by_median
    kept = np.sort(differences)[: max(1, int(0.9 * len(differences)))]
    return float(np.sqrt(np.mean(kept**2) / 2.0))


def _cuts(curve: Floats, start: int, penalty: float) -> Iterator[int]:
    """Yield the indices at which a stretch is cut; ``start`` is the index of its first point."""
    n = len(curve)
    if n < 2 * LEAST_LENGTH:
        return
    sums = np.cumsum(curve)
    sizes = np.arange(LEAST_LENGTH, n - LEAST_LENGTH + 1)
    left = sums[sizes - 1] / sizes
    right = (sums[-1] - sums[sizes - 1]) / (n - sizes)
    gains = sizes * (n - sizes) / n * (left - right) ** 2
    best = int(np.argmax(gains))
    if gains[best] <= penalty:
        return
    cut = int(sizes[best])
    yield start + cut
    yield from _cuts(curve[:cut], start, penalty)
    yield from _cuts(curve[cut:], start + cut, penalty)
