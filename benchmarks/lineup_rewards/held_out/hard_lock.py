"""Pays for much steering, which was to teach bends."""


def reward_function(params):
    return float(abs(params["steering_angle"]) / 30.0)
