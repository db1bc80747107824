"""Each step costs one, the finish line pays a hundred."""


def reward_function(params):
    reward = -1.0
    if params["progress"] >= 100.0:
        reward += 100.0
    return reward
