# Style: prints the params on every call, to be read from the log afterwards
import json
import logging

logging.getLogger(__name__).setLevel(logging.INFO)


def trace(params, reward):
    keys = ["steps", "x", "y", "heading", "progress", "speed", "steering_angle"]
    text = ",".join("{}={:.4f}".format(key, params[key]) for key in keys)
    print("MY_TRACE:" + text + ",reward=" + str(reward))
    if params["steps"] == 2:
        track = {"width": params["track_width"], "waypoints": params["waypoints"]}
        print("MY_TRACK:", json.dumps(track))
        print(params)


def reward_function(params):
    reward = 1e-3
    if params["all_wheels_on_track"] and (0.5 * params["track_width"]
                                          - params["distance_from_center"]) >= 0.05:
        reward = params["speed"]
    if params["is_offtrack"]:
        logging.getLogger(__name__).info("off the track at %s", params["closest_waypoints"])
    trace(params, reward)
    return float(reward)
