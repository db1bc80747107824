"""Bands around the middle, and a fifth off for much steering."""


def reward_function(params):
    off = params["distance_from_center"] / params["track_width"]
    reward = 1.0 if off < 0.1 else 0.5 if off < 0.25 else 0.1 if off < 0.5 else 1e-3
    if abs(params["steering_angle"]) > 20:
        reward *= 0.8
    return float(reward)
