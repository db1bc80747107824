"""Algorithms of sb3-contrib take the environments as they are."""

import gymnasium as gym
import pytest

pytest.importorskip(
    "sb3_contrib", reason='sb3-contrib is not installed: pip install ".[test-clients]"'
)


def test_trpo_and_recurrent_ppo_learn_on_it():
    from sb3_contrib import TRPO, RecurrentPPO
    from stable_baselines3.common.env_util import make_vec_env

    envs = make_vec_env("racer.gym:racer/TimeTrial-v0", n_envs=2, seed=0)
    model = TRPO("MlpPolicy", envs, n_steps=64, batch_size=64, seed=0).learn(128)
    assert model.num_timesteps == 128
    env = gym.make("racer.gym:racer/TimeTrial-v0", actions="continuous")
    recurrent = RecurrentPPO("MlpLstmPolicy", env, n_steps=32, batch_size=32, n_epochs=1).learn(64)
    seen, _ = env.reset(seed=0)
    action, memory = recurrent.predict(seen)
    assert env.action_space.contains(action)
    assert memory is not None
