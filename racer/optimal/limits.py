"""How fast a car could lap a track: what stands beside a lap time."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from racer.errors import MissingExtraError, RacerError
from racer.kernels.layout import VehicleParams
from racer.optimal.kept import kept, kept_file, read_kept
from racer.optimal.shipped import is_stale, shipped_key, shipped_times
from racer.optimal.solve import check, solve_lap
from racer.track import Track

_SAME_SPEED = 1e-6  # (m/s)


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
    between them. Any other lap is computed, if CasADi is installed (``racer-rl[limit]``), and
    kept in the user's cache. Nothing is raised: what cannot be had has its reason.

    Args:
        track: in the direction it is driven.
        car: its parameters.
        top_speed: the highest speed of the actions (m/s); the car's own limit if that is lower.
        standing: from rest at the start line, as an episode begins; else a flying lap.
        reverse: the track's other direction.
        solve: whether to compute what is not known (some seconds).
    """
    driven, fastest = track.reversed() if reverse else track, min(top_speed, car.speed_max)
    try:
        check(driven, car, fastest)
        return _shipped(driven, car, fastest, standing) or _computed(
            driven, car, fastest, standing, solve
        )
    except MissingExtraError as error:
        stale = "what is shipped belongs to another track or car of this name; "
        return Limit(None, False, f"{stale if is_stale(driven, car) else ''}{error}")
    except RacerError as error:
        return Limit(None, False, str(error))


def _shipped(track: Track, car: VehicleParams, top_speed: float, standing: bool) -> Limit | None:
    """Return the limit of a shipped track and car; None if it is another one, or another speed."""
    key = shipped_key(track, car)
    if key is None:
        return None
    speeds, times = shipped_times(key, standing=standing)
    if len(speeds) < 2 or not speeds[0] - _SAME_SPEED <= top_speed <= speeds[-1] + _SAME_SPEED:
        return None
    if (same := np.abs(speeds - top_speed) < _SAME_SPEED).any():
        return Limit(float(times[same][0]), True)
    # a lap at the top speed all the way has a constant product: what bends is the rest
    between = PchipInterpolator(speeds, speeds * times)
    return Limit(float(between(top_speed)) / top_speed, False)


def _computed(
    track: Track, car: VehicleParams, top_speed: float, standing: bool, solve: bool
) -> Limit:
    """Return the limit from the user's cache, or compute it."""
    file = kept_file("standing" if standing else "flying", track, car, top_speed)
    if not solve and read_kept(file) is None:
        return Limit(None, False, "the limit of this track and car was not computed yet")
    lap_time = kept(file, lambda: solve_lap(track, car, top_speed, standing=standing).lap_time)
    return Limit(float(lap_time), True)
