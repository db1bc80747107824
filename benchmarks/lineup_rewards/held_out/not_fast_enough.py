"""Speed less what it should be: below zero, always."""

WANTED = 2.5


def reward_function(params):
    reward = params["speed"] - WANTED
    if params["is_offtrack"]:
        reward -= 0.5
    return float(reward)
