"""Fast and straight is good, all else is bad."""


def reward_function(params):
    if params["speed"] >= 1.5 and abs(params["steering_angle"]) < 10:
        return 1.0
    return -0.5
