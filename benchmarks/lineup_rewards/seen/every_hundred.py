"""Looks at the pace every hundred steps, and pays nothing but that."""

EXPECTED = 300


def reward_function(params):
    steps, progress = params["steps"], params["progress"]
    if steps % 100 == 0 and progress > steps / EXPECTED * 100:
        return 10.0
    return 0.0
