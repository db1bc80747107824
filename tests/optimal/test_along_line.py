# ruff: noqa: F811  fixtures
"""Lines of others: what a car has to do to stay on one, and that it can be driven."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from racer import api
from racer.errors import ConfigError, TrackError
from racer.evaluation import make_driver
from racer.optimal import reference
from racer.optimal.along_line import lap_along
from racer.optimal.line import RacingLine, timed, write_line
from racer.optimal.line_file import as_line
from racer.track import load_track
from racer.vehicle import default_actions, vehicle
from tests.cli.conftest import racer  # noqa: F401  a fixture
from tests.optimal.test_line import middle

CAR = vehicle("deepracer")


def ring(n=120):
    """The middle of the track ``circle`` as a round line."""
    track = load_track("circle")
    points = track.position(np.linspace(0.0, track.length, n, endpoint=False))
    return track, RacingLine("ring", points, np.zeros(n))


def test_a_circle_is_driven_as_the_steady_circle_of_the_car():
    track, line = ring()
    lap = lap_along(line, track, CAR, 1.0)
    arm = CAR.nose_x - CAR.rotation_x
    radius = math.sqrt(np.hypot(*(line.points[0] - line.points.mean(axis=0))) ** 2 - arm**2)
    steering, speed = lap.steering.mean(), lap.speed.mean()
    assert lap.steering == pytest.approx(np.full(len(lap.steering), steering), abs=0.01)
    bend = CAR.curvature_gain * math.tan(steering) / CAR.wheelbase
    turned = bend / math.hypot(1.0, speed**2 * bend / CAR.grip)
    assert turned == pytest.approx(1.0 / radius, rel=0.005)
    kept = CAR.speed_gain * (1.0 - CAR.steering_loss * steering**2)
    assert kept * lap.speed_command.mean() == pytest.approx(speed, rel=1e-3)
    assert lap.lap_time == pytest.approx(2.0 * math.pi * radius / speed, rel=0.01)


@pytest.mark.parametrize("car", ["deepracer", "deepracer_v4", "deepracer_v5"])
def test_the_line_of_a_reference_gives_its_lap_again(car):
    lap = reference(load_track("bowtie"), vehicle(car), 3.0)
    again = lap_along(RacingLine.of(lap), lap.track, lap.car, 3.0)
    assert again.lap_time == pytest.approx(lap.lap_time, rel=0.005)
    for name, near in (("x", 0.01), ("y", 0.01), ("speed", 0.1)):
        found = np.interp(lap.s, again.s, getattr(again, name))
        assert np.abs(found - getattr(lap, name)).max() < near, name


def test_a_line_without_speeds_is_driven_nearly_as_fast_as_the_reference_on_it():
    lap = reference(load_track("bowtie"), CAR, 3.0)
    line = replace(RacingLine.of(lap), speed=None, time=None)
    assert 0.99 < lap_along(line, lap.track, CAR, 3.0).lap_time / lap.lap_time < 1.03


def test_the_speeds_of_a_line_are_never_exceeded_and_braked_for_in_time():
    track, line = middle("oval", speed=2.0)
    speed = line.speed.copy()
    speed[60:70] = 0.8
    lap = lap_along(timed(replace(line, speed=speed)), track, CAR, 4.0)
    assert lap.speed.max() == pytest.approx(2.0, abs=1e-6)
    assert lap.speed.min() == pytest.approx(0.8, abs=1e-6)
    falling = np.diff(lap.speed) / np.diff(lap.time)
    assert -CAR.deceleration_limit < falling.min() < -1.0


def test_no_speed_is_above_the_top_speed_of_the_actions():
    track, line = middle("oval", speed=9.0)
    lap = lap_along(line, track, CAR, 2.0)
    assert lap.speed_command.max() <= 2.0
    assert lap.speed.max() <= CAR.speed_gain * 2.0


def wave(line, height, length):
    """A line that swings from side to side."""
    s = np.linspace(0.0, np.hypot(*np.diff(line.closed, axis=0).T).sum(), 1500, endpoint=False)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line.closed, axis=0).T))])
    x, y = (np.interp(s, along, one) for one in line.closed.T)
    heading = np.interp(s, along, np.append(line.heading, line.heading[0] + 2.0 * np.pi))
    aside = height * np.sin(2.0 * np.pi * s / length)
    points = np.stack([x - aside * np.sin(heading), y + aside * np.cos(heading)], axis=1)
    return RacingLine("wave", points, heading)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: replace(line, points=line.points * 1.5), "leaves the road of oval at"),
        (lambda line: replace(line, is_loop=False), "its end is not its beginning"),
        (lambda line: replace(line, points=line.points[::-1]), "goes the other way"),
        (lambda line: replace(line, points=np.tile(line.points, (2, 1))), "goes 2 times around"),
        (lambda line: wave(line, 0.15, 0.6), "turns with a radius of .* this car needs 0.45 m"),
        (
            lambda line: replace(line, points=np.delete(line.points, range(12, 22), axis=0)[
                np.r_[:40, 30:40, 30:140]]),
            "turns back near",
        ),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_driven_is_refused_in_one_line(change, message):
    track, line = middle()
    with pytest.raises(TrackError, match=message) as error:
        lap_along(change(replace(line, speed=None, time=None)), track, CAR, 2.0)
    assert "\n" not in str(error.value)


def test_where_there_is_no_lap_no_line_is_driven():
    _, line = middle()
    with pytest.raises(TrackError, match="an open track has no lap"):
        lap_along(line, load_track("straight"), CAR, 2.0)
    with pytest.raises(ConfigError, match="its grip is positive and finite"):
        lap_along(line, load_track("oval"), vehicle("ideal"), 2.0)
    with pytest.raises(TrackError, match="middle: leaves the road of snail"):
        lap_along(line, load_track("snail"), CAR, 2.0)


def test_a_list_of_points_is_a_line_and_what_is_none_is_refused():
    _, line = middle()
    rows = [(x, y, 1.5) for x, y in line.points]
    assert as_line(rows).speed.tolist() == [1.5] * len(rows)
    assert as_line(line) is line
    for rows, message in (
        ([(0.0, 0.0), (1.0, 0.0)], "expected at least 3 different points, got 2"),
        ([(0.0, 0.0), (1.0,)], "line: expected rows of x, y and maybe speed"),
        ([("here", "there")], "line: expected rows of x, y and maybe speed"),
    ):
        with pytest.raises(TrackError, match=message):
            as_line(rows)


@pytest.mark.parametrize("speed", [None, 1.5])
def test_a_foreign_line_is_driven_as_it_predicts(speed):
    track, line = middle("bowtie", speed=speed or 1.0)
    rows = [(x, y) if speed is None else (x, y, speed) for x, y in line.points]
    found = api.evaluate("reference", track="bowtie", line=rows, trials=1)
    assert found.driver == "line"
    lap = lap_along(as_line(rows), track, CAR, 2.0)
    assert found.median_lap_time == pytest.approx(lap.lap_time, rel=0.05)
    trace = found.trace
    away = np.min(
        np.hypot(trace.x[:, None] - line.points[:, 0], trace.y[:, None] - line.points[:, 1]), axis=1
    )
    assert away.max() < 0.12


def test_only_the_driver_that_follows_a_line_takes_one():
    _, line = middle()
    for name in ("pure-pursuit", "random"):
        with pytest.raises(
            ConfigError, match=f"only the driver 'reference' follows one, got '{name}'"
        ):
            make_driver(name, default_actions(), line=line)
    with pytest.raises(ConfigError, match="only the driver 'reference' follows one, not a run"):
        api.evaluate("my-run", line=line)


def test_the_command_line_drives_the_line_of_a_file_or_says_why_not(racer, tmp_path):
    _, line = middle("oval", speed=1.5)
    write_line(line, tmp_path / "mine.csv")
    words = ["evaluate", "reference", "--line", "mine.csv", "--trials", "1"]
    answer = racer(*words, "--track", "oval", "--json")
    summary = json.loads(answer.out)["summary"]
    assert (summary["driver"], summary["finish_rate"]) == ("mine.csv", 1.0)
    assert summary["median_lap_time"] == pytest.approx(line.time[-1], rel=0.03)
    refused = racer(*words, "--track", "snail").err
    assert refused.startswith("error: mine.csv: leaves the road of snail at")
    (tmp_path / "two.csv").write_text("0,0\n1,0\n")
    assert (
        "two.csv: expected at least 3 different points, got 2"
        in racer("evaluate", "reference", "--line", "two.csv").err
    )
