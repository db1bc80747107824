"""A bell curve around the centre line, times the speed."""

import math


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 1e-3
    off = params["distance_from_center"] / params["track_width"]
    return float(math.exp(-12 * off * off) * params["speed"])
