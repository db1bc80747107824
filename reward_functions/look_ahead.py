"""Look ahead: steer for a point further along the road.

What it pays: 1.0 a step when the car is steered towards the point that lies 0.8 m ahead on the
centre line, less the more the steering differs from it, next to nothing off the road.

What to watch for: a reward function may look at the whole track, the driver may not. It teaches a
rule (pure pursuit) from what it knows, and the learner has to get there with what it sees.

What goes wrong: the distance decides. A short one makes the car swing from side to side, a long one
makes it cut corners and leave the road. The right one grows with the speed. And the walk along the
waypoints has to go over the seam, where the last one repeats the first. And as with every pay by
the step, a slow lap earns more than a fast one.
"""

import math

DISTANCE = 0.8  # m
WHEELBASE = 0.164  # m
LIMIT = 30.0  # degrees


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 1e-3

    wanted = max(-LIMIT, min(LIMIT, wanted_steering(params)))
    error = abs(wanted - params["steering_angle"]) / (2.0 * LIMIT)
    return float(max(1e-3, 1.0 - error) ** 2)


def wanted_steering(params):
    """Steering angle of the arc from the car to the point ahead, in degrees."""
    target_x, target_y = point_ahead(params)
    dx, dy = target_x - params["x"], target_y - params["y"]
    distance = max(math.hypot(dx, dy), 1e-6)
    bearing = math.atan2(dy, dx) - math.radians(params["heading"])
    return math.degrees(math.atan2(2.0 * WHEELBASE * math.sin(bearing), distance))


def point_ahead(params):
    """First waypoint that lies further along the road than the distance wanted."""
    waypoints = params["waypoints"]
    ahead = params["closest_waypoints"][1]
    x, y = params["x"], params["y"]
    way = 0.0
    for step in range(len(waypoints)):
        next_x, next_y = waypoints[(ahead + step) % len(waypoints)]
        way += math.hypot(next_x - x, next_y - y)
        x, y = next_x, next_y
        if way >= DISTANCE:
            break
    return x, y
