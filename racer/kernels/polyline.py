"""Nearest point of line segments, in the arithmetic of GEOS (the library below shapely).

Distance and place are computed by the formulas of GEOS's ``Distance::pointToSegment`` and
``LineSegment::projectionFactor``, term by term: so a tie between two segments falls the same way
as in the real simulator, which asks shapely.
"""

import math

from racer.kernels._jit import inlined
from racer.kernels.layout import Floats, Integers


@inlined
def point_to_segment(
    ax: float, ay: float, bx: float, by: float, x: float, y: float
) -> tuple[float, float]:
    """Return the distance of a point to the segment from a to b, and where the nearest point lies.

    Args:
        ax: x of the segment's beginning (m).
        ay: y of the segment's beginning (m).
        bx: x of its end (m); a and b must differ.
        by: y of its end (m).
        x: x of the point (m).
        y: y of the point (m).

    Returns:
        The distance (m), and the fraction of the segment at which the point projects. It is not
        clamped: at or below 0 the beginning is nearest, at or above 1 the end.
    """
    dx = bx - ax
    dy = by - ay
    px = x - ax
    py = y - ay
    squared_length = dx * dx + dy * dy
    fraction = (px * dx + py * dy) / squared_length
    if fraction <= 0.0:
        return math.sqrt(px * px + py * py), fraction
    if fraction >= 1.0:
        qx = x - bx
        qy = y - by
        return math.sqrt(qx * qx + qy * qy), fraction
    return abs((px * dy - py * dx) / squared_length) * math.sqrt(squared_length), fraction


@inlined
def point_at(ax: float, ay: float, bx: float, by: float, fraction: float) -> tuple[float, float]:
    """Return the point (m) at a fraction of the segment from a to b, its ends exactly.

    Args:
        ax: x of the segment's beginning (m).
        ay: y of the segment's beginning (m).
        bx: x of its end (m).
        by: y of its end (m).
        fraction: of the segment's length; clamped to [0, 1].
    """
    if fraction <= 0.0:
        return ax, ay
    if fraction >= 1.0:
        return bx, by
    return ax + fraction * (bx - ax), ay + fraction * (by - ay)


@inlined
def nearest_listed(
    segments: Floats, start: int, listed: Integers, begin: int, end: int, x: float, y: float
) -> tuple[int, float, float]:
    """Return the nearest of some segments, its distance (m), and where on it the point projects.

    Args:
        segments: (n_segments, 4) x and y of the beginning, x and y of the end (m).
        start: row of the track's first one.
        listed: (n_listed,) numbers of segments, counted from ``start``.
        begin: where the list begins.
        end: where it ends.
        x: x of the point (m).
        y: y of the point (m).
    """
    best = start
    shortest = math.inf
    at = 0.0
    for k in range(begin, end):
        i = start + listed[k]
        distance, fraction = point_to_segment(
            segments[i, 0], segments[i, 1], segments[i, 2], segments[i, 3], x, y
        )
        if distance < shortest:
            best, shortest, at = i, distance, fraction
    return best, shortest, at
