"""Several sensors at once: a dict with an observation each, under the sensors' names."""

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from numpy.typing import NDArray

from racer.errors import ConfigError
from racer.kernels.layout import Integers
from racer.sensors.base import Sensor, View


@dataclass(frozen=True)
class CompositeSensor:
    """What ``--observe camera+state`` stands for."""

    parts: tuple[Sensor, ...]
    """In the order of their names in ``name``."""

    def __post_init__(self) -> None:
        names = [part.name for part in self.parts]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(f"observe: expected each sensor once, got '{twice}' twice")
        if len(names) < 2:
            raise ConfigError(f"observe: expected two sensors or more, got {names}")

    @property
    def name(self) -> str:
        """The words that ``--observe`` takes, with + between them."""
        return "+".join(part.name for part in self.parts)

    def space(self) -> gym.spaces.Dict:
        """Return Dict: the space of each sensor under its name."""
        return gym.spaces.Dict({part.name: part.space() for part in self.parts})

    def allocate(self, n_cars: int) -> dict[str, NDArray[Any]]:
        """Return an array of each sensor under its name."""
        return {part.name: part.allocate(n_cars) for part in self.parts}

    def observe(self, view: View, cars: Integers, out: dict[str, NDArray[Any]]) -> None:
        """Write the rows of the listed cars, except frozen ones."""
        for part in self.parts:
            part.observe(view, cars, out[part.name])

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {"sensor": self.name, "parts": [part.to_dict() for part in self.parts]}
