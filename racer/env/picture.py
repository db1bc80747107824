"""The road as matplotlib draws it, and the palette of all pictures: figures, films and frames."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, PathPatch
from matplotlib.path import Path as Outline

from racer.kernels.layout import Floats
from racer.track import Track

# Okabe & Ito 2008, "Color universal design": told apart with every kind of colour vision
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW = "#CC79A7", "#56B4E9", "#F0E442"

PAGE = "#FFFFFF"
INK = "#1F2328"
FAINT_INK = "#626A73"
FIELD = "#E8EEE4"  # the ground beside the road
ASPHALT = "#4B5158"
BORDER = "#FFFFFF"
CENTER_LINE = ORANGE

MARGIN = 0.35  # ground around the road (m)


@contextmanager
def own_settings(look: dict[Any, Any] | None = None) -> Iterator[None]:
    """Draw with matplotlib's defaults, whatever the user's settings are, which stay as they are.

    No text is markup: a name may have dollar signs in it, which matplotlib reads as mathematics.

    Args:
        look: settings that differ from the defaults.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"text.parse_math": False, **(look or {})})
        yield


def draw_track(axes: Axes, track: Track, *, arrow: bool = True, margin: float = MARGIN) -> None:
    """Draw a road: asphalt, white borders, dashed centre line, start line, driving direction.

    Args:
        axes: become a map of equal aspect that holds the whole road.
        track: what to draw.
        arrow: whether to show the driving direction behind the start line.
        margin: ground left and right of the road (m).
    """
    map_axes(axes)
    road = PathPatch(
        road_outline(track), facecolor=ASPHALT, edgecolor=ASPHALT, linewidth=7, zorder=1
    )
    road.set_gid("road")
    axes.add_patch(road)
    white: dict[str, Any] = {"color": BORDER, "solid_capstyle": "round"}
    for border in (track.inner, track.outer):
        axes.plot(*closed(border, track.is_loop).T, linewidth=1.8, zorder=2, **white)
    axes.plot(*track.center.T, color=CENTER_LINE, linewidth=1.2, dashes=(4, 4), zorder=2, alpha=0.9)
    axes.plot(*np.array(start_line(track)).T, linewidth=4, zorder=2.5, **white)
    if arrow:
        _draw_direction(axes, track)
    low, high = limits(track, margin)
    axes.update_datalim(np.array([low, high]))  # and no fixed limits: the aspect widens one of them
    axes.autoscale_view()


def map_axes(axes: Axes) -> None:
    """Make axes a map: one metre is as long in x as in y, the ground, no frame."""
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_facecolor(FIELD)
    axes.margins(0)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def limits(track: Track, margin: float) -> tuple[Floats, Floats]:
    """Return the lowest and the highest x and y of a road with ground around it, (2,) each (m)."""
    points = np.concatenate([track.inner, track.outer])
    return points.min(axis=0) - margin, points.max(axis=0) + margin


def road_outline(track: Track) -> Outline:
    """Return the road as a filled outline; the ground inside a loop is a hole in it."""
    if not track.is_loop:
        return _ring(np.concatenate([track.outer, track.inner[::-1]]))
    inner, outer = track.inner, track.outer
    if _area(inner) * _area(outer) > 0:  # a hole runs the other way round
        inner = inner[::-1]
    return Outline.make_compound_path(_ring(outer), _ring(inner))


def closed(points: Floats, is_loop: bool) -> Floats:
    """Return a border with its first point again at its end if it is a loop. (n, 2) in m."""
    return np.concatenate([points, points[:1]]) if is_loop else points


def start_line(track: Track) -> tuple[Floats, Floats]:
    """Return the points of both borders that are nearest to the first waypoint, (2,) each (m)."""
    start = track.center[0]
    inner = nearest_point(closed(track.inner, track.is_loop), start)
    outer = nearest_point(closed(track.outer, track.is_loop), start)
    return inner, outer


def nearest_point(line: Floats, point: Floats) -> Floats:
    """Return the point of a polyline (n, 2) that is nearest to ``point`` (2,), in m."""
    first, along = line[:-1], np.diff(line, axis=0)
    squared = np.maximum(np.sum(along**2, axis=1), 1e-18)  # repeated points have no length
    t = np.clip(np.sum((point - first) * along, axis=1) / squared, 0, 1)
    candidates = first + t[:, None] * along
    best = np.argmin(np.sum((candidates - point) ** 2, axis=1))
    return np.asarray(candidates[best])


def _draw_direction(axes: Axes, track: Track) -> None:
    """Draw an arrow on the road just behind the start line."""
    begin = 0.25 * track.width
    end = begin + max(0.7 * track.width, 0.03 * track.length)
    tail, tip = track.position([begin, end])
    axes.add_patch(
        FancyArrowPatch(
            (tail[0], tail[1]),
            (tip[0], tip[1]),
            arrowstyle="-|>",
            mutation_scale=17,
            linewidth=2.4,
            color=BORDER,
            zorder=2.6,
        )
    )


def _ring(points: Floats) -> Outline:
    """Return a closed outline through the points."""
    return Outline(np.concatenate([points, points[:1]]), closed=True)


def _area(points: Floats) -> float:
    """Return the signed area of a ring (n, 2) in m2, positive if it runs counter-clockwise."""
    x, y = points.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)
