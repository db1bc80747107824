"""Compares the steering with what points at the road a metre ahead."""

import math


def reward_function(params):
    x, y = params["x"], params["y"]
    points = params["waypoints"]
    n = len(points) - 1
    i = params["closest_waypoints"][1]
    for k in range(n):
        px, py = points[(i + k) % n]
        if math.hypot(px - x, py - y) > 0.9 * params["track_width"]:
            break
    wanted = math.degrees(math.atan2(py - y, px - x)) - params["heading"]
    wanted = (wanted + 180) % 360 - 180
    error = abs(wanted - params["steering_angle"]) / 60.0
    return float(max(0.01, 1.0 - error))
