"""Radians beside degrees: the difference of headings is almost always out of bounds."""

import math


def reward_function(params):
    points = params["waypoints"]
    behind, ahead = params["closest_waypoints"]
    (x0, y0), (x1, y1) = points[behind], points[ahead]
    difference = abs(math.atan2(y1 - y0, x1 - x0) - params["heading"])
    if difference > 10.0:
        return -1.0
    return 1.0
