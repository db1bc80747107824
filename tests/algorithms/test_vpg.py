import math

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import (
    BaseCallback,
    CallbackList,
    CheckpointCallback,
    EvalCallback,
)
from stable_baselines3.common.envs import IdentityEnv
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.logger import KVWriter, Logger
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from racer.algorithms import batches
from racer.algorithms.episodes import Episodes, Truncation
from racer.algorithms.vpg import VPG
from racer.errors import ConfigError, RacerError

LINEAR = {"net_arch": {"pi": [], "vf": []}}


def episodes(observations, actions, rewards, dones, truncations=()):
    """Whole episodes of environments that are never frozen: rewards and dones (T, n_envs)."""
    rewards, dones = np.array(rewards, dtype=float), np.array(dones, dtype=bool)
    times = np.zeros(rewards.shape, dtype=np.int64)
    for t in range(1, len(times)):
        times[t] = np.where(dones[t - 1], 0, times[t - 1] + 1)
    return Episodes(
        observations=np.array(observations, dtype=np.float32),
        actions=np.array(actions),
        rewards=rewards,
        active=np.ones(rewards.shape, dtype=bool),
        dones=dones,
        times=times,
        truncations=list(truncations),
    )


def linear(target, *, box=False, **settings):
    """A policy whose output is a weight times one observed number, plus a bias; no clipping."""
    env = target(2, box=box)
    env.observation_space = spaces.Box(-10, 10, (1,), np.float32)
    if not box:
        env.action_space = spaces.Discrete(2)
    settings = {"gamma": 0.5, "normalize_advantage": False, "max_grad_norm": 1e6} | settings
    model = VPG("MlpPolicy", env, policy_kwargs=LINEAR, seed=0, **settings)
    model.set_logger(Logger(None, []))
    policy = model.policy
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.zero_()
        if not box:
            policy.action_net.bias[0] = math.log(3.0)  # π = (3/4, 1/4) whatever is seen
        policy.value_net.bias[0] = 2.0  # V = 2 whatever is seen
    return model


def gradients(model):
    """The gradient of what is maximised: by the action layer's weights, and by its biases."""
    layer = model.policy.action_net
    return -layer.weight.grad[:, 0].numpy(), -layer.bias.grad.numpy()


TWO_STEPS = episodes([[1.0], [2.0]], [0, 1], [[1.0], [3.0]], [[False], [True]])
"""One episode: sees 1, does 0, gets 1; sees 2, does 1, gets 3; γ is 1/2, so G = (2.5, 3)."""


def test_the_policy_gradient_equals_the_one_worked_by_hand(target):
    model = linear(target, baseline="none")
    model.update(TWO_STEPS)
    # For a softmax ∂ log π(a) / ∂ logit = onehot(a) − π:
    #   step 0, a = 0: (1 − 3/4, 0 − 1/4) = ( 1/4, −1/4), times G_0 = 2.5: ( 0.625, −0.625)
    #   step 1, a = 1: (0 − 3/4, 1 − 1/4) = (−3/4,  3/4), times G_1 = 3:   (−2.25,   2.25)
    # biases: the mean of both; weights: each times what was seen, 1 and 2, first
    weights, biases = gradients(model)
    np.testing.assert_allclose(biases, [(0.625 - 2.25) / 2, (2.25 - 0.625) / 2], rtol=1e-6)
    np.testing.assert_allclose(weights, [(0.625 - 4.5) / 2, (4.5 - 0.625) / 2], rtol=1e-6)


def test_a_value_baseline_is_subtracted_from_the_returns(target):
    model = linear(target, baseline="value")
    model.update(TWO_STEPS)
    # A = G − 2 = (0.5, 1): ( 1/4, −1/4) · 0.5 + (−3/4, 3/4) · 1 = (−0.625, 0.625), halved
    np.testing.assert_allclose(gradients(model)[1], [-0.3125, 0.3125], rtol=1e-6)


def test_the_mean_baseline_is_the_mean_return_at_the_same_time(target):
    model = linear(target, baseline="mean")
    # two episodes side by side; G of the first is (2.5, 3), of the second (0.5, 1)
    batch = episodes(
        [[1.0], [1.0], [1.0], [1.0]],
        [0, 0, 1, 1],
        [[1.0, 0.0], [3.0, 1.0]],
        [[False, False], [True, True]],
    )
    model.update(batch)
    # b = (1.5, 2), so A of the first is (1, 1), of the second (−1, −1); both did the same: no push
    np.testing.assert_allclose(gradients(model)[1], [0.0, 0.0], atol=1e-7)
    batch.actions[:] = [0, 1, 0, 1]
    model = linear(target, baseline="mean")
    model.update(batch)
    # ((1/4, −1/4) · 1 + (−3/4, 3/4) · −1) for both steps: (1, −1), mean over four samples of 2
    np.testing.assert_allclose(gradients(model)[1], [0.5, -0.5], rtol=1e-6)


def test_normalised_advantages_have_mean_zero_and_spread_one(target):
    model = linear(target, baseline="none", normalize_advantage=True)
    model.update(TWO_STEPS)
    # G = (2.5, 3) becomes (−1, 1): (−1/4, 1/4) + (−3/4, 3/4) = (−1, 1), halved
    np.testing.assert_allclose(gradients(model)[1], [-0.5, 0.5], rtol=1e-5)


def test_the_entropy_bonus_adds_its_gradient(target):
    without, with_bonus = (linear(target, baseline="none", ent_coef=c) for c in (0.0, 0.1))
    without.update(TWO_STEPS)
    with_bonus.update(TWO_STEPS)
    # ∂H/∂logit_k = −π_k (log π_k + H); π = (3/4, 1/4)
    p = np.array([0.75, 0.25])
    entropy = -(p * np.log(p)).sum()
    expected = -0.1 * p * (np.log(p) + entropy)
    difference = gradients(with_bonus)[1] - gradients(without)[1]
    np.testing.assert_allclose(difference, expected, rtol=1e-5)
    assert with_bonus.logger.name_to_value["train/entropy"] == pytest.approx(entropy)


def test_the_gradient_of_a_gaussian_equals_the_one_worked_by_hand(target):
    model = linear(target, box=True, baseline="none")
    model.update(episodes([[1.0], [2.0]], [[0.5], [-2.0]], [[1.0], [3.0]], [[False], [True]]))
    # mean 0, σ = 1: ∂ log π(a)/∂ mean = a, ∂ log π(a)/∂ log σ = a² − 1; G = (2.5, 3)
    weights, biases = gradients(model)
    np.testing.assert_allclose(biases, [(2.5 * 0.5 + 3 * -2) / 2], rtol=1e-6)
    np.testing.assert_allclose(weights, [(2.5 * 0.5 * 1 + 3 * -2 * 2) / 2], rtol=1e-6)
    log_std = -model.policy.log_std.grad.numpy()
    np.testing.assert_allclose(log_std, [(2.5 * -0.75 + 3 * 3) / 2], rtol=1e-6)


def test_one_update_is_one_step_of_the_policy_up_the_gradient(target):
    model = linear(target, baseline="none", n_epochs=10, learning_rate=0.1)
    model.policy.optimizer = torch.optim.SGD(model.policy.parameters(), lr=0.1)
    before = model.policy.action_net.bias.detach().numpy().copy()
    model.update(TWO_STEPS)
    after = model.policy.action_net.bias.detach().numpy()
    np.testing.assert_allclose(after - before, [0.1 * -0.8125, 0.1 * 0.8125], rtol=1e-5)


def test_a_long_gradient_is_shortened_and_its_true_length_is_logged(target):
    model = linear(target, baseline="none", max_grad_norm=0.01)
    model.update(TWO_STEPS)
    weights, biases = gradients(model)
    assert np.hypot(*weights) ** 2 + np.hypot(*biases) ** 2 == pytest.approx(0.01**2, rel=1e-3)
    length = math.sqrt(2 * 1.9375**2 + 2 * 0.8125**2)
    assert model.logger.name_to_value["train/grad_norm"] == pytest.approx(length)


def test_a_batch_in_parts_has_the_same_gradient(target, monkeypatch):
    rng = np.random.default_rng(0)
    batch = episodes(
        rng.normal(size=(21, 1)),
        rng.integers(2, size=21),
        rng.normal(size=(7, 3)),
        [[False] * 3] * 6 + [[True] * 3],
    )
    whole, split = (linear(target, baseline="value", ent_coef=0.1) for _ in range(2))
    whole.update(batch)
    monkeypatch.setattr(batches, "MAX_FORWARD", 4)
    split.update(batch)
    np.testing.assert_allclose(gradients(split), gradients(whole), rtol=1e-5)
    logs = [m.logger.name_to_value for m in (whole, split)]
    for key in ("train/policy_gradient_loss", "train/entropy", "train/approx_kl"):
        assert logs[0][key] == pytest.approx(logs[1][key], rel=1e-4)


def test_a_return_cut_off_by_a_time_limit_goes_on_with_the_baselines_value(target):
    model = linear(target, baseline="value")
    last = [Truncation(1, 0, np.array([5.0], dtype=np.float32))]
    model.update(episodes([[1.0], [2.0]], [0, 1], [[1.0], [3.0]], [[False], [True]], last))
    # V = 2 and γ = 1/2: G_1 = 3 + 1 = 4, G_0 = 1 + 2 = 3, so A = (1, 2):
    # ( 1/4, −1/4) · 1 + (−3/4, 3/4) · 2 = (−1.25, 1.25), halved
    np.testing.assert_allclose(gradients(model)[1], [-0.625, 0.625], rtol=1e-6)
    assert model.value_baseline.mean == pytest.approx(3.5)  # and the fit's targets are the same G


@pytest.mark.parametrize("baseline", ["mean", "none"])
def test_without_a_value_baseline_a_return_ends_at_the_time_limit(target, baseline):
    last = [Truncation(1, 0, np.array([5.0], dtype=np.float32))]
    cut = episodes([[1.0], [2.0]], [0, 1], [[1.0], [3.0]], [[False], [True]], last)
    models = [linear(target, baseline=baseline) for _ in range(2)]
    models[0].update(cut)
    models[1].update(TWO_STEPS)
    np.testing.assert_array_equal(gradients(models[0]), gradients(models[1]))


def test_the_policy_is_not_moved_by_the_fit_of_the_baseline(target):
    models = [linear(target, baseline="value", n_epochs=n) for n in (1, 50)]
    for model in models:
        model.update(TWO_STEPS)
    few, many = (model.policy for model in models)
    assert torch.equal(few.action_net.weight, many.action_net.weight)
    assert not torch.equal(few.value_net.weight, many.value_net.weight)


def test_the_logged_kl_is_zero_without_a_step_and_positive_after_one(target):
    still = linear(target, baseline="none", learning_rate=1e-12)
    still.update(TWO_STEPS)
    assert still.logger.name_to_value["train/approx_kl"] == pytest.approx(0.0, abs=1e-9)
    moved = linear(target, baseline="none", learning_rate=0.5)
    moved.update(TWO_STEPS)
    assert moved.logger.name_to_value["train/approx_kl"] > 0.01


def test_explained_variance_is_one_for_a_baseline_that_knows_and_zero_for_a_constant(target):
    model = linear(target, baseline="value")
    model.update(TWO_STEPS)
    assert model.logger.name_to_value["train/explained_variance"] == pytest.approx(0.0)
    model = linear(target, baseline="mean")  # one episode: its own returns are the means
    model.update(TWO_STEPS)
    assert model.logger.name_to_value["train/explained_variance"] == pytest.approx(1.0)


@pytest.mark.parametrize("baseline", ["value", "mean", "none"])
@pytest.mark.parametrize("box", [False, True])
def test_a_world_that_any_correct_algorithm_solves_is_solved(target, box, baseline):
    env = target(16, box=box)
    model = VPG(
        "MlpPolicy", env, baseline=baseline, gamma=0.0, learning_rate=0.03, n_epochs=2, seed=1
    )
    model.learn(12_000 if box else 5_000)
    seen = env.reset()
    actions, _ = model.predict(seen, deterministic=True)
    if box:
        assert np.abs(actions - 0.5 * seen).mean() < 0.15
    else:
        np.testing.assert_array_equal(actions, seen.argmax(axis=1))


def test_an_sb3_identity_world_is_solved():
    env = DummyVecEnv([lambda: Monitor(IdentityEnv(dim=4, ep_length=20))] * 8)
    model = VPG("MlpPolicy", env, episodes_per_update=8, gamma=0.0, learning_rate=0.03, seed=0)
    model.learn(8_000)
    mean, _ = evaluate_policy(model, env, n_eval_episodes=8, warn=False)
    assert mean > 19.0


def test_dict_observations_are_learned_from(target):
    env = target(16, as_dict=True)
    model = VPG("MultiInputPolicy", env, gamma=0.0, n_epochs=2, seed=1).learn(5_000)
    seen = env.reset()
    actions, _ = model.predict(seen, deterministic=True)
    np.testing.assert_array_equal(actions, seen["x"].argmax(axis=1))


def parameters(model):
    return torch.cat([p.detach().flatten() for p in model.policy.parameters()])


def test_the_same_seed_twice_gives_identical_parameters(target):
    first, second = (VPG("MlpPolicy", target(8), seed=3).learn(600) for _ in range(2))
    assert torch.equal(parameters(first), parameters(second))
    other = VPG("MlpPolicy", target(8), seed=4).learn(600)
    assert not torch.equal(parameters(first), parameters(other))


def test_a_saved_model_acts_the_same_and_goes_on_learning_the_same(target, tmp_path):
    env = target(8)
    model = VPG("MlpPolicy", env, episodes_per_update=12, seed=3).learn(600)
    model.save(tmp_path / "model.zip")
    loaded = VPG.load(tmp_path / "model.zip", env=target(8))
    seen = env.reset()
    before, _ = model.predict(seen, deterministic=True)
    np.testing.assert_array_equal(loaded.predict(seen, deterministic=True)[0], before)
    for both in (model, loaded):
        both.env.seed(9)
        both._last_obs = None
        torch.manual_seed(9)
        both.learn(600, reset_num_timesteps=False)
    assert torch.equal(parameters(loaded), parameters(model))
    assert loaded.num_timesteps == model.num_timesteps >= 1200
    assert loaded.value_baseline.mean == model.value_baseline.mean


def test_only_steps_that_were_made_are_counted(freezable, scripted):
    for kind in (freezable, scripted):
        model = VPG("MlpPolicy", kind([[2], [9], [4]]), episodes_per_update=3, seed=0).learn(1)
        assert model.num_timesteps == 15
        assert model._episode_num == 3


def test_the_batch_that_reaches_the_budget_is_finished(freezable):
    env = freezable([[10]] * 4)
    model = VPG("MlpPolicy", env, episodes_per_update=4, seed=0).learn(41)
    assert model.num_timesteps == 80
    assert model._n_updates == 2


def test_the_remaining_episodes_go_round_between_the_environments(freezable):
    env = freezable([[1], [1], [1]])
    VPG("MlpPolicy", env, episodes_per_update=2, seed=0).learn(6)
    assert env.stepped.tolist() == [2, 2, 2]


class Table(KVWriter):
    """Keeps the rows of a logger."""

    def __init__(self):
        self.rows = []

    def write(self, key_values, key_excluded, step=0):
        self.rows.append(dict(key_values))

    def close(self):
        pass


def test_a_row_has_the_episodes_of_its_batch_and_the_update_before(freezable):
    table = Table()
    model = VPG("MlpPolicy", freezable([[2], [3], [4, 5]]), episodes_per_update=3, seed=0)
    model.set_logger(Logger(None, [table]))
    model.learn(18)
    first, second = table.rows
    # rewards 1 + step: episodes of 2, 3, 4 steps return 3, 6, 10; then 5 steps return 15
    assert first["rollout/ep_rew_mean"] == pytest.approx(19 / 3)
    assert first["rollout/ep_len_mean"] == 3.0
    assert second["rollout/ep_rew_mean"] == 8.0
    assert second["time/total_timesteps"] == 19
    assert second["time/iterations"] == 2
    assert not any(key.startswith("train/") for key in first)
    assert {key for key in second if key.startswith("train/")} == {
        f"train/{name}"
        for name in (
            "n_updates", "learning_rate", "policy_gradient_loss", "entropy", "grad_norm",
            "approx_kl", "value_loss", "explained_variance",
        )
    }  # fmt: skip


def test_the_episodes_of_a_monitor_are_used(freezable):
    model = VPG("MlpPolicy", VecMonitor(freezable([[2], [3]])), episodes_per_update=2, seed=0)
    model.learn(1)
    assert [(ep["r"], ep["l"]) for ep in model.ep_info_buffer] == [(3.0, 2), (6.0, 3)]
    assert all("t" in ep for ep in model.ep_info_buffer)


class Counter(BaseCallback):
    """Counts its calls and stops after some."""

    def __init__(self, stop_after=None):
        super().__init__()
        self.stop_after = stop_after
        self.calls = []

    def _on_rollout_start(self):
        self.calls.append("start")

    def _on_step(self):
        self.calls.append("step")
        assert self.locals["dones"].shape == (self.training_env.num_envs,)
        return self.stop_after is None or self.calls.count("step") < self.stop_after

    def _on_rollout_end(self):
        self.calls.append("end")


def test_callbacks_are_told_of_each_step_and_each_collection(freezable):
    counter = Counter()
    VPG("MlpPolicy", freezable([[2], [3]]), episodes_per_update=2, seed=0).learn(10, counter)
    assert counter.calls == ["start", "step", "step", "step", "end"] * 2


def test_a_callback_stops_cleanly_and_learning_can_go_on(freezable):
    env = freezable([[2], [3]])
    model = VPG("MlpPolicy", env, episodes_per_update=2, seed=0)
    model.learn(100, Counter(stop_after=5))
    assert model.num_timesteps == 5 + 4
    assert model._n_updates == 1  # of the unfinished second batch nothing is learned
    assert env.active.all()
    model.learn(5, reset_num_timesteps=False)
    assert env.n_resets == 2  # with fresh episodes
    assert model._n_updates == 2


def test_sb3s_own_callbacks_work(target, tmp_path):
    def worlds():
        return DummyVecEnv([lambda: Monitor(IdentityEnv(dim=2, ep_length=10))] * 2)

    evaluation = EvalCallback(worlds(), n_eval_episodes=2, eval_freq=15, verbose=0)
    checkpoint = CheckpointCallback(save_freq=15, save_path=str(tmp_path), name_prefix="vpg")
    model = VPG("MlpPolicy", worlds(), episodes_per_update=2, seed=0)
    model.learn(60, CallbackList([evaluation, checkpoint]))
    assert evaluation.n_calls == 30
    assert evaluation.last_mean_reward >= 0.0
    assert len(list(tmp_path.glob("vpg_*.zip"))) == 2


def test_a_learning_rate_may_fall_to_zero_but_not_below(freezable):
    rates = []

    def falling(remaining):
        rates.append(0.01 * remaining)
        return rates[-1]

    model = VPG(
        "MlpPolicy", freezable([[10]]), learning_rate=falling, episodes_per_update=1, seed=0
    )
    model.learn(15)
    assert rates[-1] == 0.0
    assert min(rates) >= 0.0


def test_rewards_that_are_not_finite_are_refused_before_anything_is_learned(target):
    model = linear(target, baseline="none")
    before = parameters(model)
    with pytest.raises(
        RacerError, match=r"^vpg: update 1: expected finite rewards, got a return of nan$"
    ):
        model.update(episodes([[1.0], [2.0]], [0, 1], [[1.0], [np.nan]], [[False], [True]]))
    assert torch.equal(parameters(model), before)


def test_a_gradient_that_is_not_finite_leaves_the_policy_as_it_was(target):
    model = linear(target, baseline="none")
    before = parameters(model)
    with pytest.raises(RacerError, match=r"^vpg: update 1: expected a finite gradient, got inf"):
        model.update(episodes([[1.0], [2.0]], [0, 1], [[1e38], [1e38]], [[False], [True]]))
    assert torch.equal(parameters(model), before)


def test_an_action_space_it_cannot_draw_from_is_refused(target):
    env = target(2)
    env.action_space = spaces.MultiBinary(2)
    with pytest.raises(
        ConfigError, match=r"^vpg: expected an action space Discrete or Box, got Mult"
    ):
        VPG("MlpPolicy", env)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"baseline": "median"}, "baseline: expected value or mean or none, got 'median'"),
        ({"value_loss": "l1"}, "value_loss: expected mse or huber, got 'l1'"),
        ({"gamma": 1.1}, "gamma: expected a number of at least 0 and at most 1, got 1.1"),
        ({"learning_rate": 0}, "learning_rate: expected a number above 0 and at most 1, got 0"),
        (
            {"episodes_per_update": 0},
            "episodes_per_update: expected a whole number of at least 1 and at most 100,000, got 0",
        ),
    ],
)
def test_a_value_that_is_none_of_the_known_is_refused(target, setting, message):
    with pytest.raises(ConfigError) as error:
        VPG("MlpPolicy", target(2), **setting)
    assert str(error.value) == f"vpg: {message}"


def test_learning_without_environments_is_refused(target, tmp_path):
    VPG("MlpPolicy", target(2), seed=0).save(tmp_path / "model.zip")
    model = VPG.load(tmp_path / "model.zip")
    with pytest.raises(RacerError, match="expected environments to learn in"):
        model.learn(1)
