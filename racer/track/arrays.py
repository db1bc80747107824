"""Builds the arrays that the kernels ask about the road: ``TrackArrays`` of one or more tracks."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from racer.kernels.layout import Floats, Integers, TrackArrays
from racer.track.grid import Cells, Grid, Lists, cover, distances, halvings, nearest, touching

_CELL = 0.08  # side of a grid cell (m): about a tenth of a road's width
_MAX_CELLS = 65_536  # for large tracks the cells grow instead
_MARGIN = 0.5  # the grid reaches so far beyond the borders (m)
_BIN = 0.02  # length of a bin (m)
_MAX_BINS = 8_192
_ROUNDING = 1e-9  # of an arc length, relative to the lap
# where the reference point of a cell may lie, in sides of the cell: odd figures, because the
# outlines of drawn tracks lie on round ones
_REFERENCES = ((0.5127, 0.4871), (0.3719, 0.6173), (0.6541, 0.7323), (0.2217, 0.2831))
_SHIFTED = np.array([0, 1, 1])  # the columns of bins and of cells that point into the lists


def build_arrays(
    center: Floats, inner: Floats, outer: Floats, *, is_loop: bool, is_ccw: bool
) -> TrackArrays:
    """Return the arrays of one track.

    Args:
        center: (n, 2) centre line (m); on a loop the last row repeats the first.
        inner: (n_inner, 2) inner border (m), likewise.
        outer: (n_outer, 2) outer border (m), likewise.
        is_loop: whether the end is the beginning.
        is_ccw: orientation of the ring, flipped when driven reversed.
    """
    s = arc_lengths(center)
    lines = {
        "center": np.concatenate((center[:-1], center[1:]), axis=1),
        "inner": segments_of(inner),
        "outer": segments_of(outer),
        "ends": _ends(inner, outer, is_loop=is_loop),
    }
    bins, listed = _bins(center, s, lines)
    grid = cover(np.concatenate((center, inner, outer)), _MARGIN, _CELL, _MAX_CELLS)
    road = road_polygon(inner, outer, is_loop=is_loop)
    cells, listed_too, reference = _cells(grid, lines, road)
    segments = np.concatenate(list(lines.values()))
    sizes = [len(center), len(segments), len(bins), len(cells)]
    return TrackArrays(
        length=s[-1:].copy(),
        is_loop=np.array([is_loop], np.uint8),
        is_ccw=np.array([is_ccw], np.uint8),
        is_clear=np.array([is_loop and _holds(road, center)], np.uint8),
        grid=np.array([[grid.x, grid.y, 1.0 / grid.cell, *reference, (len(bins) - 1) / s[-1]]]),
        first=np.array([[0, 0, 0, 0, grid.columns, grid.rows], [*sizes, 0, 0]]),
        center=np.ascontiguousarray(center),
        along=np.stack((s, np.append(s[:-1] / s[-1], 1.0), headings(center)), axis=1),
        segments=segments,
        bins=bins,
        cells=cells + len(listed) * _SHIFTED,
        listed=np.concatenate((listed, listed_too)),
    )


_CONCATENATED = (
    "length", "is_loop", "is_ccw", "is_clear", "grid", "center", "along", "segments", "listed",
)  # fmt: skip


def pack_arrays(parts: Sequence[TrackArrays]) -> TrackArrays:
    """Return the arrays of several tracks as one, in the given order; at least one."""
    first, bins, cells = [], [], []
    rows = np.zeros_like(parts[0].first[0])
    n_listed = 0
    for part in parts:
        first.append(part.first[:-1] + rows)
        bins.append(part.bins + n_listed * _SHIFTED)
        cells.append(part.cells + n_listed * _SHIFTED)
        rows = rows + part.first[-1]
        n_listed += len(part.listed)
    packed = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _CONCATENATED
    }
    return TrackArrays(
        **packed,
        first=np.concatenate([*first, rows[None]]),
        bins=np.concatenate(bins),
        cells=np.concatenate(cells),
    )


def arc_lengths(line: Floats) -> Floats:
    """Return the arc length (m) at each point of a line, (n,), added up as shapely does."""
    dx, dy = np.diff(line, axis=0).T
    return np.concatenate(([0.0], np.cumsum(np.sqrt(dx * dx + dy * dy))))


def headings(line: Floats) -> Floats:
    """Return at each point of a line the direction to the next point at another place (rad), (n,).

    The last point of an open line keeps the direction before; that of a loop has the first one's.
    """
    dx, dy = np.diff(line, axis=0).T
    moves = np.flatnonzero((dx != 0.0) | (dy != 0.0))
    following = np.searchsorted(moves, np.arange(len(line)))
    end = 0 if np.array_equal(line[0], line[-1]) else len(moves) - 1
    chosen = moves[np.where(following < len(moves), following, end)]
    return np.arctan2(dy[chosen], dx[chosen])


def segments_of(line: Floats) -> Floats:
    """Return the segments of a line, (at most n - 1, 4), without those of length 0."""
    segments = np.concatenate((line[:-1], line[1:]), axis=1)
    return segments[np.any(segments[:, :2] != segments[:, 2:], axis=1)]


def road_polygon(inner: Floats, outer: Floats, *, is_loop: bool) -> shapely.Polygon:
    """Return the road as a polygon: between the borders, or around both on an open track."""
    if is_loop:
        return shapely.Polygon(outer, [inner])
    return shapely.Polygon(np.concatenate((outer, inner[::-1])))


def _holds(road: shapely.Polygon, center: Floats) -> bool:
    """Return whether the centre line lies strictly inside the road."""
    return bool(road.is_valid and road.contains(shapely.LineString(center)))


def freeze(arrays: Iterable[NDArray[np.generic]]) -> None:
    """Make arrays read-only."""
    for array in arrays:
        array.setflags(write=False)


def _ends(inner: Floats, outer: Floats, *, is_loop: bool) -> Floats:
    """Return the outline across both ends of an open track, (2, 4); of a loop, nothing, (0, 4)."""
    if is_loop:
        return np.empty((0, 4))
    across = np.array([[*outer[-1], *inner[-1]], [*inner[0], *outer[0]]])
    return across[np.any(across[:, :2] != across[:, 2:], axis=1)]


def _bins(center: Floats, s: Floats, lines: dict[str, Floats]) -> tuple[Integers, Integers]:
    """Return the rows of the bins, (n_bins + 1, 3), and their lists."""
    stretches = list(_stretches(center, s))
    inner, outer = nearest(stretches, lines["inner"]), nearest(stretches, lines["outer"])
    n_bins = len(inner.first) - 1
    # a little before the bin begins: the kernel may round an arc length into it
    starts = np.arange(n_bins) * (s[-1] / n_bins) - _ROUNDING * s[-1]
    segment = np.maximum(np.searchsorted(s, starts, "right") - 1, 0)
    columns = (np.append(segment, 0), inner.first, outer.first + inner.first[-1])
    n_center, n_inner = len(lines["center"]), len(lines["inner"])
    return (
        np.stack(columns, axis=1),
        np.concatenate((inner.entries + n_center, outer.entries + n_center + n_inner)),
    )


def _stretches(center: Floats, s: Floats) -> Iterator[Cells]:
    """Yield the centre line in stretches of equal length, from long ones to bins."""
    n_least = float(min(s[-1] / _BIN, _MAX_BINS))
    n_halvings = halvings(n_least)
    n_bins = 2**n_halvings * int(np.ceil(n_least / 2**n_halvings))
    for left in range(n_halvings, -1, -1):
        n = n_bins >> left
        middles = (np.arange(n) + 0.5) * (s[-1] / n)
        points = np.stack([np.interp(middles, s, center[:, k]) for k in (0, 1)], axis=1)
        yield Cells(points, s[-1] * (0.5 / n + _ROUNDING), np.arange(n) // 2)


def _cells(
    grid: Grid, lines: dict[str, Floats], road: shapely.Polygon
) -> tuple[Integers, Integers, tuple[float, float]]:
    """Return the rows of the cells, (n_cells + 2, 3), their lists, and their reference point."""
    center = lines["center"]
    moves = np.flatnonzero(np.any(center[:, :2] != center[:, 2:], axis=1))  # no repeated waypoints
    near = nearest(grid.levels(), center[moves])
    outline = np.concatenate((lines["inner"], lines["outer"], lines["ends"]))
    through = touching(grid.levels(), outline)
    reference = _reference(grid, outline, through)
    shapely.prepare(road)
    inside = shapely.contains_xy(road, grid.points(*reference)).astype(np.int64)
    # the row for the world outside lists the whole centre line and no outline
    n_near = near.first[-1] + len(moves)
    columns = (
        np.append(inside, (0, 0)),
        np.append(near.first, n_near),
        np.append(through.first, through.first[-1]) + n_near,
    )
    entries = (moves[near.entries], moves, through.entries + len(center))
    return np.stack(columns, axis=1), np.concatenate(entries), reference


def _reference(grid: Grid, edges: Floats, through: Lists) -> tuple[float, float]:
    """Return where in its cell a reference point lies: of a few places, the one clear of edges.

    On an edge it would be neither inside nor outside. So the place is taken that is farthest from
    all edges in all cells.
    """
    owners = np.repeat(np.arange(grid.columns * grid.rows), np.diff(through.first))

    def clearance(place: tuple[float, float]) -> float:
        return float(distances(grid.points(*place)[owners], edges[through.entries]).min())

    return max(_REFERENCES, key=clearance)
