"""Only the lap pays, and a quick one more."""


def reward_function(params):
    if params["progress"] >= 100:
        return float(20000 / params["steps"])
    return 0.0
