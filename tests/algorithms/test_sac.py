"""Soft actor-critic: what is ours of it, and the files of its replay buffer."""

import numpy as np
import pytest
import torch

from racer.algorithms.acting import acting
from racer.algorithms.known.sac import SACSettings
from racer.algorithms.registry import load_algorithm, make_algorithm
from racer.errors import RunError

N_CARS, N_ROWS = 10, 100  # 1,000 transitions, the smallest buffer


def short(**changes):
    values = {"n_steps": 5, "gradient_steps": 2, "batch_size": 16, "learning_starts": 0}
    return SACSettings(**{**values, "buffer_size": N_CARS * N_ROWS, **changes})


def made(target, **changes):
    return make_algorithm("sac", target(N_CARS, box=True), short(**changes), seed=0)


@pytest.fixture
def opened(target):
    """Return a function that makes an algorithm with its files open; they are closed at the end."""
    models = []

    def opened(folder, positions=None):
        models.append(made(target, gradient_steps=1))
        models[-1].open_files(folder, positions or {})
        return models[-1]

    yield opened
    for model in models:
        model.close_files()


@pytest.fixture
def driven(opened, tmp_path):
    """Return a function that drives some rows, and writes them into the test's folder."""
    return lambda rows: opened(tmp_path).learn(rows * N_CARS)


def contents(model):
    buffer = model.replay_buffer
    arrays = (buffer.observations, buffer.next_observations, buffer.actions, buffer.rewards,
              buffer.dones, buffer.timeouts)  # fmt: skip
    return buffer.pos, buffer.full, [array.copy() for array in arrays]


def assert_equal(one, other):
    assert one[:2] == other[:2]
    for first, second in zip(one[2], other[2], strict=True):
        np.testing.assert_array_equal(first, second)


def test_it_learns_what_to_say_in_a_world_that_pays_for_the_right_number(target):
    model = made(target, gradient_steps=20, learning_rate=0.01, discount_factor=0.0).learn(1500)
    seen = np.linspace(-1, 1, 9, dtype=np.float32)[:, None]
    actions, _ = model.predict(seen, deterministic=True)
    np.testing.assert_allclose(actions, 0.5 * seen, atol=0.15)


def learned(target, factor):
    """Return an algorithm that has learned in a world that pays a multiple."""
    model = made(target)
    world = model.get_env()
    step = world.step_wait

    def paid():
        seen, rewards, dones, infos = step()
        return seen, rewards * np.float32(factor), dones, infos

    world.step_wait = paid
    return model.learn(150)


@pytest.mark.parametrize("factor", [2.0**-10, 2.0**10])
def test_the_size_of_rewards_changes_nothing(target, factor):
    """With powers of two not even the last digit."""
    plain, scaled = learned(target, 1.0), learned(target, factor)
    for name, tensor in plain.policy.state_dict().items():
        assert torch.equal(tensor, scaled.policy.state_dict()[name])
    assert scaled.replay_buffer.scale == factor * plain.replay_buffer.scale


def test_where_nothing_is_paid_the_size_is_one(target):
    model = made(target)
    model.replay_buffer.pos = 5  # rows of zeros
    model.replay_buffer.rescale()
    assert model.replay_buffer.scale == 1.0


def test_its_settings_reach_stable_baselines3_under_their_own_names(target):
    model = made(target, temperature=0.2, tau=0.3, target_entropy=-3.0, net_arch=(12, 6))
    assert (model.ent_coef, model.tau, model.target_entropy) == (0.2, 0.3, -3.0)
    assert (model.train_freq.frequency, model.n_steps, model.gradient_steps) == (5, 1, 2)
    assert model.replay_buffer.buffer_size == N_ROWS
    layers = [x for x in model.actor.latent_pi if isinstance(x, torch.nn.Linear)]
    assert [x.out_features for x in layers] == [12, 6]
    assert made(target).ent_coef == "auto"


def test_a_saved_one_comes_back_as_it_was(target, tmp_path):
    model = made(target).learn(100)
    model.save(tmp_path / "model.zip")
    loaded = load_algorithm(tmp_path / "model.zip", target(N_CARS, box=True))
    seen = np.linspace(-1, 1, 5, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(
        loaded.predict(seen, deterministic=True)[0], model.predict(seen, deterministic=True)[0]
    )


def test_the_acting_half_computes_the_mean_action(target):
    model = made(target).learn(100)
    seen = torch.linspace(-1, 1, 5)[:, None]
    parts = acting(model.policy)
    with torch.no_grad():
        mean = parts.last(parts.layers(parts.features(seen)))
    np.testing.assert_allclose(mean, model.predict(seen.numpy(), deterministic=True)[0], rtol=1e-6)


@pytest.mark.parametrize("rows", [5, 95, 100, 105, 200, 235])
def test_the_ring_is_filled_from_its_files_as_it_was(opened, driven, tmp_path, rows):
    model = driven(rows)
    positions = model.file_positions()
    assert len(positions) == (1 if rows <= N_ROWS else 2)
    again = opened(tmp_path, positions)
    assert_equal(contents(again), contents(model))
    assert again.file_positions() == positions


def test_the_thousandth_time_round_comes_after_the_one_before_it(opened, driven, tmp_path):
    model = driven(105)
    old, new = (model.file_positions()[f"replay-{k:03d}.bin"] for k in (0, 1))
    (tmp_path / "replay-000.bin").rename(tmp_path / "replay-999.bin")
    (tmp_path / "replay-001.bin").rename(tmp_path / "replay-1000.bin")
    again = opened(tmp_path, {"replay-999.bin": old, "replay-1000.bin": new})
    assert_equal(contents(again), contents(model))


def test_going_back_forgets_what_came_after(opened, driven, tmp_path):
    model = driven(95)
    positions, then = model.file_positions(), contents(model)
    model.learn(30 * N_CARS, reset_num_timesteps=False)
    assert (tmp_path / "replay-001.bin").is_file()
    again = opened(tmp_path, positions)
    assert_equal(contents(again), then)
    assert [path.name for path in tmp_path.iterdir()] == ["replay-000.bin"]


def test_files_that_nobody_needs_are_removed(driven, tmp_path):
    model = driven(350)
    assert len(list(tmp_path.iterdir())) == 4
    model.drop_files({"replay-001.bin"})
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["replay-001.bin", "replay-002.bin", "replay-003.bin"]


@pytest.mark.parametrize("name", ["replay-000.bin", "replay-001.bin"])
def test_a_damaged_file_is_told_in_a_line(opened, driven, tmp_path, name):
    positions = driven(150).file_positions()
    data = bytearray((tmp_path / name).read_bytes())
    data[100] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RunError, match=rf"{name}: damaged or changed"):
        opened(tmp_path, positions)


def test_a_missing_file_is_told_in_a_line(opened, driven, tmp_path):
    positions = driven(50).file_positions()
    (tmp_path / "replay-000.bin").unlink()
    with pytest.raises(RunError, match=r"replay-000\.bin: cannot be read: No such file"):
        opened(tmp_path, positions)


def test_files_of_other_cars_are_told_in_a_line(target, driven, tmp_path):
    positions = driven(51).file_positions()
    other = make_algorithm("sac", target(7, box=True), short(), seed=0)
    with pytest.raises(RunError, match=r"replay-000\.bin: was written with other cars or sensors"):
        other.open_files(tmp_path, positions)
