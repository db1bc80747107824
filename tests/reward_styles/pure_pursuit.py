# Style: pure pursuit: up-sampled waypoints, a circle around the car, list.index(False)
import math


def dist(point1, point2):
    return ((point1[0] - point2[0]) ** 2 + (point1[1] - point2[1]) ** 2) ** 0.5


# converts rectangular coordinates to polar ones
def rect(r, theta):
    x = r * math.cos(math.radians(theta))
    y = r * math.sin(math.radians(theta))
    return x, y


def polar(x, y):
    r = (x ** 2 + y ** 2) ** .5
    theta = math.degrees(math.atan2(y, x))
    return r, theta


def angle_mod_360(angle):
    """-180 .. 180"""
    n = math.floor(angle / 360.0)
    angle_between_0_and_360 = angle - n * 360.0
    if angle_between_0_and_360 <= 180.0:
        return angle_between_0_and_360
    else:
        return angle_between_0_and_360 - 360


def up_sample(waypoints, factor=8):
    """Puts further points between the waypoints."""
    p = waypoints
    n = len(p)
    return [[i / factor * p[(j + 1) % n][0] + (1 - i / factor) * p[j][0],
             i / factor * p[(j + 1) % n][1] + (1 - i / factor) * p[j][1]]
            for j in range(n) for i in range(factor)]


def get_target_point(params):
    waypoints = up_sample(params['waypoints'])
    car = [params['x'], params['y']]
    distances = [dist(p, car) for p in waypoints]
    min_dist = min(distances)
    i_closest = distances.index(min_dist)
    n = len(waypoints)
    waypoints_starting_with_closest = [waypoints[(i + i_closest) % n] for i in range(n)]
    r = params['track_width'] * 0.9
    is_inside = [dist(p, car) < r for p in waypoints_starting_with_closest]
    try:
        i_first_outside = is_inside.index(False)
    except ValueError:
        # the whole track lies inside the circle
        i_first_outside = i_closest
    if i_first_outside < 0:
        i_first_outside = i_closest
    return waypoints_starting_with_closest[i_first_outside]


def get_target_steering_degree(params):
    tx, ty = get_target_point(params)
    dx = tx - params['x']
    dy = ty - params['y']
    _, target_angle = polar(dx, dy)
    steering_angle = target_angle - params['heading']
    return angle_mod_360(steering_angle)


def score_steer_to_point_ahead(params):
    best_steering_angle = get_target_steering_degree(params)
    steering_angle = params['steering_angle']
    error = (steering_angle - best_steering_angle) / 60.0
    score = 1.0 - abs(error)
    return max(score, 0.01)


def reward_function(params):
    return float(score_steer_to_point_ahead(params))
