"""Collects whole episodes from many environments at once, without favouring the short ones.

Stopping at the first N episodes that finish would keep the short episodes and throw away the long
ones that were under way: a car that crashes early would be counted more often than a car that
laps. So every environment is told before the collection how many episodes it has to play, plays
them to their ends, and is then left alone until the others are done.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from racer.algorithms.batches import concatenate, rows
from racer.sensors.observations import Observations


@dataclass(frozen=True)
class Truncation:
    """An episode that only ran out of time.

    Attributes:
        step: row of the collection in which it ended.
        env: index of its environment.
        observation: the observation after its last step.
    """

    step: int
    env: int
    observation: Any


@dataclass(frozen=True)
class Episodes:
    """Whole episodes: N steps that were really made, over T rows of n_envs environments.

    The order of the N steps is that of ``array[active]`` for every (T, n_envs) array here.

    Attributes:
        observations: (N, ...) what the policy saw; a dict of such arrays for a Dict space.
        actions: (N, ...) what the policy chose, before a Box's bounds cut it.
        rewards: (T, n_envs) float64, 0 where not active.
        active: (T, n_envs) bool, True where the environment played.
        dones: (T, n_envs) bool, True at the last step of each episode.
        times: (T, n_envs) int, the step's number within its episode, from 0.
        truncations: the episodes that ran out of time.
    """

    observations: Observations
    actions: NDArray[Any]
    rewards: NDArray[np.float64]
    active: NDArray[np.bool_]
    dones: NDArray[np.bool_]
    times: NDArray[np.int64]
    truncations: list[Truncation]


@dataclass(frozen=True)
class StepResult:
    """What one call of ``env.step`` gave, as the callbacks see it.

    Attributes:
        active: (n_envs,) bool, the environments that played; the others made no step.
        rewards: (n_envs,) float64, 0 where not active.
        dones: (n_envs,) bool, False where not active.
        infos: one dict an environment, of meaning only where done.
        new_obs: (n_envs, ...) the observations after the step.
        episodes: ``{"r": return, "l": steps}`` of each episode that ended, with the keys of its
            monitor if it has one.
    """

    active: NDArray[np.bool_]
    rewards: NDArray[np.float64]
    dones: NDArray[np.bool_]
    infos: Any
    new_obs: Any
    episodes: list[dict[str, Any]]


def share_out(n_episodes: int, n_envs: int, first: int) -> NDArray[np.int64]:
    """Return how many episodes each environment plays: as equal as possible.

    Args:
        n_episodes: episodes of the whole collection.
        n_envs: number of environments.
        first: the environment that gets the first of the remaining episodes; who gets one more
            than others should change from collection to collection.

    Returns:
        (n_envs,) counts that sum to ``n_episodes``.
    """
    quota = np.full(n_envs, n_episodes // n_envs, dtype=np.int64)
    quota[(first + np.arange(n_episodes % n_envs)) % n_envs] += 1
    return quota


def collect_episodes(
    env: VecEnv,
    observations: Observations,
    quota: NDArray[np.int64],
    choose: Callable[[Observations], NDArray[Any]],
    after_step: Callable[[StepResult], bool],
) -> tuple[Episodes, Observations] | None:
    """Play ``quota[i]`` whole episodes in each environment i.

    An environment that has played its episodes is frozen. If the innermost VecEnv has a method
    ``set_active(mask)``, frozen environments make no step at all; if not, they go on and what they
    return is thrown away, and all environments are reset at the end so that the next collection
    does not start in the middle of an episode.

    Args:
        env: the environments; they reset themselves in the step that ends an episode.
        observations: (n_envs, ...) the current observations, at the start of episodes.
        quota: (n_envs,) episodes to play, at least one in all.
        choose: gives the actions (n, ...) for n observations, those of the active environments.
        after_step: called after each step; False stops the collection.

    Returns:
        The episodes and the observations to go on from; None if ``after_step`` stopped it.
    """
    set_active = getattr(env.unwrapped, "set_active", None)
    recorder = _Recorder(env)
    idle = _idle_actions(env)
    left = quota.copy()
    active = left > 0
    threw_away = False
    try:
        if set_active is not None:
            set_active(active)
        while active.any():
            index = np.flatnonzero(active)
            seen = rows(observations, index)  # a copy: an environment may reuse its arrays
            chosen = choose(seen)
            actions = idle.copy()
            actions[index] = _within_bounds(env.action_space, chosen)
            new_observations, rewards, dones, infos = env.step(actions)
            row = recorder.add(seen, chosen, active, rewards, dones, infos, new_observations)
            if not after_step(row):
                return None
            observations = new_observations  # type: ignore[assignment]
            left -= row.dones
            threw_away |= not active.all()
            if (row.dones & (left == 0)).any():
                active = left > 0
                if set_active is not None:
                    set_active(active)
    finally:
        if set_active is not None:
            set_active(np.ones(env.num_envs, dtype=np.bool_))
    if threw_away and set_active is None:
        observations = env.reset()  # type: ignore[assignment]
    return recorder.episodes(), observations


class _Recorder:
    """Keeps the rows of a collection: observations and actions of active environments only."""

    def __init__(self, env: VecEnv) -> None:
        self._observations: list[Observations] = []
        self._actions: list[NDArray[Any]] = []
        self._rewards: list[NDArray[np.float64]] = []
        self._active: list[NDArray[np.bool_]] = []
        self._dones: list[NDArray[np.bool_]] = []
        self._times: list[NDArray[np.int64]] = []
        self._truncations: list[Truncation] = []
        self._time = np.zeros(env.num_envs, dtype=np.int64)  # step's number in its episode
        self._return = np.zeros(env.num_envs)  # undiscounted, of the episode under way

    def add(
        self,
        seen: Observations,
        chosen: NDArray[Any],
        active: NDArray[np.bool_],
        rewards: NDArray[Any],
        dones: NDArray[np.bool_],
        infos: Any,
        new_observations: Any,
    ) -> StepResult:
        """Record one step of all environments; only the ends of episodes are looked at singly."""
        rewards = np.where(active, rewards, 0.0).astype(np.float64)
        dones = active & dones
        self._times.append(self._time.copy())
        self._time += active
        self._return += rewards
        ended = [self._end(len(self._dones), int(i), infos[i]) for i in np.flatnonzero(dones)]
        self._observations.append(seen)
        self._actions.append(chosen)
        self._rewards.append(rewards)
        self._active.append(active)
        self._dones.append(dones)
        return StepResult(active, rewards, dones, infos, new_observations, ended)

    def _end(self, step: int, env: int, info: dict[str, Any]) -> dict[str, Any]:
        """Close the episode of one environment and return its summary."""
        if info.get("TimeLimit.truncated") and info.get("terminal_observation") is not None:
            final = deepcopy(info["terminal_observation"])  # kept longer than infos need to live
            self._truncations.append(Truncation(step, env, final))
        # A monitor around the environments knows the unscaled return, but it also counts the
        # steps in which an environment was frozen: the length is ours.
        summary = {"r": float(self._return[env])} | info.get("episode", {})
        summary["l"] = int(self._time[env])
        if "is_success" in info:
            summary["is_success"] = info["is_success"]
        self._time[env] = 0
        self._return[env] = 0.0
        return summary

    def episodes(self) -> Episodes:
        """Return everything recorded, as arrays."""
        return Episodes(
            observations=concatenate(self._observations),
            actions=np.concatenate(self._actions),
            rewards=np.stack(self._rewards),
            active=np.stack(self._active),
            dones=np.stack(self._dones),
            times=np.stack(self._times),
            truncations=self._truncations,
        )


def _idle_actions(env: VecEnv) -> NDArray[Any]:
    """Return valid actions (n_envs, ...) for environments whose step does not count."""
    space = env.action_space
    idle = np.zeros((env.num_envs, *(space.shape or ())), dtype=space.dtype)
    return _within_bounds(space, idle)


def _within_bounds(space: spaces.Space[Any], actions: NDArray[Any]) -> NDArray[Any]:
    """Cut the samples of an unbounded Gaussian to a Box's bounds; other actions pass."""
    if isinstance(space, spaces.Box):
        return np.clip(actions, space.low, space.high)
    return actions
