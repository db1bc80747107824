"""A lap that was computed: the line, the speeds and the commands that drive it."""

from dataclasses import dataclass

import numpy as np

from racer.kernels.layout import Floats, VehicleParams
from racer.optimal.corridor import Corridor
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


def flying_lap(
    corridor: Corridor,
    car: VehicleParams,
    top_speed: float,
    *,
    offset: Floats,
    aside: Floats,
    speed: Floats,
    steering: Floats,
    steering_command: Floats,
    speed_command: Floats,
) -> OptimalLap:
    """Return the flying lap that is known at nodes equally spaced along the road.

    Args:
        corridor: of the track.
        car: its parameters.
        top_speed: the highest command (m/s).
        offset: (n,) of the rotation centre to the left of the corridor's line (m).
        aside: (n,) heading less that of the corridor's line (rad).
        speed: as of the lap, like the others; the last node is the first again.
        steering: likewise.
        steering_command: likewise.
        speed_command: likewise.
    """
    s = np.linspace(0.0, corridor.length, len(offset))
    heading = np.unwrap(corridor.heading(s)) + aside
    centre = corridor.place(s, offset)
    middle = [(values[1:] + values[:-1]) / 2.0 for values in (offset, aside, speed, s)]
    along = middle[2] * np.cos(middle[1]) / (1.0 - middle[0] * corridor.curvature(middle[3]))
    time = np.concatenate([[0.0], np.cumsum(np.diff(s) / along)])
    return OptimalLap(
        track=corridor.track,
        car=car,
        top_speed=top_speed,
        is_standing=False,
        lap_time=float(time[-1]),
        time=time,
        s=s,
        x=centre[:, 0] - car.rotation_x * np.cos(heading),
        y=centre[:, 1] - car.rotation_x * np.sin(heading),
        heading=heading,
        speed=speed,
        steering=steering,
        steering_command=steering_command,
        speed_command=speed_command,
    )
