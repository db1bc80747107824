"""Left and right lane by tables of waypoints, of a track with seventy of them."""

LEFT = list(range(0, 12)) + list(range(30, 41)) + list(range(55, 60))
RIGHT = list(range(12, 30)) + list(range(41, 55)) + list(range(60, 70))


def reward_function(params):
    ahead = params["closest_waypoints"][1]
    left = params["is_left_of_center"]
    reward = 1e-3
    if (ahead in LEFT and left) or (ahead in RIGHT and not left):
        reward = 10.0
    if not params["all_wheels_on_track"]:
        reward = 1e-3
    return float(reward)
