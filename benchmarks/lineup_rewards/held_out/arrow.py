"""Five for driving straight on, and a fine for each turn of the wheel."""


def reward_function(params):
    if params["steering_angle"] == 0:
        return 5.0
    return -1.0
