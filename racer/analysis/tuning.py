"""Figures of a search of hyperparameters: its history, what mattered, and each name's values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from racer.analysis.style import heading, new_figure, say_why_empty, styled
from racer.env.picture import BLUE, FAINT_INK, VERMILLION

_COLUMNS = 3  # slices beside each other
_MOST_LEVELS = 8  # so many different values stand beside each other as words


@dataclass(frozen=True)
class Tried:
    """A trial as the figures see it."""

    number: int
    params: Mapping[str, Any]
    is_complete: bool
    """False: given up after some seeds."""
    finish_rates: Sequence[float]
    """Of its seeds, in [0, 1]."""
    race_times: Sequence[float | None]
    """Of its seeds (s)."""

    @property
    def finish_rate(self) -> float:
        """Mean of the seeds (percent)."""
        return 100.0 * float(np.mean(self.finish_rates)) if self.finish_rates else np.nan

    @property
    def race_time(self) -> float:
        """Mean of the seeds (s); not a number if one has none."""
        times = [time for time in self.race_times if time is not None]
        return float(np.mean(times)) if times and len(times) == len(self.race_times) else np.nan


@styled
def search_history(trials: Sequence[Tried]) -> Figure:
    """Draw laps finished and race time of each trial, in their order.

    Args:
        trials: with at least one seed each.
    """
    figure = new_figure(8.0, 5.2)
    heading(figure, "Trials in the order of the search: best checkpoints, greedy")
    axes = figure.subplots(2, 1, sharex=True)
    for ax, label, values in (
        (axes[0], "laps finished (%)", [one.finish_rate for one in trials]),
        (axes[1], "race time (s)", [one.race_time for one in trials]),
    ):
        for one, value in zip(trials, values, strict=True):
            color = VERMILLION if one.number == 0 else BLUE
            fill = color if one.is_complete else "none"
            ax.plot(one.number, value, "o", ms=6, mec=color, mfc=fill)
        ax.set_ylabel(label)
    axes[0].set_ylim(0, 104)
    _limit_times(axes[1], trials)
    axes[1].set_xlabel("trial")
    for color, fill, text in (
        (VERMILLION, VERMILLION, "defaults"),
        (BLUE, BLUE, "complete"),
        (BLUE, "none", "given up early"),
    ):
        axes[0].plot([], [], "o", mec=color, mfc=fill, label=text)
    axes[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


@styled
def importance_bars(importances: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw how much each name explains, by measure.

    Args:
        importances: by measure, the importance of each name, in [0, 1].
    """
    n = max((len(one) for one in importances.values()), default=1)
    figure = new_figure(8.0, 1.6 + 0.34 * max(n, 2))
    heading(figure, "How much each setting mattered")
    axes = np.atleast_1d(figure.subplots(1, max(len(importances), 1)))
    if not importances:
        say_why_empty(axes[0], "too few different trials to tell")
    for ax, (measure, found) in zip(axes, importances.items(), strict=False):
        names = sorted(found, key=found.__getitem__)
        ax.barh(names, [100.0 * found[name] for name in names], color=BLUE)
        ax.set_xlabel(f"share of {measure} (%)")
        ax.set_xlim(0, 100)
    return figure


@styled
def slices(
    trials: Sequence[Tried],
    names: Sequence[str],
    log_scaled: frozenset[str],
    *,
    show_seeds: bool = False,
) -> Figure:
    """Draw the trials over the values of each name: laps finished above race time.

    Args:
        trials: with at least one seed each.
        names: what was searched.
        log_scaled: the names whose axis is logarithmic.
        show_seeds: draw each seed, and a line through the means, as for a sweep.
    """
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(max(3.4 * columns + 0.6, 5.2), 4.2 * rows + 0.5)
    title = "What the values of each setting came to: best checkpoints, greedy"
    heading(figure, title if columns > 1 else f"Values of {names[0]}: best checkpoints, greedy")
    axes = figure.subplots(2 * rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_visible(False)
    for k, name in enumerate(names):
        row, column = divmod(k, columns)
        pair = axes[2 * row, column], axes[2 * row + 1, column]
        _slice(pair, trials, name, is_log=name in log_scaled, show_seeds=show_seeds)
        if column == 0:
            pair[0].set_ylabel("laps finished (%)")
            pair[1].set_ylabel("race time (s)")
    return figure


def _slice(
    pair: tuple[Axes, Axes],
    trials: Sequence[Tried],
    name: str,
    *,
    is_log: bool,
    show_seeds: bool,
) -> None:
    """Draw one name into two axes."""
    values = [one.params.get(name) for one in trials]
    numeric = all(isinstance(v, float) for v in values) and len(set(values)) > _MOST_LEVELS
    levels: list[Any] = [] if numeric else sorted(set(values), key=_sort_key)
    places = [float(v) if numeric else float(levels.index(v)) for v in values]  # type: ignore[arg-type]
    measures = (
        (pair[0], [one.finish_rate for one in trials],
         [[100.0 * rate for rate in one.finish_rates] for one in trials]),
        (pair[1], [one.race_time for one in trials],
         [[np.nan if t is None else t for t in one.race_times] for one in trials]),
    )  # fmt: skip
    for ax, means, seeds in measures:
        ax.set_visible(True)
        if show_seeds:
            for x, group in zip(places, seeds, strict=True):
                ax.plot([x] * len(group), group, "o", ms=4, color=FAINT_INK, alpha=0.6)
            order = np.argsort(places)
            ax.plot(np.array(places)[order], np.array(means)[order], "o-", ms=6, color=BLUE)
        else:
            for one, x, y in zip(trials, places, means, strict=True):
                color = VERMILLION if one.number == 0 else BLUE
                ax.plot(x, y, "o", ms=5, mec=color, mfc=color if one.is_complete else "none")
        if numeric and is_log and min(places) > 0:
            ax.set_xscale("log")
        if not numeric:
            ax.set_xticks(range(len(levels)), [_word(level) for level in levels])
            ax.set_xlim(-0.5, len(levels) - 0.5)
    _limit_times(pair[1], trials)
    pair[0].set_ylim(0, 104)
    pair[1].set_xlabel(name)


def _limit_times(axes: Axes, trials: Sequence[Tried]) -> None:
    """Leave out the race times of trials that were given up, where they are far slower."""
    times = [one.race_time for one in trials if one.is_complete and np.isfinite(one.race_time)]
    if times:
        margin = 0.08 * (max(times) - min(times)) + 0.2
        axes.set_ylim(min(times) - margin, max(times) + margin)


def _sort_key(value: Any) -> tuple[bool, Any]:
    """Sort numbers by size and words by their letters."""
    return (True, value) if isinstance(value, int | float) else (False, str(value))


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
