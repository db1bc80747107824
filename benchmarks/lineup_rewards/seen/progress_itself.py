"""Pays how far the car has come, on each step."""


def reward_function(params):
    if params["is_offtrack"] or params["is_crashed"]:
        return 1e-3
    return float(max(1e-3, params["progress"]))
