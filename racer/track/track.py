"""A track: its lines as read-only arrays, and questions about the road in friendly words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike

from racer.kernels.layout import Floats, TrackArrays
from racer.kernels.road import points_inside, poses_at, project_points
from racer.track.arrays import arc_lengths, build_arrays, freeze, pack_arrays
from racer.track.checks import check_lines
from racer.track.shape import curvature, turns

Numbers = float | Floats  # a float for one query, an array for many


class Projection(NamedTuple):
    """Where a point lies relative to the centre line; floats for one point, arrays for many."""

    s: Numbers  # arc length from waypoint 0 (m)
    lateral: Numbers  # signed distance to the centre line (m), left positive
    x: Numbers  # nearest point of the centre line (m)
    y: Numbers  # nearest point of the centre line (m)


@dataclass(frozen=True, eq=False, repr=False)
class Track:
    """A road with a centre line and two borders. Immutable: its arrays are read-only.

    On a loop the last row of each line repeats the first one, as in the real simulator. The inner
    border is the one that the loop encloses; on an open track it is the left one.

    Raises:
        TrackError: if the lines are no road.
    """

    name: str  # short, as it is typed
    center: Floats  # (n, 2) waypoints (m)
    inner: Floats  # (n_inner, 2) (m)
    outer: Floats  # (n_outer, 2) (m)
    title: str = ""  # for people
    description: str = ""  # a sentence
    is_reversed: bool = False  # driven against the order of the file
    source: Path | None = None  # the file it was read from

    def __post_init__(self) -> None:
        lines = {}
        for line in ("center", "inner", "outer"):
            array = np.array(getattr(self, line), np.float64, order="C")
            object.__setattr__(self, line, array)
            lines[line] = array
        check_lines(self.source.name if self.source else self.name, **lines)
        freeze(lines.values())

    def __repr__(self) -> str:
        """Return the name and the figures that matter, not the coordinates."""
        reversed_too = ", reversed" if self.is_reversed else ""
        return f"<Track {self.name}: {self.length:.2f} m, {self.width:.2f} m wide{reversed_too}>"

    @cached_property
    def is_loop(self) -> bool:
        """Whether the end is the beginning."""
        return bool(np.array_equal(self.center[0], self.center[-1]))

    @cached_property
    def is_ccw(self) -> bool:
        """Whether it is driven counter-clockwise; an open track counts so if not reversed."""
        if not self.is_loop:
            return not self.is_reversed
        return bool(shapely.is_ccw(shapely.LinearRing(self.center)))

    @cached_property
    def arrays(self) -> TrackArrays:
        """The arrays for the kernels, with this track as number 0."""
        arrays = build_arrays(
            self.center, self.inner, self.outer, is_loop=self.is_loop, is_ccw=self.is_ccw
        )
        freeze(arrays)
        return arrays

    @cached_property
    def length(self) -> float:
        """Length of the centre line (m)."""
        return float(arc_lengths(self.center)[-1])

    @cached_property
    def widths(self) -> Floats:
        """Width of the road at each waypoint (m), (n,), as ``track_width`` measures it."""
        widths = np.array(self.width_at(arc_lengths(self.center)))
        freeze([widths])
        return widths

    @cached_property
    def width(self) -> float:
        """Mean width of the road along the centre line (m)."""
        steps = np.diff(arc_lengths(self.center))
        return float(np.sum(steps * (self.widths[1:] + self.widths[:-1]) / 2.0) / self.length)

    @property
    def min_width(self) -> float:
        """Width at the narrowest waypoint (m)."""
        return float(self.widths.min())

    @property
    def max_width(self) -> float:
        """Width at the widest waypoint (m)."""
        return float(self.widths.max())

    @cached_property
    def curvature(self) -> Floats:
        """Curvature of the centre line at each waypoint (1/m), (n,), positive in left turns."""
        values = curvature(self.center, is_loop=self.is_loop)
        freeze([values])
        return values

    @property
    def tightest_radius(self) -> float:
        """Smallest radius of the centre line (m); inf on a straight."""
        tightest = float(np.abs(self.curvature).max())
        return 1.0 / tightest if tightest > 1e-6 else float("inf")

    @cached_property
    def turns(self) -> tuple[tuple[float, float], ...]:
        """Where each turn begins and ends (m): see ``racer.track.shape.turns``."""
        found = turns(arc_lengths(self.center), self.curvature, self.width, is_loop=self.is_loop)
        return tuple(found)

    @property
    def n_turns(self) -> int:
        """Number of turns: stretches bent to one side that change the heading by 20° or more."""
        return len(self.turns)

    @cached_property
    def waypoints(self) -> list[tuple[float, float]]:
        """The centre line as the reward parameters have it: tuples of Python floats (m)."""
        return [(float(x), float(y)) for x, y in self.center]

    def position(self, s: ArrayLike, lateral: ArrayLike = 0.0) -> Floats:
        """Return the point beside the centre line at an arc length, (..., 2) (m).

        Args:
            s: arc length from waypoint 0 (m); modulo the length on a loop, else clamped.
            lateral: distance to the left of the centre line (m).
        """
        poses = self._poses(s)
        offset = np.asarray(lateral, np.float64)
        x = poses[..., 0] - np.sin(poses[..., 2]) * offset
        y = poses[..., 1] + np.cos(poses[..., 2]) * offset
        return np.stack(np.broadcast_arrays(x, y), axis=-1)

    def heading(self, s: ArrayLike) -> Numbers:
        """Return the direction of the road ahead at an arc length (m), in (-pi, pi] (rad)."""
        return _plain(self._poses(s)[..., 2])

    def width_at(self, s: ArrayLike) -> Numbers:
        """Return the width of the road at an arc length (m), between the nearest border points."""
        return _plain(self._poses(s)[..., 3])

    def project(self, x: ArrayLike, y: ArrayLike) -> Projection:
        """Return where points lie relative to the centre line: the nearest one, exactly.

        Args:
            x: (m), a number or an array.
            y: (m), likewise.
        """
        points, shape = _points(x, y)
        out = np.empty((len(points), 4))
        project_points(self.arrays, 0, points, out)
        return Projection(*(_plain(column.reshape(shape)) for column in out.T))

    def contains(self, x: ArrayLike, y: ArrayLike) -> bool | np.ndarray:
        """Return whether points are inside the road; its outline counts as outside.

        Args:
            x: (m), a number or an array.
            y: (m), likewise.
        """
        points, shape = _points(x, y)
        out = np.empty(len(points), np.uint8)
        points_inside(self.arrays, 0, points, out)
        inside = out.astype(np.bool_).reshape(shape)
        return bool(inside) if inside.ndim == 0 else inside

    def reversed(self) -> "Track":
        """Return the track driven the other way: the rows of all lines in reversed order."""
        return replace(
            self,
            center=self.center[::-1],
            inner=self.inner[::-1],
            outer=self.outer[::-1],
            is_reversed=not self.is_reversed,
        )

    def scaled(self, factor: float) -> "Track":
        """Return the track with all lengths multiplied by a factor.

        Raises:
            TrackError: if the factor is not positive and finite.
        """
        return replace(
            self,
            center=self.center * factor,
            inner=self.inner * factor,
            outer=self.outer * factor,
        )

    def _poses(self, s: ArrayLike) -> Floats:
        """Return x, y (m), heading (rad) and width (m) at arc lengths (m), (..., 4)."""
        along = np.asarray(s, np.float64)
        out = np.empty((along.size, 4))
        poses_at(self.arrays, 0, np.ascontiguousarray(along.ravel()), out)
        return out.reshape(*along.shape, 4)


def pack_tracks(tracks: Sequence[Track]) -> TrackArrays:
    """Return the arrays of several tracks as one; track i of the list has index i.

    Raises:
        ValueError: if there is none.
    """
    arrays = pack_arrays([track.arrays for track in tracks])
    freeze(arrays)
    return arrays


def _points(x: ArrayLike, y: ArrayLike) -> tuple[Floats, tuple[int, ...]]:
    """Return coordinates as rows of an array (n, 2), and the shape they came in."""
    xs, ys = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    return np.stack((xs.ravel(), ys.ravel()), axis=1), xs.shape


def _plain(values: Floats) -> Numbers:
    """Return a float if there is only one value, else the array."""
    return float(values) if values.ndim == 0 else values
