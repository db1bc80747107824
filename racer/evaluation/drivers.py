"""Drivers: whatever chooses actions. Built in: pure pursuit, and a random driver."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from racer.env import World
from racer.kernels import layout
from racer.kernels.random import stream_keys, uniforms
from racer.vehicle import Actions, DiscreteActions

GREEDY, SAMPLED = "greedy", "sampled"
"""How a policy chooses: always the action it thinks best, or drawn as in its training. With one
policy these are two cars: the greedy one, and the exploring one that the learning curves show."""


class Driver(Protocol):
    """Chooses the actions of all cars; one with a policy says in ``chooses`` how."""

    @property
    def name(self) -> str:
        """What tables call the driver."""

    def act(self, world: World) -> NDArray[Any]:
        """Return actions for all cars: (n_cars,) indices or (n_cars, 2) in [−1, 1]."""


class RandomDriver:
    """Takes every action with the same probability, whatever it sees.

    Car i's stream of the seed decides its actions, whatever the number of cars.
    """

    name = "random"

    def __init__(self, actions: Actions, seed: int = 0) -> None:
        self._actions = actions
        self._seed = seed
        self._calls = 0

    def act(self, world: World) -> NDArray[Any]:
        """Return random actions for all cars."""
        keys = stream_keys(self._seed, np.arange(world.n_cars))
        numbers = [uniforms(keys, 2 * self._calls), uniforms(keys, 2 * self._calls + 1)]
        self._calls += 1
        if isinstance(self._actions, DiscreteActions):
            return (numbers[0] * len(self._actions)).astype(np.int64)
        return (2.0 * np.stack(numbers, axis=1) - 1.0).astype(np.float32)


def scaled_actions(
    actions: Actions, steering: NDArray[np.float64], speed: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the continuous actions (n_cars, 2) that command these angles and speeds."""
    ends = np.array([[-1.0, -1.0], [1.0, 1.0]], np.float32)
    (left, right), (slow, fast) = actions.commands(ends)
    low, high = np.array([left, slow]), np.array([right, fast])
    wanted = np.stack([steering, speed], axis=1)
    return np.clip(2.0 * (wanted - low) / (high - low) - 1.0, -1.0, 1.0).astype(np.float32)


class PurePursuitDriver:
    """Steers at a point of the centre line ahead, as far away as the car is fast.

    Coulter, "Implementation of the Pure Pursuit Path Tracking Algorithm", CMU-RI-TR-92-01, 1992:
    the circle through the car and a goal point at (x, y) in its frame has the curvature
    2·y / (x² + y²). Speed is the highest at which that circle stays inside ``lateral_limit``.
    """

    name = "pure-pursuit"

    def __init__(
        self,
        actions: Actions,
        *,
        look_ahead: float = 0.35,
        look_ahead_time: float = 0.25,
        lateral_limit: float = 3.0,
    ) -> None:
        self._actions = actions
        self._look_ahead = look_ahead  # (m)
        self._look_ahead_time = look_ahead_time  # (s)
        self._lateral_limit = lateral_limit  # (m/s2)

    def act(self, world: World) -> NDArray[Any]:
        """Return the actions nearest to what pure pursuit wants."""
        steering, speed = self._wanted(world)
        if not isinstance(self._actions, DiscreteActions):
            return scaled_actions(self._actions, steering, speed)
        # choose the angle first; among its equals the fastest that is not faster than wanted
        cost = np.abs(self._actions.steering[None, :] - steering[:, None]) * 100.0
        too_fast = self._actions.speed[None, :] - speed[:, None]
        cost += np.where(too_fast > 1e-9, 10.0 * too_fast, -too_fast)
        return np.argmin(cost, axis=1).astype(np.int64)

    def _wanted(self, world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the wanted steering angles (rad) and speeds (m/s): (n_cars,) each."""
        car = world.vehicle
        state, here = world.state, world.here
        reach = self._look_ahead + self._look_ahead_time * state[:, layout.SPEED]
        goal = np.empty((world.n_cars, 2))
        for i, track in enumerate(world.tracks[t] for t in world.track_index):
            goal[i] = track.position(here[i, layout.ALONG] + reach[i])
        heading = state[:, layout.HEADING]
        rear = np.stack([np.cos(heading), np.sin(heading)], axis=1) * car.rear_x
        delta = goal - (state[:, [layout.X, layout.Y]] + rear)
        ahead = np.cos(heading) * delta[:, 0] + np.sin(heading) * delta[:, 1]
        left = np.cos(heading) * delta[:, 1] - np.sin(heading) * delta[:, 0]
        curvature = 2.0 * left / np.maximum(ahead**2 + left**2, 1e-9)
        # the car turns less than a bicycle would: ask for what it needs
        steering = np.arctan(curvature * car.wheelbase / car.curvature_gain)
        speed = np.sqrt(self._lateral_limit / np.maximum(np.abs(curvature), 1e-3))
        return np.clip(steering, -car.steering_limit, car.steering_limit), speed
