"""The route of a log: found in a folder by name or length, and believed when the rows fit it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from racer.deepracer.rows import TraceRows
from racer.errors import RunError, TrackError
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers
from racer.kernels.placing import place_cars
from racer.track import Track, load_track
from racer.vehicle import vehicle

_CHUNK = 16_384  # rows that are measured at once
_LENGTH_DIGITS = 0.0051  # of the track's length in a text (m)
_FITS = 0.97  # share of the rows whose closest waypoint must be the route's
_NEAR = 5e-6  # of a start to a round one, as a fraction of the lap
_DIGITS = 0.001  # percent of the lap: four digits of progress, x and y, on a lap of 17 m
_ROUND = 100  # starts are mostly such parts of the lap


@dataclass(frozen=True)
class Route:
    """A track that rows were driven on, and how it is loaded."""

    track: Track
    path: Path
    reverse: bool = False
    drop_duplicates: bool = False


def find_route(
    world: str, rows: TraceRows, folder: Path | None, notes: list[str]
) -> tuple[Route | None, str]:
    """Return the route that some rows were driven on, or why none is known.

    Args:
        world: its name in the log; empty if it is not told.
        rows: some of the log.
        folder: with ``.npy`` routes; None: there is none.
        notes: a line is added for each file there that is no route.

    Raises:
        RunError: if there is no such folder.
    """
    length = float(np.median(rows.track_length))
    what = f"{world or 'a track without a name'}, {length:.2f} m long"
    if folder is None:
        return None, f"the route of {what}, was not given: --routes FOLDER with {world or '*'}.npy"
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder of routes")
    near: list[Path] = []
    for path in sorted(folder.glob("*.npy")):
        try:
            is_near = path.stem == world or abs(load_track(path).length - length) < _LENGTH_DIGITS
        except TrackError as error:
            notes.append(f"no route: {error}")
            continue
        near += [path] if is_near else []
    near.sort(key=lambda path: path.stem != world)
    for path in near:
        if (route := fitting(path, rows)) is not None:
            return route, ""
    if near:
        names = ", ".join(path.name for path in near)
        return None, f"the rows do not fit {names}: not the route of {what}"
    return None, f"no route in {folder} is {what}: --routes another folder, or --track FILE"


def fitting(path: Path, rows: TraceRows) -> Route | None:
    """Return how a file is to be loaded so that the rows fit it; None if they never do.

    Raises:
        TrackError: if the file is no track.
    """
    best: tuple[float, Route] | None = None
    for drop in (False, True):
        for reverse in (False, True):
            track = load_track(path, reverse=reverse, drop_duplicates=drop)
            share = float(np.mean(_waypoints(track, measure(track, rows)) == rows.waypoint))
            if share >= _FITS and (best is None or share > best[0]):
                best = share, Route(track, path, reverse, drop)
    return None if best is None else best[1]


def base_poses(rows: TraceRows) -> Floats:
    """Return the poses of the base link, (n, 3) x (m), y (m) and heading (rad): rows tell the nose.

    The same 0.14 m for every version of the car (DEEPRACER: agent_ctrl/constants.py).
    """
    return _bases(np.stack([rows.x, rows.y, rows.heading], axis=1))


def _bases(noses: Floats) -> Floats:
    """Return the poses of base links, for those of noses."""
    back = vehicle("deepracer").nose_x
    x, y, heading = noses.T
    return np.stack([x - back * np.cos(heading), y - back * np.sin(heading), heading], axis=1)


def measure(track: Track, rows: TraceRows) -> Floats:
    """Return what is measured of the rows' poses on a track, (n, MEASURED_SIZE)."""
    return measure_poses(track, np.stack([rows.x, rows.y, rows.heading], axis=1))


def measure_poses(track: Track, noses: Floats) -> Floats:
    """Return what is measured of poses on a track, (n, MEASURED_SIZE).

    Args:
        track: the road.
        noses: (n, 3) x (m) and y (m) of the nose, heading (rad).
    """
    poses, car = _bases(noses), np.asarray(vehicle("deepracer"), np.float64)
    found = np.zeros((len(poses), layout.MEASURED_SIZE))
    for first in range(0, len(poses), _CHUNK):
        part = found[first : first + _CHUNK]
        n = len(part)
        place_cars(
            np.zeros((n, layout.STATE_SIZE)), part, np.arange(n), poses[first : first + n],
            track.arrays, np.zeros(n, np.int64), np.tile(car, (n, 1)),
        )  # fmt: skip
    return found


def _waypoints(track: Track, measured: Floats) -> Integers:
    """Return the nearer of the two closest waypoints, as logs have it; of equals the first."""
    nose = measured[:, [layout.NOSE_X, layout.NOSE_Y]]
    pair = measured[:, [layout.CLOSEST_BEFORE, layout.CLOSEST_AFTER]].astype(np.int64)
    away = [np.hypot(*(track.center[pair[:, k]] - nose).T) for k in (0, 1)]
    return np.where(away[0] <= away[1], pair[:, 0], pair[:, 1])


def episode_starts(
    track: Track, measured: Floats, rows: TraceRows, begins: Integers, runs: NDArray[np.bool_]
) -> Floats:
    """Return where episodes started, as fractions of the lap: progress is counted from there.

    Args:
        track: the route.
        measured: of the rows, from ``measure``.
        rows: whole episodes.
        begins: (n_episodes,) first row of each.
        runs: (n,) which rows were driven: the row of the prepare step may show an older pose.
    """
    offset = measured[:, layout.ALONG] / track.length - rows.progress / 100.0
    told = runs & (rows.progress < 100.0)
    first = np.maximum.reduceat(np.where(told, np.arange(len(rows)), -1), begins)
    each = np.repeat(first, np.diff(np.append(begins, len(rows))))
    away = (offset - offset[each] + 0.5) % 1.0 - 0.5
    n = np.maximum(np.add.reduceat(told, begins), 1)
    starts = (offset[first] + np.add.reduceat(np.where(told, away, 0.0), begins) / n) % 1.0
    even = np.rint(starts * _ROUND) / _ROUND
    starts = np.where(np.abs(starts - even) < _NEAR, even, starts) % 1.0
    return np.where(first < 0, np.nan, starts)


@dataclass
class Check:
    """How what is measured of poses and route compares to what the log says."""

    n_rows: int = 0
    progress: float = 0.0
    """Largest difference (percent of the lap)."""
    far: int = 0
    """Rows in which it is more than the digits of a text can mean."""
    waypoints: int = 0
    """Rows with another closest waypoint."""
    wheels: int = 0
    """Rows with another ``all_wheels_on_track``."""
    off_tracks: list[int] = field(default_factory=lambda: [0, 0])
    """Rows that the log calls off track; those of them with no wheel on the road."""

    def add(self, track: Track, measured: Floats, rows: TraceRows, starts: Floats) -> None:
        """Compare some rows.

        Args:
            track: the route.
            measured: of the rows.
            rows: those that were driven.
            starts: (n,) where each one's episode started.
        """
        ours = 100.0 * (measured[:, layout.ALONG] / track.length - starts)
        away = np.abs((ours - rows.progress + 50.0) % 100.0 - 50.0)
        away = away[(rows.progress < 100.0) & np.isfinite(away)]
        self.n_rows += len(rows)
        self.progress = max(self.progress, float(away.max(initial=0.0)))
        self.far += int(np.sum(away > _DIGITS))
        self.waypoints += int(np.sum(_waypoints(track, measured) != rows.waypoint))
        self.wheels += int(np.sum((measured[:, layout.WHEELS_ON] == 1.0) != rows.wheels_on))
        off = rows.status == layout.OFF_TRACK
        self.off_tracks[0] += int(off.sum())
        self.off_tracks[1] += int(np.sum(measured[off, layout.IS_OFFTRACK] == 1.0))

    def text(self) -> str:
        """Return it in a line."""
        n = max(self.n_rows, 1)
        off = "" if not self.off_tracks[0] else (
            f", {self.off_tracks[1]:,} of {self.off_tracks[0]:,} off-tracks without a wheel on "
            "the road"
        )  # fmt: skip
        return (
            f"measured again: progress equal to {_DIGITS:g} % of the lap in "
            f"{100 * (1 - self.far / n):.2f} % of the rows (at most {self.progress:.2g} off), the "
            f"closest waypoint in {100 * (1 - self.waypoints / n):.2f} %, all_wheels_on_track in "
            f"{100 * (1 - self.wheels / n):.2f} % of {self.n_rows:,} rows{off}"
        )
