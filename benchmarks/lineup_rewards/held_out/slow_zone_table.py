"""Slow and fast zones by waypoints, and the middle of the road."""

SLOW = set(range(20, 45)) | set(range(70, 90))


def reward_function(params):
    wanted = 1.0 if params["closest_waypoints"][1] in SLOW else 2.0
    reward = 1.0 if abs(params["speed"] - wanted) < 0.3 else 0.3
    if params["distance_from_center"] > 0.4 * params["track_width"]:
        reward *= 0.1
    return float(reward)
