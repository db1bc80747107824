"""The sensor ``state``: a short vector that says where the car is and how the road goes on."""

import math
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from racer.errors import ConfigError
from racer.kernels.layout import Integers
from racer.kernels.observe import observe_state
from racer.sensors.base import View

CAR_FEATURES = (
    "speed / 4 m/s",
    "steering / limit",
    "yaw rate / 5 rad/s",
    "last commanded steering / limit",
    "last commanded speed / 4 m/s",
    "lateral offset / half width, left positive",
    "sine of the heading error",
    "cosine of the heading error",
)
EARLIER_FEATURES = (
    "last but one commanded steering / limit",
    "last but one commanded speed / 4 m/s",
)


@dataclass(frozen=True)
class StateSensor:
    """Speed, steering, position on the road, and points of the centre line ahead.

    The last command is part of it because the car has dead time and lag: without it the next state
    would depend on more than the observation and the action. Of a car whose dead time exceeds a
    control step, so is the command before.
    """

    look_ahead: tuple[float, ...] = (0.25, 0.5, 0.8, 1.2, 1.6, 2.2, 3.0, 4.0)
    """Arc lengths from the nose's projection to the points ahead (m)."""
    commands: int = 1
    """How many of the last commands are seen, 1 or 2; see ``racer.vehicle.commands_in_effect``."""

    def __post_init__(self) -> None:
        if self.commands not in (1, 2):
            raise ConfigError(f"commands: expected 1 or 2, got {self.commands}")
        if not all(math.isfinite(d) and d > 0.0 for d in self.look_ahead):
            raise ConfigError(f"look_ahead: distances must be positive, got {self.look_ahead}")

    @property
    def name(self) -> str:
        """The word that ``--observe`` takes."""
        return "state"

    @property
    def features(self) -> tuple[str, ...]:
        """What each number of the observation is."""
        ahead = [
            f"{axis} of the point {d:g} m ahead / {d:g} m" for d in self.look_ahead for axis in "xy"
        ]
        return (*CAR_FEATURES, *(EARLIER_FEATURES if self.commands == 2 else ()), *ahead)

    def space(self) -> gym.spaces.Box:
        """Return Box(−1, 1, (8 + 2·n_points,), float32); two more with two commands."""
        return gym.spaces.Box(-1.0, 1.0, (len(self.features),), np.float32)

    def allocate(self, n_cars: int) -> NDArray[np.float32]:
        """Return zeros of shape (n_cars, number of features)."""
        return np.zeros((n_cars, len(self.features)), np.float32)

    def observe(self, view: View, cars: Integers, out: NDArray[Any]) -> None:
        """Write the rows of ``out`` of the listed cars, except frozen ones."""
        observe_state(
            out,
            cars,
            view.state,
            view.measured,
            view.tracks,
            view.track_index,
            view.vehicles,
            np.asarray(self.look_ahead),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {
            "sensor": self.name,
            "look_ahead": list(self.look_ahead),
            "commands": self.commands,
        }
