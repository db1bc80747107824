# Style: an int here, a bool there, numpy.float64 elsewhere
import numpy as np


def reward_function(params):
    if params["is_offtrack"]:
        return 0
    if not params["all_wheels_on_track"]:
        return False
    if params["progress"] == 100.0:
        return 25
    # the middle tenth
    near = params["distance_from_center"] < 0.1 * params["track_width"]
    if near and params["speed"] < 1.2:
        return near
    if near:
        return params["speed"] * np.cos(np.radians(params["steering_angle"]))
    if params["is_left_of_center"]:
        return np.float64(0.3) * params["speed"]
    return np.round(params["speed"] / 4, 1)
