import math

import numpy as np
import pytest

from racer.env import Scenario
from racer.errors import ConfigError, MissingExtraError, TrackError
from racer.evaluation import ReferenceDriver, evaluate, make_driver
from racer.evaluation.reference_driver import looked_ahead
from racer.kernels import layout
from racer.kernels.vehicle import advance, nose, wheel_centers
from racer.optimal import reference, standing_time
from racer.track import load_track, track_names
from racer.vehicle import ContinuousActions, DiscreteActions, vehicle
from tests.conftest import NO_REFERENCE_DATA, REFERENCE_DATA, needs_casadi

DT = 1.0 / 15.0
LOOPS = [name for name in track_names() if load_track(name).is_loop]
FEW = ["reinvent_2018", "circle"]
CARS = ["deepracer", "deepracer_v4"]
REAL = sorted((REFERENCE_DATA / "tracks").glob("*.npy"))


def actions_of(kind, top_speed):
    if kind == "continuous":
        return ContinuousActions.from_degrees((-30.0, 30.0), (0.1, top_speed))
    return DiscreteActions.from_grid(30.0, 7, top_speed, 3)  # 21


def flying_laps(track, car, actions, n=2):
    """Return the times of laps of the driver, from the reference's start on, and the reference."""
    scenario = Scenario.of(track, None, actions=actions, vehicle=car)
    world, driver = scenario.world(1), ReferenceDriver(actions)
    lap = driver.follower(world, 0).lap
    row = world.state[0]
    row[[layout.X, layout.Y]] = lap.x[0], lap.y[0]
    row[layout.HEADING] = math.remainder(lap.heading[0], 2.0 * math.pi)
    row[[layout.SPEED, layout.STEERING]] = lap.speed[0], lap.steering[0]
    row[[layout.COMMANDED_STEERING, layout.EARLIER_STEERING]] = lap.steering_command[-1]
    row[[layout.COMMANDED_SPEED, layout.EARLIER_SPEED]] = lap.speed_command[-1]
    crossings, before = [], None
    for i in range(math.ceil((n + 1.5) * lap.lap_time / DT)):
        pose = row[layout.X], row[layout.Y], row[layout.HEADING]
        wheels = np.reshape(wheel_centers(world.vehicle, *pose), (4, 2))
        assert scenario.track.contains(*wheels.T).any(), "off the road"
        s = scenario.track.project(*nose(world.vehicle, *pose)).s
        if before is not None and before - s > 0.5 * scenario.track.length:
            to_go = scenario.track.length - before
            crossings.append((i - 1 + to_go / (to_go + s)) * DT)
        before = s
        steering, speed = actions.commands(driver.act(world))
        advance(row, world.vehicle, steering[0], speed[0], DT, 4)
    return np.diff(crossings)[:n], lap


def check_laps(track, car, kind, top_speed):
    actions = actions_of(kind, top_speed)
    times, lap = flying_laps(track, car, actions)
    assert times == pytest.approx(lap.lap_time, rel=0.02)
    scenario = Scenario.of(track, None, actions=actions, vehicle=car)
    (trial,) = evaluate(ReferenceDriver(actions), scenario, trials=1).trials
    assert trial.end_reason == "lap_complete"
    assert trial.lap_time == pytest.approx(standing_time(lap), rel=0.05)


@pytest.mark.parametrize("track", FEW)
@pytest.mark.parametrize("car", CARS)
@pytest.mark.parametrize("kind", ["continuous", "discrete"])
def test_the_reference_is_driven_as_fast_as_it_predicts(track, car, kind):
    check_laps(track, car, kind, 2.0)


@pytest.mark.parametrize(
    ("track", "car"),
    [
        ("circle", "deepracer"),  # no speed of the actions is that of the lap
        ("bowtie", "deepracer_v4"),  # it begins far from the lap, which leads to that side
    ],
)
def test_few_speeds_and_a_start_far_away_cost_little(track, car):
    check_laps(track, car, "discrete", 4.0)


def test_where_the_slowest_action_is_too_fast_another_lap_is_followed():
    actions = actions_of("discrete", 4.0)
    world = Scenario.of("hairpins", None, actions=actions, vehicle="deepracer_v4").world(1)
    asked = []

    def lap_of(track, car, top_speed):
        asked.append((car.speed_min, top_speed))
        if len(asked) > 1 and asked[-1][0] > 1.0:
            raise MissingExtraError("no CasADi")
        return reference(track, vehicle("deepracer_v4"), top_speed)

    lap = ReferenceDriver(actions, lap_of).follower(world, 0).lap
    assert asked == [(0.1, 4.0), (pytest.approx(4.0 / 3.0), 4.0)]
    assert lap.speed.min() < 1.3  # none is to be had: the shipped one is better than nothing
    gentle = DiscreteActions.from_list([(0.0, 4.0), (30.0, 0.8), (-30.0, 0.8)])
    del asked[:]
    ReferenceDriver(gentle, lap_of).follower(world, 0)
    assert asked == [(0.1, 4.0)]


@pytest.mark.long
@pytest.mark.parametrize("top_speed", [2.0, 4.0])
@pytest.mark.parametrize("kind", ["continuous", "discrete"])
@pytest.mark.parametrize("car", CARS)
@pytest.mark.parametrize("track", LOOPS)
def test_every_shipped_reference_is_driven_as_fast_as_it_predicts(track, car, kind, top_speed):
    if (car, kind, top_speed) == ("deepracer_v4", "discrete", 4.0):
        needs_casadi()  # its slowest action is too fast for some of the shipped laps
    check_laps(track, car, kind, top_speed)


@pytest.mark.long
@pytest.mark.skipif(not REAL, reason=NO_REFERENCE_DATA)
@pytest.mark.parametrize("kind", ["continuous", "discrete"])
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_the_reference_laps_real_routes(path, kind):
    needs_casadi()
    if not load_track(path).is_loop:
        pytest.skip("an open track has no lap")
    check_laps(str(path), "deepracer", kind, 2.0)


def test_a_car_that_remembers_two_commands_is_driven_too():
    actions = actions_of("continuous", 2.0)
    times, lap = flying_laps("oval", "deepracer_v5", actions)
    assert times == pytest.approx(lap.lap_time, rel=0.02)


@pytest.mark.parametrize("dead_time", [0.0, 0.03, DT, 0.1])
def test_looking_ahead_finds_where_the_next_command_begins_to_act(dead_time):
    car = vehicle("deepracer", dead_time=dead_time)
    world = Scenario.of("oval", None, vehicle=car).world(1)
    for steering, speed in ((0.2, 1.5), (-0.1, 2.0), (0.3, 1.0)):
        world.step(np.array([steering]), np.array([speed]))
    n_steps = 2 if dead_time > DT else 1
    there, ahead = world.state[0].copy(), looked_ahead(world)[0]
    for _ in range(n_steps):
        advance(there, car, -0.3, 2.5, DT, 100)
    rest = n_steps * DT - dead_time
    if rest > 0.0:
        advance(ahead, car._replace(dead_time=0.0), -0.3, 2.5, rest, 100)
    body = [layout.X, layout.Y, layout.HEADING, layout.SPEED, layout.STEERING]
    assert ahead[body] == pytest.approx(there[body], abs=5e-3)


def test_the_driver_has_its_name():
    driver = make_driver("reference", actions_of("continuous", 2.0))
    assert driver.name == "reference"


@pytest.mark.parametrize(
    ("track", "car", "error", "message"),
    [
        ("straight", "deepracer", TrackError, "an open track has no lap"),
        ("oval", "ideal", ConfigError, "its grip is positive and finite"),
        ("generated:5", "deepracer", MissingExtraError, r'pip install "racer-rl\[limit\]"'),
    ],
)
def test_where_there_is_no_reference_the_driver_says_why(
    monkeypatch, tmp_path, track, car, error, message
):
    monkeypatch.setitem(__import__("sys").modules, "casadi", None)
    monkeypatch.setenv("RACER_CACHE", str(tmp_path))
    actions = actions_of("continuous", 2.0)
    with pytest.raises(error, match=message):
        evaluate(ReferenceDriver(actions), Scenario.of(track, None, actions=actions, vehicle=car))


def test_a_reference_is_slower_than_the_limit():
    from racer.optimal import limit

    for track in ("oval", "reinvent_2018"):
        lap = reference(load_track(track), vehicle("deepracer"), 2.0)
        known = limit(lap.track, lap.car, 2.0, standing=False)
        assert 1.0 < lap.lap_time / known.lap_time < 1.15, track
