"""The shipped reward functions run anywhere, obey the console's rules, and pay what they say."""

import ast
import math
import random

import numpy as np
import pytest

from racer.reward import TrackFacts, call_once, iter_params, load_reward, reward_names

NAMES = reward_names()

# What AWS's validator allows and bans (simapp: reward_func_validator/constants.py).
ALLOWED_IMPORTS = {"math", "random", "numpy", "scipy", "shapely"}
BANNED_CALLS = {"open", "exec", "eval", "compile", "input"}
BANNED_TEXT = ["__import__", "load", "fromfile", "genfromtxt", "tofile", "save", "memmap"]


def test_there_are_the_promised_examples():
    assert set(NAMES) >= {
        "center_line", "goal_only", "stay_inside", "prevent_zigzag", "follow_heading", "speed",
        "progress_per_step", "racing_line", "slow_lap_loophole", "smooth_driver", "look_ahead",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_example_teaches_one_lesson_in_its_docstring(name):
    text = ast.get_docstring(ast.parse(load_reward(name).text))
    parts = text.split("\n\n")
    assert parts[0].endswith(".")
    assert [part.partition(":")[0] for part in parts[1:]] == [
        "What it pays", "What to watch for", "What goes wrong",
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_example_would_pass_the_consoles_validator(name):
    text = load_reward(name).text
    assert not [word for word in BANNED_TEXT if word in text]
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert [argument.arg for argument in functions["reward_function"].args.args] == ["params"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= ALLOWED_IMPORTS
            assert node in tree.body
        assert not isinstance(node, ast.ImportFrom)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in BANNED_CALLS


@pytest.mark.parametrize("name", NAMES)
def test_an_example_takes_the_validators_made_up_params(name):
    rng = random.Random(1)
    waypoints = np.array([[math.cos(a), math.sin(a)] for a in np.linspace(0, 6, 30)])
    reward = load_reward(name).instantiate()
    for _ in range(50):
        params = {
            "all_wheels_on_track": rng.random() < 0.5,
            "x": rng.uniform(-2, 2),
            "y": rng.uniform(-2, 2),
            "heading": rng.uniform(0, 359.9),
            "distance_from_center": rng.uniform(0, 1),
            "progress": rng.uniform(0, 100),
            "steps": rng.randint(0, 200),
            "speed": rng.uniform(0, 5),
            "steering_angle": rng.uniform(-30, 30),
            "track_width": rng.uniform(0.1, 1),
            "track_length": rng.uniform(1, 60),
            "waypoints": waypoints,
            "closest_waypoints": rng.sample(range(30), 2),
            "is_left_of_center": rng.random() < 0.5,
            "is_reversed": rng.random() < 0.5,
            "is_crashed": False,
            "is_offtrack": rng.random() < 0.5,
        }
        assert isinstance(reward(params), float)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_over_the_seam_the_goal_backwards_and_a_second_episode(name, drive_laps):
    rewards = drive_laps(load_reward(name), 4)
    assert np.isfinite(rewards).all()
    np.testing.assert_array_equal(drive_laps(load_reward(name), 1)[:, 0], rewards[:, 0])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "points",
    [
        ((0.0, 0.0), (5.0, 0.0), (10.0, 0.0)),  # an open track
        ((0.0, 0.0), (0.0, 0.0), (5.0, 0.0), (5.0, 5.0), (5.0, 5.0), (0.0, 0.0)),  # doubled points
    ],
    ids=["open", "doubled"],
)
def test_an_example_runs_on_odd_tracks(name, points, make_rows):
    facts = TrackFacts(10.0, points)
    reward = load_reward(name).instantiate()
    last = len(points) - 1
    for before, after in [(i, i + 1) for i in range(last)] + [(last, 0), (last, last)]:
        rows = make_rows(20, CLOSEST_BEFORE=before, CLOSEST_AFTER=after)
        for params in iter_params(rows, facts):
            assert math.isfinite(reward(params))


def paid(name, facts, make_rows, **columns):
    (params,) = iter_params(make_rows(1, **columns), facts)
    return call_once(load_reward(name), params)


@pytest.mark.parametrize(
    ("distance", "reward"),
    [(0.0, 1.0), (0.08, 1.0), (0.081, 0.5), (0.2, 0.5), (0.21, 0.1), (0.4, 0.1), (0.41, 1e-3)],
)
def test_center_line_pays_three_bands(distance, reward, facts, make_rows):
    assert paid("center_line", facts, make_rows, DISTANCE=distance, ROAD_WIDTH=0.8) == reward


def test_goal_only_pays_at_the_goal_and_nowhere_else(facts, make_rows):
    assert paid("goal_only", facts, make_rows, M_PROGRESS=1.0) == 100.0
    assert paid("goal_only", facts, make_rows, M_PROGRESS=np.nextafter(1.0, 0.0)) == 0.0


@pytest.mark.parametrize(
    ("wheels_on", "distance", "reward"),
    [(1, 0.3, 1.0), (1, 0.34, 1e-3), (0, 0.1, 1e-3)],
)
def test_stay_inside_is_all_or_nothing(wheels_on, distance, reward, facts, make_rows):
    columns = {"WHEELS_ON": wheels_on, "DISTANCE": distance, "ROAD_WIDTH": 0.76}
    assert paid("stay_inside", facts, make_rows, **columns) == reward


@pytest.mark.parametrize(
    ("degrees", "reward"), [(0, 1.0), (15, 1.0), (-15, 1.0), (15.1, 0.8), (30, 0.8), (-30, 0.8)]
)
def test_prevent_zigzag_fines_only_more_than_15_degrees(degrees, reward, facts, make_rows):
    columns = {"DISTANCE": 0.0, "M_STEERING": math.radians(degrees)}
    assert paid("prevent_zigzag", facts, make_rows, **columns) == reward


@pytest.mark.parametrize(("off", "reward"), [(0, 1.0), (9.9, 1.0), (-9.9, 1.0), (10.1, 0.5)])
@pytest.mark.parametrize(("before", "after"), [(0, 1), (20, 21), (39, 40), (40, 0), (40, 41)])
def test_follow_heading_judges_the_direction_of_the_road(
    off, reward, before, after, facts, make_rows
):
    after %= len(facts.waypoints)
    start = before % 40
    (x0, y0), (x1, y1) = facts.waypoints[start], facts.waypoints[start + 1]
    heading = math.atan2(y1 - y0, x1 - x0) + math.radians(off)
    heading = math.pi - (math.pi - heading) % (2 * math.pi)
    columns = {"CLOSEST_BEFORE": before, "CLOSEST_AFTER": after, "M_HEADING": heading}
    assert paid("follow_heading", facts, make_rows, WHEELS_ON=1, **columns) == reward


def test_speed_pays_its_square_on_the_road(facts, make_rows):
    assert paid("speed", facts, make_rows, M_SPEED=3.0, WHEELS_ON=1) == 9.0
    assert paid("speed", facts, make_rows, M_SPEED=3.0, WHEELS_ON=0) == 1e-3


def test_progress_per_step_pays_the_metres_of_the_lap_and_a_bonus(facts, drive_laps):
    rewards = drive_laps(load_reward("progress_per_step"), 2)
    lap, backwards = rewards[:41], rewards[41:]
    assert (lap[0] == 0.0).all()
    np.testing.assert_allclose(lap[1:40], facts.length / 40)
    np.testing.assert_allclose(lap.sum(axis=0), facts.length + 1.0)
    assert (backwards[0] == 0.0).all()
    np.testing.assert_allclose(backwards.sum(axis=0), -0.1 * facts.length)


def test_progress_per_step_goes_on_into_the_next_lap_without_a_jump(facts, make_rows):
    reward = load_reward("progress_per_step").instantiate()
    pays = []
    for step, progress in enumerate([0.97, 0.99, 0.01, 0.03]):
        (params,) = iter_params(make_rows(1, M_STEPS=10 + step, M_PROGRESS=progress), facts)
        pays.append(reward(params))
    np.testing.assert_allclose(pays, [0.0] + [0.02 * facts.length] * 3)


def test_the_loophole_pays_the_slow_lap_more_than_the_fast_one(facts, make_rows):
    def lap(n_steps):
        reward = load_reward("slow_lap_loophole").instantiate()
        rows = make_rows(n_steps, IS_OFFTRACK=0)
        rows[:, 4] = np.linspace(0.01, 1.0, n_steps)
        return sum(map(reward, iter_params(rows, facts)))

    assert lap(270) == 370.0
    assert lap(90) == 190.0


def test_the_racing_line_of_a_circle_is_a_smaller_circle_within_its_leeway(facts, make_rows):
    def at(radius):
        columns = {"NOSE_X": radius, "NOSE_Y": 0.0, "M_SPEED": 1.0, "WHEELS_ON": 1}
        return paid("racing_line", facts, make_rows, ROAD_WIDTH=0.76, **columns)

    pays = [at(3.0 - cut) for cut in np.linspace(-0.3, 0.6, 91)]
    best = -0.3 + 0.01 * int(np.argmax(pays))
    assert 0.05 < best <= 0.30 * 0.76 + 0.01
    assert max(pays) > 0.97
    assert at(3.0 - best - 0.39) == 1e-3


def test_the_racing_line_is_made_anew_for_other_waypoints(facts, make_rows):
    instance = load_reward("racing_line").instantiate()
    other = TrackFacts(facts.length, tuple((x + 100.0, y) for x, y in facts.waypoints))
    row = make_rows(1, NOSE_X=2.9, NOSE_Y=0.0, M_SPEED=1.0, WHEELS_ON=1)
    near = [instance(next(iter_params(row, one))) for one in (facts, other, facts)]
    assert near[0] == near[2] > 0.5
    assert near[1] == 1e-3


def test_the_smooth_driver_is_paid_less_for_swinging_but_not_over_episodes(facts, make_rows):
    instance = load_reward("smooth_driver").instantiate()
    pays = []
    for steps, degrees in [(2, 0), (3, 0), (4, 30), (5, -30), (2, 30)]:
        columns = {"M_STEPS": steps, "M_STEERING": math.radians(degrees)}
        rows = make_rows(1, DISTANCE=0.0, WHEELS_ON=1, **columns)
        pays.append(instance(next(iter_params(rows, facts))))
    assert pays == [1.0, 1.0, 0.75, 0.5, 1.0]


def test_look_ahead_pays_most_for_the_steering_that_follows_the_road(facts, make_rows):
    def at(degrees, before=0):
        angle = 2 * math.pi * before / 40
        columns = {
            "NOSE_X": 3.0 * math.cos(angle),
            "NOSE_Y": 3.0 * math.sin(angle),
            "M_HEADING": math.pi - (math.pi - angle - math.pi / 2) % (2 * math.pi),
            "CLOSEST_BEFORE": before,
            "CLOSEST_AFTER": before + 1,
            "M_STEERING": math.radians(degrees),
        }
        return paid("look_ahead", facts, make_rows, WHEELS_ON=1, **columns)

    # On a circle of radius R the car needs atan(wheelbase / R) = 3.1 degrees to the left.
    for before in (0, 10, 38, 39):
        assert at(3.1, before) > 0.98
        assert at(3.1, before) > at(0.0, before) > at(-15.0, before)
        assert at(3.1, before) > at(15.0, before) > at(30.0, before)
