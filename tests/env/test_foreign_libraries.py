"""What other libraries do with an environment: copy, pickle, describe, wrap it, save its state."""

import copy
import json
import pickle
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import NormalizeObservation, NormalizeReward, RecordEpisodeStatistics
from numba import config

from racer.env import RacerEnv, RacerVectorEnv, RuleSettings
from racer.errors import ConfigError, RewardStateError
from racer.kernels.world import advance_cars
from racer.vehicle import ContinuousActions, DiscreteActions, vehicle

KEEPS = """
import random
best = []

def reward_function(params):
    best.append(params["progress"])
    return len(best) + random.random()
"""
KEEPS_A_FILE = """
log = open(__file__)

def reward_function(params):
    return float(len(log.name))
"""
HOWS = [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))]
LIST = [(-30, 1), (0, 2.0), (30, 1)]


class Counts:
    """A reward function that is an object."""

    def __init__(self):
        self.n = 0

    def __call__(self, params):
        self.n += 1
        return float(self.n)


def driven(env, action=7, steps=12):
    """What an environment says from here on, as comparable data; a next episode included."""
    found = []
    for _ in range(steps):
        observation, *rest = env.step(action)
        if rest[1] or rest[2]:
            env.reset()
        parts = observation if isinstance(observation, dict) else {"": observation}
        found.append(({name: one.tobytes() for name, one in parts.items()}, repr(rest)))
    return found


@pytest.fixture
def keeps(tmp_path):
    file = tmp_path / "keeps.py"
    file.write_text(KEEPS)
    return file


@pytest.mark.parametrize("how", HOWS, ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("observe", ["state", "camera+state", "lidar"])
@pytest.mark.parametrize("randomize", [0.0, 1.0])
def test_a_copy_goes_on_like_the_original(how, observe, randomize, keeps):
    env = RacerEnv(reward_function=keeps, observe=observe, randomize=randomize)
    env.reset(seed=3)
    driven(env, action=4)
    other = how(env)
    expected = driven(env)
    assert driven(other) == expected
    assert driven(env) == driven(other)
    env.reset()
    other.reset()
    assert driven(env) == driven(other)


@pytest.mark.parametrize("how", HOWS, ids=["deepcopy", "pickle"])
def test_a_copy_of_many_cars_pays_by_the_tracks_of_its_own_cars(how, keeps):
    env = RacerVectorEnv(4, track=["oval", "kidney"], reward_function=keeps)
    env.reset(seed=1)
    actions = np.full(4, 7)
    for _ in range(30):
        env.step(actions)
    other = how(env)
    assert other.world.reward is other.runner
    for _ in range(150):
        one, two = env.step(actions), other.step(actions)
        assert one[1].tolist() == two[1].tolist()
        assert one[0].tobytes() == two[0].tobytes()


@pytest.mark.parametrize("how", HOWS, ids=["deepcopy", "pickle"])
def test_what_a_python_object_keeps_is_copied_with_it(how):
    env = RacerEnv(reward_function=Counts())
    env.reset(seed=0)
    env.step(4)
    other = how(env)
    assert [env.step(4)[1], env.step(4)[1]] == [2.0, 3.0]
    assert other.step(4)[1] == 2.0


def test_what_cannot_be_copied_is_named(tmp_path):
    file = tmp_path / "keeps_a_file.py"
    file.write_text(KEEPS_A_FILE)
    env = RacerEnv(reward_function=file)
    env.reset(seed=0)
    with pytest.raises(RewardStateError, match="log"):
        copy.deepcopy(env)
    env.world.reward._instances[0].module.log.close()


def test_a_copied_reward_function_leaves_no_module_behind():
    before = {name for name in sys.modules if name.startswith("racer_reward_")}
    env = RacerEnv()
    env.reset(seed=0)
    del env
    after = {name for name in sys.modules if name.startswith("racer_reward_")}
    assert after <= before


def test_a_single_environment_saves_its_state_as_many_do(keeps):
    env, other = (RacerEnv(reward_function=keeps) for _ in range(2))
    env.reset(seed=3)
    other.reset(seed=3)
    driven(env, steps=30)
    saved = copy.deepcopy(env.state_dict())
    expected = driven(env)
    other.load_state_dict(saved)
    assert driven(other) == expected
    env.load_state_dict(saved)
    assert driven(env) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        {"actions": LIST},
        {"actions": np.array(LIST)},
        {"actions": DiscreteActions.from_list(LIST)},
        {"actions": ContinuousActions()},
        {"actions": "continuous"},
        {"actions": {"max_speed": 3.0}},
        {"rules": RuleSettings(max_seconds=5.0), "vehicle": vehicle("ideal")},
        {"observe": {"sensor": "lidar"}, "track": ["oval", "kidney"], "randomize": {"grip": 0.5}},
    ],
)
def test_a_spec_goes_through_json(arguments):
    env = gym.make("racer/TimeTrial-v0", **arguments)
    text = env.spec.to_json()
    again = gym.make(EnvSpec.from_json(text))
    one, two = env.unwrapped.scenario, again.unwrapped.scenario
    assert one.actions == two.actions
    assert one.rules == two.rules
    assert env.unwrapped.world.vehicle == again.unwrapped.world.vehicle
    assert (env.action_space, env.observation_space) == (
        again.action_space,
        again.observation_space,
    )
    assert json.loads(again.spec.to_json()) == json.loads(text)


def test_the_spec_of_a_vector_environment_goes_through_json():
    envs = gym.make_vec("racer/TimeTrial-v0", num_envs=2, actions=DiscreteActions.from_list(LIST),
                        autoreset_mode=AutoresetMode.NEXT_STEP)  # fmt: skip
    again = gym.make_vec(EnvSpec.from_json(envs.spec.to_json()), num_envs=2)
    assert again.single_action_space == envs.single_action_space
    assert again.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP


def test_no_value_of_an_info_is_none():
    env = RacerEnv(track="oval", actions=[(0, 2.0), (30, 1.0)])
    _, info = env.reset(seed=0)
    assert info["end_reason"] == ""
    assert "lap_time" not in info
    ended = False
    while not ended:
        _, _, terminated, truncated, info = env.step(0)
        ended = terminated or truncated
        assert None not in info.values()
    assert info["end_reason"] == "off_track"
    assert "lap_time" not in info


# --- when cars are reset ---


def test_the_next_step_resets_like_a_single_environment_with_resets():
    envs = RacerVectorEnv(3, autoreset_mode="NextStep")
    first, _ = envs.reset(seed=5)
    single = RacerEnv(car_index=2)
    observation, _ = single.reset(seed=5)
    assert first[2].tobytes() == observation.tobytes()
    rng, must_reset, n_resets = np.random.default_rng(0), False, 0
    for _ in range(300):
        actions = rng.integers(10, size=3)
        seen, rewards, terminated, truncated, infos = envs.step(actions)
        if must_reset:
            observation, info = single.reset()
            reward, end, cut = 0.0, False, False
            n_resets += 1
        else:
            observation, reward, end, cut, info = single.step(actions[2])
        must_reset = end or cut
        assert seen[2].tobytes() == observation.tobytes()
        assert (rewards[2], terminated[2], truncated[2]) == (reward, end, cut)
        assert infos["progress"][2] == info["progress"]
        if must_reset:
            assert infos["_end_reason"][2]
            assert infos["end_reason"][2] == info["end_reason"]
    assert n_resets > 2


def test_wrappers_of_gymnasium_take_environments_that_reset_in_the_next_step():
    envs = gym.make_vec("racer/TimeTrial-v0", num_envs=4, autoreset_mode="NextStep")
    wrapped = NormalizeReward(NormalizeObservation(RecordEpisodeStatistics(envs)))
    wrapped.reset(seed=0)
    rng, returns = np.random.default_rng(0), []
    for _ in range(200):
        *_, infos = wrapped.step(rng.integers(10, size=4))
        if "episode" in infos:
            ended = infos["_episode"]
            returns += infos["episode"]["r"][ended].tolist()
            np.testing.assert_allclose(
                infos["episode"]["r"][ended], infos["episode_return"][ended], rtol=1e-9
            )
            assert (infos["episode"]["l"] == infos["episode_steps"])[ended].all()
    assert len(returns) > 4


def test_cars_that_nobody_resets_wait_for_their_caller():
    envs = RacerVectorEnv(3, autoreset_mode=AutoresetMode.DISABLED)
    envs.reset(seed=0)
    done = np.zeros(3, bool)
    while not done.any():
        _, _, terminated, truncated, _ = envs.step(np.array([0, 4, 4]))
        done = terminated | truncated
    before = envs.world.state.copy()
    with pytest.raises(ResetNeeded, match=r"cars 0 have ended: reset\(options="):
        envs.step(np.full(3, 4))
    envs.reset(options={"reset_mask": done})
    assert (envs.world.state == before).all(axis=1).tolist() == [False, True, True]
    envs.step(np.full(3, 4))


def test_the_state_of_cars_that_wait_is_saved_too():
    envs = RacerVectorEnv(2, autoreset_mode="NextStep")
    envs.reset(seed=0)
    done = np.zeros(2, bool)
    while not done.any():
        _, _, terminated, truncated, _ = envs.step(np.array([0, 4]))
        done = terminated | truncated
    saved = copy.deepcopy(envs.state_dict())
    expected = [envs.step(np.array([4, 4]))[0].tobytes() for _ in range(3)]
    envs.load_state_dict(saved)
    assert [envs.step(np.array([4, 4]))[0].tobytes() for _ in range(3)] == expected


def test_a_mode_that_is_none_is_one_line():
    expected = "expected one of NextStep, SameStep, Disabled, got 'never'"
    with pytest.raises(ConfigError, match=expected):
        RacerVectorEnv(1, autoreset_mode="never")


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("how", HOWS)
def test_for_a_copy_nothing_is_compiled_again(how):
    env = RacerEnv("oval")
    env.reset(seed=0)
    env.step(5)
    before = len(advance_cars.signatures)
    how(env).step(5)
    assert len(advance_cars.signatures) == before
