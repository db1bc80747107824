"""Whatever a user may give as actions, and a line for what means none."""

import json
from pathlib import Path

import numpy as np
import pytest

from racer.env import RacerEnv, RacerVectorEnv
from racer.errors import ActionError
from racer.vehicle import (
    ContinuousActions,
    DiscreteActions,
    default_actions,
    parse_actions,
    words_of,
)

TWO = DiscreteActions.from_list([(-20.0, 1.0), (20.0, 2.0)])
RANGE = ContinuousActions.from_degrees((-20.0, 25.0), (0.5, 3.0))


@pytest.mark.parametrize(
    ("given", "actions"),
    [
        (None, default_actions()),
        ("discrete", default_actions()),
        ("continuous", ContinuousActions()),
        (TWO, TWO),
        ([(-20, 1), (20, 2)], TWO),
        ([{"steering_angle": "-20", "speed": 1}, {"steering_angle": 20, "speed": 2}], TWO),
        (TWO.to_dict(), TWO),
        (RANGE.to_dict(), RANGE),
        (TWO.to_metadata(), TWO),
        (RANGE.to_metadata(), RANGE),
        ({}, default_actions()),
        ({"max_speed": 3}, DiscreteActions.from_grid(max_speed=3.0)),
        ({"continuous": False, "max_steering": 20}, DiscreteActions.from_grid(20.0)),
        ({"continuous": True, "min_speed": 1}, ContinuousActions(speed_low=1.0)),
    ],
)
def test_actions_are_what_describes_them(given, actions):
    assert parse_actions(given) == actions


@pytest.mark.parametrize("as_text", [False, True])
def test_a_file_is_a_description(tmp_path, as_text):
    path = tmp_path / "model_metadata.json"
    path.write_text(json.dumps(RANGE.to_metadata()))
    assert parse_actions(str(path) if as_text else path) == RANGE
    assert parse_actions({"action_space": str(path)}) == RANGE


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "actions: expected continuous, a list, a table or a model_metadata.json, got 3"),
        ([], "must have at least one action, got none"),
        ([(1.0, 2.0, 3.0)], r"action 0: must be \(degrees, m/s\), got \(1.0, 2.0, 3.0\)"),
        ([{"speed": 1.0}], "model_metadata: action 0: steering_angle is missing"),
        ([{"steering_angle": 1.0, "speed": 1.0}, (0.0, 1.0)], "action 0: must be"),
        ("continous", "continous: cannot be read: No such file"),
        (Path("nosuch.json"), "nosuch.json: cannot be read: No such file"),
        ({"top_speed": 3.0}, "unknown word for actions 'top_speed': did you mean 'min_speed'"),
        ({"max_speed": "fast"}, "max_speed: expected a number, got 'fast'"),
        ({"max_speed": True}, "max_speed: expected a number, got True"),
        ({"min_speed": 1.0}, "min_speed: only continuous actions have one: add continuous"),
        ({"continuous": True, "speed_granularity": 2}, "speed_granularity: continuous actions"),
        ({"continuous": True, "max_steering": 0}, "max_steering must be positive, got 0"),
        ({"continuous": True, "max_speed": 0.2}, "speed: low must be at most high, got 0.5 and"),
        ({"action_space": "a.json", "max_speed": 1.0}, "holds all of it: leave out max_speed"),
        ({"type": "diskrete", "steering": [], "speed": []}, "type must be discrete or continuous"),
    ],
)
def test_what_means_no_actions_is_one_line(tmp_path, monkeypatch, given, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ActionError, match=message) as caught:
        parse_actions(given)
    assert "\n" not in str(caught.value)


def rows(actions):
    return [row[1:] for row in actions.table()]


@pytest.mark.parametrize(
    "actions", [DiscreteActions.from_grid(20.0, 7, 3.0, 3), ContinuousActions(), default_actions()]
)
def test_words_and_actions_are_there_and_back(actions):
    again = parse_actions(words_of(actions.to_dict()))
    assert type(again) is type(actions)
    np.testing.assert_allclose(rows(again), rows(actions), atol=1e-9)


@pytest.mark.parametrize("actions", [TWO, RANGE])
def test_what_is_no_grid_and_no_range_to_both_sides_has_no_words(actions):
    assert words_of(actions.to_dict()) is None


def test_environments_take_any_description():
    assert RacerEnv("oval", actions="continuous").action_space.shape == (2,)
    assert RacerEnv("oval", actions=[(-30, 1.0), (0, 2.0)]).action_space.n == 2
    assert RacerVectorEnv(2, "oval", actions={"speed_granularity": 1}).single_action_space.n == 5
