"""The middle costs nothing, the rest costs: there is nothing to win."""


def reward_function(params):
    off = params["distance_from_center"] / (0.5 * params["track_width"])
    return float(-0.2 - min(1.0, off))
