# Style: progress since the last call in module globals, ratio to the pace that is expected
last_progress = 0
last_steps = 0
best = 1e9

EXPECTED = 100 / 180    # percent per step


def reward_function(params):
    global last_progress
    global last_steps
    global best

    progress, steps = params["progress"], params["steps"]
    if steps <= last_steps or last_steps == 0:
        last_progress = progress
        last_steps = steps - 1

    delta = (progress - last_progress) / (steps - last_steps)
    ratio = delta / EXPECTED
    last_progress = progress
    last_steps = steps

    if ratio < 0:
        reward = -1.0
    elif ratio < 1:
        reward = ratio ** 2
    else:
        reward = ratio

    if progress == 100:
        reward += 10.0
        if steps < best:
            best = steps
            reward += 5.0
    if params["is_offtrack"]:
        reward = -5.0
    return float(reward)
