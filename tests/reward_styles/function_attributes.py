# Style: memory in attributes of the function object, hasattr on the first call
import math


def reward_function(params):
    if not hasattr(reward_function, "prev_steering"):
        reward_function.prev_steering = 0.0
        reward_function.prev_speed = params["speed"]
        reward_function.prev_progress = 0.0
        reward_function.lap = 0

    # first step of an episode
    if params["steps"] <= 2:
        reward_function.prev_steering = params["steering_angle"]
        reward_function.prev_speed = params["speed"]
        reward_function.prev_progress = params["progress"]
        reward_function.lap += 1

    reward = 1e-3
    if params["all_wheels_on_track"]:
        width = params["track_width"]
        side = params["distance_from_center"] / (width / 2)
        reward = math.exp(-2.0 * side ** 2)

        # both hands on the wheel
        turn = abs(params["steering_angle"] - reward_function.prev_steering)
        if turn > 20:
            reward *= 0.7
        # faster than before and still on the road
        if params["speed"] > reward_function.prev_speed:
            reward *= 1.2

    gained = params["progress"] - reward_function.prev_progress
    if gained > 0:
        reward += gained

    reward_function.prev_steering = params["steering_angle"]
    reward_function.prev_speed = params["speed"]
    reward_function.prev_progress = params["progress"]
    return float(reward)
