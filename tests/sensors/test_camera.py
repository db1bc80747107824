"""The sensor camera in a world: sizes, colours, stacks, one car as many."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from racer.env import RacerEnv, RacerVectorEnv, World
from racer.errors import ConfigError
from racer.kernels import layout
from racer.sensors import CameraSensor, make_sensor

SMALL = {"sensor": "camera", "width": 32, "height": 24}


def test_the_space_is_that_of_the_pictures():
    for settings, shape in (
        ({}, (1, 48, 64)),
        ({"width": 160, "height": 120}, (1, 120, 160)),
        ({"rgb": True, "stack": 2}, (6, 48, 64)),
    ):
        sensor = CameraSensor(**settings)
        assert sensor.space().shape == shape
        assert sensor.allocate(3).shape == (3, *shape)
        assert sensor.space().dtype == np.uint8
        assert make_sensor(sensor.to_dict()) == sensor


def test_grey_is_the_luminance_of_the_colours():
    grey = World(_track(), sensor=CameraSensor(64, 48)).observation[0, 0]
    rgb = World(_track(), sensor=CameraSensor(64, 48, rgb=True)).observation[0].astype(float)
    expected = 0.2989 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
    assert np.abs(grey - expected).max() <= 1.5  # each is rounded by itself


def test_a_stack_holds_the_last_pictures_and_begins_with_the_first_one():
    plain = World(_track(), n_cars=3, sensor=CameraSensor(32, 24))
    stacked = World(_track(), n_cars=3, sensor=CameraSensor(32, 24, stack=3))
    seen = [plain.observation.copy()]
    assert np.array_equal(stacked.observation, np.repeat(seen[0], 3, axis=1))
    for _ in range(5):
        for world in (plain, stacked):
            world.step(np.full(3, 0.2), np.full(3, 1.5))
        seen.append(plain.observation.copy())
        last = np.concatenate(([seen[0]] * 3 + seen)[-3:], axis=1)
        assert np.array_equal(stacked.observation, last)
    stacked.start(np.array([1]))
    plain.start(np.array([1]))
    assert np.array_equal(stacked.observation[1], np.repeat(plain.observation[1], 3, axis=0))
    assert np.array_equal(stacked.observation[0], last[0])


def test_frozen_cars_keep_their_stack():
    world = World(_track(), n_cars=2, sensor=CameraSensor(32, 24, stack=2))
    world.step(np.zeros(2), np.full(2, 2.0))
    world.set_active(np.array([True, False]))
    before = world.observation.copy()
    world.step(np.zeros(2), np.full(2, 2.0))
    assert np.array_equal(world.observation[1], before[1])
    assert not np.array_equal(world.observation[0], before[0])


@pytest.mark.parametrize("observe", [SMALL, {**SMALL, "stack": 2, "rgb": True}, "lidar"])
def test_a_car_of_a_batch_sees_what_a_single_car_sees(observe):
    batch = RacerVectorEnv(4, observe=observe)
    singles = [RacerEnv(observe=observe, car_index=i) for i in range(4)]
    seen, _ = batch.reset(seed=5)
    for i, env in enumerate(singles):
        assert np.array_equal(env.reset(seed=5)[0], seen[i])
    rng = np.random.default_rng(0)
    for _ in range(60):
        actions = rng.integers(0, 10, 4)
        seen, _, terminated, truncated, infos = batch.step(actions)
        for i, env in enumerate(singles):
            own, _, ended, cut, _ = env.step(int(actions[i]))
            assert (ended, cut) == (terminated[i], truncated[i])
            if ended or cut:
                assert np.array_equal(infos["final_obs"][i], own)
                own, _ = env.reset()
            assert np.array_equal(own, seen[i])


def test_several_sensors_give_a_dict_that_is_a_copy():
    env = RacerVectorEnv(3, observe="camera+state")
    seen, _ = env.reset(seed=0)
    assert set(seen) == set(env.single_observation_space.spaces) == {"camera", "state"}
    kept = {key: value.copy() for key, value in seen.items()}
    for _ in range(5):
        env.step(np.full(3, 9))
    for key in seen:
        assert np.array_equal(seen[key], kept[key])
    state = World(_track(), n_cars=3).observation
    assert np.array_equal(kept["state"], state)


def test_a_world_goes_on_from_its_saved_state_in_pictures_too():
    sensor = make_sensor("camera+state")
    one, other = (World(_track(), n_cars=2, sensor=sensor) for _ in range(2))
    one.step(np.zeros(2), np.ones(2))
    other.load_state_dict(one.state_dict())
    for world in (one, other):
        world.step(np.full(2, 0.1), np.ones(2))
    for key, array in one.observation.items():
        assert np.array_equal(array, other.observation[key])
    with pytest.raises(Exception, match="observation: expected camera and state, got shape"):
        one.load_state_dict(World(_track(), n_cars=2).state_dict())


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gymnasiums_checker_finds_nothing():
    check_env(RacerEnv(observe=SMALL), skip_render_check=True)
    check_env(RacerEnv(observe="camera+state"), skip_render_check=True)
    check_env(RacerEnv(observe="lidar"), skip_render_check=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0}, "camera: width: expected 16 to 640 pixels, got 0"),
        ({"height": 641}, "camera: height: expected 16 to 640 pixels, got 641"),
        ({"width": 64.0}, "camera: width: expected 16 to 640 pixels, got 64.0"),
        ({"stack": 0}, "camera: stack: expected 1 to 4 pictures, got 0"),
        ({"rgb": "yes"}, "camera: rgb: expected true or false, got 'yes'"),
        ({"zoom": 2}, "sensor 'camera': .*zoom"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        make_sensor({"sensor": "camera", **settings})


@pytest.mark.parametrize(
    ("observe", "message"),
    [
        ("camera+camera", "expected each sensor once, got 'camera' twice"),
        ("camera+", "unknown sensor ''"),
        ("camra", "unknown sensor 'camra': did you mean 'camera'"),
    ],
)
def test_names_of_sensors_that_make_no_sense_are_named(observe, message):
    with pytest.raises(ConfigError, match=message):
        make_sensor(observe)


def test_only_active_cars_cost_a_picture():
    world = World(_track(), n_cars=2, sensor=CameraSensor(32, 24))
    world.state[1, layout.ACTIVE] = 0.0
    world.observation[:] = 7
    world._observe(np.arange(2))
    assert (world.observation[1] == 7).all()
    assert not (world.observation[0] == 7).all()


def _track():
    from racer.track import load_track

    return load_track("reinvent_2018")
