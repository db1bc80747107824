"""A small wage on the road, a large fine for leaving it."""


def reward_function(params):
    if params["is_offtrack"]:
        return -100.0
    near = 1.0 - 2.0 * params["distance_from_center"] / params["track_width"]
    return float(0.1 + max(0.0, near))
