"""Halves the reward where the car does not point along the road."""

import math


def reward_function(params):
    points = params["waypoints"]
    behind, ahead = params["closest_waypoints"]
    (x0, y0), (x1, y1) = points[behind], points[ahead]
    road = math.degrees(math.atan2(y1 - y0, x1 - x0))
    difference = abs(road - params["heading"])
    if difference > 180:
        difference = 360 - difference
    reward = 1.0
    if difference > 10:
        reward *= 0.5
    if not params["all_wheels_on_track"]:
        reward = 1e-3
    return float(reward)
