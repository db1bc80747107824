"""How fast a car could lap a track: what stands beside a lap time."""

from dataclasses import dataclass

from racer.errors import RacerError
from racer.kernels.layout import VehicleParams
from racer.optimal.solve import solve_lap
from racer.track import Track


@dataclass(frozen=True)
class Limit:
    """The time of the optimal lap, or why none is known."""

    lap_time: float | None
    """Seconds; None: not known."""
    is_exact: bool
    """Whether it was computed for this top speed; else it lies between two that were."""
    reason: str = ""
    """Where there is no time: why, in a line to print once."""

    def __str__(self) -> str:
        """Return the time with its unit, with ≈ if it is interpolated; a dash if there is none."""
        if self.lap_time is None:
            return "–"
        return f"{'' if self.is_exact else '≈ '}{self.lap_time:.2f} s"

    def ratio(self, lap_time: float | None) -> float | None:
        """Return a lap time (s) as a multiple of the limit; None if either is missing."""
        if lap_time is None or self.lap_time is None:
            return None
        return lap_time / self.lap_time


def limit(
    track: Track,
    car: VehicleParams,
    top_speed: float,
    *,
    standing: bool = True,
    reverse: bool = False,
    solve: bool = True,
) -> Limit:
    """Return the time of the fastest lap that a car can drive, if it is known or can be computed.

    Shipped tracks and cars have it in a file, at some top speeds: exactly there, interpolated
    between them. Any other lap is computed, if CasADi is installed (``racer[limit]``), and kept in
    the user's cache. Nothing is raised: what cannot be had has its reason.

    Args:
        track: in the direction it is driven.
        car: its parameters.
        top_speed: the highest speed of the actions (m/s); the car's own limit if that is lower.
        standing: from rest at the start line, as an episode begins; else a flying lap.
        reverse: the track's other direction.
        solve: whether to compute what is not known (some seconds).
    """
    driven = track.reversed() if reverse else track
    try:
        lap = solve_lap(driven, car, min(top_speed, car.speed_max), standing=standing)
    except RacerError as error:
        return Limit(None, False, str(error))
    return Limit(lap.lap_time, True)
