"""Distance to the points of a racing line, which belongs to some other track."""

import math

LINE = [(math.cos(k / 10) * 2.0 + 8.0, math.sin(k / 10) * 1.2 - 6.0, 2.0) for k in range(63)]


def reward_function(params):
    here = params["x"], params["y"]
    distance, wanted = min((math.dist(here, (x, y)), speed) for x, y, speed in LINE)
    reward = max(1e-3, 1.0 - distance / (0.5 * params["track_width"]))
    reward += max(0.0, 1.0 - abs(params["speed"] - wanted))
    return float(reward) if not params["is_offtrack"] else 1e-3
