import dataclasses
import math
import sys
from functools import cache

import numpy as np
import pytest
import shapely

from racer.errors import ConfigError, LimitError, MissingExtraError, TrackError
from racer.kernels import layout
from racer.kernels.vehicle import advance, nose, wheel_centers
from racer.optimal import Margins, solve_lap
from racer.optimal.solve import check
from racer.track import Track, load_track
from racer.vehicle import vehicle
from tests.conftest import needs_casadi

PRESETS = ("deepracer", "deepracer_v4", "deepracer_v5")


@cache
def lap(track, car="deepracer", top_speed=2.0, *, reverse=False, **options):
    needs_casadi()
    return solve_lap(load_track(track, reverse=reverse), vehicle(car), top_speed, **options)


def state_at(found, i):
    row = np.zeros(layout.STATE_SIZE)
    row[[layout.X, layout.Y]] = found.x[i], found.y[i]
    row[layout.HEADING] = math.remainder(found.heading[i], 2.0 * math.pi)
    row[[layout.SPEED, layout.STEERING]] = found.speed[i], found.steering[i]
    return row


def drifts(found, seconds):
    """How far (m) the kernel's car is from the lap after driving its commands, from each node."""
    car = found.car._replace(dead_time=0.0)
    away = []
    for i in range(len(found.x) - 1):
        row, j = state_at(found, i), i
        while j < len(found.x) - 1 and (j == i or found.time[j] - found.time[i] < seconds):
            dt = found.time[j + 1] - found.time[j]
            command = found.steering_command[j], found.speed_command[j]
            advance(row, car, *command, dt, max(1, round(500 * dt)))
            j += 1
        away.append(math.hypot(row[layout.X] - found.x[j], row[layout.Y] - found.y[j]))
    return np.array(away)


def off_road(found):
    """How far (m) the wheel centre nearest to the road is off it, at each node."""
    road = shapely.Polygon(found.track.outer).difference(shapely.Polygon(found.track.inner))
    poses = zip(found.x, found.y, found.heading, strict=True)
    wheels = np.array([wheel_centers(found.car, *pose) for pose in poses]).reshape(-1, 4, 2)
    return shapely.distance(road, shapely.points(wheels)).min(axis=1)


@pytest.mark.parametrize("car", PRESETS)
@pytest.mark.parametrize("standing", [False, True])
def test_the_kernel_drives_the_commands_of_the_optimum_along_its_line(car, standing):
    found = lap("reinvent_2018", car, 4.0, standing=standing)
    # a car whose steering has no lag is computed with one of 10 ms, and steers from side to side
    step, second = (0.005, 0.25) if found.car.steering_lag == 0.0 else (0.002, 0.03)
    assert drifts(found, 0.01).max() < step
    assert drifts(found, 1.0).max() < second


@pytest.mark.parametrize("car", PRESETS)
def test_one_wheel_centre_stays_on_the_road(car):
    assert off_road(lap("reinvent_2018", car, 4.0)).max() < 0.012


def test_on_a_circle_the_limit_is_the_fastest_steady_circle():
    found, car, track = lap("circle", top_speed=2.0), vehicle("deepracer"), load_track("circle")
    inner = np.hypot(*(track.inner - track.inner.mean(axis=0)).T).mean()
    # the outer front wheel is on the inner border: it is ahead, and so farther out than the rear
    radius = math.sqrt(inner**2 - (car.front_x - car.rotation_x) ** 2) - car.front_half_track
    speeds = np.linspace(0.5, 2.0, 2000) * car.speed_gain
    angles = np.linspace(0.0, car.steering_limit, 2000)[:, None]
    speeds = speeds * (1.0 - car.steering_loss * angles**2)
    bend = car.curvature_gain * np.tan(angles) / car.wheelbase
    turned = bend / np.sqrt(1.0 + (speeds**2 * bend / car.grip) ** 2)
    fastest = speeds[np.abs(turned * radius - 1.0) < 0.003].max()
    assert found.lap_time == pytest.approx(2.0 * math.pi * radius / fastest, rel=0.005)
    assert np.ptp(found.speed) < 0.01


def test_a_slow_car_takes_the_shortest_way_around_an_oval():
    found, track = lap("oval", top_speed=1.0), load_track("oval")
    inside = shapely.LineString(track.inner).length - 2.0 * math.pi * found.car.rear_half_track
    assert found.lap_time == pytest.approx(inside / found.speed.max(), rel=0.01)


@pytest.mark.parametrize("standing", [False, True])
def test_mirroring_a_track_mirrors_the_lap(standing):
    there = lap("reinvent_2018", top_speed=3.0, standing=standing)
    track = there.track
    flip = np.array([1.0, -1.0])
    mirrored = Track("mirrored", track.center * flip, track.inner * flip, track.outer * flip)
    found = solve_lap(mirrored, there.car, 3.0, standing=standing)
    assert found.lap_time == pytest.approx(there.lap_time, rel=1e-4)


def test_the_other_direction_of_a_symmetric_track_takes_as_long():
    there, back = lap("oval", top_speed=3.0), lap("oval", top_speed=3.0, reverse=True)
    assert back.lap_time == pytest.approx(there.lap_time, rel=2e-3)


@pytest.mark.long
@pytest.mark.parametrize("standing", [False, True])
@pytest.mark.parametrize("car", ["deepracer", "deepracer_v4"])
def test_a_finer_grid_changes_the_lap_time_by_less_than_three_in_a_thousand(car, standing):
    coarse = lap("reinvent_2018", car, 3.0, standing=standing)
    fine = lap("reinvent_2018", car, 3.0, standing=standing, spacing=0.05)
    assert coarse.lap_time == pytest.approx(fine.lap_time, rel=0.003)


def test_a_standing_lap_begins_as_an_episode_does_and_ends_with_the_nose_on_the_line():
    found = lap("reinvent_2018", standing=True, start=0.25)
    track, car = found.track, found.car
    x, y = track.position(0.25 * track.length)
    assert (found.x[0], found.y[0]) == pytest.approx((x, y), abs=1e-3)
    assert found.heading[0] == pytest.approx(track.heading(0.25 * track.length), abs=1e-3)
    assert (found.speed[0], found.steering[0], found.time[0]) == (0.0, 0.0, car.dead_time)
    end = track.project(*nose(car, found.x[-1], found.y[-1], found.heading[-1]))
    assert end.s / track.length == pytest.approx(0.25, abs=2e-3)
    assert found.nose[0][-1] == pytest.approx(
        nose(car, found.x[-1], found.y[-1], found.heading[-1])[0]
    )


def test_dead_time_costs_a_standing_start_only():
    needs_casadi()
    car, track = vehicle("deepracer"), load_track("oval")
    slow = car._replace(dead_time=car.dead_time + 0.1)
    times = {
        (c.dead_time, standing): solve_lap(track, c, 2.0, standing=standing).lap_time
        for c in (car, slow)
        for standing in (False, True)
    }
    assert times[slow.dead_time, True] - times[car.dead_time, True] == pytest.approx(0.1, abs=1e-6)
    assert times[slow.dead_time, False] == pytest.approx(times[car.dead_time, False], rel=1e-9)


def test_margins_keep_a_lap_off_the_edges():
    found = lap("reinvent_2018", margins=Margins(road=0.1, steering=0.2, speed=0.1))
    assert off_road(found).max() == 0.0
    assert np.abs(found.steering_command).max() <= 0.8 * found.car.steering_limit + 1e-6
    assert found.speed_command.max() <= 1.8 + 1e-6
    assert found.lap_time > lap("reinvent_2018").lap_time


def test_a_lap_is_read_only():
    found = lap("oval")
    with pytest.raises(ValueError, match="read-only"):
        found.x[0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.lap_time = 1.0


@pytest.mark.parametrize(
    ("changes", "top_speed", "message"),
    [
        ({"grip": 0.0}, 2.0, "positive and finite, got 0"),
        ({"grip": math.inf}, 2.0, "positive and finite, got inf"),
        ({}, 0.05, "must be above 0.1 and at most 4 m/s"),
        ({}, 5.0, "must be above 0.1 and at most 4 m/s"),
    ],
)
def test_a_car_without_a_limit_is_refused(changes, top_speed, message):
    with pytest.raises(ConfigError, match=message):
        check(load_track("oval"), vehicle("deepracer")._replace(**changes), top_speed)


def test_an_open_track_is_refused():
    with pytest.raises(TrackError, match="straight: an open track has no lap"):
        solve_lap(load_track("straight"), vehicle("deepracer"), 2.0)


def test_a_track_that_crosses_itself_is_refused():
    t = np.linspace(0.0, 2.0 * np.pi, 201)
    center = (1.0 + 2.0 * np.cos(t))[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)
    center[-1] = center[0]
    eight = Track("eight", center, 0.9 * center, 1.1 * center)
    with pytest.raises(TrackError, match="eight: the centre line crosses itself"):
        solve_lap(eight, vehicle("deepracer"), 2.0)


def test_a_bowtie_is_no_track_that_crosses_itself():
    assert lap("bowtie").lap_time > 5.0


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "casadi", None)
    with pytest.raises(MissingExtraError, match=r'pip install "racer-rl\[limit\]"'):
        solve_lap(load_track("oval"), vehicle("deepracer"), 2.0)


def test_a_road_that_no_lap_fits_is_said_to_have_none(monkeypatch):
    needs_casadi()
    with pytest.raises(LimitError, match=r"oval: no lap was found: .* iterations"):
        solve_lap(load_track("oval"), vehicle("deepracer"), 2.0, margins=Margins(road=3.0))
