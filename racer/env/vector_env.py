"""``RacerVectorEnv``: many cars as one Gymnasium vector environment, all in one world."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from racer import defaults
from racer.env.build import RewardLike, Scenario
from racer.env.plain_spec import PlainSpec
from racer.env.rules import STATUS_NAMES, RuleSettings
from racer.env.state import cars_state, load_cars_state
from racer.env.world import START_ADVANCE
from racer.errors import ConfigError
from racer.kernels import layout
from racer.kernels.layout import Floats, VehicleParams
from racer.sensors import Sensor
from racer.sensors.observations import copied, row_of
from racer.track import TrackLike
from racer.vehicle import ActionsLike

if TYPE_CHECKING:
    from racer.reward import RewardRunner


class ScenarioVectorEnv(PlainSpec, VectorEnv[NDArray[Any], Any, NDArray[Any]]):
    """The cars of a scenario; ``RacerVectorEnv`` makes one of the words that users know."""

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        scenario: Scenario,
        num_envs: int,
        *,
        starts: Floats | None = None,
        start_advance: float = START_ADVANCE,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        """Make the environment of a scenario, with starts of one's own if given."""
        self._mode = _mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self._mode}
        self._ended = np.zeros(num_envs, np.bool_)  # cars that wait for their reset
        self.scenario = scenario
        self.num_envs = num_envs
        self.render_mode = None
        self.world = scenario.world(num_envs, starts=starts, start_advance=start_advance)
        self.single_observation_space = self.world.sensor.space()
        self.single_action_space = scenario.actions.space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._track_names = np.array([one.name for one in scenario.tracks], object)
        self._seeded = False
        self.runner: RewardRunner | None = None
        """Pays the cars; made by the first reset."""

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        if isinstance(seed, list):
            self._check_seeds(seed)
            super().reset(seed=seed[0])
        else:
            super().reset(seed=seed)
        mask = (options or {}).get("reset_mask")
        if seed is not None or not self._seeded:
            reward_seed: Any = seed if seed is not None else int(self.np_random.integers(2**31))
            self.runner = self.scenario.reward_runner(
                self.num_envs, reward_seed, track_index=self.world.track_index
            )
            self.world.reward = self.runner
            self.world.restart(reward_seed)
            self._seeded = True
            self._ended[:] = False
        else:
            cars = np.arange(self.num_envs) if mask is None else np.flatnonzero(mask)
            self._start(cars)
        return copied(self.world.observation), {}

    def _check_seeds(self, seeds: list[int | None]) -> None:
        """Check the seeds of the cars: car i begins as a ``RacerEnv(car_index=i)`` with its seed.

        Raises:
            ConfigError: if there is not one for each.
        """
        if len(seeds) != self.num_envs:
            raise ConfigError(
                f"seed: expected one number, or {self.num_envs}, one a car, got {len(seeds)}"
            )
        for seed in seeds:
            if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
                raise ConfigError(f"seed: expected a whole number of 0 or more, got {seed!r}")

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        if not self._seeded:
            self.reset()
        waiting = self._waiting()
        world = self.world
        world.step(*self.scenario.actions.commands(np.asarray(actions)))
        infos: dict[str, Any] = {
            "progress": 100.0 * world.measured[:, layout.M_PROGRESS],
            "_progress": np.ones(self.num_envs, np.bool_),
        }
        if len(waiting):
            self._start(waiting)
            infos["progress"][waiting] = 100.0 * world.here[waiting, layout.M_PROGRESS]
        done = world.terminated | world.truncated
        if done.any():
            self._finish(done, infos)
        return (
            copied(world.observation),
            world.rewards.copy(),
            world.terminated.copy(),
            world.truncated.copy(),
            infos,
        )

    def _waiting(self) -> NDArray[np.int64]:
        """Return the cars whose episode has ended and that this step resets: (k,) indices.

        Raises:
            ResetNeeded: if nobody resets them but the caller, who has not.
        """
        waiting = np.flatnonzero(self._ended)
        if len(waiting) and self._mode is AutoresetMode.DISABLED:
            raise ResetNeeded(
                f"the episodes of cars {', '.join(map(str, waiting[:10]))} have ended: "
                'reset(options={"reset_mask": …}) starts new ones'
            )
        return waiting

    def _start(self, cars: NDArray[np.int64]) -> None:
        """Begin new episodes of some cars; those that waited drive again."""
        awake = cars[self._ended[cars]]
        if len(awake):
            self.world.state[awake, layout.ACTIVE] = 1.0
            self._ended[awake] = False
        self.world.start(cars)

    def set_active(self, active: NDArray[np.bool_]) -> None:
        """Freeze all cars but the active ones: they keep their state and their observation.

        Args:
            active: (num_envs,) bool.
        """
        self.world.set_active(active)

    def state_dict(self, *, with_slow: bool = True) -> dict[str, Any]:
        """Return a copy of all that steps change: the world, and what its reward function keeps.

        Args:
            with_slow: also where the reward function has to be looked through car by car; if not,
                ``is_partial`` says that it was left out.

        Returns:
            ``world``; ``reward``, or None where the reward function keeps what is no plain data and
            ``problem`` says what; ``is_partial``.
        """
        state = cars_state(self.world, self.runner, with_slow=with_slow)
        return (
            state
            if self._mode is AutoresetMode.SAME_STEP
            else {**state, "ended": self._ended.copy()}
        )

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` returned, after a ``reset`` with the same seed.

        Raises:
            RunError: if it is of another world.
            RewardStateError: if the reward function is another one.
        """
        load_cars_state(self.world, self.runner, state)
        self._ended[:] = state.get("ended", False)

    def _finish(self, done: NDArray[np.bool_], infos: dict[str, Any]) -> None:
        """Write the figures of ended episodes, and start new ones as the mode says."""
        cars = np.flatnonzero(done)
        if self._mode is not AutoresetMode.SAME_STEP:
            for name, values in self._figures().items():
                infos[name], infos[f"_{name}"] = values, done
            self._ended |= done
            self.world.state[cars, layout.ACTIVE] = 0.0  # frozen until their reset
            return
        final = np.empty(self.num_envs, object)
        for i in cars:
            final[i] = row_of(self.world.observation, int(i))
        infos["final_obs"] = final
        infos["_final_obs"] = done
        infos["_final_info"] = done
        infos["final_info"] = {"progress": infos["progress"], **self._figures()}
        self.world.start(cars)

    def _figures(self) -> dict[str, Any]:
        """Return what came of each car's episode; it says something where one has ended."""
        world, measured = self.world, self.world.measured
        status = measured[:, layout.STATUS].astype(np.int64)
        return {
            "end_reason": np.array([STATUS_NAMES[s] for s in status], object),
            "lap_time": measured[:, layout.LAP_TIME].copy(),
            "start": world.state[:, layout.START].copy(),
            "episode_return": world.returns.copy(),
            "episode_steps": (world.state[:, layout.STEPS] - 1.0).astype(np.int64),
            "drawn": world.drawn.copy(),
            "track": self._track_names[world.track_index],
        }


def _mode(given: AutoresetMode | str) -> AutoresetMode:
    """Return how cars are reset, of the word that Gymnasium has for it or of what it names.

    Raises:
        ConfigError: if there is no such mode.
    """
    for mode in AutoresetMode:
        if given in (mode, mode.value, mode.name, mode.name.lower()):
            return mode
    words = [mode.value for mode in AutoresetMode]
    raise ConfigError(f"autoreset_mode: expected one of {', '.join(words)}, got {given!r}")


class RacerVectorEnv(ScenarioVectorEnv):
    """``n`` cars that do not meet. Actions, observations, rewards and ends as in ``RacerEnv``.

    A car whose episode ends is reset in the same step (``AutoresetMode.SAME_STEP``): the
    observation returned is the first of its next episode, the last one is ``infos["final_obs"]``.
    With ``autoreset_mode="NextStep"``, which Gymnasium's vector wrappers want, the next step resets
    it, pays nothing and ignores its action, and what ``final_info`` holds stands in the infos
    themselves; with ``"Disabled"`` it waits for ``reset(options={"reset_mask": …})``.
    Car i behaves to the byte like ``RacerEnv(car_index=i)`` after the same ``reset(seed=…)``.

    Infos: ``progress`` (percent), (num_envs,). When episodes ended, ``final_info`` holds
    ``progress``, ``end_reason``, ``lap_time`` (s, or nan), ``start`` (fraction of the lap),
    ``episode_return``, ``episode_steps`` and ``track`` (name), each (num_envs,), and ``drawn``,
    what the random elements were (``racer.env.factors.COLUMNS``), valid where ``_final_info``.
    """

    def __init__(
        self,
        num_envs: int = 1,
        track: TrackLike | Sequence[TrackLike] = defaults.TRACK,
        reward_function: RewardLike = defaults.REWARD,
        *,
        actions: ActionsLike = None,
        vehicle: str | VehicleParams | Mapping[str, float] = defaults.VEHICLE,
        observe: "str | dict[str, Any] | Sensor" = defaults.SENSOR,
        reverse: bool = False,
        rules: RuleSettings | Mapping[str, Any] | None = None,
        randomize: "float | Mapping[str, float]" = 0.0,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None:
            raise ConfigError(
                f"render_mode: a vector environment draws nothing, got {render_mode!r}"
            )
        scenario = Scenario.of(
            track,
            reward_function,
            actions=actions,
            reverse=reverse,
            rules=rules,
            vehicle=vehicle,
            sensor=observe,
            randomize=randomize,
        )
        super().__init__(scenario, num_envs, autoreset_mode=autoreset_mode)
