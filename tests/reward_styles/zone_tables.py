# Style: zones of waypoint indices in module tables, list(range()) glued together
# made for re:Invent 2018, runs anywhere

left_lane = list(range(0, 18)) + list(range(34, 52)) + [70, 71, 72]
center_lane = list(range(18, 24)) + list(range(52, 70)) + list(range(73, 90))
right_lane = [i for i in range(24, 34)] + list(range(90, 119))

slow_zone = set(list(range(26, 42)) + list(range(82, 96)))
fast_zone = list(range(0, 22)) + list(range(48, 66)) + list(range(108, 119))

SPEED = {"slow": 1.0, "medium": 1.5, "fast": 2.0}


def reward_function(params):
    closest_waypoint = params["closest_waypoints"][1]
    is_left = params["is_left_of_center"]
    speed = params["speed"]
    reward = 21.0

    if not params["all_wheels_on_track"]:
        return 1e-3

    # lanes
    if closest_waypoint in left_lane and is_left:
        reward += 10
    elif closest_waypoint in right_lane and not is_left:
        reward += 10.0
    elif closest_waypoint in center_lane and \
            params["distance_from_center"] < (params["track_width"] / 4):
        reward += 10.0
    else:
        reward -= 10

    # speed
    if closest_waypoint in fast_zone:
        if speed >= SPEED["fast"]:
            reward += 10
        elif speed <= SPEED["medium"]:
            reward -= 5.0
    elif closest_waypoint in slow_zone:
        reward += 10 if speed <= SPEED["slow"] else 0
    else:
        reward += 5 * (speed >= SPEED["medium"])

    if params["progress"] == 100:
        reward += 100
    return reward
