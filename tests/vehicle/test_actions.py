import json
import math

import gymnasium
import numpy as np
import pytest

from racer.errors import ActionError
from racer.vehicle.actions import (
    ContinuousActions,
    DiscreteActions,
    actions_from_dict,
    actions_from_metadata,
    default_actions,
)

DEFAULT_TABLE = [
    (0, -30.0, 1.0),
    (1, -30.0, 2.0),
    (2, -15.0, 1.0),
    (3, -15.0, 2.0),
    (4, 0.0, 1.0),
    (5, 0.0, 2.0),
    (6, 15.0, 1.0),
    (7, 15.0, 2.0),
    (8, 30.0, 1.0),
    (9, 30.0, 2.0),
]


def test_the_default_is_five_angles_from_right_to_left_with_rising_speeds():
    assert default_actions().table() == DEFAULT_TABLE


def test_the_2019_guides_table_comes_from_its_four_numbers():
    actions = DiscreteActions.from_grid(30.0, 5, 0.8, 2)
    assert [row[1:] for row in actions.table()] == [
        (angle, speed) for angle in (-30.0, -15.0, 0.0, 15.0, 30.0) for speed in (0.4, 0.8)
    ]


@pytest.mark.parametrize("angles", [3, 5, 7])
@pytest.mark.parametrize("speeds", [1, 2, 3])
def test_every_grid_is_symmetric_and_reaches_its_limits(angles, speeds):
    actions = DiscreteActions.from_grid(25.0, angles, 3.0, speeds)
    assert len(actions) == angles * speeds
    assert actions.space() == gymnasium.spaces.Discrete(angles * speeds)
    by_angle = actions.steering.reshape(angles, speeds)
    assert (by_angle == -by_angle[::-1]).all()
    assert by_angle[-1, 0] == math.radians(25.0)
    assert (actions.speed.reshape(angles, speeds) == 3.0 * np.arange(1, speeds + 1) / speeds).all()


def test_indices_become_commands_in_radians():
    steering, speed = default_actions().commands(np.array([0, 9, 4]))
    assert steering == pytest.approx(np.radians([-30.0, 30.0, 0.0]), abs=0.0)
    assert speed.tolist() == [1.0, 2.0, 1.0]
    assert steering.flags.c_contiguous
    assert speed.flags.c_contiguous


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([0, 10], "an action must be in 0 to 9, got 10"),
        ([3, -1], "an action must be in 0 to 9, got -1"),
        ([0.0, 1.0], "actions must be whole numbers, got float64"),
    ],
)
def test_an_action_that_does_not_exist_is_refused(actions, message):
    with pytest.raises(ActionError) as caught:
        default_actions().commands(actions)
    assert str(caught.value) == message


def test_the_arrays_of_actions_cannot_be_changed():
    given = np.zeros(2)
    actions = DiscreteActions(given, np.ones(2))
    given[0] = 1.0
    assert actions.steering[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        actions.speed[0] = 9.0


def test_continuous_actions_are_clipped_and_scaled_to_the_ranges():
    actions = ContinuousActions.from_degrees((-20.0, 30.0), (1.0, 3.0))
    given = np.array([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.5], [-7.0, 7.0]], dtype=np.float32)
    steering, speed = actions.commands(given)
    assert steering == pytest.approx(np.radians([-20.0, 30.0, 5.0, -20.0]), abs=1e-15)
    assert speed == pytest.approx([1.0, 3.0, 2.5, 3.0], abs=1e-15)
    assert given[3].tolist() == [-7.0, 7.0]
    assert steering.flags.c_contiguous
    assert speed.flags.c_contiguous
    assert actions.space() == gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
    assert actions.table() == [("low", -20.0, 1.0), ("high", 30.0, 3.0)]


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([0.0, 1.0], r"actions must have the shape \(n, 2\), got \(2,\)"),
        ([[0.0, 1.0, 2.0]], r"actions must have the shape \(n, 2\), got \(1, 3\)"),
        ([[0.0, math.nan]], "actions must be numbers, got nan"),
    ],
)
def test_continuous_actions_of_a_wrong_shape_or_nan_are_refused(actions, message):
    with pytest.raises(ActionError, match=message):
        ContinuousActions().commands(actions)


SPACES = [
    default_actions(),
    DiscreteActions.from_grid(17.3, 7, 3.7, 3),
    DiscreteActions.from_list([(12.5, 0.7)]),
    ContinuousActions(),
    ContinuousActions.from_degrees((-12.3, 4.56), (0.7, 0.7)),
]


@pytest.mark.parametrize("actions", SPACES)
def test_actions_come_back_equal_from_json(actions):
    copy = actions_from_dict(json.loads(json.dumps(actions.to_dict())))
    assert copy == actions
    assert hash(copy) == hash(actions)


@pytest.mark.parametrize("actions", SPACES)
def test_actions_come_back_equal_from_a_metadata_file(actions, tmp_path):
    path = tmp_path / "model_metadata.json"
    path.write_text(json.dumps(actions.to_metadata()))
    assert actions_from_metadata(path) == actions


def test_different_actions_are_not_equal():
    assert len(set(SPACES)) == len(SPACES)
    assert default_actions() != 3


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "actions: must have at least one action, got none"),
        ([(0.0, 1.0), (5.0, 0.0)], "action 1: speed must be positive, got 0"),
        ([(0.0, math.nan)], "action 0: speed must be positive, got nan"),
        ([(0.0, math.inf)], "action 0: speed must be positive and finite, got inf"),
        ([(math.nan, 1.0)], "action 0: steering_angle must be between -90 and 90 degrees, got nan"),
        ([(90.0, 1.0)], "action 0: steering_angle must be between -90 and 90 degrees, got 90"),
        ([(1.0, 2.0, 3.0)], "action 0: must be (degrees, m/s), got (1.0, 2.0, 3.0)"),
        ([5.0], "action 0: must be (degrees, m/s), got 5.0"),
        ([("left", 1.0)], "action 0: must be (degrees, m/s), got ('left', 1.0)"),
    ],
)
def test_a_bad_list_is_refused_by_action(pairs, message):
    with pytest.raises(ActionError) as caught:
        DiscreteActions.from_list(pairs)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((30.0, 4, 2.0, 2), "steering_granularity must be one of 3, 5, 7, got 4"),
        ((30.0, 5, 2.0, 4), "speed_granularity must be one of 1, 2, 3, got 4"),
        ((0.0, 5, 2.0, 2), "max_steering_degrees must be positive, got 0.0"),
        ((30.0, 5, -1.0, 2), "max_speed must be positive, got -1.0"),
        (
            (120.0, 5, 1.0, 2),
            "action 0: steering_angle must be between -90 and 90 degrees, got -120",
        ),
    ],
)
def test_a_bad_grid_is_refused_by_number(numbers, message):
    with pytest.raises(ActionError) as caught:
        DiscreteActions.from_grid(*numbers)
    assert str(caught.value) == message


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ActionError, match="must be lists of one length"):
        DiscreteActions(np.zeros(2), np.ones(3))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (((10.0, -10.0), (1.0, 2.0)), "steering: low must be at most high"),
        (((-10.0, 10.0), (3.0, 2.0)), "speed: low must be at most high"),
        (((-10.0, 10.0), (0.0, 2.0)), "actions: speed must be positive, got 0"),
        (((-90.0, 10.0), (1.0, 2.0)), "actions: steering_angle must be between -90 and 90"),
        (((-10.0, math.nan), (1.0, 2.0)), "actions: steering_angle must be between -90 and 90"),
    ],
)
def test_bad_ranges_are_refused(limits, message):
    with pytest.raises(ActionError, match=message):
        ContinuousActions.from_degrees(*limits)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "expected type, steering and speed"),
        ({"type": "discrete", "steering": ["x"], "speed": [1.0]}, "expected type, steering"),
        ({"type": "continuous", "steering": [0.0], "speed": [1.0]}, "expected type, steering"),
        ({"type": "both", "steering": [], "speed": []}, "type must be discrete or continuous"),
    ],
)
def test_data_that_describe_no_actions_are_refused(data, message):
    with pytest.raises(ActionError, match=message):
        actions_from_dict(data)
