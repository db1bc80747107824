"""The world: all cars, one control step at a time.

``World`` measures, judges, asks for the reward, advances and observes, always in this order. It
knows nothing of Gymnasium or of actions: commands in, arrays out. The environments are thin layers
over it; a single environment is a world of one car.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import defaults
from racer.env.car_looks import CarLooks, vehicles_of
from racer.env.factors import COLUMNS
from racer.env.randomize import Randomization
from racer.env.rules import RuleSettings
from racer.env.track_draws import drawn_tracks
from racer.errors import ConfigError, RunError
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers, VehicleParams
from racer.kernels.placing import place_cars
from racer.kernels.world import advance_cars, judge_cars, start_cars
from racer.sensors import Sensor, View, make_sensor
from racer.sensors.observations import copied
from racer.track import Track, pack_tracks
from racer.vehicle import commands_in_effect
from racer.vehicle import vehicle as make_vehicle

START_ADVANCE = defaults.START_ADVANCE
"""What each training episode adds to a car's start, as a fraction of the lap (DEEPRACER)."""

_GOLDEN = 0.6180339887498949  # (√5 − 1)/2: multiples of it, mod 1, fill [0, 1) evenly

_CHANGING = (
    "state", "measured", "here", "rewards", "returns", "terminated", "truncated", "observation",
)  # fmt: skip
"""The arrays that steps change."""

Reward = Callable[[Floats, Integers, Floats], None]
"""Called with (measured, running cars, rewards): writes the rewards of the running cars."""


def training_starts(n_cars: int, first_car: int = 0) -> Floats:
    """Return where each car's first episode starts, as fractions of the lap.

    The sequence is the additive recurrence of the golden ratio: well spread for any number of cars,
    and the start of car i does not depend on that number.

    Returns:
        (n_cars,) in [0, 1); car 0 starts at 0.
    """
    return (np.arange(first_car, first_car + n_cars, dtype=np.float64) * _GOLDEN) % 1.0


def evaluation_starts(n_cars: int) -> Floats:
    """Return fixed, evenly spaced starts: (n_cars,) fractions of the lap, the first at 0."""
    return np.arange(n_cars, dtype=np.float64) / n_cars


class World:
    """A number of cars on one or more tracks.

    Attributes (arrays are written in place by ``step``; copy what you keep):
        state: (n_cars, STATE_SIZE) the cars, columns as in ``racer.kernels.layout``.
        measured: (n_cars, MEASURED_SIZE) the step that was judged last.
        here: (n_cars, MEASURED_SIZE) localised where the cars are now; judged by the next step.
        rewards: (n_cars,) of the last step; 0 for frozen and waiting cars.
        returns: (n_cars,) sums of rewards since each car's episode began.
        terminated, truncated: (n_cars,) bool, of the last step.
        observation: (n_cars, ...) what the sensor sees now; of several sensors a dict of arrays.
        track_index: (n_cars,) the track of each car's episode.
        max_steps: (n_cars,) the time limit of each car's episode, in control steps.
        running: (k,) the cars judged and rewarded in the last step.
        drawn: (n_cars, len(COLUMNS)) what the random elements of the present episodes are; zeros
            where all are off.
    """

    def __init__(
        self,
        track: Track | Sequence[Track],
        *,
        n_cars: int = 1,
        track_index: Integers | None = None,
        vehicle: str | VehicleParams = defaults.VEHICLE,
        sensor: "str | dict[str, Any] | Sensor" = defaults.SENSOR,
        rules: RuleSettings | None = None,
        starts: Floats | None = None,
        start_advance: float = START_ADVANCE,
        reward: Reward | None = None,
        randomize: "float | Mapping[str, float] | Randomization" = 0.0,
        seed: int = 0,
        first_car: int = 0,
    ) -> None:
        """Build the world; the cars stand at their first starts, the prepare step done.

        Args:
            track: one track, or several.
            n_cars: how many cars.
            track_index: (n_cars,) on which track each car stays; by default each episode of a car
                draws its track, see ``drawn_tracks``.
            vehicle: preset name or parameters, the same for all cars.
            sensor: what the cars observe: name, settings or a sensor.
            rules: when episodes end.
            starts: (n_cars,) fractions of the lap; by default the staggered training starts.
            start_advance: what each further episode adds to the start, as a fraction of the lap.
            reward: see ``Reward``; None pays nothing.
            randomize: strength of all random elements, or of some; see ``Randomization``.
            seed: of what they draw.
            first_car: index of the first car in the larger batch that these cars are part of.
        """
        if n_cars < 1:
            raise ConfigError(f"n_cars: must be 1 or more, got {n_cars}")
        self.tracks = (track,) if isinstance(track, Track) else tuple(track)
        self.n_cars = n_cars
        self.settings = rules or RuleSettings()
        self.rules = self.settings.kernel_rules()
        self.vehicle = make_vehicle(vehicle)
        self.sensor = make_sensor(sensor, commands_in_effect(self.vehicle, self.rules.control_dt))
        self.reward = reward
        self.randomization = Randomization.of(randomize)
        self._first_car = first_car
        self._looks = None if self.randomization.is_off else CarLooks(n_cars)
        self._draws_tracks = track_index is None and len(self.tracks) > 1
        self.track_index = np.zeros(n_cars, np.int64)
        if track_index is not None:
            self.track_index[:] = track_index
        self._arrays = pack_tracks(self.tracks)
        self._vehicles = np.tile(np.asarray(self.vehicle, np.float64), (n_cars, 1))
        limits = [self.settings.max_steps(one.length) for one in self.tracks]
        self._limits = np.asarray(limits, np.int64)
        self.max_steps = self._limits[self.track_index]
        self.starts = training_starts(n_cars) if starts is None else np.asarray(starts, np.float64)
        if self.starts.shape != (n_cars,):
            raise ConfigError(f"starts: expected shape ({n_cars},), got {self.starts.shape}")
        self.start_advance = start_advance

        self.state = np.zeros((n_cars, layout.STATE_SIZE))
        self.measured = np.zeros((n_cars, layout.MEASURED_SIZE))
        self.here = np.zeros((n_cars, layout.MEASURED_SIZE))
        self.rewards = np.zeros(n_cars)
        self.returns = np.zeros(n_cars)
        self.terminated = np.zeros(n_cars, np.bool_)
        self.truncated = np.zeros(n_cars, np.bool_)
        self.observation = self.sensor.allocate(n_cars)
        self.drawn = np.zeros((n_cars, len(COLUMNS)))
        self._running = np.zeros(n_cars, np.int64)
        self.running = self._running[:0]
        self._all = np.arange(n_cars)
        self.restart(seed)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the attributes of a copy, which has lost that the tracks are read-only.

        For arrays that can be written to, numba would compile all kernels a second time.
        """
        self.__dict__.update(state)
        self._arrays = pack_tracks(self.tracks)

    def restart(self, seed: int | Sequence[int] = 0) -> None:
        """Begin the rotation of starts anew: all cars active, at their first starts.

        Args:
            seed: of what the random elements draw; of several, one a car.
        """
        self._seeds = np.full(self.n_cars, seed, np.uint64)
        self.state[:, layout.EPISODE] = -1.0
        self.state[:, layout.ACTIVE] = 1.0
        self.start(self._all)

    def start(self, cars: Integers) -> None:
        """Begin a new episode of some cars, and observe.

        Args:
            cars: (k,) indices.
        """
        self._choose_tracks(cars, self.state[cars, layout.EPISODE] + 1.0)
        start_cars(
            self.state,
            self.here,
            cars,
            self.starts,
            self.start_advance,
            self._arrays,
            self.track_index,
            self._vehicles,
        )
        self.returns[cars] = 0.0
        self._randomize(cars)
        self._observe(cars)

    def _choose_tracks(self, cars: Integers, episodes: Floats) -> None:
        """Put some cars on the tracks of these episodes, whose time limits they get."""
        if self._draws_tracks:
            self.track_index[cars] = drawn_tracks(
                self._seeds[cars],
                self._first_car + cars,
                episodes.astype(np.int64),
                len(self.tracks),
            )
        self.max_steps[cars] = self._limits[self.track_index[cars]]

    def _randomize(self, cars: Integers) -> None:
        """Draw the random elements of the episodes that some cars are in."""
        if self._looks is None:
            return
        episodes = self.state[cars, layout.EPISODE].astype(np.int64)
        drawn = self.randomization.draw(self._seeds[cars], self._first_car + cars, episodes)
        self.drawn[cars] = drawn
        self._vehicles[cars] = vehicles_of(self.vehicle, drawn)
        streams = self._seeds[cars], self._first_car + cars, episodes
        self._looks.begin(cars, drawn, streams, self._arrays, self.track_index)

    def set_active(self, active: NDArray[np.bool_]) -> None:
        """Say which cars take part; the others are frozen and cost nothing.

        Args:
            active: (n_cars,) bool.
        """
        self.state[:, layout.ACTIVE] = active

    def place(self, cars: Integers, poses: Floats) -> None:
        """Put cars somewhere, and measure where they are; the rest of their state stays.

        With ``judge`` it looks at poses that were driven before, or that nobody drives to.

        Args:
            cars: (k,) indices.
            poses: (k, 3) x (m), y (m) and heading (rad) of their base links.
        """
        place_cars(
            self.state,
            self.here,
            cars,
            poses,
            self._arrays,
            self.track_index,
            self._vehicles,
        )

    def step(self, steering: Floats, speed: Floats) -> None:
        """Do one control step: measure → judge → reward → advance → observe.

        Args:
            steering: (n_cars,) commanded angles (rad).
            speed: (n_cars,) commanded speeds (m/s).

        Raises:
            RewardError: from the reward function; the cars have been judged but not moved.
        """
        self.judge(steering, speed)
        advance_cars(
            self.state,
            self.measured,
            self.here,
            self._arrays,
            self.track_index,
            self._vehicles,
            self.rules,
            self.terminated,
            self.truncated,
        )
        self._observe(self._all)

    def judge(self, steering: Floats, speed: Floats) -> None:
        """Do the first half of a control step: measure → judge → reward. No car moves.

        Args, Raises: as for ``step``.
        """
        self.measured, self.here = self.here, self.measured
        n_running = judge_cars(
            self.state,
            self.measured,
            steering,
            speed,
            self._arrays,
            self.track_index,
            self.max_steps,
            self.rules,
            self._running,
        )
        self.running = self._running[:n_running]
        self.rewards[:] = 0.0
        if self.reward is not None:
            self.reward(self.measured, self.running, self.rewards)
            self.returns += self.rewards

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of everything that steps change: plain data and arrays.

        What the reward function keeps is not in it; see ``RewardRunner.state_dict``.
        """
        state = {name: copied(getattr(self, name)) for name in _CHANGING}
        return state if self._looks is None else {**state, "past": self._looks.past.copy()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` of an equal world returned.

        Raises:
            RunError: if it is of another world: other cars, or another observation.
        """
        for name in _CHANGING:
            _put_back(name, getattr(self, name), state[name])
        if self._looks is not None:
            _put_back("past", self._looks.past, state["past"])
        self._choose_tracks(self._all, self.state[:, layout.EPISODE])
        self._randomize(self._all)
        self._take_pictures(self._all)

    def look(self, sensor: Sensor, out: Any) -> None:
        """Let another sensor observe all cars where they are now.

        Args:
            sensor: any.
            out: what ``sensor.allocate`` returned; overwritten.
        """
        sensor.observe(self._view(), self._all, out)

    def _observe(self, cars: Integers) -> None:
        """Write the cars' rows of ``observation``: what is seen where they are now."""
        self._take_pictures(cars)
        self.sensor.observe(self._view(), cars, self.observation)

    def _take_pictures(self, cars: Integers) -> None:
        """Let the cars' cameras take a picture, which may arrive later."""
        if self._looks is not None:
            self._looks.take_pictures(self.state, cars)

    def _view(self) -> View:
        return View(
            self.state,
            self.here,
            self._arrays,
            self.track_index,
            self._vehicles,
            self.tracks,
            None if self._looks is None else self._looks.looks,
        )


def _put_back(name: str, own: Any, given: Any) -> None:
    """Copy what was saved into an array, or into each of a dict.

    Raises:
        RunError: if it has another shape.
    """
    if isinstance(own, dict) and isinstance(given, dict) and own.keys() == given.keys():
        for key, array in own.items():
            _put_back(f"{name}: {key}", array, given[key])
        return
    if isinstance(own, dict) or isinstance(given, dict):
        raise RunError(f"{name}: expected {_shape(own)}, got {_shape(given)}")
    if own.shape != given.shape or own.dtype != given.dtype:
        raise RunError(f"{name}: expected {_shape(own)}, got {_shape(given)}")
    own[...] = given


def _shape(array: Any) -> str:
    """Return in words what an array, or a dict of arrays, is."""
    return " and ".join(array) if isinstance(array, dict) else f"shape {array.shape}"
