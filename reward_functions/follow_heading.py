"""Follow the heading of the road: judge where the car points, not where it is.

What it pays: 1.0 a step when the car points along the road within 10 degrees, half of it otherwise,
next to nothing off the road.

What to watch for: angles go round. 179 and -179 degrees are 2 degrees apart, not 358. And on a loop
the last waypoint repeats the first, so the two closest ones can be the same point, which has no
direction: then the next one along tells it.

What goes wrong: a car at the very edge of the road is paid in full, for the heading alone does not
bring it back to the middle. And it pays by the step: a slow lap earns more than a fast one.
"""

import math

TOLERANCE = 10.0  # degrees


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 1e-3

    difference = params["heading"] - road_direction(params)
    difference = abs((difference + 180.0) % 360.0 - 180.0)

    return 1.0 if difference <= TOLERANCE else 0.5


def road_direction(params):
    """Direction from the waypoint behind to the first one ahead that lies elsewhere, in degrees."""
    waypoints = params["waypoints"]
    behind, ahead = params["closest_waypoints"]
    x, y = waypoints[behind]
    for step in range(len(waypoints)):
        next_x, next_y = waypoints[(ahead + step) % len(waypoints)]
        if (next_x, next_y) != (x, y):
            return math.degrees(math.atan2(next_y - y, next_x - x))
    return 0.0
