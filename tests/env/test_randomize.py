"""Random elements: drawn from the seed, the car and its episode alone, and off by default."""

import numpy as np
import pytest

from racer.env import RacerEnv, RacerVectorEnv, World
from racer.env.randomize import FACTORS, Randomization, parse_strengths
from racer.errors import ConfigError
from racer.kernels.layout import VehicleParams
from racer.sensors import CameraSensor
from racer.track import load_track
from racer.vehicle import vehicle

SMALL = {"sensor": "camera", "width": 32, "height": 24}
GAIN, SPEED, GRIP = (
    VehicleParams._fields.index(name) for name in ("curvature_gain", "speed_gain", "grip")
)


def world(randomize=1.0, n_cars=4, **more):
    return World(
        load_track("oval"), n_cars=n_cars, sensor=CameraSensor(32, 24), randomize=randomize, **more
    )


def test_without_strength_nothing_differs():
    plain, off = World(load_track("oval"), n_cars=3, sensor=CameraSensor(32, 24)), world(0.0, 3)
    assert np.array_equal(plain.observation, off.observation)
    assert np.array_equal(off._vehicles, plain._vehicles)
    one = world({"grip": 0.0, "brightness": 0.0}, 3)
    assert np.array_equal(plain.observation, one.observation)


@pytest.mark.parametrize("factor", FACTORS)
def test_each_factor_alone_changes_what_it_is_named_after(factor):
    plain, changed = world(0.0), world({factor: 1.0})
    is_physical = factor in ("steering_gain", "speed_gain", "grip")
    assert np.array_equal(plain._vehicles, changed._vehicles) != is_physical
    assert np.array_equal(plain.observation, changed.observation) == is_physical


def test_draws_are_in_their_ranges_and_fill_them():
    base = vehicle("deepracer")
    rows = world(1.0, 400)._vehicles
    for column, low, high in ((GAIN, 0.85, 1.15), (SPEED, 0.85, 1.15), (GRIP, 0.6, 1.0)):
        share = rows[:, column] / base[column]
        assert low <= share.min() < low + 0.01
        assert high - 0.01 < share.max() <= high
    fixed = [k for k in range(len(base)) if k not in (GAIN, SPEED, GRIP)]
    assert np.array_equal(rows[:, fixed], np.tile(np.asarray(base)[fixed], (400, 1)))


def test_twice_the_strength_is_twice_the_difference():
    base = vehicle("deepracer")
    one, two = (world(s, 20)._vehicles[:, GAIN] / base[GAIN] - 1.0 for s in (0.5, 1.0))
    assert two == pytest.approx(2.0 * one)


def test_a_draw_depends_on_seed_car_and_episode_only():
    randomization = Randomization.of(1.0)
    cars, episodes = np.arange(6), np.array([0, 0, 3, 1, 2, 7])
    together = randomization.draw(5, cars, episodes)
    for i in range(6):
        alone = randomization.draw(5, cars[i : i + 1], episodes[i : i + 1])
        for name, drawn in together.items():
            assert np.array_equal(alone[name][0], drawn[i])
    other = randomization.draw(6, cars, episodes)
    assert not np.array_equal(other["grip"], together["grip"])
    everything = np.concatenate(list(randomization.draw(0, cars, episodes).values()), axis=1)
    assert len(np.unique(everything)) == everything.size  # no number is drawn twice


def test_each_episode_draws_anew_and_other_cars_keep_theirs():
    one = world()
    before = one._vehicles.copy(), one.observation.copy()
    one.start(np.array([2]))
    assert not np.array_equal(one._vehicles[2], before[0][2])
    assert not np.array_equal(one.observation[2], before[1][2])
    assert np.array_equal(np.delete(one._vehicles, 2, axis=0), np.delete(before[0], 2, axis=0))


def test_a_car_of_a_batch_meets_what_a_single_car_meets():
    batch = RacerVectorEnv(3, "oval", observe=SMALL, randomize=1.5)
    singles = [RacerEnv("oval", observe=SMALL, randomize=1.5, car_index=i) for i in range(3)]
    seen, _ = batch.reset(seed=8)
    for i, env in enumerate(singles):
        assert np.array_equal(env.reset(seed=8)[0], seen[i])
    rng = np.random.default_rng(0)
    for _ in range(60):
        actions = rng.integers(0, 10, 3)
        seen, rewards, *_ = batch.step(actions)
        for i, env in enumerate(singles):
            own, reward, terminated, truncated, _ = env.step(int(actions[i]))
            assert reward == rewards[i]
            if terminated or truncated:
                own, _ = env.reset()
            assert np.array_equal(own, seen[i])


def test_a_world_goes_on_with_the_elements_it_was_saved_with():
    one, other = world(seed=3), world(seed=3)
    one.start(np.array([0, 2]))
    other.load_state_dict(one.state_dict())
    for each in (one, other):
        each.step(np.full(4, 0.2), np.full(4, 1.5))
    assert np.array_equal(one.observation, other.observation)
    assert np.array_equal(one.state, other.state)


def test_rgb_pictures_are_randomised_too():
    plain, changed = (
        World(load_track("oval"), n_cars=2, sensor=CameraSensor(32, 24, rgb=True), randomize=s)
        for s in (0.0, 1.0)
    )
    assert not np.array_equal(plain.observation, changed.observation)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fog": 1.0}, "randomize: unknown factor 'fog'"),
        ({"grip": -0.1}, "randomize: grip: expected a strength from 0 to 3, got -0.1"),
        (4.0, "randomize: brightness: expected a strength from 0 to 3, got 4.0"),
        ({"grip": "much"}, "randomize: grip: expected a strength from 0 to 3, got 'much'"),
        (float("nan"), "expected a strength from 0 to 3, got nan"),
    ],
)
def test_what_is_no_strength_is_named(given, message):
    with pytest.raises(ConfigError, match=message):
        Randomization.of(given)


def test_a_word_of_the_command_line_is_a_number_factors_or_a_file(tmp_path):
    assert parse_strengths("1.5") == 1.5
    assert parse_strengths("grip=0.5, camera-pose=1") == {"grip": 0.5, "camera_pose": 1.0}
    file = tmp_path / "r.toml"
    file.write_text("[randomize]\ngrip = 0.5\n")
    assert parse_strengths(str(file)) == {"grip": 0.5}
    for text, message in (
        ("strong", "randomize: expected a strength such as 1.0"),
        ("grip=", "randomize: expected a strength such as 1.0"),
        (str(tmp_path / "no.toml"), "no.toml: no such file"),
    ):
        with pytest.raises(ConfigError, match=message):
            parse_strengths(text)
