"""Lists of the segments that can be nearest to a small cell, found by halving large cells.

A cell is a disc here: a centre c and a radius r. Let f be the point of all segments that is nearest
to c. A point g of a segment can be nearer than f to some point of the disc only if the disc reaches
across the line half-way between f and g, that is if |c - g|² <= |c - f|² + 2 r |f - g|. Segments
without such a point are dropped. Starting from few large cells, each cell hands its list down to
its parts, so that the work hardly grows with the number of segments.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from racer.kernels.layout import Floats, Integers

_FEW = 16  # cells along the longer side on the first level, at most
_ROUNDING = 1e-9  # of a cell index, relative to the coordinates


class Lists(NamedTuple):
    """A list of integers for each cell: cell i has ``entries[first[i]:first[i + 1]]``."""

    first: Integers  # (n_cells + 1,)
    entries: Integers  # (first[-1],) ascending in each cell


class Cells(NamedTuple):
    """The cells of one level, each of them a disc."""

    centers: Floats  # (n_cells, 2) (m)
    radius: float  # (m)
    parents: Integers  # (n_cells,) the cell of the level before, whose list is handed down


# (cells, lists of segments, segments of the entries) -> which entries to keep, (n_entries,) bool
Choice = Callable[[Cells, Lists, Floats], NDArray[np.bool_]]


@dataclass(frozen=True)
class Grid:
    """Square cells over a rectangle; cell = row * columns + column."""

    x: float  # left side (m)
    y: float  # lower side (m)
    cell: float  # side of a cell (m)
    columns: int  # a multiple of 2**halvings
    rows: int  # a multiple of 2**halvings
    halvings: int  # between the largest and the smallest cells

    def points(self, at_x: float = 0.5, at_y: float = 0.5) -> Floats:
        """Return one point of each cell, (columns * rows, 2), at these fractions of its sides."""
        x = self.x + (np.arange(self.columns) + at_x) * self.cell
        y = self.y + (np.arange(self.rows) + at_y) * self.cell
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)

    def levels(self) -> Iterable[Cells]:
        """Yield the cells from large to small; those of the last level are the grid's own."""
        size = self.cell * (self.columns + self.rows) + abs(self.x) + abs(self.y)
        for left in range(self.halvings, -1, -1):
            columns, rows = self.columns >> left, self.rows >> left
            grid = Grid(self.x, self.y, self.cell * 2**left, columns, rows, left)
            parents = (np.arange(rows) // 2)[:, None] * (columns // 2) + np.arange(columns) // 2
            yield Cells(
                grid.points(), grid.cell * float(np.sqrt(0.5)) + _ROUNDING * size, parents.ravel()
            )


def cover(points: Floats, margin: float, cell: float, max_cells: int) -> Grid:
    """Return a grid that covers the points.

    Args:
        points: (n, 2) (m).
        margin: how far it reaches beyond them (m).
        cell: side of a cell (m); larger if there would be too many.
        max_cells: about the largest number of cells.
    """
    low = points.min(axis=0) - margin
    size = points.max(axis=0) + margin - low
    cell = max(cell, float(np.sqrt(size[0] * size[1] / max_cells)))
    n_halvings = halvings(float(size.max()) / cell)
    block = 2**n_halvings
    columns, rows = (int(np.ceil(side / cell / block)) * block for side in size)
    return Grid(float(low[0]), float(low[1]), cell, columns, rows, n_halvings)


def halvings(n_cells: float) -> int:
    """Return how often cells in a row must be paired until few are left."""
    return max(int(np.ceil(np.log2(n_cells / _FEW))), 0)


def nearest(levels: Iterable[Cells], segments: Floats) -> Lists:
    """Return for each cell the segments that can be nearest to a point of it, at least one.

    Args:
        levels: cells from large to small.
        segments: (n, 4), x and y of the beginning and of the end (m); none of length 0.
    """
    return _refine(levels, segments, _can_be_nearest)


def touching(levels: Iterable[Cells], segments: Floats) -> Lists:
    """Return for each cell the segments that come within its radius, often none.

    Args:
        levels: cells from large to small.
        segments: (n, 4), x and y of the beginning and of the end (m); none of length 0.
    """
    return _refine(levels, segments, _touches)


def nearest_points(points: Floats, segments: Floats) -> Floats:
    """Return the nearest point, (n, 2), of the segment in the same row, (n, 4)."""
    dx, dy = segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]
    px, py = points[:, 0] - segments[:, 0], points[:, 1] - segments[:, 1]
    part = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    return np.stack((segments[:, 0] + part * dx, segments[:, 1] + part * dy), axis=1)


def distances(points: Floats, segments: Floats) -> Floats:
    """Return the distance (m) of each point (n, 2) to the segment in the same row, (n, 4)."""
    return np.sqrt(_squared(points - nearest_points(points, segments)))


def _squared(vectors: Floats) -> Floats:
    return vectors[:, 0] * vectors[:, 0] + vectors[:, 1] * vectors[:, 1]


def _refine(levels: Iterable[Cells], segments: Floats, choose: Choice) -> Lists:
    """Return lists of the chosen segments, each level choosing from the one before."""
    lists: Lists | None = None
    for cells in levels:
        if lists is None:
            lists = _everything(len(cells.centers), len(segments))
        else:
            lists = _take(lists, cells.parents)
        keep = choose(cells, lists, segments[lists.entries])
        kept_before = np.concatenate(([0], np.cumsum(keep)))
        lists = Lists(kept_before[lists.first], lists.entries[keep])
    if lists is None:
        raise ValueError("levels must not be empty")
    return lists


def _can_be_nearest(cells: Cells, lists: Lists, segments: Floats) -> NDArray[np.bool_]:
    """Choose the segments that can be nearest to a point of the cell, and perhaps a few more."""
    counts = np.diff(lists.first)
    centers = np.repeat(cells.centers, counts, axis=0)
    points = nearest_points(centers, segments)
    squared = _squared(centers - points)
    least = np.minimum.reduceat(squared, lists.first[:-1])
    is_best = np.flatnonzero(squared == np.repeat(least, counts))
    best = is_best[np.searchsorted(is_best, lists.first[:-1])]  # the first of each cell
    found = np.repeat(points[best], counts, axis=0)
    # |f - g| is largest at an end of the segment
    reach = np.sqrt(
        np.maximum(_squared(segments[:, :2] - found), _squared(segments[:, 2:] - found))
    )
    slack = _ROUNDING * (least + cells.radius**2)
    return squared <= np.repeat(least + slack, counts) + 2.0 * cells.radius * reach


def _touches(cells: Cells, lists: Lists, segments: Floats) -> NDArray[np.bool_]:
    """Choose the segments that come within the radius of the cell."""
    centers = np.repeat(cells.centers, np.diff(lists.first), axis=0)
    return distances(centers, segments) <= cells.radius


def _everything(n_cells: int, n_segments: int) -> Lists:
    """Return lists that hold all segments in every cell."""
    first = np.arange(n_cells + 1) * n_segments
    return Lists(first, np.tile(np.arange(n_segments), n_cells))


def _take(lists: Lists, cells: Integers) -> Lists:
    """Return the lists of the named cells, one after another."""
    counts = np.diff(lists.first)[cells]
    first = np.concatenate(([0], np.cumsum(counts)))
    shift = np.repeat(lists.first[cells] - first[:-1], counts)
    return Lists(first, lists.entries[np.arange(first[-1]) + shift])
