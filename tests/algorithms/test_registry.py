import json
import zipfile

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.envs import FakeImageEnv
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import DummyVecEnv
from torch.nn.functional import huber_loss, mse_loss

from racer.algorithms.huber import HuberA2C, HuberPPO
from racer.algorithms.known.a2c import A2CSettings
from racer.algorithms.known.ppo import PPOSettings
from racer.algorithms.known.vpg import VPGSettings
from racer.algorithms.registry import load_algorithm, make_algorithm
from racer.errors import ConfigError, RunError

QUICK = {
    "vpg": VPGSettings(episodes_per_update=4, epochs=1),
    "ppo": PPOSettings(n_steps=8, batch_size=16, epochs=1),
    "a2c": A2CSettings(n_steps=8),
}


def parameters(model):
    return torch.cat([p.detach().flatten() for p in model.policy.parameters()])


@pytest.mark.parametrize("name", list(QUICK))
@pytest.mark.parametrize("world", [{}, {"box": True}, {"as_dict": True}], ids=str)
def test_each_algorithm_learns_in_each_kind_of_world(name, world, target):
    model = make_algorithm(name, target(4, **world), QUICK[name], seed=0)
    before = parameters(model).clone()
    model.learn(70)
    assert not torch.equal(parameters(model), before)


@pytest.mark.parametrize("name", list(QUICK))
@pytest.mark.parametrize("loss_type", ["mse", "huber"])
def test_a_saved_algorithm_comes_back_as_it_was(name, loss_type, target, tmp_path):
    settings = type(QUICK[name])(**QUICK[name].to_dict() | {"loss_type": loss_type})
    model = make_algorithm(name, target(4), settings, seed=0).learn(70)
    model.save(tmp_path / "model.zip")
    loaded = load_algorithm(tmp_path / "model.zip", target(4))
    assert type(loaded) is type(model)
    seen = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(
        loaded.predict(seen, deterministic=True)[0], model.predict(seen, deterministic=True)[0]
    )
    assert torch.equal(parameters(loaded), parameters(model))
    loaded.learn(10, reset_num_timesteps=False)
    loaded.save(tmp_path / "again.zip")
    assert load_algorithm(tmp_path / "again.zip").num_timesteps == loaded.num_timesteps


@pytest.mark.parametrize("name", list(QUICK))
def test_settings_reach_the_algorithm_under_its_own_names(name, target):
    common = {
        "learning_rate": 0.005,
        "discount_factor": 0.7,
        "entropy": 0.03,
        "max_grad_norm": 3.0,
        "net_arch": (12, 6),
        "activation": "relu",
        "log_std_init": -1.0,
    }
    settings = type(QUICK[name])(**QUICK[name].to_dict() | common)
    model = make_algorithm(name, target(4, box=True), settings, seed=0)
    assert (model.learning_rate, model.gamma, model.ent_coef) == (0.005, 0.7, 0.03)
    assert model.max_grad_norm == 3.0
    layers = list(model.policy.mlp_extractor.policy_net)
    assert [x.out_features for x in layers if isinstance(x, torch.nn.Linear)] == [12, 6]
    assert isinstance(layers[1], torch.nn.ReLU)
    assert model.policy.log_std.item() == -1.0


def test_an_image_gets_a_network_of_convolutions():
    env = DummyVecEnv([lambda: FakeImageEnv(screen_height=40, screen_width=48)] * 2)
    model = make_algorithm("vpg", env, VPGSettings(episodes_per_update=2, epochs=1), seed=0)
    model.learn(20)
    assert type(model.policy).__name__ == "ActorCriticCnnPolicy"


def test_without_settings_the_defaults_are_used(target):
    model = make_algorithm("vpg", target(2), seed=0)
    assert model.learning_rate == VPGSettings().learning_rate
    assert model.episodes_per_update == VPGSettings().episodes_per_update


def test_arguments_of_the_policy_win_over_settings(target):
    model = make_algorithm("ppo", target(2), QUICK["ppo"], seed=0, policy_kwargs={"net_arch": [5]})
    assert model.policy.mlp_extractor.latent_dim_pi == 5


def test_a_smaller_last_mini_batch_is_no_warning(target):
    make_algorithm("ppo", target(3), PPOSettings(n_steps=5, batch_size=4, epochs=1), seed=0).learn(
        15
    )


def test_events_for_tensorboard_are_written(target, tmp_path):
    model = make_algorithm("vpg", target(2), QUICK["vpg"], seed=0, tensorboard_log=str(tmp_path))
    model.learn(20)
    assert list(tmp_path.glob("VPG_1/events*"))


def value_loss(kind, target, seed=0):
    """Return the logged value loss, and both losses worked out from what the network was shown."""
    settings = A2CSettings(n_steps=8, loss_type=kind, learning_rate=1e-9)
    model = make_algorithm("a2c", target(4, box=True), settings, seed=seed)
    with torch.no_grad():
        model.policy.value_net.bias[0] = 3.0  # wrong by more than 1: there the losses differ
    model.set_logger(Logger(None, []))
    model.learn(32, log_interval=None)
    values = torch.as_tensor(model.rollout_buffer.values)
    returns = torch.as_tensor(model.rollout_buffer.returns)
    logged = model.logger.name_to_value["train/value_loss"]
    return logged, huber_loss(values, returns).item(), mse_loss(values, returns).item()


def test_the_huber_loss_replaces_the_squared_error_in_sb3s_training(target):
    logged, huber, squared = value_loss("huber", target)
    assert logged == pytest.approx(huber, rel=1e-3)
    logged, huber, squared = value_loss("mse", target)
    assert logged == pytest.approx(squared, rel=1e-3)
    assert huber != pytest.approx(squared, rel=0.1)


class SquaredPPO(HuberPPO):
    value_loss = staticmethod(mse_loss)


class SquaredA2C(HuberA2C):
    value_loss = staticmethod(mse_loss)


@pytest.mark.parametrize("box", [False, True])
@pytest.mark.parametrize(
    ("sb3", "ours", "arguments"),
    [
        (PPO, SquaredPPO, {"n_steps": 16, "batch_size": 24, "n_epochs": 3}),
        (PPO, SquaredPPO, {"n_steps": 8, "batch_size": 16, "clip_range_vf": 0.05}),
        (PPO, SquaredPPO, {"n_steps": 8, "batch_size": 16, "target_kl": 1e-4}),
        (PPO, SquaredPPO, {"n_steps": 8, "batch_size": 16, "normalize_advantage": False}),
        (A2C, SquaredA2C, {"ent_coef": 0.01}),
        (A2C, SquaredA2C, {"normalize_advantage": True}),
    ],
)
@pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")
def test_with_the_squared_error_our_updates_are_those_of_sb3(target, sb3, ours, arguments, box):
    ends = []
    for kind in (sb3, ours):
        model = kind("MlpPolicy", target(4, box=box), seed=1, device="cpu", **arguments)
        model.set_logger(Logger(None, []))
        model.learn(192, log_interval=None)
        ends.append((parameters(model), model.logger.name_to_value, model._n_updates))
    assert torch.equal(ends[0][0], ends[1][0])
    assert ends[0][1:] == ends[1][1:]


def test_the_huber_loss_changes_what_ppo_learns(target):
    ends = []
    for kind in ("mse", "huber"):
        settings = PPOSettings(n_steps=8, batch_size=32, epochs=1, loss_type=kind)
        model = make_algorithm("ppo", target(4), settings, seed=0)
        with torch.no_grad():
            model.policy.value_net.bias[0] = 30.0
        ends.append(parameters(model.learn(32)))
    assert not torch.equal(ends[0], ends[1])


def test_an_unknown_algorithm_is_refused_with_the_known_ones(target):
    with pytest.raises(
        ConfigError, match=r"^unknown algorithm 'pp0': did you mean 'ppo'\? known: a2c"
    ):
        make_algorithm("pp0", target(2), seed=0)


def test_settings_of_another_algorithm_are_refused(target):
    with pytest.raises(ConfigError) as error:
        make_algorithm("ppo", target(2), A2CSettings(), seed=0)
    assert str(error.value) == "ppo: expected settings PPOSettings, got A2CSettings"


def test_one_step_of_one_car_is_refused(target):
    with pytest.raises(
        ConfigError, match=r"^a2c: n_steps: expected at least 2 with one car, got 1$"
    ):
        make_algorithm("a2c", target(1), A2CSettings(n_steps=1), seed=0)


def test_files_that_are_no_saved_models_are_refused(target, tmp_path):
    with pytest.raises(RunError, match=r"none\.zip: cannot be read: No such file"):
        load_algorithm(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(
        RunError, match=r"text\.zip: expected a saved model \(\.zip\), got another file"
    ):
        load_algorithm(tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("data", json.dumps({"racer_algorithm": "sac"}))
    with pytest.raises(RunError, match=r"other\.zip: unknown algorithm 'sac'"):
        load_algorithm(tmp_path / "other.zip")
    PPO("MlpPolicy", target(2), n_steps=8, batch_size=8).save(tmp_path / "sb3.zip")
    with pytest.raises(RunError, match=r"sb3\.zip: expected a model made by racer"):
        load_algorithm(tmp_path / "sb3.zip")


def test_a_model_that_lost_a_part_is_refused(target, tmp_path):
    make_algorithm("vpg", target(2), QUICK["vpg"], seed=0).save(tmp_path / "model.zip")
    with (
        zipfile.ZipFile(tmp_path / "model.zip") as whole,
        zipfile.ZipFile(tmp_path / "part.zip", "w") as part,
    ):
        for name in whole.namelist():
            content = whole.read(name)
            part.writestr(name, content[: len(content) // 2] if name == "policy.pth" else content)
    with pytest.raises(RunError, match=r"part\.zip: the saved model is damaged"):
        load_algorithm(tmp_path / "part.zip")


def test_a_space_of_the_wrong_shape_is_not_confused_with_an_image(target):
    env = target(2)
    env.observation_space = spaces.Box(-1, 1, (3,), np.float32)
    assert type(make_algorithm("a2c", env, seed=0).policy).__name__ == "ActorCriticPolicy"
