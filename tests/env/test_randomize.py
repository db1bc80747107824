"""Random elements: drawn from the seed, the car and its episode alone, and off by default."""

from pathlib import Path

import numpy as np
import pytest

from racer.env import RacerEnv, RacerVectorEnv, World
from racer.env.car_looks import vehicles_of
from racer.env.factors import COLUMNS, FACTORS
from racer.env.randomize import Randomization, parse_strengths
from racer.errors import ConfigError
from racer.kernels.layout import VehicleParams
from racer.sensors import CameraSensor
from racer.track import load_track
from racer.vehicle import vehicle

SMALL = {"sensor": "camera", "width": 32, "height": 24}
GAIN, SPEED, GRIP, BIAS = (
    VehicleParams._fields.index(name)
    for name in ("curvature_gain", "speed_gain", "grip", "steering_bias")
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
    assert np.array_equal(plain._vehicles, changed._vehicles) == FACTORS[factor].is_seen
    seen = [(plain.observation.copy(), changed.observation.copy())]
    for _ in range(20):
        for one in (plain, changed):
            one.step(np.full(4, 0.1), np.full(4, 1.5))
        seen.append((plain.observation.copy(), changed.observation.copy()))
    if FACTORS[factor].is_seen:
        assert np.array_equal(plain.state, changed.state)
    # what is old or lost shows only when the car has moved
    assert any(not np.array_equal(*pair) for pair in seen)


def test_every_factor_is_in_the_table_of_the_page():
    page = (Path(__file__).resolve().parents[2] / "docs" / "camera.md").read_text("utf-8")
    table = [line for line in page.splitlines() if line.startswith("| `")]
    for name in FACTORS:
        assert any(f"`{name}`" in line.split("|")[1] for line in table), name


def test_every_number_is_a_column_of_its_own():
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert world().drawn.shape == (4, len(COLUMNS))


def test_draws_are_in_their_ranges_and_fill_them():
    base = vehicle("deepracer")
    drawn = Randomization.of(1.0).draw(0, np.arange(400), np.zeros(400, np.int64))
    rows = vehicles_of(base, drawn)
    for column, low, high in ((GAIN, 0.85, 1.15), (SPEED, 0.85, 1.15), (GRIP, 0.6, 1.0)):
        share = rows[:, column] / base[column]
        assert low <= share.min() < low + 0.01
        assert high - 0.01 < share.max() <= high
    assert np.degrees(np.abs(rows[:, BIAS]).max()) == pytest.approx(2.0, abs=0.05)
    fixed = [k for k in range(len(base)) if k not in (GAIN, SPEED, GRIP, BIAS)]
    assert np.array_equal(rows[:, fixed], np.tile(np.asarray(base)[fixed], (400, 1)))


@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        ("brightness", 0.6, 1.4),
        ("gradient_x", -0.2, 0.2),
        ("shadow_depth", 0.0, 0.4),
        ("shadow_period", 1.2, 4.0),
        ("noise", 0.0, 10.0),
        ("blur", 0.0, 0.005),
        ("texture_spot", 0.02, 0.12),
        ("boards", 0.0, 1.0),
        ("frame_drop", 0.0, 0.15),
    ],
)
def test_values_have_the_units_of_their_words(column, low, high):
    drawn = Randomization.of(1.0).draw(0, np.arange(2000), np.zeros(2000, np.int64))
    values = drawn[:, COLUMNS.index(column)]
    slack = 0.01 * (high - low)
    assert low <= values.min() <= low + slack
    assert high - slack <= values.max() <= high


def test_pictures_are_none_one_or_two_steps_old_at_strength_1():
    for strength, oldest in ((0.0, 0), (1.0, 2), (1.5, 3), (3.0, 6)):
        drawn = Randomization.of({"latency": strength})
        values = drawn.draw(0, np.arange(500), np.zeros(500, np.int64))
        assert set(np.unique(values[:, COLUMNS.index("latency")])) == set(range(oldest + 1))


def test_what_is_off_is_not_recorded():
    randomization = Randomization.of({"grip": 1.0, "latency": 0.5})
    drawn = randomization.draw(0, np.arange(3), np.zeros(3, np.int64))
    recorded = randomization.recorded(drawn[1])
    assert tuple(recorded) == randomization.columns == ("latency", "grip")
    assert recorded["grip"] == drawn[1, COLUMNS.index("grip")]


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
        assert np.array_equal(alone[0], together[i])
    other = randomization.draw(6, cars, episodes)
    assert not (other == together).all(axis=0)[COLUMNS.index("grip")]
    smooth = [k for k, name in enumerate(COLUMNS) if name != "latency"]
    everything = randomization.draw(0, cars, episodes)[:, smooth]
    assert len(np.unique(everything)) == everything.size  # no number is drawn twice


def test_episodes_of_a_car_share_no_number():
    alike = [k for k, name in enumerate(COLUMNS) if name.startswith(("ground_", "sky_"))]
    drawn = Randomization.of(1.0).draw(0, np.zeros(20, np.int64), np.arange(20))[:, alike]
    assert drawn.shape == (20, 6)
    assert len(np.unique(drawn)) == drawn.size  # equal draws of these would be equal values


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
    for _ in range(8):  # pictures on their way are saved too
        one.step(np.full(4, -0.2), np.full(4, 1.0))
    other.load_state_dict(one.state_dict())
    assert np.array_equal(one.drawn, other.drawn)
    seen = [np.zeros_like(one.observation) for _ in range(2)]
    for each, picture in zip((one, other), seen, strict=True):
        each.look(CameraSensor(32, 24), picture)
    assert np.array_equal(*seen)
    for _ in range(4):
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
