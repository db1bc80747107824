import math

counts = {"episodes": 0}


def fade(value, zero_at):
    return max(0.0, 1.0 - abs(value) / zero_at)


def heading_error(params):
    """degrees between the car and the road, over a few waypoints"""
    points = params["waypoints"][:-1]
    start = points[params["closest_waypoints"][0] % len(points)]
    end = points[(params["closest_waypoints"][0] + 3) % len(points)]
    road = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    return (road - params["heading"] + 180) % 360 - 180
