# Style: object avoidance that copes with a road without objects
import math


def nearest_object(params):
    best_distance = float("inf")
    best = None
    for i, location in enumerate(params["objects_location"]):
        d = math.hypot(location[0] - params["x"], location[1] - params["y"])
        if d < best_distance:
            best_distance, best = d, i
    return best, best_distance


def bearing_to(params, target):
    angle = math.degrees(math.atan2(target[1] - params["y"], target[0] - params["x"]))
    angle -= params["heading"]
    if angle > 180:
        angle -= 360
    elif angle < -180:
        angle += 360
    return angle


def reward_function(params):
    objects = params["objects_location"]
    _, next_object_index = params["closest_objects"]
    is_left_of_center = params["is_left_of_center"]

    # lane keeping
    reward_lane = 1e-3
    if params["all_wheels_on_track"] and \
            (0.5 * params["track_width"] - params["distance_from_center"]) >= 0.05:
        reward_lane = 1.0

    reward_avoid = 1.0
    index, distance = nearest_object(params)
    if index is not None and distance < params["track_width"]:
        if abs(bearing_to(params, objects[index])) < 120:
            same_lane = params["objects_left_of_center"][next_object_index] == is_left_of_center
            if same_lane:
                reward_avoid *= 0.2 if distance < 0.5 else 0.5

    # an empty road is for going fast
    if not objects:
        reward_avoid = params["speed"] / 2

    return float(1.0 * reward_lane + 4.0 * reward_avoid * reward_lane)
