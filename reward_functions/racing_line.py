"""Follow a racing line that the reward function works out itself, on any track.

What it pays: the commanded speed in m/s, times how near the car is to the line: all of it on the
line, nothing half a road's width beside it. Paying by speed is paying by the metre, so there is no
gain in going slowly.

What to watch for: the line is worked out on the first call and kept, because a hundred rounds of
smoothing on every call would take longer than the simulator's step. It is made anew when other
waypoints arrive, as they do when the driving direction changes.

What goes wrong: pulled tight like a rubber band, the line is the shortest way round, not the
fastest. From about 2 m/s on it pays to swing wide before a bend, which this line does not.
"""

import math

import numpy as np

ROUNDS = 60  # of smoothing
LEEWAY = 0.30  # how far the line may leave the centre line, as a share of the road's width
SPACING = 0.20  # distance between the points of the line, in metres

kept = {"track": None, "line": None}


def reward_function(params):
    waypoints = params["waypoints"]
    track = (len(waypoints), tuple(waypoints[0]), tuple(waypoints[1]))
    if kept["track"] != track:
        kept["track"] = track
        kept["line"] = smooth_line(waypoints, LEEWAY * params["track_width"])

    if not params["all_wheels_on_track"]:
        return 1e-3

    distance = distance_to(kept["line"], params["x"], params["y"])
    nearness = max(0.0, 1.0 - distance / (0.5 * params["track_width"]))
    return float(max(1e-3, nearness * params["speed"]))


def smooth_line(waypoints, leeway):
    """Points of the centre line, each drawn towards the middle of its neighbours."""
    center, is_loop = evenly_spaced(np.array([(x, y) for x, y in waypoints], dtype=float))
    count = len(center)
    before, after = np.arange(count) - 1, (np.arange(count) + 1) % count
    line = center
    for _ in range(ROUNDS):
        offset = 0.5 * (line[before] + line[after]) - center
        size = np.sqrt(np.einsum("ij,ij->i", offset, offset))
        line = center + offset * np.minimum(1.0, leeway / np.maximum(size, 1e-9))[:, None]
        if not is_loop:
            line[0], line[-1] = center[0], center[-1]
    return np.vstack([line, line[:1]]) if is_loop else line


def evenly_spaced(points):
    """The same line with points at equal distances, without the closing point of a loop."""
    is_loop = bool(np.hypot(*(points[0] - points[-1])) < 1e-6)
    pieces = np.hypot(*np.diff(points, axis=0).T)
    s = np.concatenate([[0.0], np.cumsum(pieces)])
    count = max(8, round(s[-1] / SPACING))
    at = np.linspace(0.0, s[-1], count, endpoint=not is_loop)
    return np.column_stack(
        [np.interp(at, s, points[:, 0]), np.interp(at, s, points[:, 1])]
    ), is_loop


def distance_to(line, x, y):
    """Distance from a point to the pieces of the line beside its nearest point."""
    nearest = int(np.argmin(np.hypot(line[:, 0] - x, line[:, 1] - y)))
    pieces = ((nearest - 1, nearest), (nearest, nearest + 1))
    return min(distance_to_piece(line, i, j, x, y) for i, j in pieces if i >= 0 and j < len(line))


def distance_to_piece(line, i, j, x, y):
    """Distance from a point to the straight piece between two points of the line."""
    x0, y0 = line[i]
    dx, dy = line[j] - line[i]
    length_squared = dx * dx + dy * dy
    share = ((x - x0) * dx + (y - y0) * dy) / length_squared if length_squared > 0.0 else 0.0
    share = min(1.0, max(0.0, share))
    return math.hypot(x - x0 - share * dx, y - y0 - share * dy)
