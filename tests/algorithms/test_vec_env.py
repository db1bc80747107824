"""The adapter to Stable-Baselines3: the same world, SB3's words."""

import numpy as np
import pytest

from racer.algorithms.vec_env import SB3VecEnv
from racer.env import RacerVectorEnv, RuleSettings
from racer.errors import ConfigError


def make(n=4, **options):
    env = SB3VecEnv(RacerVectorEnv(n, "oval", **options))
    env.seed(0)
    return env


def step_until_one_ends(env, action, limit=500):
    for _ in range(limit):
        observation, rewards, dones, infos = env.step(np.full(env.num_envs, action))
        if dones.any():
            return observation, rewards, dones, infos
    raise AssertionError("no episode ended")


def test_it_steps_exactly_like_the_vector_environment():
    env, plain = make(), RacerVectorEnv(4, "oval")
    first, _ = plain.reset(seed=0)
    assert np.array_equal(env.reset(), first)
    rng = np.random.default_rng(0)
    for _ in range(100):
        actions = rng.integers(10, size=4)
        observation, rewards, dones, _ = env.step(actions)
        expected = plain.step(actions)
        assert np.array_equal(observation, expected[0])
        assert np.array_equal(rewards, expected[1].astype(np.float32))
        assert np.array_equal(dones, expected[2] | expected[3])


def test_the_last_observation_of_an_episode_is_handed_on_with_how_it_ended():
    env = make()
    env.reset()
    observation, _, dones, infos = step_until_one_ends(env, 9)  # hard left, fast
    for i in np.flatnonzero(dones):
        info = infos[i]
        assert info["end_reason"] == "off_track"
        assert info["TimeLimit.truncated"] is False
        assert info["episode"]["l"] > 5
        assert not np.array_equal(info["terminal_observation"], observation[i])
    for i in np.flatnonzero(~dones):
        assert infos[i] == {}


def test_running_out_of_time_is_marked_so_that_values_are_bootstrapped():
    env = make(rules=RuleSettings(max_seconds=1.0))
    env.reset()
    _, _, dones, infos = step_until_one_ends(env, 4)
    assert dones.all()
    assert all(info["TimeLimit.truncated"] for info in infos)


def test_ended_episodes_are_listed_once_in_their_order():
    env = make()
    env.reset()
    step_until_one_ends(env, 9)
    ended = env.take_ended()
    assert ended
    assert env.take_ended() == []
    row = ended[0].as_row(episode=7, update=3)
    assert (row["episode"], row["update"], row["status"]) == (7, 3, "off_track")
    assert row["lap_time"] is None
    assert row["total_steps"] == env.total_steps
    assert np.isfinite([row["off_track_x"], row["off_track_y"]]).all()


def test_frozen_cars_are_not_counted_and_keep_their_observation():
    env = make()
    before = env.reset()
    env.set_active(np.array([True, False, False, True]))
    for _ in range(3):
        observation, rewards, dones, _ = env.step(np.full(4, 5))
    assert env.total_steps == 6
    assert np.array_equal(observation[1:3], before[1:3])
    assert not np.array_equal(observation[[0, 3]], before[[0, 3]])
    assert rewards[1:3].tolist() == [0.0, 0.0]
    assert not dones[1:3].any()


def test_observations_that_sb3_keeps_across_steps_do_not_change():
    env = make()
    last = env.reset()
    copy = last.copy()
    env.step(np.full(4, 5))
    env.step(np.full(4, 5))
    assert np.array_equal(last, copy)


def test_sb3s_questions_have_an_answer_for_each_car():
    env = make(3)
    assert env.get_attr("num_envs") == [3, 3, 3]
    assert env.get_attr("num_envs", indices=[0]) == [3]
    assert env.env_is_wrapped(object) == [False] * 3
    assert len(env.env_method("reset", seed=1)) == 3
    with pytest.raises(ConfigError, match="seed: expected a number, got None"):
        env.seed()
