"""The Gymnasium environments: checkers, determinism, a batch against single environments."""

import random
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env as gymnasium_check
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.env_checker import check_env as sb3_check

from racer.env import RacerEnv, RacerVectorEnv, RuleSettings
from racer.errors import ConfigError, RacerError
from racer.kernels import layout as L  # noqa: N812
from racer.vehicle import ContinuousActions


def wild_actions(env, n_steps, seed=0):
    """Actions at random: cars leave the track soon and start again."""
    rng = np.random.default_rng(seed)
    return rng.integers(env.single_action_space.n, size=(n_steps, env.num_envs))


@pytest.mark.parametrize("track", ["reinvent_2018", "oval"])
@pytest.mark.parametrize("actions", [None, ContinuousActions()])
def test_the_checkers_of_gymnasium_and_sb3_find_nothing(track, actions):
    env = gym.make("racer/TimeTrial-v0", track=track, actions=actions, params_in_info=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gymnasium_check(env.unwrapped, skip_render_check=True)
        sb3_check(env.unwrapped, warn=True)
    env.close()


def test_rendering_passes_the_checker_and_shows_the_car_moving():
    env = gym.make("racer/TimeTrial-v0", render_mode="rgb_array")
    gymnasium_check(env.unwrapped)
    env.reset(seed=0)
    before = env.render()
    for _ in range(10):
        env.step(5)
    after = env.render()
    assert before.shape == after.shape
    assert before.dtype == np.uint8
    assert before.shape[1] == 640
    changed = np.flatnonzero((before != after).any(axis=(1, 2)))
    assert 0 < len(changed) < before.shape[0] / 2
    env.close()


def test_make_and_make_vec_take_the_same_arguments():
    single = gym.make("racer/TimeTrial-v0", track="oval", reward_function="speed", vehicle="ideal")
    many = gym.make_vec(
        "racer/TimeTrial-v0", num_envs=3, track="oval", reward_function="speed", vehicle="ideal"
    )
    assert many.single_observation_space == single.observation_space
    assert many.single_action_space == single.action_space
    assert many.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    single.close()
    many.close()


def test_car_i_of_a_batch_equals_a_single_environment_byte_for_byte():
    batch = RacerVectorEnv(7)
    actions = wild_actions(batch, 250)
    first, _ = batch.reset(seed=3)
    steps = [batch.step(a) for a in actions]
    for i in (0, 3, 6):
        env = RacerEnv(car_index=i)
        observation, _ = env.reset(seed=3)
        assert observation.tobytes() == first[i].tobytes()
        for k, (seen, rewards, terminated, truncated, infos) in enumerate(steps):
            observation, reward, end, cut, info = env.step(actions[k, i])
            assert reward == rewards[i], f"step {k}"
            assert (end, cut) == (terminated[i], truncated[i]), f"step {k}"
            assert info["progress"] == infos["progress"][i]
            if end or cut:
                assert observation.tobytes() == infos["final_obs"][i].tobytes(), f"step {k}"
                assert info["end_reason"] == infos["final_info"]["end_reason"][i]
                observation, _ = env.reset()
            assert observation.tobytes() == seen[i].tobytes(), f"step {k}"


@pytest.mark.parametrize("reward", ["center_line", "racing_line"])
def test_the_same_seed_gives_the_same_bytes_twice(reward):
    env = RacerVectorEnv(5, reward_function=reward)
    actions = wild_actions(env, 120, seed=1)

    def run():
        first, _ = env.reset(seed=11)
        return [first.tobytes()] + [part.tobytes() for a in actions for part in env.step(a)[:4]]

    assert run() == run()


def test_a_reset_without_seed_goes_on_with_the_rotation():
    env = RacerEnv()
    env.reset(seed=0)
    starts = []
    for _ in range(3):
        env.reset()
        starts.append(float(env.world.state[0, L.START]))
    assert starts == pytest.approx([0.05, 0.10, 0.15])


def test_an_observation_held_across_steps_does_not_change():
    env = RacerVectorEnv(4)
    held, _ = env.reset(seed=0)
    copy = held.copy()
    result = env.step(np.full(4, 5))
    kept = [part.copy() for part in result[:4]]
    for _ in range(3):
        env.step(np.full(4, 9))
    assert np.array_equal(held, copy)
    for part, before in zip(result[:4], kept, strict=True):
        assert np.array_equal(part, before)
    assert not any(np.shares_memory(held, part) for part in result[:4])


def test_no_element_of_the_observation_is_constant_and_all_stay_in_the_box():
    env = RacerVectorEnv(16)
    env.reset(seed=0)
    seen = np.concatenate([env.step(a)[0] for a in wild_actions(env, 200)])
    assert (seen.std(axis=0) > 1e-3).all()
    assert seen.min() >= -1.0
    assert seen.max() <= 1.0


def test_initial_states_differ_between_cars_and_between_episodes():
    env = RacerVectorEnv(8)
    first, _ = env.reset(seed=0)
    second, _ = env.reset()
    assert len(np.unique(first, axis=0)) == 8
    assert not np.array_equal(first, second)


def test_info_names_the_end_and_the_lap_time():
    env = RacerEnv(track="straight", vehicle="ideal")
    env.reset(seed=0)
    done = False
    while not done:
        _, _, terminated, truncated, info = env.step(5)  # straight on at 2 m/s
        done = terminated or truncated
    assert info["end_reason"] == "lap_complete"
    assert info["progress"] == 100.0
    length = env.scenario.track.length
    assert info["lap_time"] == pytest.approx((length - 0.14) / 2.0, abs=1e-6)


def test_info_carries_the_params_on_request():
    env = RacerEnv(params_in_info=True)
    _, info = env.reset(seed=0)
    _, _, _, _, info = env.step(5)
    params = info["params"]
    assert len(params) == 27
    assert params["steps"] == 2.0
    assert params["speed"] == 2.0
    assert params["progress"] == info["progress"]
    assert "params" not in RacerEnv().reset(seed=0)[1]


def test_a_time_limit_is_a_truncation_in_both_environments():
    rules = RuleSettings(max_seconds=1.0)
    env = RacerEnv(rules=rules)
    env.reset(seed=0)
    ends = [env.step(4)[2:4] for _ in range(15)]
    assert ends[-1] == (False, True)
    batch = RacerVectorEnv(2, rules=rules)
    batch.reset(seed=0)
    for _ in range(15):
        _, _, terminated, truncated, infos = batch.step(np.full(2, 4))
    assert truncated.all()
    assert not terminated.any()
    assert infos["final_info"]["end_reason"].tolist() == ["time_up", "time_up"]


def test_step_without_reset_is_refused():
    env = RacerEnv()
    with pytest.raises(ResetNeeded, match=r"before reset\(\)"):
        env.step(0)


def test_a_vector_environment_resets_the_cars_of_a_mask():
    env = RacerVectorEnv(3)
    env.reset(seed=0)
    for _ in range(5):
        env.step(np.full(3, 5))
    steps = env.world.state[:, L.STEPS].copy()
    env.reset(options={"reset_mask": np.array([False, True, False])})
    assert env.world.state[:, L.STEPS].tolist() == [steps[0], 1.0, steps[2]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"track": "reinvent"}, "reinvent_2018"),
        ({"reward_function": "centre_line"}, "center_line"),
        ({"vehicle": "deepracr"}, "deepracer"),
        ({"observe": "camra"}, "unknown sensor 'camra'"),
        ({"render_mode": "ansi"}, "render_mode: expected one of"),
    ],
)
def test_bad_arguments_name_what_would_be_right(arguments, message):
    with pytest.raises(RacerError, match=message):
        RacerEnv(**arguments)


def test_each_car_of_a_vector_environment_may_have_a_seed_of_its_own():
    seeds, settings = [7, 2, 7], {"track": ["oval", "kidney"], "randomize": 1.0}
    several = RacerVectorEnv(3, reward_function=random_bonus, **settings)
    observations, _ = several.reset(seed=seeds)
    rewards = several.step(np.zeros(3, np.int64))[1]
    for index, seed in enumerate(seeds):
        one = RacerEnv(car_index=index, reward_function=random_bonus, **settings)
        assert (one.reset(seed=seed)[0] == observations[index]).all()
        assert one.step(0)[1] == rewards[index]
    equal, _ = several.reset(seed=[5, 5, 5])
    same, _ = several.reset(seed=5)
    assert (equal == same).all()


def random_bonus(params):
    return random.random()


def test_a_vector_environment_takes_a_seed_or_one_a_car_and_draws_nothing():
    env = RacerVectorEnv(2)
    for bad in ([1], [1, 2, 3], [1, None], [1, -2], [True, 1], [1, 0.5]):
        with pytest.raises(ConfigError, match="seed: expected "):
            env.reset(seed=bad)
    with pytest.raises(ConfigError, match="draws nothing"):
        RacerVectorEnv(2, render_mode="rgb_array")
