"""Where the time goes: sectors of a track, seconds lost to the reference in each."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from racer.analysis.time_loss import sectors_of, time_loss
from racer.analysis.time_loss_figure import where_time_goes
from racer.env import Scenario
from racer.evaluation import PurePursuitDriver, evaluate
from racer.optimal import OptimalLap
from racer.track import load_track
from racer.vehicle import vehicle

CAR = vehicle("deepracer")


@pytest.fixture(scope="module")
def track():
    return load_track("reinvent_2018")


@pytest.fixture(scope="module")
def laps(track):
    scenario = Scenario.of(track, None)
    return evaluate(PurePursuitDriver(scenario.actions), scenario, trials=4)


def middle_lap(track, speed):
    """A flying lap whose nose is on the centre line, at a speed."""
    s = np.append(np.linspace(0.0, track.length, 200, endpoint=False), 0.0)
    heading = np.unwrap(track.heading(s))
    x, y = track.position(s).T - CAR.nose_x * np.stack([np.cos(heading), np.sin(heading)])
    time = np.linspace(0.0, track.length / speed, 201)
    zeros, pace = np.zeros(201), np.full(201, speed)
    return OptimalLap(track, CAR, speed, False, float(time[-1]), time, s, x, y, heading, pace,
                      zeros, zeros, pace)  # fmt: skip


@pytest.mark.parametrize("name", ["reinvent_2018", "oval", "kidney", "hairpins"])
@pytest.mark.parametrize("reverse", [False, True])
def test_sectors_cover_a_lap_once_and_have_its_turns(name, reverse):
    track = load_track(name, reverse=reverse)
    sectors = sectors_of(track)
    for one, other in pairwise(sectors):
        assert other.begin == pytest.approx(one.end)
    assert sectors[-1].end - track.length == pytest.approx(sectors[0].begin)
    assert sum("turn" in one.name for one in sectors) == track.n_turns == len(track.turns)


def test_turns_of_both_directions_are_the_same_places(track):
    ahead, back = track.turns, track.reversed().turns
    assert len(ahead) == len(back) == 5
    mirrored = sorted((track.length - end, track.length - begin) for begin, end in back)
    assert np.array(mirrored) == pytest.approx(np.array(ahead), abs=1e-6)


def test_what_is_lost_is_the_difference_of_the_laps(track, laps):
    found = time_loss(laps.trace, track, middle_lap(track, 2.0))
    assert found.n_laps == 4
    assert sum(found.needed) - sum(found.lost) == pytest.approx(track.length / 2.0, rel=1e-3)
    # the median of a piece leaves out most of what starting from rest costs
    assert sum(found.needed) == pytest.approx(laps.median_lap_time, rel=0.05)


def test_twice_the_time_is_lost_where_it_is_driven_half_as_fast(track, laps):
    slow = replace(laps.trace, time=2.0 * laps.trace.time)
    lap = middle_lap(track, 2.0)
    one, other = time_loss(laps.trace, track, lap), time_loss(slow, track, lap)
    assert np.array(other.needed) == pytest.approx(2.0 * np.array(one.needed), rel=1e-9)


def test_the_speeds_are_those_of_both(track, laps):
    found = time_loss(laps.trace, track, middle_lap(track, 1.5))
    assert found.reference_speed == pytest.approx(np.full(len(found.along), 1.5))
    assert np.nanmax(found.speed) == pytest.approx(laps.trace.speed.max(), rel=0.05)


def test_the_figure_names_each_sector_that_costs_something(track, laps):
    figure = where_time_goes(laps.trace, track, middle_lap(track, 2.0))
    told = [one.get_text() for one in figure.axes[0].texts if one.get_gid() == "lost"]
    assert any(text.startswith("turn 1\n+") for text in told)
    assert "to a flying lap of the reference" in figure.axes[0].get_title("left")


def test_without_a_reference_or_a_lap_the_figure_says_why(track, laps):
    (axes,) = where_time_goes(laps.trace, track, "road: an open track has no lap").axes
    assert axes.texts[0].get_text() == "road: an open track has no lap"
    out = replace(laps.trace, status=np.zeros_like(laps.trace.status))
    (axes,) = where_time_goes(out, track, middle_lap(track, 2.0)).axes
    assert axes.texts[0].get_text() == "no lap was finished"
