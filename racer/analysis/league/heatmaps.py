"""Heatmaps: a quantity in each cell of the road, over all recorded steps; where cars went out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from racer.analysis.league.driven import Driven
from racer.analysis.league.saying import at_least, said
from racer.analysis.maps import color_range
from racer.analysis.style import RISING, SIGNED, color_bar, new_figure, page_ratio, styled
from racer.env.picture import INK, VERMILLION, closed, draw_track
from racer.kernels import layout
from racer.kernels.layout import Floats

CELL = 0.1
"""Side of a cell (m)."""


@dataclass(frozen=True)
class Measure:
    """Something to colour cells by."""

    title: str
    """Of the picture."""
    label: str
    """Of the colour bar, without the unit."""
    unit: str
    values: Callable[[Driven, float], Floats]
    """(n,) of steps and the discount; the mean of a cell is drawn."""
    words: tuple[str, str]
    """What the sentence says of the sectors with the most and with the least of it."""
    signed: bool = False
    """Whether zero is a middle."""


def _braking(driven: Driven, _: float) -> Floats:
    return np.maximum(-driven.acceleration, 0.0)


MEASURES = {
    "reward": Measure(
        "Rewards", "reward a step", "", lambda driven, _: driven.reward,
        ("Pays most in", "least in"),
    ),
    "future": Measure(
        "Future rewards", "discounted reward from here on", "",
        lambda driven, gamma: driven.future(gamma), ("Promises most in", "least in"),
    ),
    "speed": Measure(
        "Speed", "speed", "m/s", lambda driven, _: driven.speed,
        ("Fastest in", "slowest in"),
    ),
    "acceleration": Measure(
        "Acceleration", "acceleration", "m/s²", lambda driven, _: driven.acceleration,
        ("Speeds up most in", "slows down most in"), signed=True,
    ),
    "braking": Measure(
        "Braking", "braking", "m/s²", _braking, ("Brakes most in", "least in"),
    ),
    "slide": Measure(
        "Slide", "slide to either side", "°",
        lambda driven, _: np.degrees(np.abs(driven.slide)), ("Slides most in", "least in"),
    ),
    "steering": Measure(
        "Steering", "commanded steering angle, left +", "°",
        lambda driven, _: np.degrees(driven.steering),
        ("Steers left most in", "right most in"), signed=True,
    ),
}  # fmt: skip
"""What ``heatmap`` can show, beside visits."""


def cells(driven: Driven, values: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Return the mean of values in each cell of the ground, or how many steps were in it.

    Args:
        driven: the steps.
        values: (n,), nan left out; by default steps are counted.

    Returns:
        Edges in x (k + 1,) and y (m + 1,) (m), and (m, k); nan where nobody came.
    """
    track = driven.track
    border = np.concatenate([track.inner, track.outer])
    low, high = border.min(axis=0) - 0.5, border.max(axis=0) + 0.5
    x_edges, y_edges = (np.arange(a, b + CELL, CELL) for a, b in zip(low, high, strict=True))
    known = np.ones(len(driven), np.bool_) if values is None else np.isfinite(values)
    where = driven.y[known], driven.x[known]
    counts, _, _ = np.histogram2d(*where, bins=(y_edges, x_edges))
    if values is None:
        return x_edges, y_edges, np.where(counts > 0, counts, np.nan)
    total, _, _ = np.histogram2d(*where, bins=(y_edges, x_edges), weights=values[known])
    return x_edges, y_edges, np.where(counts > 0, total / np.maximum(counts, 1.0), np.nan)


@styled
def visits(driven: Driven) -> Figure:
    """Draw how often cars were in each cell of the road."""
    at_least(len(driven), 1, "recorded steps on this track")
    figure, axes = _map(driven)
    _draw_visits(figure, axes, driven)
    lateral = float(np.median(driven.lateral))
    side = "left" if lateral > 0 else "right"
    most = np.bincount(driven.sector[driven.sector >= 0], minlength=len(driven.sectors))
    lengths = np.array([one.end - one.begin for one in driven.sectors])
    dense = int(np.argmax(most / lengths))
    sentence = (
        f"{len(driven):,} steps of {len(driven.begins):,} episodes; most a metre in "
        f"{driven.sectors[dense].name}; the median step is {100 * abs(lateral):.0f} cm {side} of "
        "the centre line."
    )
    return said(figure, f"Visits on {_title(driven)}", sentence)


@styled
def heatmap(driven: Driven, measure: str, gamma: float = 0.99) -> Figure:
    """Draw the mean of a quantity in each cell of the road.

    Args:
        driven: the steps.
        measure: a name of ``MEASURES``.
        gamma: discount of a reward one step later, for the future reward.
    """
    at_least(len(driven), 2, "recorded steps on this track")
    one = MEASURES[measure]
    values = one.values(driven, gamma)
    figure, axes = _map(driven)
    x, y, mean = cells(driven, values)
    drawn = axes.pcolormesh(
        x, y, mean, cmap=SIGNED if one.signed else RISING,
        norm=color_range(mean[np.isfinite(mean)], signed=one.signed), zorder=3, rasterized=True,
    )  # fmt: skip
    color_bar(figure, axes, drawn, f"{one.label} ({one.unit})" if one.unit else one.label)
    return said(figure, f"{one.title} on {_title(driven)}", _extremes(driven, one, values))


def _extremes(driven: Driven, one: Measure, values: Floats) -> str:
    """Say in which sectors there is most and least of a quantity."""
    found = driven.by_sector(values)
    if not np.isfinite(found).any():
        return f"No step has a known {one.label}."
    high, low = int(np.nanargmax(found)), int(np.nanargmin(found))
    names = [sector.name for sector in driven.sectors]
    unit = one.unit if one.unit in ("", "°") else f" {one.unit}"
    lowest = "least in" if one.signed and found[low] >= 0.0 else one.words[1]
    return (
        f"{one.words[0]} {names[high]}, {found[high]:.3g}{unit} in the mean; {lowest} "
        f"{names[low]}, {found[low]:.3g}{unit}."
    )


@styled
def exits(driven: Driven) -> Figure:
    """Draw where cars left the track, over the heatmap of visits."""
    at_least(len(driven), 1, "recorded steps on this track")
    figure, axes = _map(driven)
    _draw_visits(figure, axes, driven)
    out = driven.lasts[driven.status[driven.lasts] == layout.OFF_TRACK]
    axes.plot(
        driven.x[out], driven.y[out], "X", color=VERMILLION, markersize=8,
        markeredgecolor="white", markeredgewidth=0.8, zorder=5, gid="exits",
    )  # fmt: skip
    sentence = f"{len(out):,} of {len(driven.begins):,} episodes left the track"
    if len(out):
        sectors = driven.sector[out]
        counts = np.bincount(sectors[sectors >= 0], minlength=len(driven.sectors))
        most = int(np.argmax(counts))
        sentence += (
            f", {100 * counts[most] / len(out):.0f} % of them in {driven.sectors[most].name}, "
            f"{100 * np.mean(driven.lateral[out] > 0):.0f} % to the left"
        )
    return said(figure, f"Where cars left {_title(driven)}", sentence + ".")


def _draw_visits(figure: Figure, axes: Axes, driven: Driven) -> None:
    """Draw how often cars were in each cell, with its colour bar."""
    x, y, counts = cells(driven)
    norm = PowerNorm(0.4, 0.0, float(np.nanmax(counts)))  # few visits are told apart, too
    drawn = axes.pcolormesh(x, y, counts, cmap=RISING, norm=norm, zorder=3, rasterized=True)
    color_bar(figure, axes, drawn, "steps in a cell of 10 cm")


def _map(driven: Driven) -> tuple[Figure, Axes]:
    """Return a figure in the proportions of the track, with the road on its axes."""
    track = driven.track
    figure = new_figure(12.3, 10 * page_ratio(track) + 1.6)
    axes = figure.subplots()
    draw_track(axes, track)
    for border in (track.inner, track.outer):  # the cells hide those of the road
        axes.plot(*closed(border, track.is_loop).T, color=INK, linewidth=0.9, zorder=4)
    return figure, axes


def _title(driven: Driven) -> str:
    return driven.track.title or driven.track.name
