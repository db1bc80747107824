import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from racer.errors import RewardError
from racer.kernels import layout
from racer.reward import (
    PARAMS,
    TrackFacts,
    iter_params,
    params_to_json,
    track_facts,
)
from racer.reward.params import restore_params


def one(rows, facts):
    (params,) = iter_params(rows, facts)
    return params


def test_there_are_27_params_in_the_order_of_the_table(facts, make_rows):
    assert len(PARAMS) == 27
    assert list(one(make_rows(1), facts)) == list(PARAMS)


def test_every_param_has_exactly_the_type_of_the_simulator(facts, make_rows):
    types = {"bool": bool, "float": float, "numpy.float64": np.float64}
    for params in iter_params(make_rows(50), facts):
        for name, param in PARAMS.items():
            expected = types.get(param.type, list)
            assert type(params[name]) is expected, name
        assert all(type(i) is int for i in params["closest_waypoints"] + params["closest_objects"])
        assert all(type(point) is tuple for point in params["waypoints"])
        assert all(type(value) is float for point in params["waypoints"] for value in point)


def test_units_and_signs_are_those_of_the_simulator(facts, make_rows):
    row = make_rows(
        1,
        NOSE_X=1.5,
        NOSE_Y=-2.5,
        M_HEADING=-math.pi / 2,
        M_STEPS=37,
        M_PROGRESS=0.25,
        ALONG=4.5,
        DISTANCE=0.3,
        ROAD_WIDTH=0.8,
        CLOSEST_BEFORE=39,
        CLOSEST_AFTER=40,
        IS_LEFT=1,
        WHEELS_ON=0,
        IS_OFFTRACK=1,
        M_STEERING=math.radians(-30),
        M_SPEED=2.5,
        SIM_TIME=2.4,
        STATUS=layout.CRASHED,
    )
    params = one(row, facts)
    waypoints = params.pop("waypoints")
    assert waypoints == list(facts.waypoints)
    assert waypoints[0] == waypoints[-1]
    assert params == {
        "all_wheels_on_track": False,
        "x": 1.5,
        "y": -2.5,
        "heading": -90.0,
        "distance_from_center": 0.3,
        "projection_distance": 4.5,
        "progress": 25.0,
        "steps": 37.0,
        "speed": 2.5,
        "steering_angle": -30.0,  # right
        "track_width": 0.8,
        "track_length": facts.length,
        "closest_waypoints": [39, 40],
        "is_left_of_center": True,
        "is_reversed": False,
        "is_crashed": True,
        "is_offtrack": True,
        "closest_objects": [0, 0],
        "objects_location": [],
        "objects_distance": [],
        "objects_distance_from_center": [],
        "objects_heading": [],
        "objects_left_of_center": [],
        "objects_speed": [],
        "object_in_camera": False,
        "sim_time": 2.4,
    }


@pytest.mark.parametrize("status", [s for s in range(9) if s != layout.CRASHED])
def test_only_a_crash_is_a_crash(status, facts, make_rows):
    assert one(make_rows(1, STATUS=status), facts)["is_crashed"] is False


def test_progress_is_exactly_100_at_the_end_of_the_lap_and_not_before(facts, make_rows):
    assert one(make_rows(1, M_PROGRESS=1.0), facts)["progress"] == 100.0
    assert one(make_rows(1, M_PROGRESS=np.nextafter(1.0, 0.0)), facts)["progress"] < 100.0
    assert one(make_rows(1, M_PROGRESS=0.0), facts)["progress"] == 0.0
    assert one(make_rows(1, M_PROGRESS=-0.5), facts)["progress"] == -50.0


def test_heading_ends_at_plus_180_degrees(facts, make_rows):
    assert one(make_rows(1, M_HEADING=math.pi), facts)["heading"] == 180.0


def test_heading_divides_by_zero_like_numpy(facts, make_rows):
    params = one(make_rows(1, M_HEADING=0.0), facts)
    with np.errstate(divide="ignore"):
        assert (1.0 / params["heading"]) == math.inf


@pytest.mark.parametrize("tenths", range(-450, 451, 5))
def test_a_steering_command_comes_back_as_it_was_written(tenths, facts, make_rows):
    degrees = tenths / 10
    params = one(make_rows(1, M_STEERING=math.radians(degrees)), facts)
    assert params["steering_angle"] == degrees
    assert not params["steering_angle"] > degrees


def test_no_object_is_shared_between_two_calls(facts, make_rows):
    rows = make_rows(2)
    rows[1] = rows[0]
    first, second = iter_params(rows, facts)
    for name, value in first.items():
        if isinstance(value, list):
            assert value is not second[name], name


def test_a_receiver_may_change_everything_without_touching_later_params(facts, make_rows):
    rows = make_rows(3)
    expected = list(iter_params(rows, facts))
    for params, same in zip(iter_params(rows, facts), expected, strict=True):
        assert params == same
        for value in params.values():
            if isinstance(value, list):
                value.clear()
        params.clear()


def test_each_row_can_have_a_track_of_its_own(facts, make_rows):
    other = TrackFacts(9.0, ((0.0, 0.0), (9.0, 0.0)), is_reversed=True)
    first, second = iter_params(make_rows(2), [facts, other])
    assert first["track_length"] == facts.length
    assert second["track_length"] == 9.0
    assert second["waypoints"] == [(0.0, 0.0), (9.0, 0.0)]
    assert (first["is_reversed"], second["is_reversed"]) == (False, True)


def test_many_rows_give_the_same_as_single_rows(facts, make_rows):
    rows = make_rows(2500)  # several chunks
    together = list(iter_params(rows, facts))
    per_row = list(iter_params(rows, [facts] * 2500))
    assert len(together) == 2500
    assert together == per_row
    for index in (0, 1023, 1024, 2047, 2048, 2499):
        assert together[index] == one(rows[index : index + 1], facts)


def test_no_rows_give_no_params(facts, make_rows):
    assert list(iter_params(make_rows(0), facts)) == []


def test_track_facts_are_plain_python_values():
    track = SimpleNamespace(
        length=np.float64(2.0), waypoints=np.array([[0, 0], [1, 0], [0, 0]]), is_reversed=np.True_
    )
    facts = track_facts(track)
    assert facts == TrackFacts(2.0, ((0.0, 0.0), (1.0, 0.0), (0.0, 0.0)), is_reversed=True)
    assert type(facts.length) is float
    assert type(facts.is_reversed) is bool
    assert all(type(value) is float for point in facts.waypoints for value in point)


def test_params_survive_json_to_the_last_bit_and_with_their_types(facts, make_rows):
    for params in iter_params(make_rows(20), facts):
        again = restore_params(json.loads(params_to_json(params)))
        assert again == params
        assert {name: type(value) for name, value in again.items()} == {
            name: type(value) for name, value in params.items()
        }
        assert type(again["waypoints"][0]) is tuple


def test_numpy_values_can_be_written_as_json():
    text = params_to_json({"steps": np.int64(3), "x": np.array([1.0, 2.0]), "odd": {1}.__class__})
    assert json.loads(text) == {"steps": 3, "x": [1.0, 2.0], "odd": "<class 'set'>"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", r"params: expected an object of names and values, got \[1, 2\]"),
        ('{"heading": "north"}', "params: heading or waypoints: could not convert"),
        ('{"waypoints": [1, 2]}', "params: heading or waypoints: "),
    ],
)
def test_params_that_cannot_be_read_say_why(text, message):
    with pytest.raises(RewardError, match=message):
        restore_params(json.loads(text))
