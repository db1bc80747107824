"""Draws what each value of a setting does to both cars: while they learn, at the end, on the whole.

The best checkpoint is not in it: it hides what a setting does, because an early one may be good.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from racer.analysis.curves import (
    COMPLETION,
    FINISH_RATE,
    Metric,
    colors,
    evaluations_aligned,
    greedy_curve,
    last_step,
    update_curve,
)
from racer.analysis.statistics import align, band
from racer.analysis.style import draw_line, heading, new_figure, say_why_empty, steps_axis, styled
from racer.env.picture import FAINT_INK, INK
from racer.runs.record import RunRecord

Floats = NDArray[np.float64]
Together = Callable[[list[tuple[Floats, Floats]]], tuple[Floats, Floats]]
Runs = Mapping[str, Sequence[RunRecord]]

_LETTERS = 56
_APART = 0.17  # of the two cars of one value, on an axis of values


@dataclass(frozen=True)
class Learned:
    """What one training came to, of the exploring car and of the greedy one; nan without a value.

    The area under a curve is the mean of completion over the training (percent): it is high if the
    car learned early and kept what it could.
    """

    exploring_last: float
    """Laps finished in the last whole batch (percent)."""
    greedy_last: float
    """Laps finished by the last policy (percent)."""
    exploring_area: float
    greedy_area: float


@dataclass(frozen=True)
class _Curves:
    """The learning curves of the seeds of one value."""

    label: str
    color: str
    seeds: list[tuple[Floats, Floats]]


def learned(run: RunRecord) -> Learned:
    """Return what a training came to."""
    exploring, greedy = update_curve(run, FINISH_RATE)[1], greedy_curve(run, FINISH_RATE)[1]
    return Learned(
        float(exploring[-1]) if len(exploring) else np.nan,
        float(greedy[-1]) if len(greedy) else np.nan,
        _area(*update_curve(run, COMPLETION)),
        _area(*greedy_curve(run, COMPLETION)),
    )


def _area(steps: Floats, values: Floats) -> float:
    """Return the area under a curve over its length: before its first point it has that value."""
    if not len(steps):
        return float("nan")
    steps, values = np.append(0.0, steps), np.append(values[:1], values)
    means = (values[1:] + values[:-1]) / 2.0
    return float(means @ np.diff(steps) / steps[-1])


@styled
def sweep_figure(runs: Runs, *, title: str, what: str) -> Figure:
    """Draw the seeds of each value: learning curves in bands above, end and area below.

    Args:
        runs: the trainings of each value, in the order of the values.
        title: over the figure.
        what: has these values: a setting, or "reward function".
    """
    figure = new_figure(13, 8.8)
    axes = figure.subplots(2, 2)
    for one, name, curve, together in (
        (axes[0, 0], "exploring car", update_curve, align),
        (axes[0, 1], "greedy car, evaluated", greedy_curve, evaluations_aligned),
    ):
        drawn = [
            _Curves(label, color, [curve(run, COMPLETION) for run in group])
            for (label, group), color in zip(runs.items(), colors(len(runs)), strict=True)
        ]
        _draw_curves(one, drawn, COMPLETION, together)
        one.set_title(f"While it learns: {name}", fontsize=13)
        steps_axis(one, last_step(run for group in runs.values() for run in group))
    values = {label: [learned(run) for run in group] for label, group in runs.items()}
    _draw_values(axes[1, 0], values, "last", what)
    axes[1, 0].set_ylabel("laps finished (%)")
    axes[1, 0].set_title("At the end: last batch and last policy", fontsize=13)
    _draw_values(axes[1, 1], values, "area", what)
    axes[1, 1].set_ylabel("mean completion (%)")
    axes[1, 1].set_title("Area under the curve: the whole training", fontsize=13)
    heading(figure, title)
    figure.legend(handles=_legend(runs), loc="outside lower center", ncols=min(4, len(runs) + 2))
    return figure


def _draw_curves(axes: Axes, drawn: Sequence[_Curves], metric: Metric, together: Together) -> None:
    """Draw a mean in its band for each value; where seeds end, so does their mean."""
    for one in drawn:
        for steps, values in one.seeds:
            draw_line(axes, steps, values, color=one.color, linewidth=0.9, alpha=0.5, gid="seed")
        if not one.seeds:
            continue
        axis, values = together(one.seeds)
        middle = band(values)
        draw_line(axes, axis, middle.center, color=one.color, linewidth=2.8, gid="mean")
        axes.fill_between(axis, middle.low, middle.high, color=one.color, alpha=0.15, linewidth=0)
    if not any(len(steps) for one in drawn for steps, _ in one.seeds):
        say_why_empty(axes, metric.empty)
    axes.set_ylabel(metric.label)
    axes.set_ylim(-3, 105)


def _draw_values(
    axes: Axes, values: Mapping[str, Sequence[Learned]], measure: str, what: str
) -> None:
    """Draw a measure over the values: each seed a dot, the mean large, the spread as a bar."""
    for place, ((label, seeds), color) in enumerate(
        zip(values.items(), colors(len(values)), strict=True)
    ):
        del label
        for car, side in (("exploring", -_APART), ("greedy", _APART)):
            found = np.array([getattr(one, f"{car}_{measure}") for one in seeds])
            found = found[np.isfinite(found)]
            if not len(found):
                continue
            x, marker = place + side, "o" if car == "exploring" else "D"
            axes.plot([x, x], [found.min(), found.max()], color=color, linewidth=6, alpha=0.25,
                      solid_capstyle="butt", gid="spread")  # fmt: skip
            axes.plot([x] * len(found), found, marker, ms=4.5, color=color, alpha=0.55,
                      mew=0, clip_on=False, gid="seed")  # fmt: skip
            axes.plot(x, found.mean(), marker, ms=10, mec=color, mew=2, clip_on=False,
                      mfc="white" if car == "greedy" else color, gid=f"{car} mean")  # fmt: skip
    turned = sum(map(len, values)) > _LETTERS  # of the names beside each other
    axes.set_xticks(range(len(values)), list(values), rotation=18 if turned else 0,
                    ha="right" if turned else "center")  # fmt: skip
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.set_ylim(-3, 105)
    axes.grid(visible=False, axis="x")
    axes.set_xlabel(what)


def _legend(runs: Runs) -> list[Line2D | Patch]:
    """Return the values with their colours, then what marks mean."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=color, linewidth=2.8, label=label)
        for label, color in zip(runs, colors(len(runs)), strict=True)
    ]
    n_seeds = sorted({len(group) for group in runs.values()})
    seeds = " or ".join(map(str, n_seeds)) + (" seed" if n_seeds == [1] else " seeds")
    dot = Line2D([], [], color=INK, marker="o", linestyle="", ms=9)
    dot.set_label(f"exploring car, mean of {seeds}")
    diamond = Line2D([], [], color=INK, marker="D", linestyle="", ms=9, mfc="white", mew=2)
    diamond.set_label(f"greedy car, mean of {seeds}")
    handles += [dot, diamond]
    edges = {band(np.zeros((len(group), 1))).edges for group in runs.values() if len(group) > 1}
    if edges:
        handles.append(
            Patch(facecolor=FAINT_INK, alpha=0.25, label=f"{' / '.join(sorted(edges))} seed")
        )
    return handles
