"""A lap that was computed: the line, the speeds and the commands that drive it."""

from dataclasses import dataclass

import numpy as np

from racer.kernels.layout import Floats, VehicleParams
from racer.track import Track


@dataclass(frozen=True, eq=False, repr=False)
class OptimalLap:
    """A lap of a car on a closed track, as it was computed.

    All arrays are read-only and have one entry a node, (n,), in the order they are driven. A flying
    lap is periodic: its last node is its first, a lap time later. A standing one begins at rest on
    the start line, and ends where the nose is back at it.
    """

    track: Track
    """The track in the direction it is driven."""
    car: VehicleParams
    """The car that was computed with."""
    top_speed: float
    """The highest speed that was commanded (m/s)."""
    is_standing: bool
    """Whether it begins at rest; else it is flying."""
    lap_time: float
    """Seconds. Of a standing lap as ``racer evaluate`` counts: from the first command, dead time
    included, to the crossing by the nose."""
    time: Floats
    """When the car is at each node (s), from the first command."""
    s: Floats
    """Arc length along ``Corridor.line`` (m), rising, past the length of a lap too."""
    x: Floats
    """Of the base link (m); see ``nose`` for the point that reward functions see."""
    y: Floats
    """Of the base link (m)."""
    heading: Floats
    """Where the car points (rad), without jumps."""
    speed: Floats
    """Along the heading (m/s)."""
    steering: Floats
    """Angle of the front wheels (rad), left positive."""
    steering_command: Floats
    """Commanded from each node to the next (rad). It acts at once: who drives it gives each command
    the dead time earlier."""
    speed_command: Floats
    """Commanded from each node to the next (m/s), likewise."""

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __repr__(self) -> str:
        """Return what was driven and how fast, not the line."""
        kind = "standing" if self.is_standing else "flying"
        return f"<OptimalLap {self.track.name}: {self.lap_time:.3f} s, {kind}>"

    @property
    def nose(self) -> tuple[Floats, Floats]:
        """The points that reward functions would see, ahead of the base link: x and y, (n,) (m)."""
        ahead = self.car.nose_x
        return self.x + ahead * np.cos(self.heading), self.y + ahead * np.sin(self.heading)
