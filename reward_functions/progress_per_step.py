"""Pay for progress: so many metres of the lap gained in this step.

What it pays: the way along the centre line since the last call, in metres, and a bonus of 1 for the
lap. Going backwards costs as much as it gains to go forward, so there is nothing to win by going to
and fro.

What to watch for: it remembers the progress of the last call. Nothing says that a new episode has
begun but that ``steps`` does not go on counting up. Forget this and the first step of each episode
is paid (or fined) a whole lap.

What goes wrong: without a discount factor below 1 a slow lap is worth as much as a fast one, since
both gain the same metres. With one, metres gained sooner count for more: that is what makes it a
good reward for racing at 4 m/s, where the fastest line and not the middle of the road is wanted.
"""

LAP_BONUS = 1.0

last = {"steps": None, "progress": 0.0}


def reward_function(params):
    steps, progress = params["steps"], params["progress"]

    is_first = last["steps"] is None or steps <= last["steps"]
    gained = 0.0 if is_first else progress - last["progress"]
    if gained < -50.0:
        gained += 100.0  # over the line into the next lap

    last["steps"], last["progress"] = steps, progress

    reward = gained / 100.0 * params["track_length"]
    if progress >= 100.0:
        reward += LAP_BONUS
    return float(reward)
