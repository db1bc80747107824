"""The reference: the optimal lap with margins, so that a driver can follow it."""

from racer.kernels.layout import VehicleParams
from racer.optimal.lap import OptimalLap
from racer.optimal.program import Margins
from racer.optimal.solve import solve_lap
from racer.track import Track

MARGINS = Margins(road=0.08, steering=0.15, demand=1.5, speed=0.03)
"""What is left for corrections."""


def reference(
    track: Track, car: VehicleParams, top_speed: float, *, reverse: bool = False
) -> OptimalLap:
    """Return a flying lap with margins: fast, and possible to follow with 15 decisions a second.

    Of shipped tracks and cars it lies in a file, at some top speeds; the next lower one of these is
    taken where CasADi is missing. Any other is computed, and kept in the user's cache.

    Args:
        track: in the direction it is driven.
        car: its parameters.
        top_speed: the highest speed of the actions (m/s); the car's own limit if that is lower.
        reverse: the track's other direction.

    Raises:
        TrackError: if the track is open or crosses itself.
        ConfigError: if the car has no finite grip, or the top speed is out of its range.
        MissingExtraError: if it has to be computed and CasADi is not installed.
        LimitError: if the solver finds no lap.
    """
    driven = track.reversed() if reverse else track
    return solve_lap(driven, car, min(top_speed, car.speed_max), margins=MARGINS)


def standing_time(lap: OptimalLap, start: float = 0.0) -> float:
    """Return the seconds that a car takes that follows a flying lap from rest.

    It is the sum over the lap of the slower of two speeds: the lap's, and that of a car that has
    accelerated from the start as hard as it can.

    Args:
        lap: a flying lap.
        start: where it begins, as a fraction of the lap.
    """
    raise NotImplementedError
