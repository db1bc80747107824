"""The sensor ``lidar``: distances to the borders of the road, told in one of DeepRacer's forms."""

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, cast

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from racer.errors import ConfigError, unknown_name
from racer.kernels.layout import Floats, Integers, Singles
from racer.kernels.raycast import observe_beams
from racer.sensors.base import View

AHEAD = 0.02913
"""Where the lidar is mounted, ahead of the base link (m); its height (0.16145 m) plays no part."""
MIN_RANGE = 0.15
"""What is nearer is told as this (m)."""
MAX_RANGE = 12.0
"""No beam reaches further (m)."""
MAX_BEAMS = 1024
"""More would be slow and tell nothing new."""

CLIPS = {"beams": 4.0, "sectors": 0.5, "discretized": 2.0}
"""The forms, and how far each one sees by default (m)."""


@dataclass(frozen=True)
class LidarSensor:
    """Beams in a plane, each until it meets a border of the road or an end of an open one.

    On a time trial nothing else stands on the track, so borders count as walls; a real lidar, above
    painted lines, would not see them. A beam begins at the lidar wherever the car is, also beside
    the road. Distances are exact: DeepRacer's noise (0.01 m) and its repeated readings (10 a
    second, where the camera has 15) are left out.

    As on DeepRacer the middle of the beams looks to the **rear**, and 64 beams share 300°: with the
    default ``yaw`` beam 0 looks 30° to the left of straight ahead, the next ones go round over the
    left, the rear and the right, and the last looks 30° to the right. Nobody looks straight ahead.
    ``yaw`` 0 turns the lidar forwards; then beam 0 looks 150° to the right, the last to the left.

    Forms:
        ``beams``: each beam's distance, from 0.15 m to ``clip``, divided by ``clip``. DeepRacer's
            LIDAR clips at 1 m; of the beams on the shipped tracks about one in four is longer, but
            one in seventy only than the 4 m that are the default here (benchmarks/lidar_speed.py).
        ``sectors``: 1 for each sector with a wall nearer than ``clip``, else 0 (SECTOR_LIDAR).
        ``discretized``: ``n_values`` numbers a sector. The one in whose step of clip / n_values the
            nearest wall is, is 1. Without a wall nearer than ``clip`` all are 0
            (DISCRETIZED_SECTOR_LIDAR).
    """

    form: str = "beams"
    """A word of ``CLIPS``."""
    n_beams: int = 64
    """How many, evenly spread over the angle, its ends included."""
    n_sectors: int = 8
    """Of the forms with sectors: each has an equal part of the beams, in their order."""
    n_values: int = 8
    """Of the form ``discretized``: steps of distance a sector."""
    clip: float | None = None
    """The longest distance that is told (m); None becomes the form's own, as in ``CLIPS``."""
    half_angle: float = 2.61799
    """From the middle beam to the outermost ones (rad)."""
    yaw: float = math.pi
    """Where the middle beam looks, to the left of straight ahead (rad)."""

    def __post_init__(self) -> None:
        if self.form not in CLIPS:
            raise ConfigError(f"lidar: {unknown_name('form', str(self.form), list(CLIPS))}")
        if self.clip is None:
            object.__setattr__(self, "clip", CLIPS[self.form])
        for name, low, high in (
            ("n_beams", 2, MAX_BEAMS),
            ("n_sectors", 1, MAX_BEAMS),
            ("n_values", 1, MAX_BEAMS),
        ):
            count: object = getattr(self, name)
            if type(count) is not int or not low <= count <= high:
                raise ConfigError(f"lidar: {name}: expected {low} to {high}, got {count!r}")
        if self.form != "beams" and self.n_beams % self.n_sectors:
            raise ConfigError(
                f"lidar: n_beams ({self.n_beams}) must be a multiple of n_sectors"
                f" ({self.n_sectors})"
            )
        self._check_number("clip", MIN_RANGE, MAX_RANGE, "m")
        self._check_number("half_angle", 0.01, math.pi, "rad")
        self._check_number("yaw", -math.pi, math.pi, "rad")

    @property
    def name(self) -> str:
        """The word that ``--observe`` takes."""
        return "lidar"

    @property
    def angles(self) -> Floats:
        """Where the beams look, to the left of straight ahead, in their order (rad): (n_beams,)."""
        return self.yaw + np.linspace(-self.half_angle, self.half_angle, self.n_beams)

    def space(self) -> gym.spaces.Box:
        """Return Box(0, 1, (n,), float32).

        n is n_beams, n_sectors or n_sectors · n_values, after the form.
        """
        return gym.spaces.Box(0.0, 1.0, (self._size,), np.float32)

    def allocate(self, n_cars: int) -> Singles:
        """Return zeros of shape (n_cars, n), n as in ``space``."""
        return np.zeros((n_cars, self._size), np.float32)

    def observe(self, view: View, cars: Integers, out: NDArray[Any]) -> None:
        """Write the rows of ``out`` of the listed cars, except frozen ones."""
        observe_beams(
            out,
            cars,
            view.state,
            view.tracks,
            view.track_index,
            AHEAD,
            _directions(self),
            self._n_groups,
            MIN_RANGE,
            cast("float", self.clip),  # None was replaced
            self._n_steps,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {"sensor": self.name, **asdict(self)}

    def _check_number(self, name: str, low: float, high: float, unit: str) -> None:
        """Make a setting a float, or refuse it."""
        value: Any = getattr(self, name)
        if type(value) not in (int, float) or not low <= value <= high:
            raise ConfigError(f"lidar: {name}: expected {low:g} to {high:g} {unit}, got {value!r}")
        object.__setattr__(self, name, float(value))

    @property
    def _n_groups(self) -> int:
        """How many equal parts the beams are told in."""
        return self.n_beams if self.form == "beams" else self.n_sectors

    @property
    def _n_steps(self) -> int:
        """In how many steps a distance is told; 0 for the distance itself."""
        return {"beams": 0, "sectors": 1, "discretized": self.n_values}[self.form]

    @property
    def _size(self) -> int:
        return self._n_groups * max(self._n_steps, 1)


@lru_cache(maxsize=64)
def _directions(sensor: LidarSensor) -> Floats:
    """Return the beams as unit vectors, x ahead and y to the left: (n_beams, 2)."""
    angles = sensor.angles
    directions = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    directions.setflags(write=False)
    return directions
