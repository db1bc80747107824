"""Nothing for anything, but leaving the road costs."""


def reward_function(params):
    return -10.0 if params["is_offtrack"] else 0.0
