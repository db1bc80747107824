"""``SB3VecEnv``: the cars of a ``RacerVectorEnv`` as Stable-Baselines3 expects environments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from racer.env import ScenarioVectorEnv
from racer.env.recording import StepRecorder
from racer.errors import ConfigError
from racer.kernels import layout

NO_INFO: dict[str, Any] = {}
"""Shared by all cars whose episode goes on: one dict a step and car would cost more than a step."""


@dataclass(frozen=True)
class EpisodeRow:
    """One episode of training that has ended."""

    total_steps: int
    """Environment steps of all cars when it ended."""
    car: int
    start: float
    """Where it started, as a fraction of the lap."""
    steps: int
    episode_return: float
    """Undiscounted."""
    completion: float
    """(percent)"""
    end_reason: str
    lap_time: float | None
    """(s)"""
    x: float
    """Nose, where it ended (m)."""
    y: float
    """Nose, where it ended (m)."""
    track: str = ""
    """Name of its track; empty in what older versions kept."""
    elements: dict[str, float] = field(default_factory=dict)
    """What its random elements were, as far as they are on."""

    def as_row(self, episode: int, update: int) -> dict[str, Any]:
        """Return the row of ``episodes.csv``."""
        off_track = self.end_reason == "off_track"
        return {
            "episode": episode,
            "update": update,
            "total_steps": self.total_steps,
            "car": self.car,
            "track": self.track,
            "start": self.start,
            "steps": self.steps,
            "return": self.episode_return,
            "completion": self.completion,
            "status": self.end_reason,
            "lap_time": self.lap_time,
            "off_track_x": self.x if off_track else None,
            "off_track_y": self.y if off_track else None,
        }


class SB3VecEnv(VecEnv):
    """A thin adapter: the same world, SB3's words.

    An episode's last info holds ``terminal_observation``, ``TimeLimit.truncated`` and ``episode``
    (``r`` return, ``l`` steps), SB3's own keys, and ``progress`` (percent), ``end_reason``,
    ``lap_time`` (s or nan). All other infos are one shared empty dict: do not write to them.

    Attributes:
        total_steps: environment steps of all cars that were not frozen, since it was built.
        ended: the episodes that ended since ``take_ended`` was last called.
        recorder: records every rewarded step; to be set before the first reset.
    """

    def __init__(self, env: ScenarioVectorEnv) -> None:
        self.env = env
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self._actions: NDArray[Any] | None = None
        self.total_steps = 0
        self.ended: list[EpisodeRow] = []
        self.recorder: StepRecorder | None = None
        self._n_active = env.num_envs
        self._no_infos = [NO_INFO] * env.num_envs

    def reset(self) -> NDArray[Any]:
        """Reset all cars, with the seed of ``seed()`` if it was called since the last reset."""
        observation, _ = self.env.reset(seed=self._seeds[0])
        if self.recorder is not None:
            self.recorder.listen(self.env.world)
        self._reset_seeds()
        self._reset_options()
        return observation

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Set the seed of the next reset: one for all cars, whose streams follow from it."""
        if seed is None:
            raise ConfigError("seed: expected a number, got None")
        self._seeds = [seed] * self.num_envs
        return self._seeds

    def set_active(self, active: NDArray[np.bool_]) -> None:
        """Freeze all cars but the active ones: (n_envs,) bool."""
        self.env.set_active(active)
        self._n_active = int(np.count_nonzero(active))

    def take_ended(self) -> list[EpisodeRow]:
        """Return the episodes that ended since the last call, in their order."""
        ended, self.ended = self.ended, []
        return ended

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the actions of the next step."""
        self._actions = actions
        if self.recorder is not None:
            self.recorder.actions = actions

    def step_wait(
        self,
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], list[dict[str, Any]]]:
        """Do the step; cars whose episode ended come back with their next episode's start."""
        assert self._actions is not None, "step_async() comes first"
        observation, rewards, terminated, truncated, infos = self.env.step(self._actions)
        done = terminated | truncated
        self.total_steps += self._n_active
        listed = self._no_infos
        if "final_info" in infos:
            listed = listed.copy()
            for i in np.flatnonzero(done).tolist():
                listed[i] = self._final_info(i, infos, bool(truncated[i]))
                self.ended.append(self._episode_row(i, infos["final_info"]))
        return observation, rewards.astype(np.float32), done, listed

    @staticmethod
    def _final_info(i: int, infos: dict[str, Any], truncated: bool) -> dict[str, Any]:
        final = infos["final_info"]
        return {
            "terminal_observation": infos["final_obs"][i],
            "TimeLimit.truncated": truncated,
            "episode": {
                "r": float(final["episode_return"][i]),
                "l": int(final["episode_steps"][i]),
            },
            "progress": float(final["progress"][i]),
            "end_reason": final["end_reason"][i],
            "lap_time": float(final["lap_time"][i]),
        }

    def _episode_row(self, i: int, final: dict[str, Any]) -> EpisodeRow:
        measured = self.env.world.measured[i]
        lap_time = float(final["lap_time"][i])
        return EpisodeRow(
            total_steps=self.total_steps,
            car=i,
            start=float(final["start"][i]),
            steps=int(final["episode_steps"][i]),
            episode_return=float(final["episode_return"][i]),
            completion=max(0.0, float(final["progress"][i])),
            end_reason=str(final["end_reason"][i]),
            lap_time=lap_time if lap_time == lap_time else None,  # nan: no lap
            x=float(measured[layout.NOSE_X]),
            y=float(measured[layout.NOSE_Y]),
            track=str(final["track"][i]),
            elements=self.env.world.randomization.recorded(final["drawn"][i]),
        )

    def close(self) -> None:
        """Free what the environment holds."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of the environment, once for each index."""
        return [getattr(self.env, attr_name)] * len(self._indices(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the environment that all cars share."""
        setattr(self.env, attr_name, value)

    def env_method(
        self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any
    ) -> list[Any]:
        """Call a method of the environment once; its result stands for each index."""
        return [getattr(self.env, method_name)(*args, **kwargs)] * len(self._indices(indices))

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """No car is wrapped."""
        return [False] * len(self._indices(indices))

    def _indices(self, indices: int | Iterable[int] | None) -> list[int]:
        return list(self._get_indices(indices))
