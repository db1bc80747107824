"""Scripted drivers: what a car may do on a track, well or badly, without having learned anything.

Each commands a steering angle and a speed directly, within the limits of the action space. A car
cannot drive in reverse here (its slowest command goes forward), so the drivers that go backwards
are turned round on the spot, as a car that has spun; and as the slowest command need not be zero,
the drivers that stand are held in place, as a car that is stuck. The fast lap is the reference,
where the track has one for the car and speed; else it is the fast lap in the middle of the road.
"""

import math
from dataclasses import dataclass

import numpy as np

from racer.env import World
from racer.evaluation import RandomDriver
from racer.evaluation.reference_driver import Follower, corrected, looked_ahead
from racer.kernels import layout as L  # noqa: N812  the columns read like names: L.SPEED
from racer.kernels.layout import Floats, Integers
from racer.track import Track
from racer.vehicle import Actions

DRIVERS = {
    "fast": "fast lap",
    "middle": "fast lap in the middle",
    "slow": "slow lap",
    "zigzag": "zigzag",
    "cutting": "cutting corners",
    "parked": "parked",
    "spinning": "spinning",
    "reversing": "backwards from the start",
    "wrong_way": "turning round on the way",
    "leaving": "leaving the road",
    "straight": "straight on",
}
"""The drivers of the line-up, and what tables call them. The middle is driven by one only."""

EXTRAS = {
    "inside": "fast lap on the inside",
    "blocked": "stuck at full speed",
    "untrained": "untrained",
    "quarter": "leaving the road after a quarter",
    "half": "leaving the road half way",
}
"""Drivers that bring further states, and are compared with, but have no row of their own."""

LABELS = {**DRIVERS, **EXTRAS}

_POSE = np.array([L.X, L.Y, L.HEADING])

SLOWEST = 0.5  # of the slow lap (m/s): slower ones take thousands of steps
LATERAL_LIMIT = 2.0  # lateral acceleration of clean driving (m/s2)
LOOK_AHEAD, LOOK_AHEAD_TIME = 0.35, 0.25  # of the goal point: (m) and (s)
BRAKING_TIME = 0.35  # how far ahead a driver looks for bends (s)
WAVE = 2.4  # length of a zigzag (m)
ALONE = 0.8  # way that the drivers drive well before they begin what they are for (m)
LEAVERS = {"leaving": 0.0, "quarter": 0.25, "half": 0.5}  # from which share of the lap on


@dataclass(frozen=True)
class ActionLimits:
    """What an action space can command."""

    right: float  # (rad), negative
    left: float  # (rad)
    slow: float  # (m/s)
    fast: float  # (m/s)

    @classmethod
    def of(cls, actions: Actions) -> "ActionLimits":
        """Return the limits of an action space."""
        rows = actions.table()
        angles = [math.radians(degrees) for _, degrees, _ in rows]
        speeds = [speed for _, _, speed in rows]
        return cls(min(angles), max(angles), min(speeds), max(speeds))

    @property
    def of_slow_lap(self) -> float:
        """Speed of the slow lap (m/s)."""
        return min(self.fast, max(self.slow, SLOWEST, self.fast / 4.0))


class ScriptedDrivers:
    """One scripted driver in each car of a world."""

    def __init__(
        self,
        world: World,
        drivers: list[str],
        actions: Actions,
        follower: Follower | None = None,
    ) -> None:
        """Take the cars of a world.

        Args:
            world: all cars on one track.
            drivers: the driver of each car, names of ``LABELS``.
            actions: what can be commanded.
            follower: of the lap that is the fast one; by default that is driven in the middle.
        """
        self._world = world
        self._track = world.tracks[0]
        self._limits = ActionLimits.of(actions)
        self._actions = actions
        self._random = RandomDriver(actions, seed=0)
        self._kind = np.array(drivers)
        self._follower = follower
        self._direction = np.ones(world.n_cars)
        self._begun = np.zeros(world.n_cars)  # where the episode began (m)
        self._held = np.isin(self._kind, ("parked", "blocked"))
        self._poses = np.zeros((world.n_cars, 3))
        self._bends = _Bends.of(self._track)
        shares = np.array([LEAVERS.get(driver, np.inf) for driver in drivers])
        self._leaves_at = np.maximum(ALONE, shares * self._track.length)  # (m)

    def start(self, cars: Integers) -> None:
        """Take note that some cars have begun an episode; turn those that drive backwards."""
        state = self._world.state
        self._direction[cars] = 1.0
        self._begun[cars] = self._world.here[cars, L.ALONG]
        self._poses[cars] = state[cars][:, _POSE]
        self._turn(cars[self._kind[cars] == "reversing"])

    def commands(self) -> tuple[Floats, Floats]:
        """Return the steering angles (rad) and speeds (m/s) of all cars: (n_cars,) each."""
        way = self._way()
        turning = (self._kind == "wrong_way") & (self._direction > 0) & (way > 2.0 * ALONE)
        self._turn(np.flatnonzero(turning))
        curvature = self._curvature(self._lateral(way))
        steering = self._steering_of(curvature)
        sharpest = np.maximum(np.abs(curvature), self._sharpest_ahead())
        speed = np.sqrt(LATERAL_LIMIT / np.maximum(sharpest, 1e-3))
        begun, leaves = way > ALONE, way > self._leaves_at
        steering[(self._kind == "spinning") & begun] = self._limits.left
        steering[leaves] = self._limits.right
        straight = (self._kind == "straight") & begun
        steering[self._held | straight] = 0.0
        speed = self._speeds(speed, leaves | straight | (self._kind == "spinning") & begun)
        if self._follower is not None:
            cars, dt = np.flatnonzero(self._kind == "fast"), self._world.rules.control_dt
            ahead = looked_ahead(self._world, cars)
            steering[cars], speed[cars] = corrected(self._follower, ahead, dt)
        return self._clipped(steering, speed)

    def hold(self) -> None:
        """Put the cars that stand back to where they were; to be called after each step."""
        cars = np.flatnonzero(self._held)
        state = self._world.state
        state[cars, L.SPEED] = 0.0
        state[cars, L.YAW_RATE] = 0.0
        self._world.place(cars, self._poses[cars])

    def _way(self) -> Floats:
        """Return how far each car is ahead of where it began (m), in [0, length)."""
        along = self._world.here[:, L.ALONG]
        return np.mod(along - self._begun, self._track.length)

    def _turn(self, cars: Integers) -> None:
        """Turn cars round on the spot."""
        if len(cars) == 0:
            return
        poses = self._world.state[cars][:, _POSE]
        poses[:, 2] = np.pi - np.mod(-poses[:, 2], 2.0 * np.pi)  # heading + pi, in (-pi, pi]
        self._world.place(cars, poses)
        self._direction[cars] = -1.0

    def _lateral(self, way: Floats) -> Floats:
        """Return where beside the centre line each driver wants to be (m), left positive."""
        half = 0.5 * self._world.here[:, L.ROAD_WIDTH]
        lateral = np.zeros(len(way))
        lateral = np.where(
            self._kind == "zigzag", 1.1 * half * np.sin(2.0 * np.pi * way / WAVE), lateral
        )
        lateral = np.where(self._kind == "spinning", 0.1 - half, lateral)
        inside = np.tanh(2.0 * self._bends.at(self._goal()))
        lateral = np.where(self._kind == "inside", 0.4 * half * inside, lateral)
        return np.where(self._kind == "cutting", 0.9 * half * inside, lateral)

    def _goal(self) -> Floats:
        """Return the arc length that each car aims at (m)."""
        reach = LOOK_AHEAD + LOOK_AHEAD_TIME * self._world.state[:, L.SPEED]
        return self._world.here[:, L.ALONG] + self._direction * reach

    def _curvature(self, lateral: Floats) -> Floats:
        """Return the curvature of the arc from each car to its goal (1/m), left positive.

        Pure pursuit: Coulter, CMU-RI-TR-92-01, 1992: 2·y / (x² + y²) for a goal at (x, y) seen from
        the rear axle.
        """
        state, car = self._world.state, self._world.vehicle
        heading = state[:, L.HEADING]
        forward = np.stack([np.cos(heading), np.sin(heading)], axis=1)
        delta = self._track.position(self._goal(), lateral) - state[:, _POSE[:2]]
        delta -= forward * car.rear_x
        left = forward[:, 0] * delta[:, 1] - forward[:, 1] * delta[:, 0]
        return 2.0 * left / np.maximum(np.sum(delta**2, axis=1), 1e-9)

    def _sharpest_ahead(self) -> Floats:
        """Return the sharpest curvature of the road within each car's braking distance (1/m)."""
        reach = 0.2 + BRAKING_TIME * self._world.state[:, L.SPEED]
        points = self._world.here[:, L.ALONG] + np.linspace(0.0, 1.0, 7)[:, None] * (
            self._direction * reach
        )
        return np.abs(self._bends.at(points)).max(axis=0)

    def _steering_of(self, curvature: Floats) -> Floats:
        """Return the steering angles (rad) that make the car follow arcs at a steady speed."""
        car = self._world.vehicle
        return np.arctan(curvature * car.wheelbase / car.curvature_gain)

    def _speeds(self, wanted: Floats, at_full_speed: np.ndarray) -> Floats:
        """Return the speed of each driver (m/s); ``wanted`` is as fast as can be driven cleanly."""
        limits = self._limits
        slow = limits.of_slow_lap
        speed = np.where(self._kind == "slow", np.minimum(wanted, slow), wanted)
        speed = np.where(
            self._kind == "zigzag", np.minimum(wanted, 0.5 * (slow + limits.fast)), speed
        )
        speed = np.where(at_full_speed | (self._kind == "blocked"), limits.fast, speed)
        return np.where(self._kind == "parked", limits.slow, speed)

    def _clipped(self, steering: Floats, speed: Floats) -> tuple[Floats, Floats]:
        """Return commands within the limits; untrained cars take actions of the space itself."""
        limits = self._limits
        steering = np.clip(steering, limits.right, limits.left)
        speed = np.clip(speed, limits.slow, limits.fast)
        chosen = self._actions.commands(self._random.act(self._world))
        untrained = self._kind == "untrained"
        return np.where(untrained, chosen[0], steering), np.where(untrained, chosen[1], speed)


@dataclass(frozen=True, eq=False)
class _Bends:
    """How a track bends, smoothed over a quarter of a metre to each side."""

    length: float  # (m)
    s: Floats  # (n,) arc lengths (m)
    curvature: Floats  # (n,) (1/m), left positive

    @classmethod
    def of(cls, track: Track) -> "_Bends":
        """Return the bends of a track."""
        pieces = np.hypot(*np.diff(track.center, axis=0).T)
        s = np.concatenate([[0.0], np.cumsum(pieces)])
        fine = np.arange(0.0, s[-1], 0.05)
        values = np.pad(np.interp(fine, s, track.curvature), 5, mode="edge")
        return cls(track.length, fine, np.convolve(values, np.full(11, 1.0 / 11.0), mode="valid"))

    def at(self, s: Floats) -> Floats:
        """Return the curvature at arc lengths (1/m), of the shape of ``s``."""
        return np.interp(np.mod(s, self.length), self.s, self.curvature)
