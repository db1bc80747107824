"""Questions about the road, answered exactly and in constant time in the number of waypoints.

A grid laid over the track (``racer/track/arrays.py``) lists for each cell the few segments of the
centre line that can be nearest to a point of the cell, and the edges of the road that pass through
it. Queries look at these lists only. Outside the grid, far from the road, the list holds all.

Every answer equals shapely's, which the real simulator asks (DeepRacer's ``track_geom``): nearest
points as ``LineString.project`` and ``interpolate``, the road as ``Polygon.contains``.

Each public function only hands arrays of the tuple to one that computes, and both go into their
caller: numba counts references to arrays that are read from a tuple in a loop, and copies the
tuple in a call. Either takes several times as long as the question itself.
"""

import math

import numpy as np

from racer.kernels import layout as L  # noqa: N812  (column names read as constants)
from racer.kernels._jit import inlined, jit
from racer.kernels.layout import Bytes, Floats, Integers, TrackArrays
from racer.kernels.polygon import inside_from
from racer.kernels.polyline import nearest_listed, point_at


@inlined
def project(
    tracks: TrackArrays, t: int, x: float, y: float
) -> tuple[int, float, float, float, float]:
    """Return the point of the centre line that is nearest to a point.

    Args:
        tracks: the packed tracks.
        t: which of them.
        x: x of the point (m).
        y: y of the point (m).

    Returns:
        segment: index of the segment it lies on; of equally near ones the first, as in shapely.
        s: its arc length from waypoint 0 (m), in [0, length].
        px: its x (m).
        py: its y (m).
        distance: between the two points (m), not negative.
    """
    return _project(
        tracks.grid,
        tracks.first,
        tracks.cells,
        tracks.listed,
        tracks.segments,
        tracks.along,
        t,
        x,
        y,
    )


@inlined
def border_points(
    tracks: TrackArrays, t: int, segment: int, s: float, px: float, py: float
) -> tuple[float, float, float, float]:
    """Return the points of both borders that are nearest to a point of the centre line.

    Their distance is the local width of the road, ``track_width`` of the reward parameters.

    Args:
        tracks: the packed tracks.
        t: which of them.
        segment: of the point, as ``project`` returns it; not used, ``s`` says more.
        s: arc length of the point (m), as ``project`` returns it.
        px: x of the point on the centre line (m).
        py: y of the point on the centre line (m).

    Returns:
        x and y of the point of the inner border, x and y of the point of the outer border (m).
    """
    return _border_points(
        tracks.grid, tracks.first, tracks.bins, tracks.listed, tracks.segments, t, s, px, py
    )


@inlined
def inside_road(tracks: TrackArrays, t: int, x: float, y: float) -> bool:
    """Return whether a point lies on the road; its outline counts as outside.

    The road is the area between the outer and the inner border.

    Args:
        tracks: the packed tracks.
        t: which of them.
        x: x of the point (m).
        y: y of the point (m).
    """
    return _inside_road(
        tracks.grid, tracks.first, tracks.cells, tracks.listed, tracks.segments, t, x, y
    )


@inlined
def pose_at(tracks: TrackArrays, t: int, s: float) -> tuple[float, float, float]:
    """Return a point of the centre line and the direction of the road ahead of it.

    Args:
        tracks: the packed tracks.
        t: which of them.
        s: arc length from waypoint 0 (m); taken modulo the length on a loop, else clamped.

    Returns:
        x and y (m), and the direction of the segment ahead (rad).
    """
    return _pose_at(
        tracks.grid,
        tracks.first,
        tracks.bins,
        tracks.segments,
        tracks.along,
        t,
        _on_track(s, tracks.length[t], tracks.is_loop[t]),
    )


@inlined
def closest_waypoints(tracks: TrackArrays, t: int, segment: int, s: float) -> tuple[int, int]:
    """Return the waypoints behind and ahead of a point of the centre line.

    Behind is the last one whose fraction of the lap is at or below the point's. Exactly at the end
    of the lap they are the last and the first waypoint, as in the real simulator.

    Args:
        tracks: the packed tracks.
        t: which of them.
        segment: of the point, as ``project`` returns it; the search begins here.
        s: arc length of the point (m), as ``project`` returns it.

    Returns:
        Indices of the waypoint before and the waypoint after.
    """
    return _closest_waypoints(tracks.first, tracks.along, t, segment, s / tracks.length[t])


@jit
def project_points(tracks: TrackArrays, t: int, points: Floats, out: Floats) -> None:
    """Project many points on the centre line.

    Args:
        tracks: the packed tracks.
        t: which of them.
        points: (n, 2) x and y (m).
        out: (n, 4), overwritten: arc length, signed distance (left positive), x and y of the
            nearest point (m).
    """
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        _, s, px, py, distance = project(tracks, t, x, y)
        _, _, heading = pose_at(tracks, t, s)
        left = math.cos(heading) * (y - py) - math.sin(heading) * (x - px)
        out[i, 0] = s
        out[i, 1] = distance if left >= 0.0 else -distance
        out[i, 2] = px
        out[i, 3] = py


@jit
def points_inside(tracks: TrackArrays, t: int, points: Floats, out: Bytes) -> None:
    """Say for many points whether they are inside the road.

    Args:
        tracks: the packed tracks.
        t: which of them.
        points: (n, 2) x and y (m).
        out: (n,), overwritten with 1 for inside, else 0.
    """
    for i in range(len(points)):
        out[i] = inside_road(tracks, t, points[i, 0], points[i, 1])


@jit
def poses_at(tracks: TrackArrays, t: int, s: Floats, out: Floats) -> None:
    """Write position, heading and width of the road at many arc lengths.

    Args:
        tracks: the packed tracks.
        t: which of them.
        s: (n,) arc lengths (m), as for ``pose_at``.
        out: (n, 4), overwritten: x, y (m), heading (rad), width (m).
    """
    for i in range(len(s)):
        along = _on_track(s[i], tracks.length[t], tracks.is_loop[t])
        x, y, heading = pose_at(tracks, t, along)
        inner_x, inner_y, outer_x, outer_y = border_points(tracks, t, 0, along, x, y)
        out[i, 0] = x
        out[i, 1] = y
        out[i, 2] = heading
        out[i, 3] = math.hypot(outer_x - inner_x, outer_y - inner_y)


@inlined
def _cell(grid: Floats, first: Integers, t: int, x: float, y: float) -> int:
    """Return the number of the cell that holds a point."""
    column = (x - grid[t, L.GRID_X]) * grid[t, L.CELLS_PER_METRE]
    row = (y - grid[t, L.GRID_Y]) * grid[t, L.CELLS_PER_METRE]
    columns = first[t, L.GRID_COLUMNS]
    rows = first[t, L.GRID_ROWS]
    if 0.0 <= column < columns and 0.0 <= row < rows:
        return int(row) * columns + int(column)
    return rows * columns  # the world outside; nan comes here, too


@inlined
def _bin(grid: Floats, first: Integers, t: int, s: float) -> int:
    """Return the row of the bin that holds an arc length in [0, length]."""
    last = first[t + 1, L.FIRST_BIN] - 2  # the row after it ends the lists
    return min(first[t, L.FIRST_BIN] + int(s * grid[t, L.BINS_PER_METRE]), last)


@inlined
def _project(
    grid: Floats,
    first: Integers,
    cells: Integers,
    listed: Integers,
    segments: Floats,
    along: Floats,
    t: int,
    x: float,
    y: float,
) -> tuple[int, float, float, float, float]:
    """Return what ``project`` returns."""
    start = first[t, L.FIRST_SEGMENT]
    row = first[t, L.FIRST_CELL] + _cell(grid, first, t, x, y)
    i, distance, fraction = nearest_listed(
        segments, start, listed, cells[row, L.CELL_CENTER], cells[row + 1, L.CELL_CENTER], x, y
    )
    ax, ay, bx, by = segments[i, 0], segments[i, 1], segments[i, 2], segments[i, 3]
    px, py = point_at(ax, ay, bx, by, fraction)
    waypoint = first[t, L.FIRST_WAYPOINT] + i - start
    if fraction >= 1.0:
        s = along[waypoint + 1, L.ALONG_S]
    else:
        length = math.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay))
        s = along[waypoint, L.ALONG_S] + max(fraction, 0.0) * length
    return i - start, s, px, py, distance


@inlined
def _border_points(
    grid: Floats,
    first: Integers,
    bins: Integers,
    listed: Integers,
    segments: Floats,
    t: int,
    s: float,
    px: float,
    py: float,
) -> tuple[float, float, float, float]:
    """Return what ``border_points`` returns."""
    row = _bin(grid, first, t, s)
    start = first[t, L.FIRST_SEGMENT]
    i, _, at = nearest_listed(
        segments, start, listed, bins[row, L.BIN_INNER], bins[row + 1, L.BIN_INNER], px, py
    )
    inner_x, inner_y = point_at(segments[i, 0], segments[i, 1], segments[i, 2], segments[i, 3], at)
    i, _, at = nearest_listed(
        segments, start, listed, bins[row, L.BIN_OUTER], bins[row + 1, L.BIN_OUTER], px, py
    )
    outer_x, outer_y = point_at(segments[i, 0], segments[i, 1], segments[i, 2], segments[i, 3], at)
    return inner_x, inner_y, outer_x, outer_y


@inlined
def _inside_road(
    grid: Floats,
    first: Integers,
    cells: Integers,
    listed: Integers,
    segments: Floats,
    t: int,
    x: float,
    y: float,
) -> bool:
    """Return what ``inside_road`` returns."""
    cell = _cell(grid, first, t, x, y)
    row = first[t, L.FIRST_CELL] + cell
    inside = cells[row, L.CELL_INSIDE] == 1
    begin, end = cells[row, L.CELL_OUTLINE], cells[row + 1, L.CELL_OUTLINE]
    if begin == end:
        return inside
    per_metre = grid[t, L.CELLS_PER_METRE]
    column = math.floor((x - grid[t, L.GRID_X]) * per_metre)
    line = math.floor((y - grid[t, L.GRID_Y]) * per_metre)
    rx = grid[t, L.GRID_X] + (column + grid[t, L.REFERENCE_X]) / per_metre
    ry = grid[t, L.GRID_Y] + (line + grid[t, L.REFERENCE_Y]) / per_metre
    return inside_from(
        segments, first[t, L.FIRST_SEGMENT], listed, begin, end, inside, rx, ry, x, y
    )


@inlined
def _on_track(s: float, length: float, is_loop: int) -> float:
    """Return an arc length (m) taken modulo the length of a loop, or clamped to an open track."""
    if is_loop:
        if 0.0 <= s < length:
            return s
        if length <= s < 2.0 * length:  # look-ahead over the line: what follows, without a division
            return s - length
        s -= np.floor(s / length) * length  # math.floor refuses nan where nothing is compiled
        return s if 0.0 <= s < length else 0.0  # rounded up to the length, or nan
    if s > length:
        return length
    return s if s > 0.0 else 0.0


@inlined
def _pose_at(
    grid: Floats, first: Integers, bins: Integers, segments: Floats, along: Floats, t: int, s: float
) -> tuple[float, float, float]:
    """Return what ``pose_at`` returns, for an arc length in [0, length]."""
    waypoint = first[t, L.FIRST_WAYPOINT]
    last = first[t + 1, L.FIRST_WAYPOINT] - 2
    a = waypoint + bins[_bin(grid, first, t, s), L.BIN_SEGMENT]
    while a < last and along[a + 1, L.ALONG_S] <= s:
        a += 1
    begin, end = along[a, L.ALONG_S], along[a + 1, L.ALONG_S]
    # at the end of an open track that repeats its last waypoint the segment has no length
    fraction = (s - begin) / (end - begin) if end > begin else 1.0
    i = first[t, L.FIRST_SEGMENT] + a - waypoint
    x, y = point_at(segments[i, 0], segments[i, 1], segments[i, 2], segments[i, 3], fraction)
    return x, y, along[a, L.ALONG_HEADING]


@inlined
def _closest_waypoints(
    first: Integers, along: Floats, t: int, segment: int, part: float
) -> tuple[int, int]:
    """Return what ``closest_waypoints`` returns, for a fraction of the lap."""
    start = first[t, L.FIRST_WAYPOINT]
    n_waypoints = first[t + 1, L.FIRST_WAYPOINT] - start
    after = segment + 1
    while after < n_waypoints and along[start + after, L.ALONG_PART] <= part:
        after += 1
    while after > 0 and along[start + after - 1, L.ALONG_PART] > part:
        after -= 1
    before = after - 1 if after > 0 else n_waypoints - 1
    return before, after if after < n_waypoints else 0
