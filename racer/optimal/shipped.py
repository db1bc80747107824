"""Laps that were computed beforehand: those of the shipped tracks and cars.

Each belongs to the digests of a track and a car; of another track or car it is not taken.
``python -m racer.optimal.make_shipped`` computes them anew.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from racer.kernels.layout import Floats, VehicleParams
from racer.optimal.corridor import Corridor
from racer.optimal.digest import car_digest, track_digest
from racer.optimal.lap import OptimalLap, flying_lap
from racer.track import Track

FOLDER = Path(__file__).parent / "data"
LIMITS = FOLDER / "limits.json"
REFERENCES = FOLDER / "references.npz"

_UNITS = np.array([1e-3, 1e-3, 5e-3, 1e-3, 1e-3, 5e-3])
"""Of the packed rows: offset (m), heading (rad), speed (m/s), steering (rad), and both commands."""


class Key(NamedTuple):
    """Which shipped track and car a lap belongs to."""

    track: str
    """Name, with ``/reversed`` if it is driven the other way."""
    car: str
    """Name of the preset."""


def track_key(track: Track) -> str:
    """Return what a track is called among the shipped laps."""
    return f"{track.name}/reversed" if track.is_reversed else track.name


@lru_cache(maxsize=1)
def shipped_limits() -> dict[str, Any]:
    """Return the content of ``limits.json``.

    Its ``tracks`` and ``cars`` are digests by name, ``speeds`` the top speeds (m/s), and ``laps``
    the seconds at each: by track, car, and flying or standing.
    """
    found: dict[str, Any] = json.loads(LIMITS.read_text("utf-8"))
    return found


def shipped_key(track: Track, car: VehicleParams) -> Key | None:
    """Return which shipped track and car are meant; None if either is another one."""
    known = shipped_limits()
    name, digest = track_key(track), car_digest(car)
    if known["tracks"].get(name) != track_digest(track):
        return None
    cars = [preset for preset, own in known["cars"].items() if own == digest]
    return Key(name, cars[0]) if cars else None


def is_stale(track: Track, car: VehicleParams) -> bool:
    """Return whether there is a shipped lap of a track of this name, but of another one or car."""
    return track_key(track) in shipped_limits()["tracks"] and shipped_key(track, car) is None


def shipped_times(key: Key, *, standing: bool) -> tuple[Floats, Floats]:
    """Return the top speeds (m/s) that have an optimal lap, and its seconds at each."""
    known = shipped_limits()
    times = known["laps"][key.track][key.car]["standing" if standing else "flying"]
    found = [(v, t) for v, t in zip(known["speeds"], times, strict=True) if t is not None]
    return np.array([v for v, _ in found]), np.array([t for _, t in found])


def shipped_reference(
    track: Track, car: VehicleParams, key: Key, top_speed: float
) -> OptimalLap | None:
    """Return the fastest shipped reference that is not faster than a top speed (m/s)."""
    slower = {
        float(name.rpartition(":")[2]): columns
        for name, columns in shipped_references().items()
        if name.startswith(f"{key.track}:{key.car}:")
        and float(name.rpartition(":")[2]) <= top_speed * (1.0 + 1e-9)
    }
    if not slower:
        return None
    speed = max(slower)
    return unpacked(slower[speed], track, car, speed)


@lru_cache(maxsize=1)
def shipped_references() -> dict[str, np.ndarray]:
    """Return the packed references by ``track:preset:top speed``."""
    with np.load(REFERENCES) as file:
        names, ends, columns = file["names"], file["ends"], file["columns"]
    parts = np.split(columns, ends[:-1], axis=1)
    return {str(name): part for name, part in zip(names, parts, strict=True)}


def write_references(references: dict[str, np.ndarray]) -> None:
    """Write packed references end to end: as one array they are half as large as one by one."""
    names = sorted(references)
    parts = [references[name] for name in names]
    np.savez_compressed(
        REFERENCES,
        names=np.array(names),
        ends=np.cumsum([part.shape[1] for part in parts]),
        columns=np.concatenate(parts, axis=1),
    )


def packed(lap: OptimalLap) -> np.ndarray:
    """Return a flying lap as whole numbers, (6, n) int16: differences from node to node."""
    car, corridor = lap.car, Corridor.of(lap.track)
    x = lap.x + car.rotation_x * np.cos(lap.heading)
    y = lap.y + car.rotation_x * np.sin(lap.heading)
    aside = lap.heading - np.unwrap(corridor.heading(lap.s))
    offset = corridor.project(x, y)[1]
    rows = [offset, aside, lap.speed, lap.steering, lap.steering_command, lap.speed_command]
    whole = np.rint(np.stack(rows)[:, :-1] / _UNITS[:, None])
    return np.diff(whole, axis=1, prepend=0.0).astype(np.int16)


def unpacked(columns: np.ndarray, track: Track, car: VehicleParams, top_speed: float) -> OptimalLap:
    """Return the flying lap that was packed."""
    rows = np.cumsum(columns.astype(np.float64), axis=1) * _UNITS[:, None]
    names = ("offset", "aside", "speed", "steering", "steering_command", "speed_command")
    closed = np.concatenate([rows, rows[:, :1]], axis=1)
    return flying_lap(Corridor.of(track), car, top_speed, **dict(zip(names, closed, strict=True)))
