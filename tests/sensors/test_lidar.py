"""The lidar: what each form says, against distances by hand and by shapely."""

import math
import os

import numpy as np
import pytest
import shapely

from racer.env import World
from racer.errors import ConfigError
from racer.kernels import layout as L  # noqa: N812
from racer.kernels._jit import jit
from racer.kernels.raycast import cast_ray
from racer.sensors.lidar import AHEAD, CLIPS, MIN_RANGE, LidarSensor
from racer.track import Track, load_track

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
WIDTH = 0.8
N_POSES = 300 if COMPILED else 5


@pytest.fixture
def straight():
    x = np.linspace(0.0, 10.0, 51)
    line = np.stack([x, np.zeros_like(x)], axis=1)
    offset = np.array([0.0, WIDTH / 2])
    return Track(name="straight", center=line, inner=line + offset, outer=line - offset)


def seen(track, poses, sensor):
    """What the lidar says at some poses (n, 3), with its middle at x and y, not the base link."""
    poses = np.atleast_2d(np.asarray(poses, float))
    world = World(track, n_cars=len(poses), sensor=sensor)
    heading = poses[:, 2]
    back = AHEAD * np.stack((np.cos(heading), np.sin(heading)), axis=1)
    world.place(np.arange(len(poses)), np.column_stack((poses[:, :2] - back, heading)))
    world._observe(np.arange(len(poses)))
    return world.observation


def test_beams_start_at_the_left_front_and_go_round_over_the_rear():
    angles = np.degrees(LidarSensor().angles)
    assert angles[[0, 63]] == pytest.approx([30.0, 330.0], abs=1e-3)
    assert angles[31] < 180.0 < angles[32]
    assert np.diff(angles) == pytest.approx(300.0 / 63.0, abs=1e-3)


def test_on_a_straight_each_beam_is_as_long_as_trigonometry_says(straight):
    sensor = LidarSensor()
    (row,) = seen(straight, (5.0, 0.1, 0.0), sensor)
    for angle, value in zip(sensor.angles, row, strict=True):
        wall = WIDTH / 2 - 0.1 if math.sin(angle) > 0.0 else -WIDTH / 2 - 0.1
        assert value * 4.0 == pytest.approx(min(wall / math.sin(angle), 4.0), abs=1e-5)


def test_the_ends_of_an_open_track_are_walls(straight):
    (row,) = seen(straight, (1.5, 0.0, 0.0), LidarSensor(n_beams=3, half_angle=0.01, yaw=math.pi))
    assert row[1] * 4.0 == pytest.approx(1.5, abs=1e-6)
    (row,) = seen(straight, (7.5, 0.0, 0.0), LidarSensor(n_beams=3, half_angle=0.01, yaw=0.0))
    assert row[1] * 4.0 == pytest.approx(2.5, abs=1e-6)


def test_the_lidar_is_mounted_29_mm_ahead_of_the_base_link(straight):
    world = World(straight, sensor=LidarSensor(n_beams=3, clip=12.0))
    world.place(np.zeros(1, np.int64), np.array([[5.0, 0.0, 0.0]]))
    world._observe(np.zeros(1, np.int64))
    assert world.observation[0, 1] * 12.0 == pytest.approx(5.02913, abs=1e-5)


def test_left_is_left(straight):
    (row,) = seen(straight, (5.0, 0.2, 0.0), LidarSensor())
    left, right = row[:32], row[:31:-1]
    assert np.all(left[:-1] < right[:-1])  # the last of both see beyond the clip
    (mirrored,) = seen(straight, (5.0, -0.2, 0.0), LidarSensor())
    assert mirrored[::-1] == pytest.approx(row, abs=1e-6)
    (turned,) = seen(straight, (5.0, -0.2, math.pi), LidarSensor())
    assert turned == pytest.approx(row, abs=1e-6)


def test_what_is_nearer_than_the_least_range_is_told_as_the_least_range(straight):
    (row,) = seen(straight, (5.0, 0.39, 0.0), LidarSensor())
    assert row.min() == np.float32(MIN_RANGE / 4.0)


@pytest.mark.parametrize(
    ("name", "reverse"), [("reinvent_2018", False), ("straight", True), ("snail", True)]
)
def test_the_beams_are_as_long_as_shapely_says(name, reverse):
    track = load_track(name, reverse=reverse)
    rng = np.random.default_rng(1)
    s = rng.uniform(0.0, track.length, N_POSES)
    at = track.position(s, rng.normal(0.0, 0.5, N_POSES))
    poses = np.column_stack((at, rng.uniform(-np.pi, np.pi, N_POSES)))
    sensor = LidarSensor(clip=1.0)
    found = seen(track, poses, sensor)
    lines = [track.inner, track.outer]
    if not track.is_loop:
        lines += [np.array([track.inner[k], track.outer[k]]) for k in (0, -1)]
    walls = shapely.MultiLineString([shapely.LineString(line) for line in lines])
    shapely.prepare(walls)
    angles = poses[:, 2:] + sensor.angles
    begin = np.repeat(at, 64, axis=0)
    ways = np.stack((np.cos(angles), np.sin(angles)), axis=-1).reshape(-1, 2)
    met = shapely.intersection(
        shapely.linestrings(np.stack((begin, begin + 2.0 * ways), axis=1)), walls
    )
    distance = shapely.distance(met, shapely.points(begin))
    expected = np.clip(np.where(shapely.is_empty(met), 1.0, distance), MIN_RANGE, 1.0)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-6)


@jit
def cast_rays(tracks, t, rays, reach, out):
    """Write how long each ray is, (n,), given (n, 4) x and y of its beginning and direction."""
    for i in range(len(rays)):
        out[i] = cast_ray(tracks, t, rays[i, 0], rays[i, 1], rays[i, 2], rays[i, 3], reach)


def distances(track, poses, sensor):
    """The unclipped length of every beam: (n_poses, n_beams)."""
    angles = poses[:, 2:] + sensor.angles
    begin = np.repeat(poses[:, :2], sensor.n_beams, axis=0)
    rays = np.column_stack((begin, np.cos(angles).ravel(), np.sin(angles).ravel()))
    out = np.empty(len(rays))
    cast_rays(track.arrays, 0, rays, np.inf, out)
    return out.reshape(angles.shape)


@pytest.fixture
def driven():
    track = load_track("hairpins")
    rng = np.random.default_rng(5)
    s = rng.uniform(0.0, track.length, N_POSES)
    at = track.position(s, rng.uniform(-0.5, 0.5, N_POSES) * track.width)
    return track, np.column_stack((at, track.heading(s) + rng.normal(0.0, 0.4, N_POSES)))


def test_sectors_are_the_real_ones_binary_and_nearer_than_half_a_metre(driven):
    track, poses = driven
    sensor = LidarSensor("sectors")
    nearest = distances(track, poses, sensor).reshape(-1, 8, 8).min(axis=2)
    found = seen(track, poses, sensor)
    np.testing.assert_array_equal(found, nearest < 0.5)
    assert 0.0 < found.mean() < 1.0


@pytest.mark.parametrize(("n_sectors", "n_values", "clip"), [(8, 8, 2.0), (4, 3, 1.0), (64, 16, 6)])
def test_discretized_is_one_hot_without_the_column_of_nothing(driven, n_sectors, n_values, clip):
    track, poses = driven
    sensor = LidarSensor("discretized", n_sectors=n_sectors, n_values=n_values, clip=clip)
    nearest = distances(track, poses, sensor).reshape(len(poses), n_sectors, -1).min(axis=2)
    step = np.floor(np.minimum(nearest, clip) / (clip / n_values)).astype(int)
    one_hot = np.eye(n_values + 1)[step][..., :-1]
    found = seen(track, poses, sensor)
    np.testing.assert_array_equal(found, one_hot.reshape(len(poses), -1))
    assert found.sum(axis=1).max() <= n_sectors


def test_what_was_seen_before_is_wiped_out(straight):
    sensor = LidarSensor("discretized")
    world = World(straight, sensor=sensor)
    world.observation[:] = 7.0
    world._observe(np.zeros(1, np.int64))
    assert set(np.unique(world.observation)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("sensor", "size"),
    [
        (LidarSensor(), 64),
        (LidarSensor(n_beams=7), 7),
        (LidarSensor("sectors"), 8),
        (LidarSensor("sectors", n_sectors=16), 16),
        (LidarSensor("discretized"), 64),
        (LidarSensor("discretized", n_values=3), 24),
    ],
)
def test_observations_are_in_the_space(driven, sensor, size):
    track, poses = driven
    found = seen(track, poses[:5], sensor)
    assert sensor.space().shape == (size,)
    assert found.shape == (5, size)
    assert all(sensor.space().contains(row) for row in found)


def test_a_car_of_a_batch_drives_and_sees_as_the_same_car_alone(straight):
    oval = load_track("oval")
    index = np.array([0, 1, 0])
    starts = np.array([0.1, 0.0, 0.6])
    batch = World(
        [oval, straight], n_cars=3, track_index=index, starts=starts, sensor=LidarSensor()
    )
    alone = [
        World([oval, straight][t], starts=starts[i : i + 1], sensor=LidarSensor())
        for i, t in enumerate(index)
    ]
    for k in range(15):
        batch.step(np.full(3, 0.03 * k - 0.2), np.full(3, 1.0))
        for i, world in enumerate(alone):
            world.step(np.full(1, 0.03 * k - 0.2), np.full(1, 1.0))
            np.testing.assert_array_equal(world.observation[0], batch.observation[i])


def test_settings_survive_as_plain_data():
    for form, clip in CLIPS.items():
        settings = LidarSensor(form).to_dict()
        assert (settings.pop("sensor"), settings["clip"]) == ("lidar", clip)
        assert LidarSensor(**settings) == LidarSensor(form)
    assert LidarSensor(clip=1, yaw=0) == LidarSensor(clip=1.0, yaw=0.0)
    assert type(LidarSensor(clip=1).to_dict()["clip"]) is float


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"form": "beam"}, "lidar: unknown form 'beam': did you mean 'beams'"),
        ({"n_beams": 0}, "lidar: n_beams: expected 2 to 1024, got 0"),
        ({"n_beams": -64}, "lidar: n_beams: expected 2 to 1024, got -64"),
        ({"n_beams": 64.0}, "lidar: n_beams: expected 2 to 1024, got 64.0"),
        ({"n_beams": True}, "lidar: n_beams: expected 2 to 1024, got True"),
        ({"n_sectors": 0}, "lidar: n_sectors: expected 1 to 1024, got 0"),
        ({"n_values": 0}, "lidar: n_values: expected 1 to 1024, got 0"),
        (
            {"form": "sectors", "n_sectors": 7},
            r"lidar: n_beams \(64\) must be a multiple of n_sectors \(7\)",
        ),
        ({"form": "discretized", "n_beams": 60}, "must be a multiple of n_sectors"),
        ({"clip": -1.0}, "lidar: clip: expected 0.15 to 12 m, got -1.0"),
        ({"clip": 0.1}, "lidar: clip: expected 0.15 to 12 m, got 0.1"),
        ({"clip": 13}, "lidar: clip: expected 0.15 to 12 m, got 13"),
        ({"clip": math.nan}, "lidar: clip: expected 0.15 to 12 m, got nan"),
        ({"clip": "1"}, "lidar: clip: expected 0.15 to 12 m, got '1'"),
        ({"half_angle": 0.0}, "lidar: half_angle: expected 0.01 to 3.14159 rad, got 0.0"),
        ({"half_angle": 4.0}, "lidar: half_angle: expected 0.01 to 3.14159 rad, got 4.0"),
        ({"yaw": 180}, "lidar: yaw: expected -3.14159 to 3.14159 rad, got 180"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        LidarSensor(**settings)


def test_a_frozen_car_sees_no_news(straight):
    world = World(straight, n_cars=2, sensor=LidarSensor())
    world.set_active(np.array([True, False]))
    before = world.observation.copy()
    for _ in range(3):
        world.step(np.full(2, 0.3), np.full(2, 1.0))
    assert world.state[1, L.ACTIVE] == 0.0
    assert np.any(world.observation[0] != before[0])
    np.testing.assert_array_equal(world.observation[1], before[1])
