"""What lies and stands beside the road to distract: lines on the ground, upright boards.

A thing is one convex shape, drawn over the ground: a line a strip of it, a board a rectangle that
always faces the camera. Rows of pixels are filled from edge to edge, the pixels at both ends by the
share that is covered. Nearer things cover those behind them.
"""

import math
from typing import NamedTuple

import numpy as np

from racer.kernels import looks
from racer.kernels._jit import inlined, jit
from racer.kernels.camera import CAMERA_FOV, CAMERA_HEIGHT, CAMERA_PITCH, look_of
from racer.kernels.layout import Bytes, Floats, Integers, TrackArrays
from racer.kernels.road import border_points, inside_road, pose_at, project

_FAR = 5.0  # things beyond are not drawn (m)
_NEAR = 0.03  # nor what is nearer than this along the axis of the camera (m)
_CORNERS = 4
_APART = 0.05  # between the road and what stands beside it, at least (m)
_BESIDE = 0.9  # things are placed up to so much further away (m)


class _View(NamedTuple):
    """Where a camera is and looks, and how large its picture is."""

    x: float
    y: float
    above: float
    cos: float
    sin: float
    cos_pitch: float
    sin_pitch: float
    focal: float
    width: int
    height: int


@inlined
def _view_of(eye: Floats, camera: Floats, width: int, height: int) -> _View:
    """Return the view of a car at a pose (x, y, heading), as ``render_ground`` has it."""
    x, y, look = look_of(eye, camera)
    return _View(
        x,
        y,
        camera[CAMERA_HEIGHT],
        math.cos(look),
        math.sin(look),
        math.cos(camera[CAMERA_PITCH]),
        math.sin(camera[CAMERA_PITCH]),
        0.5 * width / math.tan(0.5 * camera[CAMERA_FOV]),
        width,
        height,
    )


@jit
def draw_things(
    frames: Bytes,
    first_channel: int,
    cars: Integers,
    eyes: Floats,
    cameras: Floats,
    things: Floats,
    colors: Bytes,
) -> None:
    """Draw the things that some cars see over the ground.

    Args:
        frames: (n_cars, n_channels, H, W), changed in place from ``first_channel`` on.
        first_channel: where the pictures' channels begin.
        cars: (k,) the cars.
        eyes: (n_cars, 3 or more) X, Y and HEADING of each car when its picture was taken.
        cameras: (n_cars, CAMERA_SIZE).
        things: (n_cars, MAX_THINGS, THING_SIZE).
        colors: (n_cars, MAX_THINGS, channels of a picture).
    """
    height, width = frames.shape[2], frames.shape[3]
    order, distances = np.empty(things.shape[1], np.int64), np.empty(things.shape[1])
    corners, seen = np.empty((_CORNERS, 3)), np.empty((_CORNERS + 1, 2))
    for i in cars:
        view = _view_of(eyes[i], cameras[i], width, height)
        for k in range(_in_sight(view, things[i], order, distances)):
            thing = things[i, order[k]]
            _corners_of(view, thing, corners)
            n = _project(view, corners, seen)
            if n >= 3:
                _fill(frames[i], first_channel, seen[:n], colors[i, order[k]])


@jit
def _in_sight(view: _View, things: Floats, order: Integers, distances: Floats) -> int:
    """Write which things are ahead and near enough, as they are to be drawn; return how many.

    Lines come first, for they lie on the ground; then boards, the furthest first.
    """
    n, n_lines = 0, 0
    for j in range(things.shape[0]):
        thing = things[j]
        if thing[looks.THING_WIDTH] == 0.0:
            continue
        is_line = thing[looks.THING_HEIGHT] == 0.0
        dx, dy = thing[looks.THING_X] - view.x, thing[looks.THING_Y] - view.y
        ahead = view.cos * dx + view.sin * dy
        if is_line:
            ex, ey = thing[looks.END_X] - view.x, thing[looks.END_Y] - view.y
            ahead = max(ahead, view.cos * ex + view.sin * ey)
        distance = dx * dx + dy * dy
        if ahead < _NEAR or distance > _FAR * _FAR:
            continue
        at = n
        if is_line:
            n_lines += 1
        while not is_line and at > n_lines and distances[at - 1] < distance:
            order[at], distances[at] = order[at - 1], distances[at - 1]
            at -= 1
        order[at], distances[at] = j, distance
        n += 1
    return n


@inlined
def _corners_of(view: _View, thing: Floats, corners: Floats) -> None:
    """Write the corners of a thing, one after the other around it: (4, 3) right, down, ahead.

    They are relative to the camera, along its own axes.
    """
    half = 0.5 * thing[looks.THING_WIDTH]
    x, y, end_x, end_y, top = (
        thing[looks.THING_X], thing[looks.THING_Y], thing[looks.END_X], thing[looks.END_Y], 0.0,
    )  # fmt: skip
    if thing[looks.THING_HEIGHT] > 0.0:
        # a board: its foot goes from left to right, as the camera sees it
        side_x, side_y = 0.0, 0.0
        x, end_x = x - half * view.sin, x + half * view.sin
        y, end_y = y + half * view.cos, y - half * view.cos
        top = thing[looks.THING_HEIGHT]
    else:
        length = max(math.hypot(end_x - x, end_y - y), 1e-9)
        side_x, side_y = -half * (end_y - y) / length, half * (end_x - x) / length
    _write_corner(view, corners[0], x + side_x, y + side_y, 0.0)
    _write_corner(view, corners[1], end_x + side_x, end_y + side_y, 0.0)
    _write_corner(view, corners[2], end_x - side_x, end_y - side_y, top)
    _write_corner(view, corners[3], x - side_x, y - side_y, top)


@inlined
def _write_corner(view: _View, corner: Floats, x: float, y: float, z: float) -> None:
    """Write a point of the world (m) along the camera's axes: (3,) right, down, ahead."""
    dx, dy, up = x - view.x, y - view.y, z - view.above
    ahead = view.cos * dx + view.sin * dy
    corner[0] = view.sin * dx - view.cos * dy
    corner[1] = -view.sin_pitch * ahead - view.cos_pitch * up
    corner[2] = view.cos_pitch * ahead - view.sin_pitch * up


@inlined
def _project(view: _View, corners: Floats, seen: Floats) -> int:
    """Write where the part of a shape before the camera is in the picture; return its corners.

    Args:
        view: of the camera.
        corners: (4, 3) right, down, ahead (m).
        seen: (5, 2) u to the right, v down (pixels), overwritten: cutting a corner off makes two.
    """
    n = 0
    for k in range(_CORNERS):
        here, after = corners[k], corners[(k + 1) % _CORNERS]
        if here[2] >= _NEAR and n < seen.shape[0]:
            seen[n, 0] = 0.5 * view.width + view.focal * here[0] / here[2]
            seen[n, 1] = 0.5 * view.height + view.focal * here[1] / here[2]
            n += 1
        if (here[2] >= _NEAR) != (after[2] >= _NEAR) and n < seen.shape[0]:
            share = (_NEAR - here[2]) / (after[2] - here[2])
            right = here[0] + share * (after[0] - here[0])
            down = here[1] + share * (after[1] - here[1])
            seen[n, 0] = 0.5 * view.width + view.focal * right / _NEAR
            seen[n, 1] = 0.5 * view.height + view.focal * down / _NEAR
            n += 1
    return n


@jit
def _fill(frame: Bytes, first_channel: int, points: Floats, color: Bytes) -> None:
    """Fill a convex shape.

    Args:
        frame: (n_channels, H, W), changed in place.
        first_channel: the first of the channels to fill.
        points: (n, 2) u, v (pixels).
        color: (channels,).
    """
    height, width = frame.shape[1], frame.shape[2]
    low, high = points[:, 1].min(), points[:, 1].max()
    for v in range(max(math.ceil(low - 0.5), 0), min(math.ceil(high - 0.5), height)):
        left, right = _span(points, v + 0.5)
        left, right = max(left, 0.0), min(right, float(width))
        if left >= right:
            continue
        first, last = int(left), min(int(right), width - 1)
        for c in range(color.shape[0]):
            row = frame[first_channel + c, v]
            if first == last:
                row[first] = _blend(row[first], color[c], right - left)
                continue
            row[first] = _blend(row[first], color[c], first + 1.0 - left)
            for u in range(first + 1, last):
                row[u] = color[c]
            row[last] = _blend(row[last], color[c], right - last)


@inlined
def _span(points: Floats, y: float) -> tuple[float, float]:
    """Return where a horizontal line enters and leaves a convex shape; left > right if nowhere."""
    left, right = math.inf, -math.inf
    n = points.shape[0]
    for k in range(n):
        x0, y0 = points[k, 0], points[k, 1]
        x1, y1 = points[(k + 1) % n, 0], points[(k + 1) % n, 1]
        if (y0 <= y) != (y1 <= y):
            x = x0 + (x1 - x0) * (y - y0) / (y1 - y0)
            left, right = min(left, x), max(right, x)
    return left, right


@inlined
def _blend(under: int, over: int, share: float) -> np.uint8:
    """Return a colour of which a share is covered by another."""
    return np.uint8((1.0 - share) * under + share * over + 0.5)


@jit
def place_things(
    things: Floats,
    cars: Integers,
    n_lines: Integers,
    n_boards: Integers,
    draws: Floats,
    tracks: TrackArrays,
    track_index: Integers,
) -> None:
    """Place things beside the road of some cars; one that would lie on a road is left out.

    Args:
        things: (n_cars, MAX_THINGS, THING_SIZE), overwritten for the cars.
        cars: (k,) the cars.
        n_lines: (k,) how many lines each gets.
        n_boards: (k,) how many boards.
        draws: (k, MAX_THINGS, N_THING_DRAWS) uniform in [0, 1).
        tracks: the packed tracks.
        track_index: (n_cars,) the track of each car.
    """
    for k in range(len(cars)):
        t = track_index[cars[k]]
        for j in range(things.shape[1]):
            is_line = j < looks.MAX_LINES
            number = j if is_line else j - looks.MAX_LINES
            thing = things[cars[k], j]
            thing[:] = 0.0
            if number < (n_lines[k] if is_line else n_boards[k]):
                _place(thing, is_line, draws[k, j], tracks, t)


@inlined
def _place(thing: Floats, is_line: bool, drawn: Floats, tracks: TrackArrays, t: int) -> None:
    """Place one thing; its width stays 0 if there is no room for it."""
    x, y, heading = pose_at(tracks, t, drawn[0] * tracks.length[t])
    segment, s, px, py, _ = project(tracks, t, x, y)
    inner_x, inner_y, outer_x, outer_y = border_points(tracks, t, segment, s, px, py)
    border_x, border_y = (inner_x, inner_y) if drawn[1] < 0.5 else (outer_x, outer_y)
    out_x, out_y = border_x - px, border_y - py
    half = max(math.hypot(out_x, out_y), 1e-9)
    if is_line:
        width, length = 0.02 + 0.05 * drawn[2], 0.3 + 1.5 * drawn[3]
    else:
        width, length = 0.05 + 0.35 * drawn[2], 0.0
    away = half + _APART + 0.5 * width + _BESIDE * drawn[4]
    thing[looks.THING_X] = x = px + out_x * away / half
    thing[looks.THING_Y] = y = py + out_y * away / half
    # mostly along the road: a cube of [-1, 1] times a right angle
    turned = heading + 0.5 * math.pi * (2.0 * drawn[5] - 1.0) ** 3
    thing[looks.END_X] = x + length * math.cos(turned)
    thing[looks.END_Y] = y + length * math.sin(turned)
    if _is_clear(thing, 0.5 * width + _APART, tracks, t):
        thing[looks.THING_WIDTH] = width
        thing[looks.THING_HEIGHT] = 0.0 if is_line else 0.05 + 0.45 * drawn[6]


@inlined
def _is_clear(thing: Floats, around: float, tracks: TrackArrays, t: int) -> bool:
    """Whether there is no road along a thing, nor at some distance (m) around it."""
    n = 1 + int(math.hypot(
        thing[looks.END_X] - thing[looks.THING_X], thing[looks.END_Y] - thing[looks.THING_Y]
    ) / 0.1)  # fmt: skip
    for k in range(n + 1):
        x = thing[looks.THING_X] + (thing[looks.END_X] - thing[looks.THING_X]) * k / n
        y = thing[looks.THING_Y] + (thing[looks.END_Y] - thing[looks.THING_Y]) * k / n
        for side in range(8):
            angle = 0.25 * math.pi * side
            at_x, at_y = x + around * math.cos(angle), y + around * math.sin(angle)
            if inside_road(tracks, t, at_x, at_y):
                return False
    return True
