"""The reference driver: follows a lap that was computed, by its commands and a linear regulator."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm, solve_discrete_are

from racer.env import World
from racer.errors import LimitError, MissingExtraError
from racer.evaluation.drivers import scaled_actions
from racer.kernels import layout
from racer.kernels.layout import Floats, VehicleParams
from racer.kernels.vehicle import advance
from racer.optimal import OptimalLap, reference
from racer.optimal.corridor import Corridor
from racer.track import Track
from racer.vehicle import Actions, DiscreteActions

_COSTS = (30.0, 16.0, 0.5)  # of the squares of offset (m), heading (rad) and steering (rad)
_COST_OF_COMMAND = 1.0  # of the square of a correction of the steering (rad)
_COST_OF_SPEED = 3.0  # of the square of a difference of speed (m/s), where actions are chosen
_FAR, _FAR_TIME = 0.3, 0.6  # a larger offset, or times the speed, is not driven at more steeply
_CALM_SPEED = 2.4  # slow enough for any offset (m/s)
_SPEED_GAIN = 0.7  # how much of a difference of speed is added to the command
_AHEAD_TIME = 0.4  # in which a car of few speeds makes up for being ahead or behind (s)
_AHEAD_MEMORY = 1.5  # after which that is forgotten (s)
_AHEAD = 0.1  # the most that is remembered (m)
_NEARLY = 0.97  # of the slowest action's speed is slow enough
_KEPT = 6  # actions whose second step is tried too
_LEAST_LAG = 0.01  # a steering lag below this is taken as this (s)
_SPEEDS = np.arange(0.3, 4.4, 0.2)  # of the table of gains (m/s)
_SHARES = np.array([0.2, 0.4, 0.7, 1.0])  # likewise: of turning that grip leaves

LapOf = Callable[[Track, VehicleParams, float], OptimalLap]
"""Which lap to follow on a track, with a car, at a top speed."""


class Regulator(NamedTuple):
    """What corrects a car at a speed: Anderson and Moore, "Optimal Control", section 2.4."""

    gain: Floats
    """(3,) steering (rad) for each of an error of offset, heading and steering."""
    cost: Floats
    """(3, 3) what an error will cost until it is gone."""


@lru_cache(maxsize=4096)
def regulator(car: VehicleParams, control_dt: float, speed: float, share: float) -> Regulator:
    """Return the regulator that costs least, for a car that goes straight on.

    Args:
        car: its parameters; its dead time is for the caller to look ahead.
        control_dt: how long a command acts (s).
        speed: (m/s).
        share: of the change of curvature that more steering brings about, near the grip.
    """
    lag = max(car.steering_lag, _LEAST_LAG)
    bend = speed * share * car.curvature_gain / car.wheelbase
    rates = np.zeros((4, 4))  # of offset, heading, steering and the command
    rates[0, 1], rates[1, 2], rates[2, 2], rates[2, 3] = speed, bend, -1.0 / lag, 1.0 / lag
    moved = expm(rates * control_dt)
    a, b = moved[:3, :3], moved[:3, 3:]
    weights, price = np.diag(_COSTS), np.array([[_COST_OF_COMMAND]])
    cost = solve_discrete_are(a, b, weights, price)
    gain = np.linalg.solve(price + b.T @ cost @ b, b.T @ cost @ a)
    return Regulator(gain[0], cost)


class _Errors(NamedTuple):
    """Where cars are, compared to a lap at the same place of the road."""

    errors: Floats
    """(k, 3) of offset (m), no farther than is driven at, heading (rad) and steering (rad)."""
    calm: Floats
    """(k,) by what to multiply the lap's speeds: less than 1 far from its line."""
    speed: Floats
    """(k,) of the car less that of the lap, multiplied so (m/s)."""
    time: Floats
    """(k,) at which the lap is there (s)."""


class Follower:
    """What a lap tells its followers."""

    def __init__(self, lap: OptimalLap) -> None:
        self.lap, self._corridor = lap, Corridor.of(lap.track)
        self._s = lap.s
        car = lap.car
        x = lap.x + car.rotation_x * np.cos(lap.heading)
        y = lap.y + car.rotation_x * np.sin(lap.heading)
        self._offset = self._corridor.project(x, y)[1]
        line = self._corridor.heading(lap.s)
        self._aside = _wrapped(lap.heading - line)
        seconds = np.diff(lap.time)
        self._sums = {
            name: np.concatenate([[0.0], np.cumsum(values[:-1] * seconds)])
            for name, values in (("steering", lap.steering_command), ("speed", lap.speed_command))
        }

    def compare(self, states: Floats) -> _Errors:
        """Return how the cars of some states (k, STATE_SIZE) differ from the lap."""
        car, heading = self.lap.car, states[:, layout.HEADING]
        x = states[:, layout.X] + car.rotation_x * np.cos(heading)
        y = states[:, layout.Y] + car.rotation_x * np.sin(heading)
        s, offset = self._corridor.project(x, y)
        aside = heading - self._corridor.heading(s) - np.interp(s, self._s, self._aside)
        away = offset - np.interp(s, self._s, self._offset)
        speeds = np.interp(s, self._s, self.lap.speed)
        far = np.minimum(_FAR, _FAR_TIME / np.maximum(states[:, layout.SPEED], 0.1))
        calm = np.sqrt(far / np.maximum(np.abs(away), far))
        calm = np.maximum(calm, np.minimum(_CALM_SPEED / speeds, 1.0))
        errors = [
            np.clip(away, -far, far),
            _wrapped(aside),
            states[:, layout.STEERING] - np.interp(s, self._s, self.lap.steering),
        ]
        speed = states[:, layout.SPEED] - calm * speeds
        return _Errors(np.stack(errors, axis=1), calm, speed, np.interp(s, self._s, self.lap.time))

    def commands(self, time: Floats, control_dt: float) -> tuple[Floats, Floats]:
        """Return the means of the lap's commands from some times on (k,): angles and speeds."""
        found = [
            (self._sum(name, time + control_dt) - self._sum(name, time)) / control_dt
            for name in ("steering", "speed")
        ]
        return found[0], found[1]

    def _sum(self, name: str, time: Floats) -> Floats:
        """Return the integral of a command from the lap's start to times, later laps too."""
        laps, rest = np.divmod(time, self.lap.lap_time)
        sums = self._sums[name]
        return laps * sums[-1] + np.interp(rest, self.lap.time, sums)


class ReferenceDriver:
    """Follows the reference lap: its commands, corrected by a regulator of least cost.

    What a command does begins a dead time later. So it looks ahead: where will the car be then?
    Of discrete actions it takes the one after which the rest will cost least.
    """

    def __init__(
        self, actions: Actions, lap_of: LapOf = reference, name: str = "reference"
    ) -> None:
        """Make the driver.

        Args:
            actions: what it may choose.
            lap_of: which lap it follows.
            name: what tables call it.
        """
        self.name, self._actions, self._lap_of = name, actions, lap_of
        self._followers: dict[int, Follower] = {}
        self._ahead = np.zeros(0)  # how far each car has got lately beyond the lap's speeds (m)

    def follower(self, world: World, track: int) -> Follower:
        """Return what the lap of a world's track tells, computed at first.

        Raises:
            RacerError: if there is no such lap; see ``racer.optimal.reference``.
        """
        if track not in self._followers:
            lap = self._lap(world.tracks[track], world.vehicle)
            self._followers[track] = Follower(lap)
        return self._followers[track]

    def _lap(self, track: Track, car: VehicleParams) -> OptimalLap:
        """Return the lap to follow; where the actions are not so slow, one for their speeds."""
        speeds = [speed for _, _, speed in self._actions.table()]
        lap = self._lap_of(track, car, max(speeds))
        kept = car.speed_gain * (1.0 - car.steering_loss * lap.steering**2)
        if np.all(lap.speed > _NEARLY * kept * min(speeds)):
            return lap
        try:
            return self._lap_of(track, car._replace(speed_min=min(speeds)), max(speeds))
        except (LimitError, MissingExtraError):
            return lap

    def act(self, world: World) -> NDArray[Any]:
        """Return the actions that follow the lap."""
        states = looked_ahead(world)
        dt, n_substeps = world.rules.control_dt, world.rules.n_substeps
        chosen = np.zeros(world.n_cars, np.int64)
        steering, speed = np.zeros(world.n_cars), np.zeros(world.n_cars)
        for track in np.unique(world.track_index):
            cars = np.flatnonzero(world.track_index == track)
            follower = self.follower(world, int(track))
            if isinstance(self._actions, DiscreteActions):
                too_fast = self._remember(follower, world, cars) / _AHEAD_TIME
                chosen[cars] = self._cheapest(follower, states[cars], too_fast, dt, n_substeps)
            else:
                steering[cars], speed[cars] = corrected(follower, states[cars], dt)
        if isinstance(self._actions, DiscreteActions):
            return chosen
        return scaled_actions(self._actions, steering, speed)

    def _remember(self, follower: Follower, world: World, cars: NDArray[np.int64]) -> Floats:
        """Return how far cars have got lately beyond the lap's speeds (m), this step included.

        A car of few speeds is always too slow or too fast: so it keeps the mean.
        """
        if len(self._ahead) != world.n_cars:
            self._ahead = np.zeros(world.n_cars)
        dt = world.rules.control_dt
        gained = dt * follower.compare(world.state[cars]).speed
        kept = np.exp(-dt / _AHEAD_MEMORY) * self._ahead[cars]
        self._ahead[cars] = np.clip(kept + gained, -_AHEAD, _AHEAD)
        return self._ahead[cars]

    def _cheapest(
        self, follower: Follower, states: Floats, too_fast: Floats, dt: float, n_substeps: int
    ) -> NDArray[np.int64]:
        """Return which action costs least in the end: two steps are tried, the best few first.

        Args:
            follower: of the lap.
            states: (k, STATE_SIZE) when the action begins to act.
            too_fast: (k,) what to add to the cars' speeds (m/s).
            dt: how long an action acts (s).
            n_substeps: of that.
        """
        assert isinstance(self._actions, DiscreteActions)
        n, k = len(self._actions), min(_KEPT, len(self._actions))
        after, passed, rest = self._tried(follower, states, too_fast, dt, n_substeps)
        first = (passed + rest).reshape(-1, n)
        kept = np.argsort(first, axis=1, kind="stable")[:, :k]
        rows = kept + np.arange(len(states))[:, None] * n
        then = after[rows.ravel()], np.repeat(too_fast, k)
        _, more, rest = self._tried(follower, *then, dt, n_substeps)
        total = passed[rows] + (more + rest).reshape(len(states), k, n).min(axis=2)
        return kept[np.arange(len(states)), np.argmin(total, axis=1)].astype(np.int64)

    def _tried(
        self, follower: Follower, states: Floats, too_fast: Floats, dt: float, n_substeps: int
    ) -> tuple[Floats, Floats, Floats]:
        """Return the states after each action of each state, one after the other.

        Returns:
            States (k n, STATE_SIZE), what each step costs (k n,), and what the rest will cost.
        """
        assert isinstance(self._actions, DiscreteActions)
        car, n = follower.lap.car._replace(dead_time=0.0), len(self._actions)
        after = np.repeat(states, n, axis=0)
        commands = np.stack([self._actions.steering, self._actions.speed], axis=1)
        for row, (steering, speed) in zip(after, np.tile(commands, (len(states), 1)), strict=True):
            advance(row, car, steering, speed, dt, n_substeps)
        here = follower.compare(after)
        speed = here.speed + np.repeat(too_fast, n)
        passed = (here.errors**2) @ np.array(_COSTS) + _COST_OF_SPEED * speed**2
        regulators = [_regulator_at(follower.lap.car, dt, row).cost for row in states]
        cost = np.repeat(np.array(regulators), n, axis=0)
        rest = np.einsum("ki,kij,kj->k", here.errors, cost, here.errors)
        return after, passed, rest - (here.errors**2) @ np.array(_COSTS)


def corrected(follower: Follower, states: Floats, control_dt: float) -> tuple[Floats, Floats]:
    """Return the commands that follow a lap: angles (rad) and speeds (m/s), (k,) each.

    Args:
        follower: of the lap.
        states: (k, STATE_SIZE) when the commands begin to act.
        control_dt: how long they act (s).
    """
    car, here = follower.lap.car, follower.compare(states)
    steering, speed = follower.commands(here.time, control_dt)
    for k, row in enumerate(states):
        steering[k] -= _regulator_at(car, control_dt, row).gain @ here.errors[k]
    limit = car.steering_limit
    return np.clip(steering, -limit, limit), speed * here.calm - _SPEED_GAIN * here.speed


def looked_ahead(world: World, cars: NDArray[np.int64] | None = None) -> Floats:
    """Return the states (k, STATE_SIZE) in which the next commands of some cars will begin to act.

    Args:
        world: where they drive.
        cars: (k,) their numbers; by default all.
    """
    states = world.state.copy() if cars is None else world.state[cars]
    car, dt = world.vehicle, world.rules.control_dt
    at_once = car._replace(dead_time=0.0)
    given = states[:, [layout.COMMANDED_STEERING, layout.COMMANDED_SPEED]]
    earlier = states[:, [layout.EARLIER_STEERING, layout.EARLIER_SPEED]]
    for commands, seconds in ((earlier, car.dead_time - dt), (given, min(car.dead_time, dt))):
        if seconds <= 0.0:
            continue
        n = max(1, round(seconds / dt * world.rules.n_substeps))
        for row, (steering, speed) in zip(states, commands, strict=True):
            if speed > 0.0:  # else none was given yet, and the car stands
                advance(row, at_once, steering, speed, seconds, n)
    return states


def _regulator_at(car: VehicleParams, control_dt: float, row: Floats) -> Regulator:
    """Return the regulator of a car's speed and steering, from the table's nearest entry."""
    v = float(_SPEEDS[np.argmin(np.abs(_SPEEDS - row[layout.SPEED]))])
    demand = car.curvature_gain * np.tan(row[layout.STEERING]) / car.wheelbase * v * v / car.grip
    share = (1.0 + demand**2) ** -1.5
    return regulator(car, control_dt, v, float(_SHARES[np.argmin(np.abs(_SHARES - share))]))


def _wrapped(angles: Floats) -> Floats:
    """Return angles in [-pi, pi) (rad)."""
    return (angles + np.pi) % (2.0 * np.pi) - np.pi
