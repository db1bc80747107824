"""Pays for the first two seconds, and takes away afterwards."""


def reward_function(params):
    if params["steps"] < 30:
        return 3.0
    return -1.0
