"""The state observation: every number by hand."""

import math

import numpy as np
import pytest

from racer.env import World
from racer.errors import ConfigError
from racer.kernels import layout as L  # noqa: N812
from racer.sensors import StateSensor, make_sensor
from racer.track import Track

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


def test_there_is_a_name_for_each_number():
    sensor = StateSensor()
    assert len(sensor.features) == sensor.space().shape[0] == sensor.allocate(1).shape[1]


def test_settings_survive_as_plain_data():
    sensor = StateSensor(look_ahead=(1.0, 2.5))
    assert make_sensor(sensor.to_dict()) == sensor
    assert make_sensor(sensor) is sensor
    assert make_sensor("state") == StateSensor()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("stat", "unknown sensor 'stat': did you mean 'state'"),
        ({"sensor": "state", "ahead": 3}, "ahead"),
        ({"sensor": "state", "look_ahead": [-1.0]}, "distances must be positive"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        make_sensor(settings)
