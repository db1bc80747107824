# Style: look-ahead over waypoints with a modulo, cross product, helpers defined below
import math

LOOK_AHEAD = 6
MAX_SPEED = 4.0
MIN_SPEED = 1.0


def reward_function(params):
    if params["is_offtrack"] or params["is_crashed"]:
        return 1e-3

    waypoints = params["waypoints"]
    behind, ahead = params["closest_waypoints"]
    n = len(waypoints)

    turn = 0.0
    for i in range(LOOK_AHEAD):
        a = waypoints[(behind + i) % n]
        b = waypoints[(behind + i + 1) % n]
        c = waypoints[(behind + i + 2) % n]
        turn += turned(a, b, c)

    target = max(MIN_SPEED, min(MAX_SPEED, MAX_SPEED * (1.0 - abs(turn) / 90.0)))
    fit = math.exp(-((params["speed"] - target) ** 2) / 2.0)

    # inside of the bend, a third of the way to the edge
    width = params["track_width"]
    lateral = params["distance_from_center"]
    if not params["is_left_of_center"]:
        lateral = -lateral
    wanted = 0.0
    if turn > 15:
        wanted = width / 6
    elif turn < -15:
        wanted = -width / 6
    side = gauss(lateral, wanted, width / 4)

    reward = (0.5 + side) * fit * params["speed"]
    return float(max(reward, 1e-3))


def turned(a, b, c):
    """degrees from a-b to b-c, left is positive"""
    ux, uy = b[0] - a[0], b[1] - a[1]
    vx, vy = c[0] - b[0], c[1] - b[1]
    cross = ux * vy - uy * vx
    dot = ux * vx + uy * vy
    return math.degrees(math.atan2(cross, dot))


def gauss(x, mu, sigma):
    return math.exp(-0.5 * ((x - mu) / sigma) ** 2)
