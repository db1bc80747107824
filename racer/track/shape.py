"""How a line bends: curvature at each point, and the number of turns."""

import numpy as np

from racer.kernels.layout import Floats
from racer.track.arrays import arc_lengths

_WINDOW = 2.0  # how far behind and ahead, in mean distances between the points
_LEAST_TURN = np.radians(20.0)  # a smaller change of heading is no turn (rad)
_LEAST_CURVATURE = 0.1  # per width of the road: a radius of more than ten widths is straight


def curvature(line: Floats, *, is_loop: bool) -> Floats:
    """Return the curvature of a line at each of its points (1/m), (n,), positive to the left.

    It is the change of heading from a little behind the point to a little ahead of it, by the
    distance. A segment has its heading in its middle: on a circle that is exact, however the
    points are spaced, and repeated rows, which many real routes have, do no harm. Near the ends of
    an open line the nearest value stands.

    Args:
        line: (n, 2) (m); on a loop the last row repeats the first.
        is_loop: whether the line goes on at its end.
    """
    s = arc_lengths(line)
    moves = np.flatnonzero(np.diff(s) > 0.0)
    middles = (s[moves] + s[moves + 1]) / 2.0
    heading = np.unwrap(np.arctan2(*(line[moves + 1] - line[moves]).T[::-1]))
    reach = min(_WINDOW * s[-1] / (len(line) - 1), s[-1] / 4.0)
    if is_loop:  # a lap before and a lap after
        lap = heading[-1] + _wrapped(heading[0] - heading[-1]) - heading[0]
        middles = np.concatenate((middles - s[-1], middles, middles + s[-1]))
        heading = np.concatenate((heading - lap, heading, heading + lap))
    else:
        s = np.clip(s, middles[0] + reach, max(middles[-1] - reach, middles[0] + reach))
    ahead = np.interp(s + reach, middles, heading)
    return (ahead - np.interp(s - reach, middles, heading)) / (2.0 * reach)


def _wrapped(angle: float) -> float:
    """Return an angle in [-pi, pi) (rad)."""
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def turns(
    s: Floats, curvatures: Floats, width: float, *, is_loop: bool
) -> list[tuple[float, float]]:
    """Return the turns: stretches bent to one side by 20 degrees or more in all.

    A stretch ends where the road bends the other way, or where its radius exceeds ten widths.

    Args:
        s: (n,) arc length at each point (m).
        curvatures: (n,) (1/m).
        width: of the road (m).
        is_loop: whether a stretch may go on across the end.

    Returns:
        where each begins and ends (m), as they are driven; one that goes on across the end comes
        last, and ends beyond the length of the lap.
    """
    middle = (curvatures[1:] + curvatures[:-1]) / 2.0
    side = np.sign(middle) * (np.abs(middle) * width > _LEAST_CURVATURE)
    bends = middle * np.diff(s)
    begins = s[:-1] - s[0]
    if is_loop and np.any(side != side[0]):  # begin where one stretch ends
        start = int(np.flatnonzero(side != side[0])[0])
        side, bends = np.roll(side, -start), np.roll(bends, -start)
        begins = np.concatenate((begins[start:], begins[:start] + s[-1] - s[0]))
    first = np.concatenate(([True], side[1:] != side[:-1]))
    stretch = np.cumsum(first) - 1
    totals = np.bincount(stretch, np.where(side != 0.0, bends, 0.0))
    edges = np.append(begins[first], begins[0] + s[-1] - s[0])
    found = [(edges[k], edges[k + 1]) for k in np.flatnonzero(np.abs(totals) >= _LEAST_TURN)]
    lap = s[-1] - s[0]
    return sorted((float(a % lap), float(b - a + a % lap)) for a, b in found)
