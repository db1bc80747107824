"""``RacerEnv``: one car as a Gymnasium environment, a world of one car."""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from racer import defaults
from racer.env.build import RewardLike, Scenario
from racer.env.plain_spec import PlainSpec
from racer.env.rendering import Renderer
from racer.env.rules import STATUS_NAMES, RuleSettings
from racer.env.state import cars_state, load_cars_state
from racer.errors import ConfigError
from racer.kernels import layout
from racer.kernels.layout import VehicleParams
from racer.kernels.world import lap_progress
from racer.reward import RewardRunner, iter_params, track_facts
from racer.sensors import Sensor
from racer.sensors.observations import row_of
from racer.track import Track, TrackLike
from racer.vehicle import ActionsLike

RENDER_MODES = ["rgb_array", "human"]


class RacerEnv(PlainSpec, gym.Env[NDArray[Any], Any]):
    """A DeepRacer car that drives laps against the clock.

    ## Action
    ``Discrete(n)``: the index of a (steering angle, speed) pair of ``actions``; by default ten
    pairs, −30° to 30° in five angles, right to left, each at 1 and 2 m/s. With continuous actions
    ``Box(−1, 1, (2,))``: steering and speed, scaled to their ranges.

    ## Observation
    With ``observe="state"`` ``Box(−1, 1, (24,), float32)``, clipped:

    | index | what | scale |
    |---|---|---|
    | 0 | speed, measured | 4 m/s |
    | 1 | steering angle, measured, left positive | steering limit |
    | 2 | yaw rate, counter-clockwise positive | 5 rad/s |
    | 3, 4 | the last command: steering, speed | steering limit, 4 m/s |
    | 5 | lateral offset of the nose from the centre line, left positive | half the width |
    | 6, 7 | sine and cosine of the heading error to the centre line | 1 |
    | 8 … 23 | x and y, in the car's frame, of points of the centre line ahead | their distance |

    The points are 0.25, 0.5, 0.8, 1.2, 1.6, 2.2, 3 and 4 m ahead of the nose's projection. A car
    whose dead time exceeds a control step (``deepracer_v5``) has 26 numbers: 8 and 9 are the
    command before the last one, as 3 and 4, and the points are 10 … 25.

    With ``observe="camera"`` ``Box(0, 255, (1, 48, 64), uint8)``: what the front camera sees,
    grey, row 0 at the top. ``observe={"sensor": "camera", "width": 160, "height": 120, "rgb": True,
    "stack": 2}`` is as large as the real model's, coloured (channels red, green, blue) and stacked
    (the oldest first).
    With ``observe="lidar"`` ``Box(0, 1, (64,), float32)``: the distances to the borders, which it
    takes for walls, over 4 m; ``LidarSensor`` has DeepRacer's other forms.
    With ``observe="camera+state"`` a ``Dict`` with the keys ``camera`` and ``state``.

    ## Reward
    What ``reward_function(params)`` returns. The params describe the state before the action acts,
    as in the real simulator; the last call of an episode sees the state that ended it.

    ## Start
    At rest on the centre line, along it. Episode j of car i starts at φ(i) + 0.05·j of the lap, φ
    a low-discrepancy sequence with φ(0) = 0; open tracks start at 0. Of several tracks each episode
    draws one, which follows from (seed, i, j) alone. ``reset(seed=…)`` begins the rotation anew.
    ``reset`` does the prepare step, so the first ``step`` sees ``steps`` 2.0.

    ## End
    Terminated: ``lap_complete``, ``off_track`` (no wheel centre on the road), ``immobilized`` or
    ``reversed`` (15 steps each). Truncated: ``time_up``, after 4 laps at 1 m/s by default.

    ## Info
    ``progress`` (percent), ``end_reason`` (a word of the list above, empty before), ``track`` (name
    of the one that is driven), once a lap was completed ``lap_time`` (s), and with
    ``params_in_info=True`` ``params``: the dict the reward function was given.

    ## Arguments
    ``actions`` is a list of (degrees, m/s), ``"continuous"``, a model_metadata.json or what else
    ``racer.vehicle.parse_actions`` understands.
    ``gymnasium.make("racer.gym:racer/TimeTrial-v0", track="reinvent_2018",
    reward_function="center_line", actions=None, vehicle="deepracer", observe="state",
    reverse=False, rules=None, randomize=0.0, car_index=0, params_in_info=False, render_mode=None)``
    """

    metadata: dict[str, Any] = {"render_modes": RENDER_MODES, "render_fps": 15}  # noqa: RUF012  Gymnasium's form

    def __init__(
        self,
        track: TrackLike | Sequence[TrackLike] = defaults.TRACK,
        reward_function: RewardLike = defaults.REWARD,
        *,
        actions: ActionsLike = None,
        vehicle: str | VehicleParams | Mapping[str, float] = defaults.VEHICLE,
        observe: "str | dict[str, Any] | Sensor" = defaults.SENSOR,
        reverse: bool = False,
        rules: RuleSettings | Mapping[str, Any] | None = None,
        randomize: "float | Mapping[str, float]" = 0.0,
        car_index: int = 0,
        params_in_info: bool = False,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ConfigError(f"render_mode: expected one of {RENDER_MODES}, got {render_mode!r}")
        self.scenario = Scenario.of(
            track,
            reward_function,
            actions=actions,
            reverse=reverse,
            rules=rules,
            vehicle=vehicle,
            sensor=observe,
            randomize=randomize,
        )
        self.car_index = car_index
        self.params_in_info = params_in_info
        self.render_mode = render_mode
        self.world = self.scenario.world(1, first_car=car_index)
        self.observation_space = self.world.sensor.space()
        self.action_space = self.scenario.actions.space()
        self._facts = [track_facts(one) for one in self.scenario.tracks]
        self._renderers: dict[int, Renderer] = {}
        self._running = False
        self._runner: RewardRunner | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        first = self._np_random is None
        super().reset(seed=seed)
        if seed is not None or first:
            reward_seed = seed if seed is not None else int(self.np_random.integers(2**31))
            self._runner = self.scenario.reward_runner(
                1, reward_seed, self.car_index, self.world.track_index
            )
            self.world.reward = self._runner
            self.world.restart(reward_seed)
        else:
            self.world.start(np.zeros(1, np.int64))
        self._running = True
        if self.render_mode == "human":
            self.render()
        return row_of(self.world.observation, 0), self._info(self.world.here)

    def step(self, action: Any) -> tuple[NDArray[Any], float, bool, bool, dict[str, Any]]:
        if not self._running:
            raise ResetNeeded("step() was called before reset() or after the end of the episode")
        steering, speed = self.scenario.actions.commands(np.asarray(action)[np.newaxis])
        world = self.world
        world.step(steering, speed)
        terminated, truncated = bool(world.terminated[0]), bool(world.truncated[0])
        self._running = not (terminated or truncated)
        if self.render_mode == "human":
            self.render()
        observation = row_of(world.observation, 0)
        return (
            observation,
            float(world.rewards[0]),
            terminated,
            truncated,
            self._info(world.measured),
        )

    def render(self) -> Any:
        if self.render_mode is None:
            return None
        number = int(self.world.track_index[0])
        if number not in self._renderers:
            self._renderers[number] = Renderer(self._track, self.world.vehicle)
        renderer = self._renderers[number]
        for one in self._renderers.values():
            if one is not renderer:
                one.close()  # the window of another track
        row, state = self.world.here[0], self.world.state[0]
        frame = renderer.frame(
            row[layout.NOSE_X],
            row[layout.NOSE_Y],
            state[layout.HEADING],
            state[layout.STEERING],
            f"progress {100.0 * self._progress_here():.1f} %    {state[layout.SPEED]:.1f} m/s",
        )
        if self.render_mode == "human":
            renderer.show(frame, self.metadata["render_fps"])
            return None
        return frame

    def close(self) -> None:
        for renderer in self._renderers.values():
            renderer.close()
        self._renderers.clear()

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all that steps change: the world, and what its reward function keeps.

        Returns:
            ``world``; ``reward``, or None where the reward function keeps what is no plain data and
            ``problem`` says what; ``is_running``.
        """
        return {**cars_state(self.world, self._runner), "is_running": self._running}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` returned, after a ``reset`` with the same seed.

        Raises:
            RunError: if it is of another world.
            RewardStateError: if the reward function is another one.
        """
        load_cars_state(self.world, self._runner, state)
        self._running = state["is_running"]

    def __getstate__(self) -> dict[str, Any]:
        """Return what is copied and pickled: no windows."""
        return {**self.__dict__, "_renderers": {}}

    @property
    def _track(self) -> Track:
        """The track of the episode."""
        return self.scenario.tracks[self.world.track_index[0]]

    def _progress_here(self) -> float:
        """Return the progress of the state the car is in, as the next step will judge it."""
        state, along = self.world.state[0], self.world.here[0, layout.ALONG]
        start, before = state[layout.START], state[layout.PROGRESS]
        return min(1.0, lap_progress(along / self._track.length, start, before))

    def _info(self, measured: NDArray[np.float64]) -> dict[str, Any]:
        row = measured[0]
        ended = bool(self.world.terminated[0] or self.world.truncated[0]) and not self._running
        lap_time = float(row[layout.LAP_TIME])
        info: dict[str, Any] = {
            "progress": 100.0 * float(row[layout.M_PROGRESS]),
            "end_reason": STATUS_NAMES[int(row[layout.STATUS])] if ended else "",
            "track": self._track.name,
        }
        if lap_time == lap_time:  # nan: no lap was completed
            info["lap_time"] = lap_time
        if self.params_in_info:
            info["params"] = next(
                iter(iter_params(measured, self._facts[self.world.track_index[0]]))
            )
        return info
