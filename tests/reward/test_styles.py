"""Reward functions in the styles that people publish must run unmodified, each car by itself."""

import numpy as np
import pytest

from racer.reward import load_reward

STYLES = {
    "a class with a memory and nested helpers": """
import math

class Reward:
    def __init__(self, verbose=False):
        self.first_index = None
        self.verbose = verbose

    def reward_function(self, params):
        def dist(a, b):
            return ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5

        def nearest(points, position):
            distances = [dist(point, position) for point in points]
            best = distances.index(min(distances))
            others = distances.copy()
            others[best] = 999
            return best, others.index(min(others))

        def speed_difference(speed, wanted):
            speed_difference = abs(speed - wanted)  # the name becomes its own result
            return speed_difference

        line = [[0.9 * x, 0.9 * y, 1.5] for x, y in params["waypoints"]]
        index, second = nearest([point[0:2] for point in line], [params["x"], params["y"]])
        if self.first_index is None or params["steps"] == 2:
            self.first_index = index
        try:
            share = 1.0 / (params["progress"] - params["progress"])
        except:
            share = 0.5
        if self.verbose == True:
            print("index %i" % index)
        return float(share + 0.01 * (index - self.first_index)
                     + speed_difference(params["speed"], 1))

reward_object = Reward()

def reward_function(params):
    return reward_object.reward_function(params)
""",
    "a class as a namespace with a list of milestones": """
import numpy as np

class PARAMS:
    prev_steps = None
    prev_steering = None
    paid = [False] * 11
    line = np.array([[np.cos(a), np.sin(a)] for a in np.linspace(0, 6.28, 50)]) * 3.0

def reward_function(params):
    if PARAMS.prev_steps is None or params["steps"] < PARAMS.prev_steps:
        PARAMS.paid = [False] * 11
        PARAMS.prev_steering = None
    reward = 1.0
    if PARAMS.prev_steering is not None:
        reward -= abs(params["steering_angle"] - PARAMS.prev_steering) / 60
    milestone = int(params["progress"] // 10)
    if not PARAMS.paid[milestone]:
        PARAMS.paid[milestone] = True
        reward += 5.0
    position = np.array([params["x"], params["y"]])
    reward -= 0.1 * np.hypot(*(PARAMS.line - position).T).min()
    PARAMS.prev_steps, PARAMS.prev_steering = params["steps"], params["steering_angle"]
    return float(reward)
""",
    "attributes of the function, and a helper defined below it": """
def reward_function(params):
    if not hasattr(reward_function, "previous"):
        reward_function.previous = params["speed"]
    change = params["speed"] - reward_function.previous
    reward_function.previous = params["speed"]
    return below(params) + change

def below(params):
    return 1.0 if params["is_left_of_center"] == True else 0.5
""",
    "tables of waypoint zones": """
left_lane = list(range(0, 10)) + list(range(25, 31))
fast = {*range(5, 20)}
speeds = {"fast": 2.0, "slow": 1.0}

def reward_function(params):
    ahead = params["closest_waypoints"][1]
    reward = 1e-3
    if ahead in left_lane and params["is_left_of_center"]:
        reward += 1.0
    if (params["speed"] >= speeds["fast"]) == (ahead in fast):
        reward += 0.5
    return float(reward)
""",
    "objects linked from step to step with cached properties": """
from __future__ import annotations
import dataclasses
from functools import cached_property
from typing import NamedTuple, Optional

class Point(NamedTuple):
    x: float
    y: float

@dataclasses.dataclass
class Step:
    params: dict
    before: Optional[Step] = None

    @cached_property
    def position(self) -> Point:
        return Point(self.params["x"], self.params["y"])

    @property
    def way(self) -> float:
        if self.before is None:
            return 0.0
        return abs(self.position.x - self.before.position.x) + self.before.way * 0.5

last = None

def reward_function(params):
    global last
    if params["steps"] == 2:
        last = None
    last = Step(params, last)
    return last.way
""",
    "shapely": """
from shapely.geometry import LineString, Point

line = None

def reward_function(params):
    global line
    if line is None:
        line = LineString(params["waypoints"])
    return float(line.distance(Point(params["x"], params["y"])))
""",
    "numpy and scipy": """
import numpy as np
from numpy import log as ln
from scipy import stats

def reward_function(params):
    if params["progress"] <= 2:
        return np.float64(0.1)
    direction = np.diff(np.array(params["waypoints"])[params["closest_waypoints"]], axis=0)
    near = stats.norm.pdf(params["distance_from_center"], 0, params["track_width"])
    return ln(params["progress"]) + near - 2 * params["is_offtrack"] + 0 * direction.sum()
""",
    "everything inside try and bare except": """
import math

def reward_function(params):
    try:
        return params["objects_location"][params["closest_objects"][0]][0]
    except:
        return math.exp(-6 * params["distance_from_center"])
""",
    "a module that looks itself up": """
import sys

total = 0.0

def reward_function(params):
    me = sys.modules[__name__]
    me.total += params["x"]
    return me.total
""",
    "work on the first call, kept in lists and dicts": """
called = False
smooth = []
by_index = {}

def reward_function(params):
    global called
    if not called:
        called = True
        points = params["waypoints"]
        for i in range(len(points)):
            near = [points[(i + k) % len(points)] for k in range(-2, 3)]
            smooth.append((sum(p[0] for p in near) / 5, sum(p[1] for p in near) / 5))
            by_index[smooth[-1]] = params["steps"]
    x, y = smooth[params["closest_waypoints"][0]]
    return abs(x - params["x"]) + abs(y - params["y"]) + 0.001 * sorted(by_index.values())[0]
""",
    "expected pace, with an import inside and a remainder of a float": """
def reward_function(params):
    import math
    steps, progress = params['steps'], params['progress']
    reward = 1.0
    if (steps % 10) == 0 and progress > (int(steps) / 300) * 100:
        reward += 10.0
    return reward ** 2 + math.sqrt(abs(progress)) + progress / steps
""",
    "up-sampled waypoints and pure pursuit": """
import math

def up_sample(waypoints, factor):
    p = waypoints
    n = len(p)
    return [[i / factor * p[(j + 1) % n][0] + (1 - i / factor) * p[j][0],
             i / factor * p[(j + 1) % n][1] + (1 - i / factor) * p[j][1]]
            for j in range(n) for i in range(factor)]

def reward_function(params):
    points = up_sample(params['waypoints'], 5)
    points = list(reversed(points)) if params['is_reversed'] else points
    x, y = params['x'], params['y']
    inside = [math.hypot(px - x, py - y) < params['track_width'] for px, py in points]
    try:
        ahead = points[inside.index(False)]
    except ValueError:
        ahead = points[0]
    wanted = math.degrees(math.atan2(ahead[1] - y, ahead[0] - x)) - params['heading']
    wanted = (wanted + 180) % 360 - 180
    return max(1e-3, 1 - abs(params['steering_angle'] - wanted) / 60)
""",
    "params as a dict in every way": """
import copy, json

def reward_function(params):
    assert isinstance(params, dict) and len(params) == 27
    assert params.get("normalized_car_distance_from_route", 0) == 0
    text = json.dumps(params)
    other = copy.deepcopy(params)
    params["waypoints"] = params["waypoints"][:-1] + [(0, 0)]
    assert other["waypoints"].index(other["waypoints"][5]) == 5
    assert {other["waypoints"][0]: 1}[other["waypoints"][-1]] == 1
    return float(len(text) > 100) + len("%s" % params) * 0.0 + other["all_wheels_on_track"] * 1
""",
    "a table that is rebuilt and reassigned in a loop": """
table = [[0, 1.0], [10, 0.5], [20, 0.2]]

def reward_function(params):
    reward = None
    for start, pay in table:
        if params["closest_waypoints"][0] >= start:
            reward = pay
    while reward > 0.4:
        reward -= 0.1
    return reward
""",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_published_style_runs_over_whole_laps_and_each_car_is_paid_as_if_alone(
    style, source, drive_laps
):
    together = drive_laps(source(STYLES[style]), 3)
    assert np.isfinite(together).all()
    assert len(np.unique(together)) > 1
    for car in (0, 1):
        np.testing.assert_array_equal(
            drive_laps(source(STYLES[style]), car + 1)[:, car], together[:, car]
        )


@pytest.mark.parametrize("style", STYLES)
def test_line_ends_and_marks_of_other_systems_change_nothing(style, write, drive_laps):
    text = STYLES[style]
    expected = drive_laps(load_reward(write(text)), 1)
    other = write(text.replace("\n", "\r\n").encode("utf-8-sig"), "other.py")
    np.testing.assert_array_equal(drive_laps(load_reward(other), 1), expected)


def test_a_file_with_siblings_runs_each_car_by_itself(write, drive_laps):
    write(
        "total = 0.0\ndef add(x):\n    global total\n    total += x\n    return total\n",
        "helpers.py",
    )
    text = "import helpers\ndef reward_function(params):\n    return helpers.add(params['x'])\n"
    together = drive_laps(load_reward(write(text)), 3)
    alone = drive_laps(load_reward(write(text)), 1)
    np.testing.assert_array_equal(together[:, :1], alone)
