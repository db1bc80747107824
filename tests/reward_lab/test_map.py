"""The map of a reward function: poses all over a track, judged as the world judges them."""

import json
import math

import numpy as np
import pytest

from racer.env import World, training_starts
from racer.errors import ConfigError
from racer.kernels import layout
from racer.reward import RewardFailure
from racer.reward_lab import reward_map
from racer.reward_lab.map import judged_poses
from racer.track import load_track
from racer.vehicle import ContinuousActions, DiscreteActions

SMALL = {"track": "oval", "max_cells": 250}


def test_the_centre_line_reward_is_highest_in_the_middle_and_nothing_off_the_road():
    found = reward_map("center_line", **SMALL)
    n_y, n_x = len(found.y) - 1, len(found.x) - 1
    assert found.rewards.shape == (2, 4, n_y, n_x)
    assert found.speeds == (1.0, 2.0)
    assert found.headings == (0.0, 30.0, -30.0, 180.0)
    x, y = np.meshgrid(0.5 * (found.x[1:] + found.x[:-1]), 0.5 * (found.y[1:] + found.y[:-1]))
    place = found.track.project(x, y)
    share = np.abs(place.lateral) / (0.5 * found.track.width)
    known = np.isfinite(found.rewards[0, 0])
    assert 150 < known.sum() < 300
    assert (share[known] < 1.75).all()  # both sides of each border
    assert (share[known] > 1.3).any()
    assert (found.rewards[:, :, known & (share < 0.15)] > 0.9).all()
    assert (found.rewards[:, :, known & (share > 1.05)] < 0.01).all()
    assert found.n_failed == 0
    assert found.n_poses == 8 * known.sum()


def test_a_cell_is_where_x_and_y_of_the_params_are():
    found = reward_map(lambda params: params["x"] + 100.0 * params["y"], **SMALL)
    x, y = np.meshgrid(0.5 * (found.x[1:] + found.x[:-1]), 0.5 * (found.y[1:] + found.y[:-1]))
    known = np.isfinite(found.rewards[0, 0])
    for paid in found.rewards.reshape(-1, *known.shape):
        assert paid[known] == pytest.approx((x + 100.0 * y)[known], abs=1e-9)


def test_heading_speed_and_steering_are_those_of_the_slice():
    track = load_track("straight")
    angle = track.heading(0.0)
    actions = DiscreteActions.from_list([(-20, 1.5), (0, 3.0), (25, 0.5)])
    options = {"track": track, "actions": actions, "max_cells": 60}
    found = reward_map(lambda params: params["heading"], **options)
    expected = [math.degrees(angle) + turn for turn in (0.0, 30.0, -30.0, 180.0)]
    paid = np.nanmedian(found.rewards[0], axis=(1, 2))
    assert np.cos(np.radians(paid - expected)) == pytest.approx(np.ones(4))
    found = reward_map(lambda params: params["speed"], **options)
    assert np.nanmax(found.rewards, axis=(1, 2, 3)).tolist() == [0.5, 3.0] == list(found.speeds)
    for name, degrees in (("left", 25.0), ("straight", 0.0), ("right", -20.0)):
        found = reward_map(lambda params: params["steering_angle"], steering=name, **options)
        assert found.steering == pytest.approx(degrees)
        assert set(found.rewards[np.isfinite(found.rewards)]) == {degrees}


def test_a_continuous_action_space_gives_its_ends():
    actions = ContinuousActions.from_degrees((-10, 15), (0.8, 2.5))
    found = reward_map("center_line", actions=actions, steering="left", **SMALL)
    assert found.speeds == (0.8, 2.5)
    assert found.steering == pytest.approx(15.0)


def test_one_speed_gives_one_row():
    found = reward_map("center_line", actions=DiscreteActions.from_list([(0, 2.0)]), **SMALL)
    assert found.speeds == (2.0,)
    assert found.rewards.shape[0] == 1


def test_progress_and_steps_fit_the_place():
    track = load_track("oval")
    along = np.array([0.0, 0.5, 3.0, track.length - 0.05])
    rows = judged_poses(track, track.position(along), 0.0, 0.0, 2.0)
    assert rows[1:, layout.M_PROGRESS] == pytest.approx(along[1:] / track.length, abs=1e-6)
    assert abs(rows[0, layout.M_PROGRESS]) < 1e-6
    assert rows[:, layout.M_STEPS] == pytest.approx(2.0 + np.floor(along / (2.0 / 15.0)))
    time = (rows[:, layout.M_STEPS] - 1.0) / 15.0
    assert rows[:, layout.SIM_TIME] == pytest.approx(time)
    assert rows[:, layout.M_SPEED].tolist() == [2.0] * 4


def test_a_pose_is_measured_as_the_world_measures_a_car_there():
    track = load_track("kidney")
    world = World(track, n_cars=5, starts=training_starts(5))
    noses = world.here[:, [layout.NOSE_X, layout.NOSE_Y]].copy()
    expected = world.here.copy()
    rows = judged_poses(track, noses, 0.0, 0.1, 1.0)
    for column in (layout.ALONG, layout.DISTANCE, layout.WHEELS_ON, layout.CLOSEST_BEFORE):
        assert rows[:, column] == pytest.approx(expected[:, column], abs=1e-6)


def test_a_cell_whose_call_fails_is_marked_and_the_first_failure_is_kept():
    def left_only(params):
        return 1.0 if params["is_left_of_center"] else 1 / 0

    found = reward_map(left_only, **SMALL)
    assert 0.3 < found.n_failed / found.n_poses < 0.7
    assert np.isnan(found.rewards[found.failed]).all()
    assert "ZeroDivisionError" in str(found.failure)
    paid = np.isfinite(found.rewards)
    assert not (paid & found.failed).any()
    data = found.to_dict()
    assert "ZeroDivisionError" in data["failure"]
    json.dumps(data)


def test_a_function_that_fails_everywhere_is_an_error():
    with pytest.raises(RewardFailure, match="KeyError: 'nonsense'"):
        reward_map(lambda params: params["nonsense"], track="oval", max_cells=60)


def test_every_cell_is_the_first_call_of_a_function_with_memory(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "calls = 0\ndef reward_function(params):\n    global calls\n    calls += 1\n"
        "    return float(calls)\n"
    )
    found = reward_map(file, **SMALL)
    assert set(found.rewards[np.isfinite(found.rewards)]) == {1.0}
    assert "each cell shows its first call" in found.notes[0]
    assert reward_map("center_line", **SMALL).notes == ()


def test_chance_is_a_note(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("import random\ndef reward_function(params):\n    return random.random()\n")
    notes = " ".join(reward_map(file, track="oval", max_cells=60).notes)
    assert "draws random numbers ('random'): another map may differ" in notes


def test_the_grid_stays_small_on_a_long_track():
    track = load_track("oval").scaled(20.0)
    found = reward_map("center_line", track=track, max_cells=300)
    assert np.isfinite(found.rewards[0, 0]).sum() < 400


def test_an_unknown_steering_lists_the_known_ones():
    with pytest.raises(ConfigError, match="unknown steering 'up': known: left, right, straight"):
        reward_map("center_line", steering="up")


def test_on_pose_counts_up_to_the_number_of_poses():
    seen = []
    found = reward_map("center_line", on_pose=lambda *done: seen.append(done), **SMALL)
    assert seen[-1] == (found.n_poses, found.n_poses)
    assert seen == sorted(seen)
