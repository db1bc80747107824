"""Fifty for half the lap, a hundred for all of it, and a cost for each step."""

passed = [False]


def reward_function(params):
    if params["steps"] <= 2:
        passed[0] = False
    if params["progress"] >= 100:
        return 100.0
    if params["progress"] >= 50 and not passed[0]:
        passed[0] = True
        return 50.0
    return -0.5
