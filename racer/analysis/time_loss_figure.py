"""Draws where the time goes: seconds lost in each sector on the map, and the speeds of both."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from racer.analysis.style import (
    RISING,
    color_bar,
    heading,
    new_figure,
    page_ratio,
    say_why_empty,
    styled,
    subtitle,
)
from racer.analysis.time_loss import TimeLoss, time_loss
from racer.env.picture import BLUE, FAINT_INK, INK, PAGE, VERMILLION, draw_track
from racer.kernels import layout
from racer.optimal import OptimalLap

if TYPE_CHECKING:
    from racer.evaluation.traces import Trace
    from racer.track import Track

_TOLD = 0.03  # a smaller share of what is lost is not written on the map


@styled
def where_time_goes(
    trace: "Trace", track: "Track", reference: OptimalLap | str, *, who: str = ""
) -> Figure:
    """Draw where finished laps lose time to the reference.

    Args:
        trace: of laps on the track.
        track: what was driven.
        reference: a flying lap on it, or why there is none.
        who: drives, for the title.
    """
    figure = new_figure(12.5, 11.5 * page_ratio(track) + 4.4)
    heading(figure, f"Where the time goes on {track.title or track.name}", who)
    why = reference if isinstance(reference, str) else ""
    if not why and not np.any(trace.status == layout.LAP_COMPLETE):
        why = "no lap was finished"
    if why or isinstance(reference, str):
        axes = figure.subplots()
        axes.set_axis_off()
        say_why_empty(axes, why)
        return figure
    found = time_loss(trace, track, reference)
    upper, lower = figure.subplots(2, 1, height_ratios=(11.5 * page_ratio(track), 3.2))
    lines = _draw_sectors(upper, track, found)
    color_bar(figure, upper, lines, "lost (s per metre)")
    laps = f"{found.n_laps} laps" if found.n_laps > 1 else "1 lap"
    subtitle(
        upper,
        f"{sum(found.lost):+.2f} s to a flying lap of the reference, {reference.lap_time:.2f} s "
        f"at up to {reference.top_speed:.3g} m/s; median of {laps}, from rest",
    )
    _draw_speeds(lower, found, track.length)
    return figure


def _draw_sectors(axes: Axes, track: "Track", found: TimeLoss) -> LineCollection:
    """Draw the sectors on the map, coloured by what a metre costs, with their seconds."""
    draw_track(axes, track, margin=0.6)
    rates = [
        lost / (one.end - one.begin) for one, lost in zip(found.sectors, found.lost, strict=True)
    ]
    pieces = []
    for one in found.sectors:
        s = np.linspace(one.begin, one.end, max(round((one.end - one.begin) / 0.05), 2))
        pieces.append(track.position(s % track.length))
    lines = LineCollection(
        pieces, cmap=RISING, norm=Normalize(min(0.0, *rates), max(*rates, 0.05)),
        linewidths=5.0, capstyle="butt", zorder=3, gid="sectors",
    )  # fmt: skip
    lines.set_array(np.array(rates))
    axes.add_collection(lines, autolim=False)
    for one, lost, piece in zip(found.sectors, found.lost, pieces, strict=True):
        axes.plot(*piece[0], "|", color=PAGE, markersize=9, zorder=4)
        if abs(lost) > _TOLD * sum(map(abs, found.lost)):
            name = f"{one.name}\n" if one.name.startswith("turn") else ""
            axes.annotate(
                f"{name}{lost:+.2f} s", piece[len(piece) // 2], ha="center", va="center",
                fontsize=11, color=INK, zorder=5, gid="lost",
                bbox={"boxstyle": "round,pad=0.2", "facecolor": PAGE, "edgecolor": "none",
                      "alpha": 0.9},
            )  # fmt: skip
    return lines


def _draw_speeds(axes: Axes, found: TimeLoss, length: float) -> None:
    """Draw the speeds of both over the lap, with the sectors as stripes."""
    for k, one in enumerate(found.sectors):
        if not one.name.startswith("turn"):
            continue
        for back in (0.0, length):
            begin, end = max(one.begin - back, 0.0), min(one.end - back, length)
            if end > begin:
                axes.axvspan(begin, end, color=FAINT_INK, alpha=0.12, linewidth=0, zorder=0)
        middle = 0.5 * (one.begin + one.end) % length
        axes.text(
            middle, 1.0, found.sectors[k].name, transform=axes.get_xaxis_transform(),
            ha="center", va="bottom", fontsize=10.5, color=FAINT_INK,
        )  # fmt: skip
    axes.plot(found.along, found.reference_speed, color=VERMILLION, label="reference")
    axes.plot(found.along, found.speed, color=BLUE, label="this car")
    axes.set_xlim(0.0, length)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("along the centre line (m)")
    axes.set_ylabel("speed (m/s)")
    axes.legend(loc="lower right", ncols=2)
