import math

import numpy as np
import pytest

from racer.analysis.why.places import failure_places, least_radius, tightest_near, turning_radius
from racer.env import Scenario
from racer.kernels import layout
from racer.track import Track, load_track
from racer.vehicle import ContinuousActions, DiscreteActions, vehicle


def beside(track, s, n, offset=0.5):
    """Points beside the track around an arc length."""
    return track.position(s + np.linspace(-0.05, 0.05, n), offset).T


def drive_circle(degrees, speed):
    """Drive on a wide ring; return where the point about which the car turns was (m), x and y."""
    angle = np.linspace(0.0, 2.0 * np.pi, 400)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ring[-1] = ring[0]
    wide = Track("wide", 40.0 * ring, 5.0 * ring, 75.0 * ring)
    world = Scenario.of(wide, None).world(1, starts=np.zeros(1), start_advance=0.0)
    points = []
    for step in range(120):
        world.step(np.array([math.radians(degrees)]), np.array([speed]))
        if step > 60:  # the lags are over
            heading = world.state[0, layout.HEADING]
            nose = vehicle().rotation_x * np.array([math.cos(heading), math.sin(heading)])
            points.append(world.state[0, [layout.X, layout.Y]] + nose)
    return np.array(points).T


def test_failures_gather_at_the_bends_where_they_are_worst_first():
    track = load_track("hairpins")
    at = [track.curvature.argmax(), track.curvature.argmin()]
    s = [float(np.hypot(*np.diff(track.center[: k + 1], axis=0).T).sum()) for k in at]
    x, y = np.hstack([beside(track, s[0] + 0.3, 30, -0.5), beside(track, s[1] + 0.3, 10)])
    worst, second = failure_places(track, x, y)
    assert (worst.count, second.count) == (30, 10)
    assert worst.share == pytest.approx(0.75)
    assert worst.name.startswith("the left bend at ")
    assert second.name.startswith("the right bend at ")
    assert worst.radius == pytest.approx(track.tightest_radius, rel=0.1)


def test_failures_across_the_start_line_are_one_place():
    track = load_track("oval")
    x, y = track.position(np.linspace(-0.3, 0.3, 20) % track.length, 0.6).T
    (place,) = failure_places(track, x, y)
    assert place.count == 20


def test_a_place_without_a_bend_is_a_straight():
    track = load_track("straight")
    x, y = track.position(np.linspace(4.0, 4.2, 9), 0.5).T
    (place,) = failure_places(track, x, y)
    assert place.name == "the straight at 4.1 m"
    assert math.isinf(place.radius)


def test_no_failures_have_no_place():
    track = load_track("oval")
    assert failure_places(track, [], []) == []
    assert failure_places(track, [math.nan], [math.nan]) == []


def test_the_tightest_spot_before_a_point_is_found_across_the_start_line():
    track = load_track("circle")
    _, radius, side = tightest_near(track, 0.1)
    assert radius == pytest.approx(2.0, rel=0.02)
    assert side == "left"


def test_the_ideal_car_turns_with_radius_wheelbase_over_tan():
    car = vehicle("ideal")
    assert turning_radius(car, math.radians(20), 2.0) == pytest.approx(
        car.wheelbase / math.tan(math.radians(20))
    )


def test_no_steering_is_a_straight_line():
    assert turning_radius(vehicle(), [0.0], [1.0])[0] == math.inf


@pytest.mark.parametrize(("degrees", "speed"), [(10.0, 1.0), (20.0, 2.0), (30.0, 1.0), (30.0, 3.0)])
def test_the_radius_is_that_of_the_circle_the_simulator_drives(degrees, speed):
    car = vehicle()
    x, y = drive_circle(degrees, speed)
    # the circle through the last points, by least squares
    rows = np.column_stack([2 * x, 2 * y, np.ones(len(x))])
    cx, cy, rest = np.linalg.lstsq(rows, x**2 + y**2, rcond=None)[0]
    driven = math.sqrt(rest + cx**2 + cy**2)
    expected = float(turning_radius(car, math.radians(degrees), speed))
    assert driven == pytest.approx(expected, rel=0.01)


def test_the_least_radius_is_told_for_each_side():
    car = vehicle()
    only_left = DiscreteActions.from_list([(0.0, 1.0), (30.0, 2.0), (30.0, 1.0)])
    assert least_radius(car, only_left, "right") == math.inf
    assert least_radius(car, only_left, "left") == pytest.approx(
        float(turning_radius(car, math.radians(30), 1.0))
    )


def test_a_range_of_steering_is_judged_by_its_ends():
    car = vehicle()
    ranges = ContinuousActions.from_degrees((-10.0, 30.0), (0.5, 2.0))
    assert least_radius(car, ranges, "left") < 0.5
    assert least_radius(car, ranges, "right") > 1.2
