"""Draws a comparison of reward functions: how they learned, every seed, and who beats whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike, NDArray

from racer.analysis.statistics import align, band
from racer.analysis.style import (
    CYCLE,
    SIGNED,
    TRAINING_STEPS,
    draw_line,
    heading,
    new_figure,
    say_why_empty,
    steps_axis,
    styled,
)
from racer.env.picture import BLUE, FAINT_INK, GREEN, INK, VERMILLION

Floats = NDArray[np.float64]

Curve = tuple[ArrayLike, ArrayLike]
"""Of one seed: training steps (n,), rising, and values (n,)."""

DUELS = "How often a seed of the row\nbeats one of the column"
MOST_LETTERS = 25  # of a name in a figure; the middle of a longer one is left out


@dataclass(frozen=True)
class Dots:
    """One measure of the seeds of several reward functions."""

    label: str
    """Of the axis, with the unit."""
    values: Mapping[str, Sequence[float | None]]
    """One value a seed under the name of its reward function; None where a seed has none."""
    summaries: Mapping[str, tuple[float, float | None, float | None]]
    """Under the same names a value with its interval, None without one; a name may be missing."""
    limits: tuple[float, float] | None = None
    """Of the axis, where they are known."""
    empty: str = "no lap"
    """What it means that a seed has no value."""


@dataclass(frozen=True)
class Duels:
    """Who beats whom, for k reward functions."""

    names: Sequence[str]
    """(k,) the best first."""
    beats: Floats
    """(k, k) P(the row's seed beats the column's), nan where it is not known."""
    low: Floats
    """(k, k) lower end of its interval; nan without one."""
    high: Floats
    """(k, k) upper end."""
    verdict: NDArray[np.int64]
    """(k, k) 1 if the row is clearly better than the column, -1 if clearly worse, else 0."""


@styled
def comparison_curves(
    curves: Mapping[str, Sequence[Curve]],
    *,
    label: str = "completion (%)",
    limits: tuple[float, float] | None = (0, 100),
    title: str = "Evaluations during the training",
) -> Figure:
    """Draw the learning curves of each reward function in axes of its own.

    Each seed is a thin line, the mean over the seeds a thick one in the band that the legend names.
    The means of the other reward functions are drawn faint behind, to compare with.

    Args:
        curves: of each seed, under the name of the reward function.
        label: of the values, with the unit.
        limits: of the values, where they are known.
        title: over the figure.
    """
    columns = min(max(len(curves), 2), 4)
    rows = max(1, -(-len(curves) // columns))
    figure = new_figure(3.9 * columns + 0.4, 1.4 + 3.1 * rows)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    end = _last_step(curves)
    for one, name, color in zip(axes.flat, curves, _colors(len(curves)), strict=False):
        _draw_curves(one, curves, name, color)
        one.set_title(_short(name), fontsize=12.5)
    for one in axes.flat[len(curves) :]:
        one.set_axis_off()
    for one in axes.flat[: len(curves)]:
        steps_axis(one, end)
        one.set_xlabel("")
        if limits:
            margin = limits[1] - limits[0]
            one.set_ylim(limits[0] - 0.03 * margin, limits[1] + 0.05 * margin)
    _label_edges(axes, len(curves), label)
    heading(figure, title)
    handles = _curve_legend(curves)
    n_columns = len(handles) if columns > 2 else 2
    figure.legend(handles=handles, loc="outside lower center", ncols=n_columns)
    return figure


@styled
def seed_dots(
    measures: Sequence[Dots],
    succeeded: Mapping[str, Sequence[bool]],
    *,
    title: str = "Every seed",
) -> Figure:
    """Draw every seed as a dot, one axes a measure and one row a reward function.

    A seed that fails is hollow; one without a value stands right of the line, under the words that
    say why. A diamond with a bar shows the summary and its interval.

    Args:
        measures: what to draw.
        succeeded: whether each seed succeeds, under the name of its reward function.
        title: over the figure.
    """
    names = list(succeeded)
    columns = min(max(len(measures), 1), 3)
    rows = max(1, -(-len(measures) // columns))
    height = 1.1 + 0.62 * max(len(names), 2)
    figure = new_figure(4.9 * columns + 1.2, 0.9 + rows * height)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    labels = [f"{_short(name)}\n{sum(succeeded[name])} of {len(succeeded[name])} finish"
              for name in names]  # fmt: skip
    for one, measure in zip(axes.flat, measures, strict=False):
        _draw_dots(one, measure, succeeded)
        one.set_ylim(len(names) - 0.45, -0.55)
        one.set_yticks(range(len(names)), labels)
        one.tick_params(axis="y", length=0)
        one.grid(visible=False, axis="y")
    for one in axes.flat[len(measures) :]:
        one.set_axis_off()
    heading(figure, title)
    figure.legend(handles=_dot_legend(), loc="outside lower center", ncols=4)
    return figure


@styled
def duel_matrix(duels: Duels, *, title: str = DUELS) -> Figure:
    """Draw P(row beats column) with its intervals; what is clear has a frame and a word.

    Args:
        duels: who beats whom.
        title: over the figure.
    """
    k = len(duels.names)
    size = 1.35 if k <= 5 else 1.12
    figure = new_figure(3.6 + size * max(k, 3), 2.6 + size * max(k, 2))
    axes = figure.subplots()
    axes.imshow(duels.beats, cmap=SIGNED, vmin=0.0, vmax=1.0)
    axes.grid(visible=False)
    for i in range(k):
        for j in range(k):
            if i != j:
                _draw_duel(axes, duels, i, j, small=k > 5)
    names = [_short(name) for name in duels.names]
    axes.set_yticks(range(k), names)
    turn, side = (0, "center") if k <= 3 else (30, "left")
    axes.set_xticks(range(k), names, rotation=turn, ha=side)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    heading(figure, title)
    note = (
        "framed: a clear difference, corrected for all pairs and tests\n"
        "small: 95 % interval of this pair alone"
    )
    figure.supxlabel(note, x=0.02, ha="left", fontsize=11, color=FAINT_INK)
    return figure


# --- learning curves ---


def _draw_curves(axes: Axes, curves: Mapping[str, Sequence[Curve]], name: str, color: str) -> None:
    """Draw the seeds of one reward function, and the means of the others behind."""
    for other, seeds in curves.items():
        if other != name and seeds:
            axis, values = align(seeds)
            faint: dict[str, Any] = {"color": "#B9BFC6", "linewidth": 1.6, "gid": "other"}
            draw_line(axes, axis, band(values).center, **faint)
    if not curves[name]:
        say_why_empty(axes, "no seed was trained")
        return
    for steps, one in curves[name]:
        draw_line(axes, steps, one, color=color, linewidth=0.9, alpha=0.55, gid="seed")
    axis, values = align(curves[name])
    middle = band(values)
    draw_line(axes, axis, middle.center, color=color, linewidth=2.8, gid="mean")
    if len(curves[name]) > 1:
        axes.fill_between(axis, middle.low, middle.high, color=color, alpha=0.15, linewidth=0)


def _curve_legend(curves: Mapping[str, Sequence[Curve]]) -> list[Line2D | Patch]:
    """Return what lines and band mean."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=INK, linewidth=2.8, label="mean of the seeds"),
        Line2D([], [], color=INK, linewidth=0.9, label="one seed"),
    ]
    edges = {band(np.zeros((len(s), 1))).edges for s in curves.values() if len(s) > 1}
    if edges:
        handles.append(Patch(facecolor=INK, alpha=0.15, label=" / ".join(sorted(edges))))
    if len(curves) > 1:
        handles.append(Line2D([], [], color="#B9BFC6", linewidth=1.6, label="means of the others"))
    return handles


def _label_edges(axes: NDArray[np.object_], n: int, label: str) -> None:
    """Label the values at the left and the steps below the lowest axes of each column."""
    rows, columns = axes.shape
    for row in range(rows):
        axes[row, 0].set_ylabel(label)
    for column in range(min(columns, n)):
        row = (n - 1 - column) // columns
        axes[row, column].set_xlabel(TRAINING_STEPS)
        axes[row, column].xaxis.set_tick_params(labelbottom=True)


def _last_step(curves: Mapping[str, Sequence[Curve]]) -> float:
    steps = [np.asarray(x, np.float64) for seeds in curves.values() for x, _ in seeds]
    return max((float(x.max()) for x in steps if len(x)), default=0.0)


# --- dots ---


def _draw_dots(axes: Axes, measure: Dots, succeeded: Mapping[str, Sequence[bool]]) -> None:
    """Draw one measure: a row of dots for each reward function."""
    known = [value for values in measure.values.values() for value in values if value is not None]
    low, high = measure.limits or (min(known, default=0.0), max(known, default=1.0))
    width = (high - low) or max(abs(high), 1.0)
    missing = any(value is None for values in measure.values.values() for value in values)
    beyond = high + 0.14 * width
    for row, (name, color) in enumerate(zip(succeeded, _colors(len(succeeded)), strict=True)):
        values = measure.values.get(name, ())
        heights = row + _spread(values, width)
        for value, y, good in zip(values, heights, succeeded[name], strict=True):
            axes.plot(
                beyond if value is None else value, y, "o", markersize=6.5, color=color,
                markerfacecolor=color if good else "white", markeredgewidth=1.4, alpha=0.8,
                clip_on=False, gid="seed",
            )  # fmt: skip
        if name in measure.summaries:
            _draw_summary(axes, measure.summaries[name], row)
    axes.set_xlim(low - 0.05 * width, (beyond if missing else high) + 0.06 * width)
    if missing:
        axes.axvline(high + 0.07 * width, color=FAINT_INK, linewidth=1, linestyle=(0, (2, 3)))
        axes.annotate(
            measure.empty, (beyond, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
            textcoords="offset points", ha="center", va="bottom", fontsize=10, color=FAINT_INK,
        )  # fmt: skip
        axes.set_xticks([tick for tick in axes.get_xticks() if low - 1e-9 <= tick <= high + 1e-9])
    axes.set_xlabel(measure.label)


def _spread(values: Sequence[float | None], width: float) -> Floats:
    """Return how far each dot is moved up or down, so that equal ones do not hide each other."""
    moved = np.zeros(len(values))
    taken: list[tuple[float, float]] = []
    steps = [0.0] + [sign * k * 0.075 for k in range(1, 4) for sign in (-1, 1)]
    for i, value in enumerate(values):
        x = np.inf if value is None else value
        for step in steps:
            if all(abs(step - b) > 0.01 or not _is_near(x, a, width) for a, b in taken):
                break
        else:
            step = steps[i % len(steps)]
        moved[i] = step
        taken.append((x, step))
    return moved


def _is_near(a: float, b: float, width: float) -> bool:
    """Say whether two dots would lie on each other."""
    return a == b or abs(a - b) < 0.018 * width


def _draw_summary(axes: Axes, summary: tuple[float, float | None, float | None], row: int) -> None:
    """Draw a diamond, and a bar for its interval, below the dots of a row."""
    value, low, high = summary
    y = row + 0.33
    if low is not None and high is not None:
        axes.plot([low, high], [y, y], color=INK, linewidth=2, clip_on=False, gid="interval")
    axes.plot(value, y, "D", color=INK, markersize=6, clip_on=False, gid="summary")


def _dot_legend() -> list[Line2D]:
    """Return what the dots mean."""
    dot: dict[str, Any] = {"marker": "o", "linestyle": "", "markersize": 7, "color": BLUE}
    return [
        Line2D([], [], **dot, label="a seed that finishes"),
        Line2D([], [], **dot, markerfacecolor="white", label="a seed that does not"),
        Line2D([], [], color=INK, marker="D", label="mean or median, 95 % interval"),
    ]


# --- duels ---


def _draw_duel(axes: Axes, duels: Duels, i: int, j: int, *, small: bool) -> None:
    """Write one cell."""
    share, low, high = duels.beats[i, j], duels.low[i, j], duels.high[i, j]
    if np.isnan(share):
        axes.text(j, i, "–", ha="center", va="center", color=FAINT_INK)
        return
    verdict = int(duels.verdict[i, j])
    axes.text(
        j, i - 0.14, f"{100 * share:.0f} %", ha="center", va="center",
        fontsize=12.5 if small else 16, fontweight="bold" if verdict else "normal", color=INK,
    )  # fmt: skip
    if not np.isnan(low):
        axes.text(
            j, i + 0.17, f"{100 * low:.0f}–{100 * high:.0f} %", ha="center", va="center",
            fontsize=9 if small else 11, color=INK,
        )  # fmt: skip
    if verdict:
        color = GREEN if verdict > 0 else VERMILLION
        frame = Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, fill=False, edgecolor=color)
        frame.set_linewidth(2.6)
        axes.add_patch(frame)
        word = "better" if verdict > 0 else "worse"
        axes.text(
            j, i + 0.37, word, ha="center", va="center", color=INK, fontsize=8.5 if small else 10.5
        )


# --- small things ---


def _short(name: str) -> str:
    """Return a name that fits."""
    half = (MOST_LETTERS - 1) // 2
    return name if len(name) <= MOST_LETTERS else f"{name[:half]}…{name[-half:]}"


def _colors(n: int) -> list[str]:
    return [CYCLE[i % len(CYCLE)] for i in range(n)]
