"""Keep to the left half of the road."""


def reward_function(params):
    if params["all_wheels_on_track"] and params["is_left_of_center"]:
        return 1.0
    return 0.05
