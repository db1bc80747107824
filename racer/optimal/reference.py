"""The reference: the optimal lap with margins, so that a driver can follow it."""

from dataclasses import asdict

import numpy as np

from racer.errors import LimitError, MissingExtraError
from racer.kernels.layout import VehicleParams
from racer.optimal.corridor import Corridor
from racer.optimal.kept import kept, kept_file
from racer.optimal.lap import OptimalLap
from racer.optimal.program import Margins
from racer.optimal.shipped import packed, shipped_key, shipped_reference, unpacked
from racer.optimal.solve import check, solve_lap
from racer.storage.sealed_json import digest_of_data
from racer.track import Track

MARGINS = Margins(road=0.10, steering=0.15, demand=1.1, speed=0.01, braking=0.6)
"""What is left for corrections."""

SPACING = 0.2
"""Between its nodes (m)."""

_MARGINS_DIGEST = digest_of_data([asdict(MARGINS), SPACING])[:8]
_SAME_SPEED = 1e-6  # (m/s)
_STEP = 0.01  # of the sum over a standing lap (m)


def reference(
    track: Track,
    car: VehicleParams,
    top_speed: float,
    *,
    reverse: bool = False,
    solve: bool = True,
) -> OptimalLap:
    """Return a flying lap with margins: fast, and possible to follow with 15 decisions a second.

    Of shipped tracks and cars it lies in a file, at some top speeds; the next lower one of these is
    taken where CasADi is missing or finds none. Any other is computed, and kept in the user's
    cache.

    Args:
        track: in the direction it is driven.
        car: its parameters.
        top_speed: the highest speed of the actions (m/s); the car's own limit if that is lower.
        reverse: the track's other direction.
        solve: whether to compute what is not known (some seconds).

    Raises:
        TrackError: if the track is open or crosses itself.
        ConfigError: if the car has no finite grip, or the top speed is out of its range.
        MissingExtraError: if it has to be computed and CasADi is not installed.
        LimitError: if the solver finds no lap, or is not to be asked.
    """
    driven, fastest = track.reversed() if reverse else track, min(top_speed, car.speed_max)
    check(driven, car, fastest)
    key = shipped_key(driven, car)
    shipped = shipped_reference(driven, car, key, fastest) if key else None
    if shipped and abs(shipped.top_speed - fastest) < _SAME_SPEED:
        return shipped
    file = kept_file(f"reference-{_MARGINS_DIGEST}", driven, car, fastest)

    def columns_of_solution() -> list[list[int]]:
        if not solve:
            raise LimitError(f"{driven.name}: the reference of this car was not computed yet")
        found: list[list[int]] = packed(_solved(driven, car, fastest)).tolist()
        return found

    try:
        columns = kept(file, columns_of_solution)
    except (MissingExtraError, LimitError):
        if shipped is None:
            raise
        return shipped
    return unpacked(np.array(columns, np.int16), driven, car, fastest)


def _solved(track: Track, car: VehicleParams, top_speed: float) -> OptimalLap:
    """Return the reference lap, computed."""
    return solve_lap(track, car, top_speed, margins=MARGINS, spacing=SPACING)


def standing_time(lap: OptimalLap, start: float = 0.0) -> float:
    """Return the seconds that a car takes that follows a flying lap from rest.

    It is the sum over the lap of the slower of two speeds: the lap's, and that of a car that has
    accelerated from the start as hard as it can.

    Args:
        lap: a flying lap.
        start: where it begins, as a fraction of the lap.
    """
    car, corridor = lap.car, Corridor.of(lap.track)
    along = start % 1.0 * lap.track.length
    begin = float(corridor.project(*lap.track.position(along))[0])
    end = begin + corridor.length - car.nose_x
    s = np.linspace(begin, end, max(round((end - begin) / _STEP), 2))
    pace = np.gradient(lap.time, lap.s)  # of the lap, by the line (s/m)
    slowness = np.interp(s, lap.s, pace, period=corridor.length)
    wanted = np.interp(s, lap.s, lap.speed, period=corridor.length)
    fastest = car.speed_gain * lap.top_speed
    time, speed = car.dead_time, 0.0
    for i in range(len(s) - 1):
        # the rest of the way to the top speed is taken as the lag has it, up to the limit
        want = (fastest - speed) / max(car.speed_lag, 1e-3)
        rate = want / np.hypot(1.0, want / car.acceleration_limit)
        metres = (s[i + 1] - s[i]) * slowness[i] * wanted[i]  # of the car's path
        after = min(float(np.sqrt(speed**2 + 2.0 * rate * metres)), wanted[i + 1])
        time += 2.0 * metres / (speed + after)
        speed = after
    return time
