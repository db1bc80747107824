"""The square of the progress, and the middle of the road."""


def reward_function(params):
    near = max(0.0, 1 - 2 * params["distance_from_center"] / params["track_width"])
    return float((max(0.0, params["progress"]) / 100) ** 2 * 5 + near)
