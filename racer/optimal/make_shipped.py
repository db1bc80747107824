"""Computes the shipped laps anew: ``python -m racer.optimal.make_shipped``, half an hour.

Of every shipped loop, in both directions, with every preset whose grip is finite.
"""

import json
import sys

import numpy as np

from racer.errors import LimitError
from racer.kernels.layout import VehicleParams
from racer.optimal.digest import car_digest, track_digest
from racer.optimal.lap import OptimalLap
from racer.optimal.program import Margins
from racer.optimal.reference import MARGINS, SPACING
from racer.optimal.shipped import FOLDER, LIMITS, packed, track_key, write_references
from racer.optimal.solve import solve_lap
from racer.track import Track, load_track, track_names
from racer.vehicle import VEHICLES

SPEEDS = (1.0, 2.0, 3.0, 4.0)  # of the limits and the references (m/s)


def loops() -> list[Track]:
    """Return every shipped loop in both directions."""
    found = [load_track(name) for name in track_names()]
    return [way for track in found if track.is_loop for way in (track, track.reversed())]


def cars() -> dict[str, VehicleParams]:
    """Return the presets that have a limit."""
    return {name: car for name, car in VEHICLES.items() if np.isfinite(car.grip)}


def limits_of(track: Track, car: VehicleParams) -> dict[str, list[float | None]]:
    """Return the seconds of the optimal laps at each top speed; None: none was found.

    What can be driven at a top speed can be driven at a higher one. So where the search ended in
    a slower lap, the one of the lower top speed counts.
    """
    found: dict[str, list[float | None]] = {}
    for kind in ("flying", "standing"):
        laps = [_lap(track, car, speed, standing=kind == "standing") for speed in SPEEDS]
        times = [np.nan if lap is None else lap.lap_time for lap in laps]
        best = np.fmin.accumulate(times)
        found[kind] = [
            None if np.isnan(t) else round(float(b), 4) for t, b in zip(times, best, strict=True)
        ]
    return found


def references_of(track: Track, car: VehicleParams) -> dict[float, np.ndarray]:
    """Return the packed reference laps by top speed, as far as any were found."""
    laps = {speed: _lap(track, car, speed, margins=MARGINS, spacing=SPACING) for speed in SPEEDS}
    return {speed: packed(lap) for speed, lap in laps.items() if lap is not None}


def write(
    limits: dict[str, dict[str, dict[str, list[float | None]]]],
    references: dict[str, np.ndarray],
) -> None:
    """Write both files.

    Args:
        limits: what ``limits_of`` returned, by track and preset.
        references: packed laps by ``track:preset:top speed``.
    """
    content = {
        "tracks": {track_key(t): track_digest(t) for t in loops() if track_key(t) in limits},
        "cars": {preset: car_digest(car) for preset, car in cars().items()},
        "speeds": SPEEDS,
        "laps": limits,
    }
    FOLDER.mkdir(exist_ok=True)
    LIMITS.write_text(json.dumps(content, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    write_references(references)


def _lap(
    track: Track,
    car: VehicleParams,
    speed: float,
    *,
    standing: bool = False,
    margins: Margins | None = None,
    spacing: float | None = None,
) -> OptimalLap | None:
    """Return the lap, or None, said in a line, if the solver finds none."""
    options = {} if spacing is None else {"spacing": spacing}
    try:
        return solve_lap(track, car, speed, standing=standing, margins=margins, **options)
    except LimitError as error:
        sys.stderr.write(f"{error}\n")
        return None


def main() -> None:
    """Compute all laps and write both files."""
    limits, references = {}, {}
    for track in loops():
        name = track_key(track)
        limits[name] = {preset: limits_of(track, car) for preset, car in cars().items()}
        for preset, car in cars().items():
            for speed, columns in references_of(track, car).items():
                references[f"{name}:{preset}:{speed:g}"] = columns
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
    write(limits, references)


if __name__ == "__main__":
    main()
