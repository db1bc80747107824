"""What makes three lines a road. Each fault has one message that says where it is."""

import numpy as np
import shapely

from racer.errors import TrackError
from racer.kernels.layout import Floats

_LEAST_LENGTH = 0.01  # a shorter centre line is a mistake of units (m)


def check_lines(where: str, center: Floats, inner: Floats, outer: Floats) -> None:
    """Check that the lines of a track are a road.

    Args:
        where: the file's or the track's name, the beginning of each message.
        center: (n, 2) (m).
        inner: (n_inner, 2) (m).
        outer: (n_outer, 2) (m).

    Raises:
        TrackError: naming the first fault.
    """
    lines = {"centre line": center, "inner border": inner, "outer border": outer}
    for title, line in lines.items():
        _check_points(where, title, line)
    closed = {title: bool(np.array_equal(line[0], line[-1])) for title, line in lines.items()}
    if len(set(closed.values())) > 1:
        states = ", ".join(f"{title} {'closed' if c else 'open'}" for title, c in closed.items())
        raise TrackError(
            f"{where}: all lines must be closed (last point equal to the first) or all open, "
            f"got {states}"
        )
    if closed["centre line"]:
        _check_nesting(where, inner, outer)


def _check_points(where: str, title: str, line: Floats) -> None:
    """Check one line: its shape, finite numbers, and that it leads somewhere."""
    if line.ndim != 2 or line.shape[1] != 2:
        raise TrackError(f"{where}: {title}: expected rows of x and y, got shape {line.shape}")
    bad = np.flatnonzero(~np.isfinite(line).all(axis=1))
    if bad.size:
        x, y = line[bad[0]]
        raise TrackError(f"{where}: {title}: point {bad[0]} is not finite: ({x:g}, {y:g})")
    n_distinct = len(np.unique(line, axis=0))
    least = 3 if len(line) > 2 and np.array_equal(line[0], line[-1]) else 2
    if n_distinct < least:
        raise TrackError(
            f"{where}: {title}: at least {least} different points are needed, got {n_distinct}"
        )
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    if length < _LEAST_LENGTH:
        raise TrackError(
            f"{where}: {title}: a length in metres of at least {_LEAST_LENGTH} is needed, "
            f"got {length:g}"
        )


def _check_nesting(where: str, inner: Floats, outer: Floats) -> None:
    """Check that the outer border of a loop encloses the inner one."""
    inside, outside = shapely.Polygon(inner).area, shapely.Polygon(outer).area
    if inside >= outside:
        raise TrackError(
            f"{where}: the outer border must enclose the inner one, but encloses "
            f"{outside:.3g} m² and the inner one {inside:.3g} m²: are they swapped?"
        )


def check_outline(where: str, center: Floats, inner: Floats, outer: Floats) -> None:
    """Check that the borders of a drawn road neither fold nor cross another part of the road.

    Args:
        where: the file's name, the beginning of each message.
        center: (n, 2) (m).
        inner: (n, 2) (m), row by row beside the centre.
        outer: (n, 2) (m), likewise.

    Raises:
        TrackError: naming the first place.
    """
    along = np.diff(center, axis=0)
    for title, line in (("inner", inner), ("outer", outer)):
        backward = np.flatnonzero(np.einsum("ij,ij->i", np.diff(line, axis=0), along) <= 0.0)
        if backward.size:
            i = int(backward[0])
            width = float(np.hypot(*(outer[i] - inner[i])))
            raise TrackError(
                f"{where}: the {title} border folds at waypoint {i} {_place(center[i])}: the bend "
                f"is tighter than half the width of the road ({width / 2.0:.3g} m)"
            )
    crossing = _first_crossing(inner, outer)
    if crossing is not None:
        i, j = crossing
        raise TrackError(
            f"{where}: the road meets itself: the part at waypoint {i} {_place(center[i])} "
            f"and the part at waypoint {j} {_place(center[j])} overlap"
        )


def _first_crossing(inner: Floats, outer: Floats) -> tuple[int, int] | None:
    """Return the rows of the first two edges of the borders that meet without being neighbours."""
    n = len(inner) - 1
    edges = np.concatenate([np.stack((line[:-1], line[1:]), axis=1) for line in (inner, outer)])
    lines = np.asarray(shapely.linestrings(edges))
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    neighbours = (first // n == second // n) & np.isin((second - first) % n, (0, 1, n - 1))
    candidates = np.flatnonzero((first < second) & ~neighbours)
    if not candidates.size:
        return None
    chosen = candidates[np.argmin(np.minimum(first, second)[candidates] % n)]
    i, j = sorted((int(first[chosen]) % n, int(second[chosen]) % n))
    return i, j


def _place(point: Floats) -> str:
    return f"({point[0]:.2f}, {point[1]:.2f})"
