"""Takes away for each degree of steering, and has nothing to give."""


def reward_function(params):
    penalty = abs(params["steering_angle"]) / 30.0
    if params["is_offtrack"]:
        penalty += 1.0
    return float(-penalty)
