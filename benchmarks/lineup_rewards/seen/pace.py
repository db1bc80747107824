"""How far in how few steps, and the square of the speed."""


def reward_function(params):
    reward = 1e-3
    if params["all_wheels_on_track"] and params["steps"] > 0:
        reward = params["progress"] / params["steps"] * 100 + params["speed"] ** 2
    return float(reward)
