"""The lap is what counts: all for the last half percent, a little less for each step."""


def reward_function(params):
    return float(1500 if params["progress"] > 99.5 else -1)
