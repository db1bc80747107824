"""Draws a racing line on the map of its track: coloured by speed, with the speeds as numbers."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy.signal import find_peaks

from racer.analysis.maps import color_range
from racer.analysis.style import (
    CYCLE,
    RISING,
    color_bar,
    heading,
    new_figure,
    page_ratio,
    styled,
    subtitle,
)
from racer.env.picture import INK, PAGE, draw_track
from racer.kernels.layout import Floats
from racer.optimal.line import RacingLine

if TYPE_CHECKING:
    from racer.track import Track

_RISE = 0.25  # a speed is told where it is so much higher or lower than around it (m/s)


@styled
def line_map(track: "Track", line: RacingLine, about: str = "") -> Figure:
    """Draw a line on its track; where it is slowest and fastest, the speed stands beside it.

    Args:
        track: what it was made for.
        line: with or without speeds.
        about: a line under the title.
    """
    figure = new_figure(12.3, 11 * page_ratio(track) + 0.9)
    axes = figure.subplots()
    draw_track(axes, track, margin=0.6)
    if line.speed is None:
        axes.plot(*line.closed.T, color=CYCLE[3], zorder=3, gid="line")
    else:
        color_bar(figure, axes, draw_speeds(axes, line), "speed (m/s)")
        _write_speeds(axes, line.points, line.speed, is_loop=line.is_loop)
    heading(figure, f"Line on {track.title or track.name}: {line.name}")
    subtitle(axes, about)
    return figure


def draw_speeds(axes: Axes, line: RacingLine) -> LineCollection:
    """Draw a line with speeds on a map, coloured by them, and return what was drawn."""
    assert line.speed is not None
    points = line.closed
    lines = LineCollection(
        list(np.stack([points[:-1], points[1:]], axis=1)),
        cmap=RISING,
        norm=color_range(line.speed, least=0.5),
        linewidths=3.4,
        capstyle="round",
        zorder=3,
        gid="line",
    )
    lines.set_array(line.speed[: len(points) - 1])
    axes.add_collection(lines, autolim=False)
    return lines


def _write_speeds(axes: Axes, points: Floats, speed: Floats, *, is_loop: bool) -> None:
    """Write the speed at its lowest and highest places."""
    n = len(speed)
    lap = np.tile(speed, 3) if is_loop else speed
    found = np.concatenate([find_peaks(sign * lap, prominence=_RISE)[0] for sign in (1.0, -1.0)])
    places = sorted({int(i) % n for i in found if not is_loop or n <= i < 2 * n})
    for i in places or [0]:
        axes.plot(*points[i], "o", color=PAGE, markersize=5, zorder=4)
        axes.annotate(
            f"{speed[i]:.1f}", points[i], (7, 7), textcoords="offset points", fontsize=11,
            color=INK, zorder=5, gid="speed",
            bbox={"boxstyle": "round,pad=0.15", "facecolor": PAGE, "edgecolor": "none",
                  "alpha": 0.85},
        )  # fmt: skip
