"""One for each step on the road, ten thousand for the lap."""


def reward_function(params):
    if params["progress"] == 100:
        return 10000.0
    if params["all_wheels_on_track"]:
        return 1.0
    return 1e-3
