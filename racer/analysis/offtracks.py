"""Draws where cars left the track during a training, and how often."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from racer.analysis.curves import last_step, whole_batches
from racer.analysis.statistics import per_update
from racer.analysis.style import (
    RISING,
    TRAINING_STEPS,
    color_bar,
    heading,
    new_figure,
    page_ratio,
    steps_axis,
    styled,
    subtitle,
)
from racer.env.picture import BLUE, INK, draw_track
from racer.runs.record import RunRecord

if TYPE_CHECKING:
    from racer.track import Track


@styled
def off_tracks(run: RunRecord, track: "Track") -> Figure:
    """Draw where cars left the track, coloured by how far the training was, and how often.

    Args:
        run: the training.
        track: the track it trained on; of several, the one whose episodes are shown.
    """
    height = 9 * page_ratio(track)
    figure = new_figure(11, height + 3.6)
    axes, below = figure.subplots(2, 1, height_ratios=(height, 2.2))
    dots = draw_off_tracks(axes, run, track)
    if dots is not None:
        color_bar(figure, axes, dots, TRAINING_STEPS)
    episodes = whole_batches(run, run.episodes_on(track.name))
    left = 100.0 * (episodes["status"] == "off_track")
    below.plot(*per_update(episodes["update"], episodes["total_steps"], left), color=BLUE)
    below.set_ylabel("off track (%)")
    below.set_ylim(-3, 105)
    steps_axis(below, last_step([run]))
    below.set_title("episodes of an update that left the track", fontsize=13, fontweight="normal")
    heading(figure, f"Off-tracks on {track.title or track.name}")
    subtitle(axes, off_tracks_text(run, track.name))
    return figure


def draw_off_tracks(axes: Axes, run: RunRecord, track: "Track") -> PathCollection | None:
    """Draw the places on axes and return the dots, for a colour bar; None without any."""
    draw_track(axes, track)
    episodes = run.episodes_on(track.name)
    known = ~np.isnan(episodes["off_track_x"]) & ~np.isnan(episodes["off_track_y"])
    if not known.any():
        return None
    last = max(int(run.episodes["total_steps"].max()), 1)
    return axes.scatter(
        episodes["off_track_x"][known],
        episodes["off_track_y"][known],
        c=episodes["total_steps"][known],
        cmap=RISING,
        norm=Normalize(0, last),
        s=float(np.clip(9000 / known.sum(), 12, 46)),
        edgecolors=INK,
        linewidths=0.4,
        zorder=4,
        gid="off_tracks",
    )


def off_tracks_text(run: RunRecord, track: str = "") -> str:
    """Say how often cars left the track, in the first and in the last quarter of the training.

    Args:
        run: the training.
        track: name of one of its tracks, if it has several.
    """
    episodes = run.episodes_on(track)
    n = len(episodes["episode"])
    if n == 0:
        return "no finished episode yet"
    left = episodes["status"] == "off_track"
    if n < 8:
        return f"{left.sum()} of {n} episodes"
    quarter = n // 4
    first, last = 100 * left[:quarter].mean(), 100 * left[-quarter:].mean()
    return (
        f"{left.sum():,} of {n:,} episodes; of the first quarter {first:.0f} %,"
        f" of the last {last:.0f} %"
    )
