"""Actions that suit a lap."""

import json

import numpy as np
import pytest

from racer.errors import ConfigError
from racer.optimal import OptimalLap
from racer.optimal.propose import propose_actions
from racer.track import load_track
from racer.vehicle import actions_from_metadata, vehicle
from tests.cli.conftest import racer  # noqa: F401  a fixture

CAR = vehicle("deepracer")


def lap(degrees, speeds):
    """A lap of a second a command."""
    n = len(degrees) + 1
    zeros = np.zeros(n)
    angles = np.radians([*degrees, degrees[-1]])
    pace = np.array([*speeds, speeds[-1]])
    track = load_track("oval")
    return OptimalLap(track, CAR, 4.0, False, n - 1.0, np.arange(float(n)), zeros, zeros, zeros,
                      zeros, pace, angles, angles, pace)  # fmt: skip


def test_a_lap_of_few_commands_gets_each_of_them_and_full_steering_to_both_sides():
    made = propose_actions(lap([0, 10, -5, 10], [4, 2, 3, 2]), 5)
    rows = [(degrees, speed) for _, degrees, speed in made.table()]
    full = round(np.degrees(CAR.steering_limit), 1)
    expected = np.array([(-full, 2.0), (-5, 3.0), (0, 4.0), (10, 2.0), (full, 2.0)])
    assert np.array(rows) == pytest.approx(expected)


def test_of_many_commands_each_has_an_action_near_it_and_more_actions_are_nearer():
    rng = np.random.default_rng(1)
    degrees, speeds = rng.uniform(-20, 20, 300), rng.uniform(1, 4, 300)
    many = lap(degrees, speeds)

    def error(n):
        made = propose_actions(many, n)
        assert len(made) == n
        far = (np.degrees(made.steering)[:, None] - degrees) / 60.0
        return np.sqrt((far**2 + ((made.speed[:, None] - speeds) / 4.0) ** 2).min(axis=0)).mean()

    assert error(25) < error(12) < error(5)


def test_the_same_lap_gets_the_same_actions():
    one = lap([0, 3, 7, -9], [4, 3, 2, 1.5])
    assert propose_actions(one, 4) == propose_actions(one, 4)


def test_no_more_actions_come_than_the_lap_has_commands_for():
    assert len(propose_actions(lap([0, 5], [2, 2]), 20)) == 4


@pytest.mark.parametrize("n", [2, 51])
def test_a_number_out_of_range_is_refused(n):
    with pytest.raises(ConfigError, match=f"expected 3 to 50, got {n}"):
        propose_actions(lap([0, 5], [2, 2]), n)


def test_the_command_line_prints_and_writes_them(racer, tmp_path, monkeypatch):  # noqa: F811
    asked = []

    def known(track, car, top_speed):
        asked.append((track.name, top_speed))
        return lap([0, 10, -5], [4, 2, 3])

    monkeypatch.setattr("racer.optimal.reference", known)
    words = ["actions", "--for", "oval", "--max-speed", "4", "--n", "5"]
    answer = racer(*words, "-o", "model_metadata.json", "--json")
    assert asked == [("oval", 4.0)]
    made = actions_from_metadata(tmp_path / "model_metadata.json")
    assert json.loads(answer.out) == made.to_metadata()
    assert len(made.table()) == 5
    assert "10°" in racer(*words).out


def test_options_that_do_not_go_together_are_refused_in_a_line(racer):  # noqa: F811
    assert racer("actions", "--n", "5").lines == [
        "error: --n, --vehicle, --track-scale and --reverse belong to --for TRACK"
    ]
    answer = racer("actions", "--for", "oval", "--steering-granularity", "7")
    assert answer.lines == ["error: --for TRACK takes --max-speed alone, not steering_granularity"]
