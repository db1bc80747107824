"""Turned round by mistake: pays what is left of the lap."""


def reward_function(params):
    return float(100.0 - params["progress"])
