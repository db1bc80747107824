"""How far it is to the outline of the road: rays walk the cells of the grid until they meet it.

The walk is that of J. Amanatides and A. Woo, "A Fast Voxel Traversal Algorithm for Ray Tracing",
Eurographics 1987: always on across the nearer of the next two cell borders. Every cell lists the
segments of the outline that pass through it, so a ray looks at few of them.

The outline is all that stands on a track: inner border, outer border and, on an open track, the
lines across its two ends. Rays take them for walls.
"""

import math

from racer.kernels import layout as L  # noqa: N812  the columns read like names: L.HEADING
from racer.kernels._jit import inlined, jit
from racer.kernels.layout import Floats, Integers, Singles, TrackArrays

_TOUCHING = 1e-12  # a ray that starts so little beyond a segment starts on it (m)


@jit
def observe_beams(
    observation: Singles,
    cars: Integers,
    state: Floats,
    tracks: TrackArrays,
    track_index: Integers,
    ahead: float,
    beams: Floats,
    n_sectors: int,
    nearest: float,
    clip: float,
    n_values: int,
) -> None:
    """Write what the lidars of some cars see.

    The beams are shared out to the sectors in their order. A sector sees the nearest wall that one
    of its beams meets.

    Args:
        observation: (n_cars, n_sectors · max(n_values, 1)) float32, overwritten. With n_values = 0
            each sector's distance, from ``nearest`` to ``clip``, divided by ``clip``. Else each
            sector has n_values numbers: 1 for the step of clip / n_values in which its wall is, 0
            for the others, and 0 for all of them if the wall is not nearer than ``clip``.
        cars: (k,) the cars to observe; frozen ones are passed over.
        state: (n_cars, STATE_SIZE).
        tracks: the packed tracks.
        track_index: (n_cars,) the track of each car.
        ahead: how far ahead of the base link the lidar is mounted (m).
        beams: (n_beams, 2) the directions of the beams: unit vectors, x ahead and y to the left.
        n_sectors: divides n_beams.
        nearest: the shortest distance that is told (m).
        clip: the longest distance that is told (m).
        n_values: of each sector; 0 for distances.
    """
    size = beams.shape[0] // n_sectors
    for i in cars:
        row = state[i]
        if row[L.ACTIVE] == 0.0:
            continue
        out = observation[i]
        cos, sin = math.cos(row[L.HEADING]), math.sin(row[L.HEADING])
        x, y = row[L.X] + ahead * cos, row[L.Y] + ahead * sin
        for k in range(n_sectors):
            distance = clip
            for j in range(k * size, (k + 1) * size):
                dx = cos * beams[j, 0] - sin * beams[j, 1]
                dy = sin * beams[j, 0] + cos * beams[j, 1]
                distance = cast_ray(tracks, track_index[i], x, y, dx, dy, distance)
            if n_values == 0:
                out[k] = max(distance, nearest) / clip
            else:
                out[k * n_values : (k + 1) * n_values] = 0.0
                if distance < clip:
                    value = min(int(distance / (clip / n_values)), n_values - 1)
                    out[k * n_values + value] = 1.0


@inlined
def cast_ray(
    tracks: TrackArrays, t: int, x: float, y: float, dx: float, dy: float, reach: float
) -> float:
    """Return how far it is along a ray to the outline of the road (m), at most ``reach``.

    The ray may begin anywhere, also outside the road and the grid. On the outline it is 0.

    Args:
        tracks: the packed tracks.
        t: which of them.
        x: x of the beginning (m).
        y: y of the beginning (m).
        dx: x of the direction, a unit vector.
        dy: y of the direction.
        reach: the answer where nothing is nearer (m); may be infinite.
    """
    return _cast_ray(
        tracks.grid,
        tracks.first,
        tracks.cells,
        tracks.listed,
        tracks.segments,
        t,
        x,
        y,
        dx,
        dy,
        reach,
    )


@inlined
def _cast_ray(
    grid: Floats,
    first: Integers,
    cells: Integers,
    listed: Integers,
    segments: Floats,
    t: int,
    x: float,
    y: float,
    dx: float,
    dy: float,
    reach: float,
) -> float:
    """Return what ``cast_ray`` returns."""
    if not abs(x) + abs(y) + abs(dx) + abs(dy) < math.inf:
        return reach  # not a number: nothing is seen
    columns, rows = first[t, L.GRID_COLUMNS], first[t, L.GRID_ROWS]
    per_metre = grid[t, L.CELLS_PER_METRE]
    # from here places and ways along the ray are counted in sides of a cell
    at_x, at_y = (x - grid[t, L.GRID_X]) * per_metre, (y - grid[t, L.GRID_Y]) * per_metre
    enter_x, leave_x = _span(at_x, dx, columns)
    enter_y, leave_y = _span(at_y, dy, rows)
    way = max(enter_x, enter_y, 0.0)
    if way > min(leave_x, leave_y):
        return reach
    column, step_x, next_x, cross_x = _first_step(at_x, dx, way, columns)
    line, step_y, next_y, cross_y = _first_step(at_y, dy, way, rows)
    start, first_cell = first[t, L.FIRST_SEGMENT], first[t, L.FIRST_CELL]
    distance = reach
    # lists hold all segments of a cell and some beside it: a hit may lie in a cell further on
    while way <= distance * per_metre and 0 <= column < columns and 0 <= line < rows:
        row = first_cell + line * columns + column
        for k in range(cells[row, L.CELL_OUTLINE], cells[row + 1, L.CELL_OUTLINE]):
            distance = min(distance, _to_segment(segments[start + listed[k]], x, y, dx, dy))
        if next_x < next_y:
            way, next_x, column = next_x, next_x + cross_x, column + step_x
        else:
            way, next_y, line = next_y, next_y + cross_y, line + step_y
    return distance


@inlined
def _span(at: float, direction: float, size: int) -> tuple[float, float]:
    """Return from where to where along a ray one of its coordinates is in [0, size]."""
    if direction == 0.0:
        return (-math.inf, math.inf) if 0.0 <= at <= size else (math.inf, -math.inf)
    low, high = -at / direction, (size - at) / direction
    return min(low, high), max(low, high)


@inlined
def _first_step(
    at: float, direction: float, way: float, size: int
) -> tuple[int, int, float, float]:
    """Return one coordinate's part of the walk: where it begins, and how it goes on.

    Returns:
        The column or row of the first cell, the step to the next, how far along the ray it is to
        the next cell border, and from each border to the one after it.
    """
    cell = min(max(int(at + way * direction), 0), size - 1)
    if direction > 0.0:
        return cell, 1, (cell + 1 - at) / direction, 1.0 / direction
    if direction < 0.0:
        return cell, -1, (cell - at) / direction, -1.0 / direction
    return cell, 0, math.inf, math.inf


@inlined
def _to_segment(segment: Floats, x: float, y: float, dx: float, dy: float) -> float:
    """Return how far along a ray a segment is met (m), infinite if it is not.

    On which side of the ray a corner lies is computed alike for both segments that meet there. So
    no ray slips through between them.
    """
    ax, ay = segment[0] - x, segment[1] - y
    bx, by = segment[2] - x, segment[3] - y
    left_a, left_b = dx * ay - dy * ax, dx * by - dy * bx
    if min(left_a, left_b) > 0.0 or max(left_a, left_b) < 0.0:
        return math.inf
    along_a, along_b = dx * ax + dy * ay, dx * bx + dy * by
    if left_a != left_b:
        met = along_a + (along_b - along_a) * (left_a / (left_a - left_b))
    else:  # the segment lies along the ray
        met = min(along_a, along_b) if along_a * along_b > 0.0 else 0.0
    return max(met, 0.0) if met >= -_TOUCHING else math.inf
