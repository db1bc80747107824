"""Small worlds in which everything that happens can be counted or worked out by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv


@pytest.fixture(autouse=True)
def one_thread():
    """Two threads make sums in another order, and these networks are too small to need them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class FakeVecEnv(VecEnv):
    """The bookkeeping of a VecEnv, for worlds that live in one process."""

    render_mode = None

    def __init__(self, n_envs: int, observation_space: spaces.Space, action_space: spaces.Space):
        super().__init__(n_envs, observation_space, action_space)
        self.actions: NDArray[Any] | None = None

    def step_async(self, actions: NDArray[Any]) -> None:
        self.actions = np.array(actions)

    def close(self) -> None:
        pass

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self, attr_name)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> Any:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


class ScriptedVecEnv(FakeVecEnv):
    """Episode j of environment i lasts ``lengths[i][j]`` steps (in turns), whatever is done.

    Observation: (environment, episode, step in the episode). Reward: ``1 + step``. The arrays
    of observations are reused in each step, as a fast world may do.
    """

    def __init__(self, lengths: Sequence[Sequence[int]], truncated: bool = False) -> None:
        n = len(lengths)
        super().__init__(n, spaces.Box(-1, 1000, (3,), np.float32), spaces.Discrete(2))
        self.lengths = lengths
        self.truncated = truncated
        self.active = np.ones(n, dtype=bool)
        self.stepped = np.zeros(n, dtype=int)
        self.n_resets = 0
        self.episode = np.full(n, -1)
        self.step_number = np.zeros(n, dtype=int)
        self.observation = np.zeros((n, 3), np.float32)
        self.final = np.zeros((n, 3), np.float32)

    def reset(self) -> NDArray[np.float32]:
        self.n_resets += 1
        self.episode += 1
        self.step_number[:] = 0
        return self._observe()

    def _observe(self) -> NDArray[np.float32]:
        self.observation[:, 0] = np.arange(self.num_envs)
        self.observation[:, 1] = self.episode
        self.observation[:, 2] = self.step_number
        return self.observation

    def step_wait(self) -> Any:
        rewards = np.where(self.active, 1.0 + self.step_number, 0.0).astype(np.float32)
        self.step_number += self.active
        self.stepped += self.active
        dones = np.zeros(self.num_envs, dtype=bool)
        infos: list[dict[str, Any]] = [{}] * self.num_envs
        for i, lengths in enumerate(self.lengths):
            if self.active[i] and self.step_number[i] == lengths[self.episode[i] % len(lengths)]:
                dones[i] = True
                self.final[i] = i, self.episode[i], self.step_number[i]
                infos[i] = {
                    "terminal_observation": self.final[i],
                    "TimeLimit.truncated": self.truncated,
                }
                self.episode[i] += 1
                self.step_number[i] = 0
        return self._observe(), rewards, dones, infos


class FreezableVecEnv(ScriptedVecEnv):
    """The same, with the method that spares frozen environments their steps."""

    def __init__(self, lengths: Sequence[Sequence[int]], truncated: bool = False) -> None:
        super().__init__(lengths, truncated)
        self.masks: list[list[bool]] = []

    def set_active(self, mask: NDArray[np.bool_]) -> None:
        assert mask.shape == (self.num_envs,)
        assert mask.dtype == np.bool_
        self.masks.append(mask.tolist())
        self.active = mask.copy()


class TargetVecEnv(FakeVecEnv):
    """A world that any correct algorithm solves: say what you see, ``length`` times.

    Discrete: sees one of ``n`` numbers, +1 for the same action. Box: sees x in [−1, 1], pays
    ``1 − (action − 0.5·x)²``.
    """

    def __init__(self, n_envs: int = 16, *, box: bool = False, as_dict: bool = False, n: int = 3):
        seen: spaces.Space = spaces.Box(-1, 1, (1 if box else n,), np.float32)
        self.as_dict = as_dict
        act = spaces.Box(-1, 1, (1,), np.float32) if box else spaces.Discrete(n)
        super().__init__(n_envs, spaces.Dict({"x": seen}) if as_dict else seen, act)
        self.box, self.n = box, n
        self.rng = np.random.default_rng(0)
        self.time = np.zeros(n_envs, dtype=int)
        self.length = 5

    def seed(self, seed: int | None = None) -> list[int | None]:
        self.rng = np.random.default_rng(seed)
        return [seed] * self.num_envs

    def reset(self) -> Any:
        self.time[:] = 0
        return self._observe()

    def _observe(self) -> Any:
        if self.box:
            self.goal = self.rng.uniform(-1, 1, (self.num_envs, 1)).astype(np.float32)
            seen = self.goal
        else:
            self.goal = self.rng.integers(self.n, size=self.num_envs)
            seen = np.eye(self.n, dtype=np.float32)[self.goal]
        return {"x": seen} if self.as_dict else seen

    def step_wait(self) -> Any:
        if self.box:
            rewards = 1 - ((self.actions - 0.5 * self.goal) ** 2)[:, 0]
        else:
            rewards = (self.actions == self.goal).astype(np.float32)
        self.time += 1
        dones = self.time == self.length
        self.time[dones] = 0
        return self._observe(), rewards, dones, [{}] * self.num_envs


@pytest.fixture
def scripted() -> type[ScriptedVecEnv]:
    return ScriptedVecEnv


@pytest.fixture
def freezable() -> type[FreezableVecEnv]:
    return FreezableVecEnv


@pytest.fixture
def target() -> type[TargetVecEnv]:
    return TargetVecEnv
