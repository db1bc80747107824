"""Slow before bends and fast on straights, by looking six waypoints ahead."""

import math


def direction(a, b):
    return math.atan2(b[1] - a[1], b[0] - a[0])


def reward_function(params):
    points = params["waypoints"][:-1]
    n = len(points)
    i = params["closest_waypoints"][0]
    now = direction(points[i % n], points[(i + 1) % n])
    later = direction(points[(i + 6) % n], points[(i + 7) % n])
    turn = abs((later - now + math.pi) % (2 * math.pi) - math.pi)
    wanted = 1.0 if turn > 0.5 else 2.0
    reward = 1.5 - abs(params["speed"] - wanted)
    if not params["all_wheels_on_track"]:
        return 1e-3
    return float(max(1e-3, reward))
