"""How a line bends: curvature at each point, and the number of turns."""

import numpy as np

from racer.kernels.layout import Floats
from racer.track.arrays import arc_lengths

_WINDOW = 2.0  # neighbours taken for the curvature, in mean distances between the points
_LEAST_TURN = np.radians(20.0)  # a smaller change of heading is no turn (rad)
_LEAST_CURVATURE = 0.1  # per width of the road: a radius of more than ten widths is straight


def curvature(line: Floats, *, is_loop: bool) -> Floats:
    """Return the curvature of a line at each of its points (1/m), (n,), positive to the left.

    It is that of the circle through the point and the points a little behind and ahead of it. They
    are two mean distances away and not the neighbouring rows: rows of real routes are sometimes
    doubled or crowded, and differences of such neighbours blow up. Within this reach of the ends of
    an open line, the nearest value stands.

    Args:
        line: (n, 2) (m); on a loop the last row repeats the first.
        is_loop: whether the line goes on at its end.
    """
    s = arc_lengths(line)
    reach = min(_WINDOW * s[-1] / (len(line) - 1), s[-1] / 4.0)
    at = s if is_loop else np.clip(s, reach, s[-1] - reach)
    behind, here, ahead = (_position(at + shift, s, line) for shift in (-reach, 0.0, reach))
    first, second, across = here - behind, ahead - here, ahead - behind
    twice_area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    sides = np.hypot(*first.T) * np.hypot(*second.T) * np.hypot(*across.T)
    # curvature of the circle round a triangle: four times its area by the product of its sides
    return 2.0 * twice_area / np.maximum(sides, 1e-12)


def _position(at: Floats, s: Floats, line: Floats) -> Floats:
    """Return the points of a line at arc lengths modulo its length (m), (n, 2)."""
    inside = np.where((at < 0.0) | (at > s[-1]), at % s[-1], at)
    return np.stack([np.interp(inside, s, line[:, k]) for k in (0, 1)], axis=1)


def count_turns(s: Floats, curvatures: Floats, width: float, *, is_loop: bool) -> int:
    """Return the number of turns: stretches bent to one side by 20 degrees or more in all.

    A stretch ends where the road bends the other way, or where its radius exceeds ten widths.

    Args:
        s: (n,) arc length at each point (m).
        curvatures: (n,) (1/m).
        width: of the road (m).
        is_loop: whether a stretch may go on across the end.
    """
    middle = (curvatures[1:] + curvatures[:-1]) / 2.0
    side = np.sign(middle) * (np.abs(middle) * width > _LEAST_CURVATURE)
    bends = middle * np.diff(s)
    if is_loop and np.any(side != side[0]):  # begin where one stretch ends
        start = int(np.flatnonzero(side != side[0])[0])
        side, bends = np.roll(side, -start), np.roll(bends, -start)
    stretch = np.concatenate(([0], np.cumsum(side[1:] != side[:-1])))
    totals = np.bincount(stretch, np.where(side != 0.0, bends, 0.0))
    return int(np.count_nonzero(np.abs(totals) >= _LEAST_TURN))
