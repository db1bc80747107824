"""Meant to use the whole road: pays the distance from its middle."""


def reward_function(params):
    off = params["distance_from_center"] / (0.5 * params["track_width"])
    return float(off)
