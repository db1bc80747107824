"""Draws a replay: what two reward functions pay for the same driving.

Their units differ, so each has a scale of its own: what counts is where they agree on the order.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from racer.analysis.curves import MOST_DOTS
from racer.analysis.maps import color_range
from racer.analysis.statistics import per_update
from racer.analysis.style import (
    DEEPENING,
    RISING,
    TRAINING_STEPS,
    color_bar,
    heading,
    new_figure,
    page_ratio,
    say_why_empty,
    steps_axis,
    styled,
)
from racer.env.picture import BLUE, FAINT_INK, VERMILLION, draw_track

if TYPE_CHECKING:
    from racer.track import Track

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LONGEST = 26  # letters of a name in a label
_WIDTH = 12  # inches


@styled
def replay_figure(
    track: "Track",
    *,
    total_steps: Integers,
    update: Integers,
    old: Floats,
    new: Floats,
    along: Floats,
    old_by_position: Floats,
    new_by_position: Floats,
    old_name: str = "the old function",
    new_name: str = "the new function",
    title: str = "Replay",
    text: str = "",
) -> Figure:
    """Draw old against new returns, both over the training, and both rewards along the lap.

    Args:
        track: where it was driven.
        total_steps: (n_episodes,) training steps when each episode ended, rising.
        update: (n_episodes,) the update that each episode was collected for.
        old: (n_episodes,) returns that were paid.
        new: (n_episodes,) returns of the other function.
        along: (n + 1,) edges of the stretches of the lap (m).
        old_by_position: (n,) mean reward a step that was paid in each; nan where no car was.
        new_by_position: (n,) the same of the other function.
        old_name: what to call the function of the training.
        new_name: what to call the other function.
        title: over the figure.
        text: how far the two agree, below the pictures.
    """
    names = (short_name(old_name), short_name(new_name))
    map_height = 0.5 * _WIDTH * page_ratio(track)
    figure = new_figure(_WIDTH, 4.6 + map_height + 1.4)
    parts: Any = figure.subfigures(2, 1, height_ratios=(4.6, map_height + 0.7))
    above, below = parts
    scatter, over_time = above.subplots(1, 2)
    _draw_scatter(above, scatter, total_steps, old, new)
    scatter.set_xlabel(f"return by {names[0]}", color=BLUE)
    scatter.set_ylabel(f"return by {names[1]}", color=VERMILLION)
    scatter.set_title("an episode each", fontsize=12.5, fontweight="normal", color=FAINT_INK)
    _draw_over_training(over_time, (update, total_steps), (old, new), names)
    maps = below.subplots(1, 2)
    for axes, name, values in zip(maps, names, (old_by_position, new_by_position), strict=True):
        lines = _draw_strip(axes, track, along, values)
        color_bar(below, axes, lines, "mean reward a step", below=True)
        axes.set_title(name)
    heading(figure, title)
    figure.supxlabel(text, x=0.01, ha="left", fontsize=12, color=FAINT_INK)
    return figure


def _draw_scatter(
    figure: Figure, axes: Axes, total_steps: Integers, old: Floats, new: Floats
) -> None:
    """Draw an episode as a dot, late ones darker."""
    if not len(old):
        say_why_empty(axes, "no episode has ended")
        return
    chosen = slice(None, None, -(-len(old) // MOST_DOTS))
    dots = axes.scatter(
        old[chosen], new[chosen], c=total_steps[chosen], cmap=DEEPENING, s=16, alpha=0.7,
        linewidths=0, gid="episodes",
    )  # fmt: skip
    color_bar(figure, axes, dots, TRAINING_STEPS)


def _draw_over_training(
    axes: Axes,
    when: tuple[Integers, Integers],
    returns: tuple[Floats, Floats],
    names: tuple[str, str],
) -> None:
    """Draw the mean returns of the updates (update and total_steps), each on an axis of its own."""
    update, total_steps = when
    right = axes.twinx()
    right.spines["right"].set_visible(True)
    right.grid(visible=False)
    for one, values, name, color in zip(
        (axes, right), returns, names, (BLUE, VERMILLION), strict=True
    ):
        one.plot(*per_update(update, total_steps, values), color=color)
        one.set_ylabel(f"mean return by {name}", color=color)
        one.tick_params(axis="y", labelcolor=color)
    steps_axis(axes, float(total_steps[-1]) if len(total_steps) else 0.0)
    axes.set_title(
        "mean of each update, over the training",
        fontsize=12.5,
        fontweight="normal",
        color=FAINT_INK,
    )


def _draw_strip(axes: Axes, track: "Track", along: Floats, values: Floats) -> LineCollection:
    """Draw the road with its centre line coloured by a value for each stretch of the lap."""
    draw_track(axes, track, arrow=False)
    points = track.position(along)
    known = np.isfinite(values)
    lines = LineCollection(
        list(np.stack([points[:-1], points[1:]], axis=1)[known]),
        cmap=RISING,
        norm=color_range(values),
        linewidths=6.0,
        capstyle="butt",
        zorder=3,
        gid="strip",
    )
    lines.set_array(values[known])
    axes.add_collection(lines, autolim=False)
    return lines


def short_name(label: str) -> str:
    """Return the name of a reward function's file without folders, cut where it is long."""
    name = label.replace("\\", "/").rpartition("/")[2]
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
