"""Where the time goes: sectors of a track, and the seconds a car loses to the reference in each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from racer.kernels import layout
from racer.kernels.layout import Floats
from racer.optimal import OptimalLap

if TYPE_CHECKING:
    from racer.evaluation.traces import Trace
    from racer.track import Track

_CELL = 0.05  # the lap is cut into pieces of about this length (m)
_SHORTEST = 0.5  # a shorter straight is split between the turns beside it (m)


@dataclass(frozen=True)
class Sector:
    """A turn or a straight."""

    name: str
    begin: float
    """Along the centre line (m)."""
    end: float
    """Along it (m); beyond the length of the lap where it goes on across the start line."""


@dataclass(frozen=True, eq=False)
class TimeLoss:
    """What a car needs around a lap, beside the reference; (n,) pieces of equal length."""

    sectors: tuple[Sector, ...]
    lost: tuple[float, ...]
    """Seconds, one a sector; negative: the car is faster there."""
    needed: tuple[float, ...]
    """Seconds that the car needs for each sector."""
    along: Floats
    """(n,) middles of the pieces along the centre line (m)."""
    speed: Floats
    """(n,) of the car (m/s); nan where it never came."""
    reference_speed: Floats
    """(n,) (m/s)"""
    n_laps: int


def sectors_of(track: "Track") -> tuple[Sector, ...]:
    """Return the turns and straights of a closed track, as they are driven."""
    turns = [list(turn) for turn in track.turns]
    n, lap = len(turns), track.length
    if not turns:
        return (Sector("lap", 0.0, lap),)
    for k in range(n):
        ahead = turns[(k + 1) % n][0] + (lap if k == n - 1 else 0.0)
        if 0.0 < ahead - turns[k][1] < _SHORTEST:
            turns[k][1] = 0.5 * (turns[k][1] + ahead)
            turns[(k + 1) % n][0] = turns[k][1] - (lap if k == n - 1 else 0.0)
    found = []
    for k, (begin, end) in enumerate(turns):
        found.append(Sector(f"turn {k + 1}", begin, end))
        ahead = turns[(k + 1) % n][0] + (lap if k == n - 1 else 0.0)
        if ahead - end >= _SHORTEST:
            found.append(Sector(f"straight {k + 1}", end, ahead))
    return tuple(found)


def time_loss(trace: "Trace", track: "Track", reference: OptimalLap) -> TimeLoss:
    """Return where a car loses time to the reference.

    Of each piece of the lap the median over the finished laps counts. They start at rest in
    different places, so that the starts hardly matter if there are several.

    Args:
        trace: laps on the track, at least one of them finished.
        track: closed.
        reference: a flying lap on it.
    """
    n = max(round(track.length / _CELL), 20)
    finished = np.unique(trace.trial[trace.status == layout.LAP_COMPLETE])
    laps = [trace.one(int(trial)) for trial in finished]
    pieces = [_pieces(lap.along, lap.time, lap.speed, track.length, n) for lap in laps]
    seconds, speed = (_median(np.array(column)) for column in zip(*pieces, strict=True))
    best, best_speed = _flying(reference, track, n)
    seconds = np.where(np.isfinite(seconds), seconds, best)
    middles: Floats = np.arange(n, dtype=np.float64) * (track.length / n) + 0.5 * track.length / n
    sectors = sectors_of(track)
    inside = [_inside(middles, one, track.length) for one in sectors]
    return TimeLoss(
        sectors,
        tuple(float((seconds - best)[rows].sum()) for rows in inside),
        tuple(float(seconds[rows].sum()) for rows in inside),
        middles,
        speed,
        best_speed,
        len(laps),
    )


def _flying(reference: OptimalLap, track: "Track", n: int) -> tuple[Floats, Floats]:
    """Return seconds and speed of a flying lap for each of n pieces: it goes on across its end."""
    x, y = (column[:-1] for column in reference.nose)
    along = np.asarray(track.project(x, y).s, np.float64)
    time, speed = reference.time[:-1], reference.speed[:-1]
    return _pieces(
        np.concatenate((along, along)),
        np.concatenate((time, time + reference.lap_time)),
        np.concatenate((speed, speed)),
        track.length,
        n,
    )


def _inside(middles: Floats, sector: Sector, lap: float) -> NDArray[np.bool_]:
    """Return which pieces lie in a sector: (n,)."""
    return (middles - sector.begin) % lap < sector.end - sector.begin


def _median(values: Floats) -> Floats:
    """Return the median of each column without nan; nan where there is nothing else."""
    known = np.any(np.isfinite(values), axis=0)
    found = np.full(values.shape[1], np.nan)
    found[known] = np.nanmedian(values[:, known], axis=0)
    return found


def _pieces(
    along: Floats, time: Floats, speed: Floats, lap: float, n: int
) -> tuple[Floats, Floats]:
    """Return the seconds for each of n pieces of a lap, and the speed there; nan where not driven.

    Args:
        along: (k,) projections on the centre line (m), less than a lap.
        time: (k,) (s).
        speed: (k,) (m/s).
        lap: length of the track (m).
        n: how many pieces.
    """
    way = np.maximum.accumulate(np.unwrap(along, period=lap))
    moves = np.concatenate(([True], np.diff(way) > 0.0))
    way, time, speed = way[moves], time[moves], speed[moves]
    size = lap / n
    edges = np.arange(np.ceil(way[0] / size), np.floor(way[-1] / size) + 1.0)
    at = np.interp(edges * size, way, time)
    places = edges[:-1].astype(np.int64) % n
    seconds, speeds = np.full(n, np.nan), np.full(n, np.nan)
    seconds[places] = np.diff(at)
    speeds[places] = np.interp((edges[:-1] + 0.5) * size, way, speed)
    return seconds, speeds
