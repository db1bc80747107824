"""Ten for each tenth of the lap that is reached the first time, nothing between."""

reached = 0


def reward_function(params):
    global reached
    if params["steps"] <= 2:
        reached = 0
    tenth = int(max(0.0, params["progress"]) // 10)
    if tenth > reached:
        reached = tenth
        return 10.0
    return 0.0
