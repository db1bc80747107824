"""A random loop: the centre line of a road that turns both ways and never meets itself.

A few squares of a grid grow into a random shape; its outline is a loop that never meets itself,
with straights, hairpins where the shape is one square wide, and chicanes where it has steps. The
corners are moved at random and rounded by arcs, and the line is smoothed so that its curvature does
not jump.
"""

import math
from typing import NamedTuple

import numpy as np

from racer.kernels.layout import Floats

CONTROL_SPACING = 0.5
"""Between the points of a loop (m): a smooth curve through them is the line that was drawn."""

_FINE = 0.05  # between the points of a line that is being drawn (m)
_SMOOTH = 0.2  # standard deviation of the smoothing along the line (m)
_TIGHTER = 1.08  # smoothing tightens an arc of 0.6 m by so much: exp(_SMOOTH**2 / (2 * 0.6**2))
_RING = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
_SIDES = _RING[::2]

Cell = tuple[int, int]  # column and row of a square


class Wish(NamedTuple):
    """What a loop is to be like."""

    length: float  # of the loop (m)
    square: float  # side of a square of the grid (m)
    dents: int  # corners to the other side than the loop, at least
    shift: float  # how far a corner is moved, in squares
    radius: float  # no bend is tighter (m)
    apart: float  # between two parts of the line, at least (m); at most twice the radius


def draw_loop(rng: np.random.Generator, wish: Wish) -> Floats | None:
    """Return points of a random closed line, (n, 2) (m), or None: then it has to be tried again.

    The line runs counter-clockwise around the origin and begins in the middle of its longest
    straight. The points lie ``CONTROL_SPACING`` apart, on whole millimetres; the first one is not
    repeated.

    Args:
        rng: where chance comes from.
        wish: what the line is to be like.
    """
    n_sides = wish.length / wish.square
    corners = _outline(_grow(rng, n_sides))
    # four corners more turn with the lap than against it; on a short lap there is room for few
    if (len(corners) - 4) / 2 < min(wish.dents, n_sides / 2.0 - 4.0):
        return None
    corners = wish.square * _moved(rng, corners, wish.shift)
    line = _rounded(rng, corners, _TIGHTER * wish.radius)
    if line is None:
        return None
    line = _smoothed(line, wish.length)
    if not (_bends_gently(line, wish.radius) and _keeps_apart(line, wish.apart)):
        return None
    return _resampled(line, CONTROL_SPACING).round(3)


def _bends_gently(line: Floats, radius: float) -> bool:
    """Say whether no circle through three points of a closed line (n, 2) is smaller (m)."""
    step = np.roll(line, -1, axis=0) - line
    heading = np.arctan2(step[:, 1], step[:, 0])
    bend = (np.roll(heading, -1) - heading + np.pi) % (2.0 * np.pi) - np.pi
    return bool(np.all(np.abs(bend) * radius <= np.hypot(*step.T)))


def _keeps_apart(line: Floats, apart: float) -> bool:
    """Say whether all parts of a closed line (n, 2) lie at least so far apart (m).

    Two places are different parts if the way between them is longer than the half circle that
    brings the line back at this distance.
    """
    points = _resampled(line, 2.0 * _FINE)
    n = len(points)
    step = np.hypot(*(points[1] - points[0]))
    ahead = np.abs(np.arange(n)[:, None] - np.arange(n))
    other_part = np.minimum(ahead, n - ahead) * step > np.pi / 2.0 * apart
    x, y = (column[:, None] - column for column in points.T)
    return bool(np.all((x * x + y * y >= apart * apart) | ~other_part))


def _grow(rng: np.random.Generator, perimeter: float) -> set[Cell]:
    """Return squares without holes, touching along their sides, with about this perimeter.

    Args:
        rng: where chance comes from.
        perimeter: how many sides of squares their outline has; at least 6.
    """
    cells = {(0, 0)}
    n_sides = 4
    arms = 0.5 + 2.5 * rng.random()  # how much rather a square is put at an end than into a notch
    while n_sides < max(round(perimeter), 6) - 1:
        free = sorted({_step(cell, side) for cell in cells for side in _SIDES} - cells)
        free = [cell for cell in free if _keeps_a_loop(cells, cell)]
        touched = np.array([sum(_step(c, side) in cells for side in _SIDES) for c in free])
        weights = np.cumsum(np.where(touched == 1, arms, 1.0))
        chosen = int(np.searchsorted(weights, rng.random() * weights[-1], "right"))
        cells.add(free[chosen])
        n_sides += 4 - 2 * int(touched[chosen])
    return cells


def _step(cell: Cell, by: Cell) -> Cell:
    return cell[0] + by[0], cell[1] + by[1]


def _keeps_a_loop(cells: set[Cell], cell: Cell) -> bool:
    """Say whether the outline stays one loop that touches itself nowhere if a square is added.

    It does if the squares around the new one that are there already follow one another.
    """
    there = [_step(cell, by) in cells for by in _RING]
    return sum(a != b for a, b in zip(there, there[1:] + there[:1], strict=True)) == 2


def _outline(cells: set[Cell]) -> Floats:
    """Return the corners of the squares' outline, counter-clockwise, (n, 2) in squares."""
    sides = set()
    for column, row in cells:
        ring = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        sides |= set(zip(ring, ring[1:] + ring[:1], strict=True))
    after = {a: b for a, b in sides if (b, a) not in sides}
    at = min(after)
    loop = []
    for _ in after:
        loop.append(at)
        at = after[at]
    points = np.array(loop, np.float64)
    ahead, behind = np.roll(points, -1, axis=0) - points, points - np.roll(points, 1, axis=0)
    return points[np.any(ahead != behind, axis=1)]


def _moved(rng: np.random.Generator, corners: Floats, shift: float) -> Floats:
    """Return corners (n, 2) moved one by one, and all turned and stretched, in squares."""
    corners = corners + shift * (2.0 * rng.random(corners.shape) - 1.0)
    turn = 2.0 * np.pi * rng.random()
    corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return corners * (1.0, 0.85 + 0.35 * rng.random())


def _rounded(rng: np.random.Generator, corners: Floats, radius: float) -> Floats | None:
    """Return a line along a polygon with its corners rounded by arcs, (n, 2) (m), or None.

    The line begins in the middle of its longest straight. The arcs at the ends of a side share it
    as they need it. An arc has any radius from the least one to the largest for which there is
    room; without room for the least there is no line.

    Args:
        rng: where chance comes from.
        corners: (n_corners, 2) (m).
        radius: the least one (m).
    """
    ahead = np.roll(corners, -1, axis=0) - corners
    sides = np.hypot(*ahead.T)
    ahead /= sides[:, None]
    behind = np.roll(ahead, 1, axis=0)
    turns = np.arctan2(
        behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0],
        np.einsum("ij,ij->i", behind, ahead),
    )
    tangents = np.maximum(np.tan(np.abs(turns) / 2.0), 1e-9)  # what an arc of 1 m takes of a side
    largest = sides / (tangents + np.roll(tangents, -1))  # for the arcs at both ends of a side
    largest = np.minimum(largest, np.roll(largest, 1))
    if np.any(largest < radius):
        return None
    radii = radius + (np.minimum(largest, 4.0) - radius) * rng.random(len(corners))
    reach = radii * tangents
    arcs = []
    for i in range(len(corners)):
        side = math.copysign(radii[i], turns[i]) * np.array([-behind[i, 1], behind[i, 0]])
        n = max(math.ceil(radii[i] * abs(turns[i]) / _FINE), 2)
        angle = np.linspace(0.0, abs(turns[i]), n)[:, None]
        begin = corners[i] - reach[i] * behind[i]
        arcs.append(begin + (1.0 - np.cos(angle)) * side + np.sin(angle) * radii[i] * behind[i])
    first = int(np.argmax(np.roll(sides, 1) - reach - np.roll(reach, 1)))  # after the longest
    arcs = arcs[first:] + arcs[:first]
    return np.concatenate(((arcs[-1][-1:] + arcs[0][:1]) / 2.0, *arcs))


def _smoothed(line: Floats, length: float) -> Floats:
    """Return a closed line with a curvature that does not jump, and of a length, (n, 2) (m)."""
    points = _resampled(line, _FINE)
    around = np.fft.fft(points[:, 0] + 1j * points[:, 1])
    waves = np.fft.fftfreq(len(points), _FINE)
    smooth = np.fft.ifft(around * np.exp(-0.5 * (2.0 * np.pi * waves * _SMOOTH) ** 2))
    points = np.stack((smooth.real, smooth.imag), axis=1)
    points -= (points.max(axis=0) + points.min(axis=0)) / 2.0
    return points * (length / np.hypot(*(np.roll(points, -1, axis=0) - points).T).sum())


def _resampled(line: Floats, spacing: float) -> Floats:
    """Return points of a closed line at equal distances near ``spacing`` (m), (n, 2)."""
    closed = np.concatenate((line, line[:1]))
    s = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))))
    at = np.linspace(0.0, s[-1], round(s[-1] / spacing), endpoint=False)
    return np.stack([np.interp(at, s, column) for column in closed.T], axis=1)
