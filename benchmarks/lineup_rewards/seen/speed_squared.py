"""The faster the better."""


def reward_function(params):
    return float(params["speed"] ** 2)
