"""From a drawing to a road: pieces to a centre line, a centre line to borders.

A course is a row of pieces. Each has a size, the length of a straight or the radius of an arc (m),
and a turn, the change of heading (rad): 0 for a straight, positive to the left.
"""

from typing import NamedTuple

import numpy as np

from racer.errors import TrackError
from racer.kernels.layout import Floats

SPACING = 0.15  # between waypoints, as in the real routes (m)
MAX_GAP = 0.02  # a drawing that misses its start by more is refused, as a part of the lap
MAX_TWIST = np.radians(5.0)  # likewise for the heading at its end (rad)
_CLOSED = 1e-9  # a gap of rounding errors, as a part of the lap
_BLEND = 0.5  # the width changes within this distance of a joint between two segments (m)


class Course(NamedTuple):
    """Pieces of a centre line, one after another."""

    sizes: Floats  # (n,) length of a straight, radius of an arc (m)
    turns: Floats  # (n,) change of heading (rad), left positive, 0 for a straight

    @property
    def lengths(self) -> Floats:
        """Length of each piece (m), (n,)."""
        return self.sizes * np.where(self.turns == 0.0, 1.0, np.abs(self.turns))


class Line(NamedTuple):
    """Points of a centre line at equal distances."""

    points: Floats  # (n, 2) (m)
    headings: Floats  # (n,) direction of the line at the points (rad)
    s: Floats  # (n,) arc length of the drawing at the points (m)


def close_course(course: Course, where: str) -> Course:
    """Return the course changed as little as possible so that it ends where it begins.

    The turns share the missing angle in proportion to their own. Then the end depends linearly on
    the sizes, and the smallest relative change of the sizes (least squares) moves it to the start.

    Args:
        course: as drawn.
        where: the file's name, for messages.

    Raises:
        TrackError: if the gap or the twist is too large, or cannot be closed.
    """
    total = float(course.turns.sum())
    twist = total - np.copysign(2.0 * np.pi, total)
    gap = _end(course)
    lap = float(course.lengths.sum())
    if abs(twist) > MAX_TWIST or np.hypot(*gap) > MAX_GAP * lap:
        raise TrackError(
            f"{where}: the segments do not close: they end {np.hypot(*gap):.3g} m from the start, "
            f"{_direction(gap)} as seen along its first straight (at most {MAX_GAP * lap:.3g} m, "
            f"{MAX_GAP:.0%} of the lap) and turn {np.degrees(total):.4g} degrees in all (360 or "
            f"-360 within {np.degrees(MAX_TWIST):.0f})"
        )
    turns = course.turns - twist * np.abs(course.turns) / np.abs(course.turns).sum()
    sizes = course.sizes
    if np.hypot(*(sizes @ _steps(turns))) > _CLOSED * lap:
        steps = _steps(turns)
        weighted = steps * (sizes**2)[:, None]
        change, *_ = np.linalg.lstsq(steps.T @ weighted, -(sizes @ steps), rcond=None)
        sizes = sizes + weighted @ change
    closed = Course(sizes, turns)
    if np.hypot(*_end(closed)) > _CLOSED * lap or np.any(sizes < course.sizes / 2.0):
        raise TrackError(
            f"{where}: no lengths and radii near the drawn ones close the gap of "
            f"{np.hypot(*gap):.3g} m: straights or arcs in another direction are needed"
        )
    return closed


def _steps(turns: Floats) -> Floats:
    """Return the move along each piece if its size were 1, (n, 2), beginning along +x."""
    after = np.cumsum(turns)
    before = after - turns
    straight = np.stack((np.cos(before), np.sin(before)), axis=1)
    arc = np.stack((np.sin(after) - np.sin(before), np.cos(before) - np.cos(after)), axis=1)
    return np.where((turns == 0.0)[:, None], straight, np.sign(turns)[:, None] * arc)


def _direction(gap: Floats) -> str:
    """Say where a gap leads, (2,) (m), x along the start and y to its left."""
    x = f"{abs(gap[0]):.2f} m {'ahead' if gap[0] >= 0.0 else 'behind'}"
    return f"{x} and {abs(gap[1]):.2f} m {'left' if gap[1] >= 0.0 else 'right'} of it"


def _end(course: Course) -> Floats:
    """Return where the course ends, (2,) (m), having begun at the origin along +x."""
    return course.sizes @ _steps(course.turns)


def trace_course(course: Course, *, is_loop: bool) -> Line:
    """Return points along a course at equal distances of about ``SPACING``.

    Args:
        course: closed if it is a loop.
        is_loop: whether the last point is to repeat the first exactly.
    """
    ends = np.cumsum(course.lengths)
    n = max(round(float(ends[-1]) / SPACING), 3)
    s = np.linspace(0.0, ends[-1], n + 1)
    piece = np.minimum(np.searchsorted(ends, s, "right"), len(ends) - 1)
    after = np.cumsum(course.turns)
    starts = np.concatenate(
        ([[0.0, 0.0]], np.cumsum(course.sizes[:, None] * _steps(course.turns), 0))
    )
    along = s - (ends - course.lengths)[piece]
    turned = course.turns[piece] * along / course.lengths[piece]
    heading = (after - course.turns)[piece] + turned
    # the chord of an arc: its length shrinks by sinc of half the turn, its direction is the middle
    chord = along * np.sinc(turned / (2.0 * np.pi))
    middle = heading - turned / 2.0
    points = starts[piece] + chord[:, None] * np.stack((np.cos(middle), np.sin(middle)), axis=1)
    if is_loop:
        points[-1] = points[0]
    return Line(points, heading, s)


def trace_spline(controls: Floats, *, is_loop: bool) -> tuple[Line, Floats]:
    """Return points along a smooth curve through control points, at equal distances.

    The curve is a cubic spline over the chord lengths; its bend does not jump.

    Args:
        controls: (n, 2) (m); a loop's are not repeated at the end.
        is_loop: whether the curve returns to the first one.

    Returns:
        The points, and the arc length at each control point (m), (n,), with the end of a loop.
    """
    from scipy.interpolate import CubicSpline

    if is_loop:
        controls = np.concatenate((controls, controls[:1]))
    knots = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(controls, axis=0).T))))
    curve = CubicSpline(knots, controls, bc_type="periodic" if is_loop else "natural")
    fine = np.linspace(0.0, knots[-1], 64 * len(knots) + 1)
    fine = np.union1d(fine, knots)
    s_fine = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(curve(fine), axis=0).T))))
    n = max(round(float(s_fine[-1]) / SPACING), 3)
    s = np.linspace(0.0, s_fine[-1], n + 1)
    at = np.interp(s, s_fine, fine)
    points, slopes = curve(at), curve(at, 1)
    if is_loop:
        points[-1] = points[0]
    return Line(points, np.arctan2(slopes[:, 1], slopes[:, 0]), s), np.interp(knots, fine, s_fine)


def widths_of_segments(line: Line, lengths: Floats, widths: Floats, *, is_loop: bool) -> Floats:
    """Return the width at each point (m), (n,), if each segment has its own.

    It changes linearly within half a metre before and behind a joint, or within half the segment
    where that is shorter.

    Args:
        line: the centre line.
        lengths: (n_segments,) (m).
        widths: (n_segments,) (m).
        is_loop: whether the last segment joins the first.
    """
    ends = np.cumsum(lengths)
    reach = np.minimum(_BLEND, lengths / 2.0)
    at = np.stack((ends - lengths + reach, ends - reach), axis=1).ravel()
    period = ends[-1] if is_loop else None
    return np.interp(line.s, at, np.repeat(widths, 2), period=period)


def move(points: Floats, x: float, y: float, heading: float) -> Floats:
    """Return points (n, 2) turned about the origin by a heading (rad) and moved by x and y (m)."""
    cos, sin = np.cos(heading), np.sin(heading)
    return points @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


def borders(line: Line, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Return the left and the right border of a road, (n, 2) each (m).

    Args:
        line: the centre line.
        left: (n,) distance of the left border (m).
        right: (n,) distance of the right border (m).
    """
    normal = np.stack((-np.sin(line.headings), np.cos(line.headings)), axis=1)
    sides = line.points + left[:, None] * normal, line.points - right[:, None] * normal
    if np.array_equal(line.points[0], line.points[-1]):
        for side in sides:
            side[-1] = side[0]
    return sides
