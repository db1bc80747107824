# Style: geometry with shapely: lines, points, projections, kept in the module
from shapely.geometry import LineString, Point, Polygon

track_line = None
tight_line = None
first_waypoint = None


def make_lines(waypoints):
    global track_line, tight_line, first_waypoint
    first_waypoint = waypoints[1]
    track_line = LineString(waypoints)
    tight_line = track_line.simplify(0.10)


def reward_function(params):
    if first_waypoint != params["waypoints"][1]:
        make_lines(params["waypoints"])

    nose = Point(params["x"], params["y"])
    distance = tight_line.distance(nose)

    # the point one metre ahead, over the end of the list if need be
    along = track_line.project(nose)
    ahead = track_line.interpolate((along + 1.0) % track_line.length)
    to_target = LineString([nose, ahead])

    corridor = tight_line.buffer(params["track_width"] * 0.3)
    reward = 0.1
    if corridor.contains(nose):
        reward = 1.0 + params["speed"] * (1 - distance / params["track_width"])
    inside = to_target.intersection(corridor).length / max(to_target.length, 1e-9)

    triangle = Polygon([(nose.x, nose.y), (ahead.x, ahead.y), tight_line.coords[0]])
    if not triangle.is_valid:
        inside = 0.5
    return float(reward * inside) if not params["is_offtrack"] else 1e-3
