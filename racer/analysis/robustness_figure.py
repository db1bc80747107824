"""Draws how often cars lap when something differs: each factor, all together, other roads."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from racer.analysis.style import CYCLE, heading, new_figure, say_why_empty, styled
from racer.env.picture import FAINT_INK, INK, VERMILLION
from racer.evaluation.robustness import (
    ALL,
    GIVEN,
    OWN,
    PLAIN,
    UNSEEN,
    Robustness,
    RobustnessOutcome,
)

COLUMNS = 6
"""Factors side by side."""

_MOST_LETTERS = 34  # of a run's name
_BROKEN = 0.8  # a factor's name is red if the only run finishes less of its laps


@styled
def robustness_figure(runs: Sequence[Robustness]) -> Figure:
    """Draw finish rates: all factors together and other roads large, each factor alone small.

    The factors that cost most come first. Bands and bars are 95 % intervals.

    Args:
        runs: what came of each; at least one.
    """
    factors = _factors(runs)
    n_rows = max(-(-len(factors) // COLUMNS), 1)
    places = _places(runs)
    top_height = max(4.0, 1.7 + (0.4 + 0.22 * len(runs)) * len(places))
    figure = new_figure(14.0, top_height + 2.05 * n_rows + 0.9)
    parts: Any = figure.subfigures(2, 1, height_ratios=[top_height, 2.05 * n_rows + 0.5])
    top, bottom = parts
    together, roads = top.subplots(1, 2, width_ratios=[1.0, 1.25])
    _draw_factor(together, runs, ALL)
    together.set_title("all factors together")
    together.set_xlabel("strength")
    together.set_ylabel("laps finished")
    _draw_roads(roads, runs, places)
    _draw_factors(bottom, runs, factors)
    _legend(figure, runs)
    name = f"{_short(runs[0].name)}: w" if len(runs) == 1 else "W"
    heading(figure, f"{name}ill it drive outside?")
    return figure


# --- factors ---


def _draw_factors(part: SubFigure, runs: Sequence[Robustness], factors: Sequence[str]) -> None:
    """Draw small axes for each factor, the costliest first."""
    n_rows = max(-(-len(factors) // COLUMNS), 1)
    grid = part.subplots(n_rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
    for k, axes in enumerate(grid.flat):
        if k >= len(factors):
            axes.set_axis_off()
            continue
        _draw_factor(axes, runs, factors[k])
        is_bad = len(runs) == 1 and _least(runs[0], factors[k]) < _BROKEN
        axes.set_title(
            factors[k].replace("_", " "), fontsize=12, color=VERMILLION if is_bad else INK, pad=4
        )
        axes.tick_params(labelsize=10, labelbottom=k + COLUMNS >= len(factors))
    red = f"; red: below {100 * _BROKEN:.0f} %" if len(runs) == 1 else ""
    part.supxlabel(
        f"strength of one factor alone, the costliest first{red}", fontsize=12, color=INK
    )


def _draw_factor(axes: Axes, runs: Sequence[Robustness], factor: str) -> None:
    """Draw the finish rate of each run against the strength of a factor."""
    large = factor == ALL
    ticks = {0.0}
    for k, (run, color) in enumerate(_colored(runs)):
        # so that a line over an equal one does not hide it
        wider = 2.4 * (len(runs) - 1 - k) / max(len(runs) - 1, 1)
        found = list(_line(run, factor))
        if len(found) < 2:
            continue
        x = [one.condition.strength for one in found]
        low, high = np.array([one.interval for one in found]).T
        axes.fill_between(x, low, high, color=color, alpha=0.16, linewidth=0)
        axes.plot(
            x, [one.finish_rate for one in found], color=color,
            marker="o", markersize=wider + (7.0 if large else 4.5),
            linewidth=wider + (3.0 if large else 2.0),
        )  # fmt: skip
        ticks |= set(x)
    axes.set_ylim(-0.04, 1.05)
    _percent(axes.yaxis)
    axes.set_yticks([0.0, 0.5, 1.0])
    if len(ticks) == 1:
        say_why_empty(axes, "not driven")
        return
    axes.set_xticks(sorted(ticks), [f"{one:g}" for one in sorted(ticks)])


def _line(run: Robustness, factor: str) -> Iterator[RobustnessOutcome]:
    """Yield the outcomes of a factor by its strength, the plain one first."""
    found = [
        one
        for one in run.outcomes
        if one.condition.place == OWN
        and one.condition.factor in (factor, PLAIN)
        and (one.condition.strength > 0.0 or one.condition.factor == PLAIN)
    ]
    yield from sorted(found, key=lambda one: one.condition.strength)


def _factors(runs: Sequence[Robustness]) -> list[str]:
    """Return the factors that were driven alone, the costliest first."""
    names = {
        one.condition.factor: None
        for run in runs
        for one in run.outcomes
        if one.condition.factor not in (PLAIN, ALL)
    }
    return sorted(names, key=lambda factor: _mean(runs, factor))


def _mean(runs: Sequence[Robustness], factor: str) -> float:
    """Return the mean finish rate over runs and strengths of a factor."""
    return float(np.mean([one.finish_rate for run in runs for one in _alone(run, factor)]))


def _least(run: Robustness, factor: str) -> float:
    """Return the lowest finish rate at any strength of a factor."""
    return min(one.finish_rate for one in _alone(run, factor))


def _alone(run: Robustness, factor: str) -> Iterator[RobustnessOutcome]:
    return (one for one in run.outcomes if one.condition.factor == factor)


# --- roads ---


def _places(runs: Sequence[Robustness]) -> list[str]:
    """Return the places that were driven, in order, the own roads first."""
    return list({one.condition.place: None for run in runs for one in run.outcomes})


def _draw_roads(axes: Axes, runs: Sequence[Robustness], places: Sequence[str]) -> None:
    """Draw a row a place: filled without anything random, hollow with all factors at 1."""
    step = 0.62 / max(2 * len(runs), 2)
    for y, place in enumerate(places):
        for k, (run, color) in enumerate(_colored(runs)):
            for j, factor in enumerate((PLAIN, ALL)):
                outcome = run.find(place, factor, float(factor == ALL))
                if outcome is not None:
                    at = y + (2 * k + j - len(runs) + 0.5) * step
                    _draw_outcome(axes, outcome, at, color, is_hollow=factor == ALL)
    axes.set_yticks(range(len(places)), [_place_name(runs, place) for place in places])
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlim(-0.03, 1.03)
    _percent(axes.xaxis)
    axes.set_xlabel("laps finished")
    axes.set_title("own road and others")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _draw_outcome(
    axes: Axes, outcome: RobustnessOutcome, y: float, color: str, *, is_hollow: bool
) -> None:
    """Draw a finish rate with its interval, and each of several roads as a faint tick."""
    low, high = outcome.interval
    axes.plot([low, high], [y, y], color=color, linewidth=2.0, alpha=0.55, zorder=2)
    if len(outcome.roads) > 1:
        each = [road.finished / road.trials for road in outcome.roads]
        axes.plot(each, [y] * len(each), "|", color=color, markersize=9, alpha=0.5, zorder=2)
    axes.plot(
        outcome.finish_rate, y, "o", markersize=9, markeredgewidth=2.2, color=color,
        markerfacecolor="white" if is_hollow else color, zorder=3,
    )  # fmt: skip


def _place_name(runs: Sequence[Robustness], place: str) -> str:
    if place == OWN:
        roads = {run.roads for run in runs}
        names = next(iter(roads))
        return f"own road\n{_short(names[0])}" if len(roads) == len(names) == 1 else "own roads"
    if place == UNSEEN:
        counts = [one.roads for run in runs if (one := run.find(place)) is not None]
        return f"{len(counts[0])} roads\nnever seen"
    return _short(place.removeprefix(GIVEN))


# --- small things ---


def _legend(figure: Figure, runs: Sequence[Robustness]) -> None:
    """Write below which colour is whose, and what the marks mean."""
    style: dict[str, Any] = {
        "marker": "o",
        "linestyle": "none",
        "markersize": 9,
        "markeredgewidth": 2.2,
    }
    handles = [
        Line2D([], [], color=color, linewidth=4, label=_short(run.name))
        for run, color in _colored(runs)
        if len(runs) > 1
    ]
    handles += [
        Line2D([], [], color=FAINT_INK, label="nothing random", **style),
        Line2D([], [], color=FAINT_INK, markerfacecolor="white", label="all at 1", **style),
        Line2D([], [], color=FAINT_INK, marker="|", linestyle="none", markersize=9,
               label="each road"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 8))


def _colored(runs: Sequence[Robustness]) -> Iterator[tuple[Robustness, str]]:
    return ((run, CYCLE[k % len(CYCLE)]) for k, run in enumerate(runs))


def _percent(axis: Axis) -> None:
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f} %"))


def _short(name: str) -> str:
    """Return a name that fits."""
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"
