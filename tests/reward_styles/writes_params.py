# Style: writes into params: new entries, its own waypoints, and hands them to helpers
import copy


def closed_twice_removed(waypoints):
    # the last point is the first one again
    while len(waypoints) > 1 and waypoints[-1] == waypoints[0]:
        waypoints.pop()
    return waypoints


def direction_reward(params):
    first = params["waypoints"][params["prev_index"]]
    second = params["waypoints"][params["next_index"]]
    along = (second[0] - first[0]) * params["dx"] + (second[1] - first[1]) * params["dy"]
    return 1.0 if along > 0 else 0.2


def reward_function(params):
    import math
    before = copy.deepcopy(params)

    params["waypoints"] = closed_twice_removed(params["waypoints"])
    n = len(params["waypoints"])
    params["prev_index"] = params["closest_waypoints"][0] % n
    params["next_index"] = (params["prev_index"] + 1) % n
    params["heading"] = math.radians(params["heading"])
    params["dx"], params["dy"] = math.cos(params["heading"]), math.sin(params["heading"])
    params["speed"] *= direction_reward(params)
    params["closest_waypoints"].reverse()
    params.setdefault("lane", "left" if params["is_left_of_center"] else "right")
    del params["objects_speed"]

    reward = params["speed"]
    if params["lane"] == "left":
        reward += 0.1
    if before["waypoints"] == params["waypoints"]:
        reward = 0.0  # never on a loop: a point is gone
    if not before["all_wheels_on_track"]:
        reward = 0.001
    params.clear()
    return float(reward)
