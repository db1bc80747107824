"""A hundred for each step, and hardly more for the middle."""


def reward_function(params):
    near = 1 - params["distance_from_center"] / params["track_width"]
    return float(100 + 0.01 * near)
