"""A racing line: points with speeds, of a lap that was computed or from a file of somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from racer.errors import TrackError
from racer.kernels.layout import Floats
from racer.optimal.lap import OptimalLap
from racer.track import Track
from racer.track.arrays import arc_lengths, road_polygon
from racer.track.shape import curvature

BESIDE = 0.2
"""A point of a car so far beside the road (m) leaves no wheel centre on it."""

COLUMNS = ("s_m", "x_m", "y_m", "psi_rad", "kappa_radpm", "vx_mps", "ax_mps2", "t_s")
"""Of a written line: those of TUM's global_racetrajectory_optimization, and the time after them."""

_BETWEEN = 0.05  # between two points of a line, so far apart it is looked where it runs (m)


@dataclass(frozen=True, eq=False)
class RacingLine:
    """A line on a track. On a loop the last point is not the first again."""

    name: str
    points: Floats
    """(n, 2) where the point of the car is that reward functions see (m)."""
    heading: Floats
    """(n,) where the car points (rad)."""
    speed: Floats | None = None
    """(n,) (m/s); None: the file has none."""
    time: Floats | None = None
    """Seconds at each point of ``closed``; None without speeds."""
    is_loop: bool = True

    @classmethod
    def of(cls, lap: OptimalLap) -> "RacingLine":
        """Return the line of a flying lap."""
        points = np.stack(lap.nose, axis=1)[:-1]
        return cls("reference", points, lap.heading[:-1], lap.speed[:-1], lap.time)

    @property
    def closed(self) -> Floats:
        """The points, with the first one again at the end of a loop: (n + 1, 2) or (n, 2) (m)."""
        return np.vstack([self.points, self.points[:1]]) if self.is_loop else self.points

    def check_on(self, track: Track) -> None:
        """Raise an error if the line leaves the road of a track.

        Raises:
            TrackError: it names the first place.
        """
        s = arc_lengths(self.closed)
        grid = np.linspace(0.0, s[-1], max(round(s[-1] / _BETWEEN), 2))
        x, y = (np.interp(grid, s, column) for column in self.closed.T)
        road = road_polygon(track.inner, track.outer, is_loop=track.is_loop)
        away = shapely.distance(road, shapely.points(x, y))
        if len(bad := np.flatnonzero(away > BESIDE)):
            i = bad[0]
            raise TrackError(
                f"{self.name}: leaves the road of {track.name} at ({x[i]:.2f}, {y[i]:.2f}), "
                f"{away[i]:.2f} m beside it, after {grid[i]:.2f} m"
            )


def timed(line: RacingLine) -> RacingLine:
    """Return a line with the seconds that its speeds take; one without speeds as it is."""
    if line.speed is None:
        return line
    speed = np.append(line.speed, line.speed[:1]) if line.is_loop else line.speed
    mean = np.maximum((speed[1:] + speed[:-1]) / 2.0, 1e-3)
    seconds = np.diff(arc_lengths(line.closed)) / mean
    return replace(line, time=np.concatenate([[0.0], np.cumsum(seconds)]))


def rows_of(line: RacingLine) -> Iterator[tuple[float, ...]]:
    """Yield a line with speeds as rows of ``COLUMNS``.

    As in TUM's files psi counts from the y axis: it is the heading less a quarter of a turn.
    """
    assert line.speed is not None
    assert line.time is not None
    n = len(line.points)
    s = arc_lengths(line.closed)
    bend = curvature(line.closed, is_loop=line.is_loop)
    speed = np.append(line.speed, line.speed[:1])[: len(s)]
    gained = np.diff(speed**2) / (2.0 * np.maximum(np.diff(s), 1e-9))
    gained = np.append(gained, gained[-1:])[:n]
    psi = (line.heading - 0.5 * np.pi + np.pi) % (2.0 * np.pi) - np.pi
    columns = (s, *line.points.T, psi, bend, line.speed, gained, line.time)
    yield from zip(*(column[:n].tolist() for column in columns), strict=True)


def write_line(line: RacingLine, path: Path) -> None:
    """Write a line with speeds as a table that tools for racing lines read.

    Raises:
        TrackError: if the file cannot be written.
    """
    rows = ["; ".join(f"{value:.6f}" for value in row) for row in rows_of(line)]
    text = "\n".join([f"# {line.name}", "#", "# " + "; ".join(COLUMNS), *rows, ""])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise TrackError(f"{path}: cannot be written: {error.strerror or error}") from error
