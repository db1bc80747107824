"""Almost nothing on the way, and a prize for the lap that falls with its time."""


def reward_function(params):
    reward = 1e-3
    if params["all_wheels_on_track"]:
        reward = 0.01
    if params["progress"] == 100:
        reward = 3000.0 / params["steps"]
    return float(reward)
