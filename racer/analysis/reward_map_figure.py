"""Draws what a reward function pays all over a track: a small map for each heading and speed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from racer.analysis.maps import color_range
from racer.analysis.replay_figure import short_name
from racer.analysis.style import RISING, color_bar, heading, new_figure, styled
from racer.env.picture import FAINT_INK, INK, PAGE, VERMILLION, closed, map_axes, start_line

if TYPE_CHECKING:
    from racer.track import Track

Floats = NDArray[np.float64]

_SIDE = 3.6  # the longer side of a small map (inches)


@styled
def reward_map_figure(
    track: "Track",
    x: Floats,
    y: Floats,
    rewards: Floats,
    *,
    headings: Sequence[float],
    speeds: Sequence[float],
    steering: float = 0.0,
    failed: NDArray[np.bool_] | None = None,
    reward: str = "the reward function",
    notes: Sequence[str] = (),
) -> Figure:
    """Draw rewards over a track: a row for each speed, a column for each heading, one colour scale.

    Args:
        track: the road, as it is driven.
        x: (n_x + 1,) edges of the cells (m).
        y: (n_y + 1,) edges of the cells (m).
        rewards: (n_speeds, n_headings, n_y, n_x); nan is left empty.
        headings: (n_headings,) from the direction of the road (degrees, left positive).
        speeds: (n_speeds,) commanded (m/s).
        steering: commanded (degrees, left positive).
        failed: where a call failed, of the shape of ``rewards``: hatched.
        reward: what to call the reward function.
        notes: further lines below the maps.
    """
    ratio = float(np.clip((y[-1] - y[0]) / (x[-1] - x[0]), 0.3, 1.5))
    width, height = _SIDE / max(ratio, 1.0), _SIDE * min(ratio, 1.0)
    figure = new_figure(width * len(headings) + 1.6, (height + 0.45) * len(speeds) + 1.2)
    grid: Any = figure.subplots(len(speeds), len(headings), squeeze=False)
    norm = color_range(rewards.ravel())
    for i, speed in enumerate(speeds):
        for j, angle in enumerate(headings):
            axes = grid[i, j]
            _draw_slice(axes, track, x, y, rewards[i, j], norm)
            _draw_heading(axes, track, angle)
            if failed is not None and failed[i, j].any():
                _hatch(axes, x, y, failed[i, j])
            axes.set_title(f"{heading_text(angle)}, {speed:.3g} m/s", fontsize=12.5)
    scale = ScalarMappable(norm, RISING)
    scale.set_array(rewards[np.isfinite(rewards)])
    color_bar(figure, grid, scale, "reward a step")
    heading(figure, f"What {short_name(reward)} pays for standing here")
    lines = [
        f"Commanded: {_steering_text(steering)}. "
        "A cell is where the nose of the car is, the arrow how it stands."
    ]
    if failed is not None and failed.any():
        lines[0] += " Hatched: the call failed."
    figure.supxlabel("\n".join([*lines, *notes]), x=0.01, ha="left", fontsize=12, color=FAINT_INK)
    return figure


def _draw_slice(
    axes: Axes, track: "Track", x: Floats, y: Floats, rewards: Floats, norm: Normalize
) -> None:
    """Draw the rewards of one heading and speed, with the borders of the road."""
    map_axes(axes)
    axes.set_facecolor(PAGE)
    mesh = axes.pcolormesh(x, y, np.ma.masked_invalid(rewards), cmap=RISING, norm=norm, zorder=1)
    mesh.set_gid("rewards")
    for border in (track.inner, track.outer):
        axes.plot(*closed(border, track.is_loop).T, color=INK, linewidth=1.1, zorder=2)
    axes.plot(*np.array(start_line(track)).T, color=INK, linewidth=2.4, zorder=2)
    axes.set_aspect("equal", adjustable="box", anchor="NW")
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])


def _draw_heading(axes: Axes, track: "Track", angle: float) -> None:
    """Draw how cars stand, as an arrow behind the start line (degrees from the road, left +)."""
    middle = track.position(track.width)
    direction = float(track.heading(track.width)) + np.radians(angle)
    half = 0.75 * track.width * np.array([np.cos(direction), np.sin(direction)])
    tail, tip = middle - half, middle + half
    arrow = {"arrowstyle": "-|>", "color": VERMILLION, "linewidth": 2.2, "mutation_scale": 16}
    axes.annotate("", (tip[0], tip[1]), (tail[0], tail[1]), arrowprops=arrow, zorder=3)


def _hatch(axes: Axes, x: Floats, y: Floats, failed: NDArray[np.bool_]) -> None:
    """Hatch the cells whose call failed."""
    rows, columns = np.nonzero(failed)
    left, right, low, high = x[columns], x[columns + 1], y[rows], y[rows + 1]
    corners = [(left, low), (right, low), (right, high), (left, high)]
    cells = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    hatched = PolyCollection(
        list(cells), facecolors="none", edgecolors=FAINT_INK, linewidths=0.0, hatch="////",
        zorder=1.5, gid="failed",
    )  # fmt: skip
    axes.add_collection(hatched, autolim=False)


def _steering_text(degrees: float) -> str:
    """Say how a car is steered (degrees, left positive)."""
    if degrees == 0.0:
        return "straight ahead"
    return f"{abs(degrees):.3g}° to the {'left' if degrees > 0 else 'right'}"


def heading_text(degrees: float) -> str:
    """Say where a car is headed, from the direction of the road (degrees, left positive)."""
    if degrees == 0.0:
        return "along the road"
    if abs(degrees) == 180.0:
        return "against the road"
    return f"turned {_steering_text(degrees)}"
