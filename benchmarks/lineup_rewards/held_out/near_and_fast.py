"""Exponential in the distance, and a bonus for speed."""

import math


def reward_function(params):
    reward = math.exp(-6 * params["distance_from_center"])
    if params["speed"] > 1.2:
        reward += 0.5
    if not params["all_wheels_on_track"]:
        reward = 1e-3
    return float(reward)
