"""The road along a smooth line: what a lap is optimised over, in curvilinear coordinates.

A point is named by its arc length s along the line and its offset n to the left of it. The line is
the track's centre line, smoothed: the coordinates need a curvature that is continuous.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from racer.errors import TrackError
from racer.kernels.layout import Floats
from racer.track import Track

_FINE = 0.01  # spacing of the points that are smoothed, and looked up by the projection (m)
_SMOOTHING = 0.10  # standard deviation of the Gaussian that smooths the centre line (m)
_REACH = 1.5  # a border farther away than this is not looked for (m)
_WIDTH_SPACING = 0.02  # of the places where the free width is measured (m)


@dataclass(frozen=True, eq=False)
class Corridor:
    """A closed track as a smooth line and the free width to its left and right."""

    track: Track
    line: CubicSpline
    """x and y of the line (m) by arc length (m), periodic."""
    length: float
    """Of the line (m): a little shorter than the centre line."""

    @classmethod
    def of(cls, track: Track) -> "Corridor":
        """Return the corridor of a track.

        Raises:
            TrackError: as ``check``.
        """
        cls.check(track)
        n = round(track.length / _FINE)
        points = track.position(np.arange(n) * (track.length / n))
        smooth = gaussian_filter1d(points, _SMOOTHING * n / track.length, axis=0, mode="wrap")
        closed = np.vstack([smooth, smooth[:1]])
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
        return cls(track, CubicSpline(along, closed, bc_type="periodic"), float(along[-1]))

    @staticmethod
    def check(track: Track) -> None:
        """Raise an error if a lap of a track is no path along a corridor.

        Raises:
            TrackError: if it is open, or its centre line crosses itself: there the road goes on to
                all sides, and who drives straight on is no longer where the line is.
        """
        if not track.is_loop:
            raise TrackError(f"{track.name}: an open track has no lap, and so no limit")
        if not shapely.LineString(track.center).is_simple:
            raise TrackError(
                f"{track.name}: the centre line crosses itself: a limit is known only of tracks "
                "whose road does not"
            )

    def curvature(self, s: Floats) -> Floats:
        """Return the curvature of the line at arc lengths, same shape (1/m), left positive."""
        first, second = self.line(s % self.length, 1), self.line(s % self.length, 2)
        cross = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
        return cross / np.hypot(first[..., 0], first[..., 1]) ** 3

    def heading(self, s: Floats) -> Floats:
        """Return the direction of the line at arc lengths, same shape, in (-pi, pi] (rad)."""
        along = self.line(s % self.length, 1)
        return np.arctan2(along[..., 1], along[..., 0])

    def place(self, s: Floats, n: Floats) -> Floats:
        """Return the points at arc lengths s and offsets n to the left, (..., 2) (m)."""
        heading = self.heading(s)
        aside = np.stack([-np.sin(heading), np.cos(heading)], axis=-1)
        return self.line(s % self.length) + aside * np.asarray(n)[..., None]

    def widths(self, s: Floats) -> tuple[Floats, Floats]:
        """Return how far the borders are to the left and to the right of arc lengths (m)."""
        grid, left, right = self._widths
        return (
            np.interp(s, grid, left, period=self.length),
            np.interp(s, grid, right, period=self.length),
        )

    def project(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Return arc lengths and offsets (m) of the points of the line nearest to points (x, y).

        Args:
            x: (m), a number or an array.
            y: (m), likewise.
        """
        points = np.stack(np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float)), axis=-1)
        grid, tree = self._tree
        s = grid[tree.query(points)[1]]
        for _ in range(2):  # Newton: each step takes the rest of the way along the tangent
            along, beside = self._local(s, points)
            s = s + along / np.maximum(1.0 - beside * self.curvature(s), 0.1)
        return s % self.length, self._local(s, points)[1]

    def _local(self, s: Floats, points: Floats) -> tuple[Floats, Floats]:
        """Return how far points are ahead of and to the left of places of the line (m)."""
        heading, away = self.heading(s), points - self.line(s % self.length)
        cosine, sine = np.cos(heading), np.sin(heading)
        return (
            away[..., 0] * cosine + away[..., 1] * sine,
            away[..., 1] * cosine - away[..., 0] * sine,
        )

    @cached_property
    def _tree(self) -> tuple[Floats, cKDTree]:
        """Arc lengths of points of the line, and the points in a tree."""
        grid = np.arange(0.0, self.length, _FINE)
        return grid, cKDTree(self.line(grid))

    @cached_property
    def _widths(self) -> tuple[Floats, Floats, Floats]:
        """Arc lengths, and the distance to the nearest border on the normal, left and right."""
        n = round(self.length / _WIDTH_SPACING)
        grid = np.linspace(0.0, self.length, n, endpoint=False)
        borders = shapely.MultiLineString([self.track.inner, self.track.outer])
        shapely.prepare(borders)
        points = self.line(grid)
        found = []
        for reach in (_REACH, -_REACH):
            ends = self.place(grid, np.full(n, reach, np.float64))
            rays = shapely.linestrings(np.stack([points, ends], axis=1))
            hits = shapely.intersection(rays, borders)
            away = shapely.distance(shapely.points(points), hits)
            found.append(np.where(np.isnan(away), _REACH, away))
        return grid, found[0], found[1]
