"""Finds the racing lines that a reward function carries, and whether they lie on a road."""

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from racer.kernels.layout import Floats
from racer.track import Track

_LEAST = 12  # points; shorter lists are tables of something else
_ON_ROAD = 0.9  # share of a line's points that must lie on its road


def lines_of(text: str) -> Iterator[tuple[int, Floats]]:
    """Yield the lists of points in a Python file: the line of the file, and points (n, 2) (m).

    Points are the first two of the two to five numbers of each entry, as tables of x, y, speed and
    time have them. A file that is no Python has none.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple) and len(node.elts) >= _LEAST:
            points = [point for point in map(_point, node.elts) if point is not None]
            if len(points) == len(node.elts):
                yield node.lineno, np.array(points)


def _point(node: ast.expr) -> tuple[float, float] | None:
    """Return the first two numbers of an entry; None if it is no row of numbers."""
    if not isinstance(node, ast.List | ast.Tuple) or not 2 <= len(node.elts) <= 5:
        return None
    try:
        values: list[Any] = [ast.literal_eval(one) for one in node.elts]
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if not all(isinstance(one, int | float) and abs(one) < 1e6 for one in values):
        return None
    return float(values[0]), float(values[1])


def foreign_line_notes(text: str, name: str, tracks: tuple[Track, ...]) -> list[str]:
    """Return a note for each line in a reward function that belongs to none of some tracks.

    Args:
        text: of the reward function.
        name: of its file, for the notes.
        tracks: those that are trained on.
    """
    notes = []
    for number, points in lines_of(text):
        x, y = points.T
        shares = [float(np.mean(track.contains(x, y))) for track in tracks]
        best = max(shares)
        # small tables of numbers that are no places: nothing of them is near any road
        if best < _ON_ROAD and np.ptp(points, axis=0).min() > 0.5:
            where = " or ".join(track.name for track in tracks)
            notes.append(
                f"{name}: line {number}: a racing line of {len(points)} points, of which "
                f"{100 * best:.0f} % lie on the road of {where}: it belongs to another track"
            )
    return notes
