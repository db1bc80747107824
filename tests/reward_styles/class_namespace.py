# Style: a class as a namespace, numpy arrays in it, milestones of progress, f-strings
import math
import numpy as np


class PARAMS:
    prev_speed = None
    prev_steering_angle = None
    prev_steps = None
    prev_direction_diff = None
    milestones = [False] * 11
    bonus = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0])
    bends = np.array([0.0, 10.0, 25.0, 45.0, 180.0])     # degrees over the next metre
    speeds = np.array([4.0, 3.0, 2.0, 1.5, 1.0])         # what they allow


def reward_function(params):
    heading = params["heading"]
    distance_from_center = params["distance_from_center"]
    steps = params["steps"]
    steering_angle = params["steering_angle"]
    speed = params["speed"]
    progress = params["progress"]
    closest = params["closest_waypoints"]

    if PARAMS.prev_steps is None or steps < PARAMS.prev_steps:
        # a new episode
        PARAMS.prev_speed = None
        PARAMS.prev_steering_angle = None
        PARAMS.prev_direction_diff = None
        PARAMS.milestones = [False] * 11

    points = np.array(params["waypoints"])[:-1]
    position = np.array([params["x"], params["y"]])

    def target_point(reach):
        away = np.hypot(points[:, 0] - position[0], points[:, 1] - position[1])
        nearest = int(np.argmin(away))
        ahead = np.roll(points, -nearest, axis=0)
        out = np.hypot(*(ahead - position).T) > reach
        return ahead[int(np.argmax(out))]

    def direction_to(point):
        return math.degrees(math.atan2(point[1] - position[1], point[0] - position[0]))

    def difference(a, b):
        d = abs(a - b) % 360
        return 360 - d if d > 180 else d

    direction_diff = difference(direction_to(target_point(0.7)), heading)
    bend = difference(direction_to(target_point(0.5)), direction_to(target_point(1.4)))
    optimal_speed = PARAMS.speeds[int(np.searchsorted(PARAMS.bends, bend)) - 1]

    # three parts, multiplied
    heading_reward = math.cos(min(direction_diff, 90) * math.pi / 180) ** 4
    center = distance_from_center / (0.5 * params["track_width"])
    distance_reward = max(0.0, 1.0 - center) ** 0.4
    speed_reward = max(0.0, 1.0 - abs(speed - optimal_speed) / 4.0) ** 1.7

    # going back to the right direction makes up for it
    if PARAMS.prev_direction_diff is not None:
        if direction_diff < PARAMS.prev_direction_diff - 1:
            heading_reward = min(1.0, heading_reward + 0.1)
    if PARAMS.prev_steering_angle is not None and PARAMS.prev_speed is not None:
        if abs(steering_angle - PARAMS.prev_steering_angle) > 30 and speed > PARAMS.prev_speed:
            speed_reward *= 0.5

    immediate = (heading_reward + distance_reward + speed_reward) ** 2 + \
        heading_reward * distance_reward * speed_reward

    # unpardonable: steering away from where the road goes
    if direction_diff > 60 or params["is_offtrack"]:
        immediate = 1e-3

    long_term = 0.0
    milestone = int(progress // 10)
    if not PARAMS.milestones[milestone] and progress > 0:
        PARAMS.milestones[milestone] = True
        long_term = PARAMS.bonus[milestone] * (progress / steps) ** 2
        if milestone == 10:
            print(f"lap in {steps:.0f} steps, bonus {long_term:.2f}")

    PARAMS.prev_speed = speed
    PARAMS.prev_steering_angle = steering_angle
    PARAMS.prev_direction_diff = direction_diff
    PARAMS.prev_steps = steps
    return float(max(1e-3, immediate + long_term))
