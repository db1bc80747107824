"""The state observation: every number by hand."""

import math

import numpy as np
import pytest

from racer.config.train_config import TrainConfig
from racer.env import RacerEnv, World
from racer.errors import ConfigError
from racer.kernels import layout as L  # noqa: N812
from racer.sensors import StateSensor, make_sensor
from racer.track import Track, load_track
from racer.vehicle import vehicle

WIDTH = 0.8


@pytest.fixture
def straight():
    x = np.linspace(0.0, 10.0, 51)
    line = np.stack([x, np.zeros_like(x)], axis=1)
    offset = np.array([0.0, WIDTH / 2])
    return Track(name="straight", center=line, inner=line + offset, outer=line - offset)


def test_each_number_is_what_its_name_says(straight):
    world = World(straight, sensor=StateSensor(look_ahead=(0.5, 2.0)))
    row = world.state[0]
    heading = 0.3
    row[[L.X, L.Y, L.HEADING]] = 1.0, 0.1, heading
    row[[L.SPEED, L.STEERING, L.YAW_RATE]] = 2.0, -0.1, 1.0
    row[[L.COMMANDED_STEERING, L.COMMANDED_SPEED]] = 0.2, 3.0
    nose = np.array([1.0 + 0.14 * math.cos(heading), 0.1 + 0.14 * math.sin(heading)])
    here = world.here[0]
    here[[L.NOSE_X, L.NOSE_Y, L.ALONG, L.LATERAL]] = nose[0], nose[1], nose[0], nose[1]
    world._observe(np.zeros(1, np.int64))
    expected = [2.0 / 4.0, -0.1 / math.radians(30), 1.0 / 5.0, 0.2 / math.radians(30), 3.0 / 4.0]
    expected += [nose[1] / (WIDTH / 2), math.sin(heading), math.cos(heading)]
    for distance in (0.5, 2.0):
        dx, dy = distance, -nose[1]
        expected.append((math.cos(heading) * dx + math.sin(heading) * dy) / distance)
        expected.append((math.cos(heading) * dy - math.sin(heading) * dx) / distance)
    assert world.observation[0] == pytest.approx(np.clip(expected, -1.0, 1.0), abs=1e-6)


@pytest.mark.parametrize(("commands", "n"), [(1, 24), (2, 26)])
def test_there_is_a_name_for_each_number(commands, n):
    sensor = StateSensor(commands=commands)
    assert len(sensor.features) == sensor.space().shape[0] == sensor.allocate(1).shape[1] == n
    assert len(set(sensor.features)) == n


def test_a_car_with_a_longer_dead_time_than_a_step_also_sees_the_command_before_the_last():
    plain, late = (RacerEnv("oval", vehicle=name) for name in ("deepracer", "deepracer_v5"))
    assert (plain.observation_space.shape, late.observation_space.shape) == ((24,), (26,))
    late.reset(seed=0)
    for action in (3, 8, 4):
        seen = late.step(action)[0]
    features = late.world.sensor.features
    column = {name: k for k, name in enumerate(features)}
    assert seen[column["last commanded steering / limit"]] == 0.0
    assert seen[column["last but one commanded steering / limit"]] == pytest.approx(1.0)
    assert seen[column["last but one commanded speed / 4 m/s"]] == pytest.approx(0.25)
    world = late.world
    shorter = np.zeros((1, 24), np.float32)
    world.look(StateSensor(), shorter)
    assert np.array_equal(np.delete(seen, [8, 9]), shorter[0])


def test_a_policy_sees_as_many_numbers_in_another_car_as_in_its_own():
    own = TrainConfig.of(vehicle="deepracer_v5", observe="lidar+state")
    assert own.make_sensor().space()["state"].shape == (26,)
    world = World(load_track("oval"), vehicle="deepracer", sensor=own.make_sensor())
    assert world.observation["state"].shape == (1, 26)


def test_a_dead_time_that_the_car_cannot_remember_is_refused():
    with pytest.raises(ConfigError, match=r"dead_time must be at most two control steps \(0.133 s"):
        RacerEnv("oval", vehicle=vehicle("deepracer", dead_time=0.14))


def test_settings_survive_as_plain_data():
    sensor = StateSensor(look_ahead=(1.0, 2.5), commands=2)
    assert make_sensor(sensor.to_dict()) == sensor
    assert make_sensor(sensor) is sensor
    assert make_sensor("state") == StateSensor()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("stat", "unknown sensor 'stat': did you mean 'state'"),
        ({"sensor": "state", "ahead": 3}, "ahead"),
        ({"sensor": "state", "look_ahead": [-1.0]}, "distances must be positive"),
        ({"sensor": "state", "commands": 3}, "commands: expected 1 or 2, got 3"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        make_sensor(settings)
