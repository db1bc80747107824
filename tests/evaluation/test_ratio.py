"""What stands beside a lap time: its ratio to the limit, or why there is none."""

import json

import numpy as np
import pytest

from racer.evaluation import ratio
from racer.evaluation.ratio import limits_of, ratio_cell, ratio_words, top_speed_of
from racer.optimal import Limit
from racer.runs.limits import run_limits, run_ratio
from racer.track import load_track, load_tracks
from racer.vehicle import default_actions, parse_actions, vehicle
from racer.vehicle.physics import physics_of
from tests.cli.conftest import racer  # noqa: F401  a fixture

TIMES = {1.0: 12.0, 2.0: 8.0, 4.0: 5.5}


@pytest.fixture
def known(monkeypatch):
    """The limit of any loop, at three speeds; what was asked for."""
    asked = []

    def limit(track, car, top_speed, **options):
        asked.append((track.name, top_speed, options["solve"]))
        if not track.is_loop:
            return Limit(None, False, f"{track.name}: an open track has no limit")
        return Limit(TIMES.get(top_speed, 7.0), top_speed in TIMES)

    monkeypatch.setattr(ratio, "limit", limit)
    return asked


def beside(lap_time, top_speed=2.0, track="oval"):
    (limits,) = limits_of([load_track(track)], "deepracer", top_speed, solve=False).values()
    return limits.beside(lap_time)


def test_the_ratio_is_told_with_the_limit_at_the_own_top_speed_and_at_that_of_the_car(known):
    assert ratio_words(beside(16.0)) == (
        "2.00 × the limit at 2 m/s, 8.00 s; at 4 m/s this car could do 5.50 s"
    )
    assert known == [("oval", 2.0, False), ("oval", 4.0, False)]


def test_at_the_top_speed_of_the_car_nothing_faster_is_told(known):
    assert ratio_words(beside(11.0, 4.0)) == "2.00 × the limit at 4 m/s, 5.50 s"


def test_a_limit_between_two_known_ones_is_marked(known):
    assert ratio_words(beside(14.0, 3.0)).startswith("≈ 2.00 × the limit at 3 m/s, ≈ 7.00 s; ")
    assert ratio_cell(beside(14.0, 3.0)) == "≈ 2.00 ×"


def test_without_a_lap_the_limit_is_told_alone(known):
    assert ratio_words(beside(None)).startswith("limit at 2 m/s: 8.00 s; at 4 m/s")
    assert ratio_cell(beside(None)) == ""


def test_an_open_track_says_that_it_has_none(known, tmp_path):
    path = tmp_path / "road.npy"
    x = np.linspace(0.0, 5.0, 11)
    ones = np.ones(11)
    np.save(path, np.stack([x, 0 * x, x, 0.5 * ones, x, -0.5 * ones], axis=1))
    words = ratio_words(beside(5.0, track=str(path)))
    assert words == "no limit to compare with: road: an open track has no limit"
    assert ratio_words(None) == ratio_cell(None) == ""


def test_the_top_speed_is_that_of_the_fastest_action():
    assert top_speed_of(default_actions()) == pytest.approx(2.0)
    assert top_speed_of(parse_actions("continuous")) > 1.0


def test_each_of_several_tracks_has_its_own_limit(known):
    tracks = load_tracks(["oval", "kidney"], reverse=True)
    found = limits_of(tracks, "deepracer", 2.0, solve=False)
    assert list(found) == ["oval (reversed)", "kidney (reversed)"]


def facts(**config):
    settings = {"track": ["oval"], "vehicle": "deepracer", **config}
    return {"config": settings, "physics": physics_of(vehicle("deepracer"))}


def test_a_run_is_measured_at_the_top_speed_of_its_actions_without_computing(known):
    found = run_ratio(facts(track_scale=1.5), 12.0)
    assert found["ratio"] == pytest.approx(12.0 / TIMES.get(found["top_speed"], 7.0))
    assert not any(solve for _, _, solve in known)


def test_a_run_on_several_tracks_has_no_ratio(known):
    assert run_ratio(facts(track=["oval", "kidney"]), 12.0) is None


def test_a_run_whose_track_is_gone_has_no_limit_and_raises_nothing(known):
    assert run_limits(facts(track=["gone.npy"])) == {}
    assert run_limits({}) == {}


def test_a_run_whose_car_moved_otherwise_has_no_limit_and_says_so(known):
    (found,) = run_limits({**facts(reverse=True), "physics": None}).values()
    assert found.own.lap_time is None
    assert "moved otherwise" in ratio_words(found.beside(9.0))


def test_evaluate_says_it_in_a_line_and_in_json(known, racer):  # noqa: F811
    words = ["evaluate", "pure-pursuit", "--track", "oval", "--trials", "1"]
    summary = json.loads(racer(*words, "--json").out)["summary"]
    assert summary["limit"]["ratio"] == pytest.approx(summary["median_lap_time"] / 8.0)
    assert f"{summary['limit']['ratio']:.2f} × the limit at 2 m/s, 8.00 s" in racer(*words).out
