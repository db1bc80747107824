"""The way gained, less two for the time it took."""


class State:
    progress = 0.0
    steps = 1e9


def reward_function(params):
    gained = params["progress"] - State.progress
    if params["steps"] <= State.steps:
        gained = 0.0
    State.progress, State.steps = params["progress"], params["steps"]
    return float(gained - 2.0)
