"""Pictures of whole episodes, from episodes.csv: they need no recorded steps."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from racer import defaults
from racer.analysis.league.saying import at_least, rank_correlation, said
from racer.analysis.style import (
    DEEPENING,
    TRAINING_STEPS,
    color_bar,
    new_figure,
    say_why_empty,
    short_number,
    steps_axis,
    styled,
)
from racer.env.picture import BLUE, INK, VERMILLION
from racer.kernels.layout import Floats
from racer.runs.record import Columns, RunRecord

_DIGITS = (0, 1, 1, 2, 2)  # of the columns of the table
_PARTS = 10  # of the lap, and of the completion


@styled
def reward_by_progress(run: RunRecord) -> Figure:
    """Draw the return of each episode against how far it came, and the median of each tenth."""
    episodes = _episodes(run)
    far, paid = episodes["completion"], episodes["return"]
    figure = new_figure(11, 6.6)
    axes = figure.subplots()
    _dots(figure, axes, far, paid, episodes)
    edges = np.linspace(0.0, 100.0, _PARTS + 1)
    part = np.clip(np.digitize(far, edges) - 1, 0, _PARTS - 1)
    medians = [np.median(paid[part == k]) if (part == k).any() else np.nan for k in range(_PARTS)]
    axes.plot(edges[:-1] + 50.0 / _PARTS, medians, color=INK, marker="o", label="median of a tenth")
    axes.set_xlabel("completion (%)")
    axes.set_ylabel("episode return")
    axes.legend()
    finished = episodes["status"] == "lap_complete"
    sentence = f"Rank correlation of return and completion {rank_correlation(far, paid):+.2f}"
    if finished.any():
        usual = float(np.median(paid[finished]))
        more = int(np.sum(paid[~finished] > usual))
        sentence += (
            f"; {more:,} of {int(np.sum(~finished)):,} unfinished episodes were paid more than the "
            f"median finished lap ({usual:.4g})"
        )
        sentence += ": ending early can pay." if more else "."
    else:
        sentence += "; no lap was finished."
    return said(figure, "Reward against progress", sentence)


@styled
def reward_by_time(run: RunRecord) -> Figure:
    """Draw returns of finished laps against lap times, and completion against seconds driven."""
    episodes = _episodes(run)
    finished = episodes["status"] == "lap_complete"
    laps = {name: column[finished] for name, column in episodes.items()}
    figure = new_figure(13, 6.2)
    left, right = figure.subplots(1, 2)
    left.set_title("finished laps", fontsize=13, fontweight="normal")
    if finished.any():
        _dots(figure, left, laps["lap_time"], laps["return"], laps)
    else:
        say_why_empty(left, "no finished lap")
    left.set_xlabel("lap time (s)")
    left.set_ylabel("episode return")
    seconds = episodes["steps"] * defaults.CONTROL_DT
    right.set_title("all episodes", fontsize=13, fontweight="normal")
    _dots(figure, right, seconds, episodes["completion"], episodes)
    right.set_xlabel("time driven (s)")
    right.set_ylabel("completion (%)")
    if finished.sum() < 5:
        sentence = f"{finished.sum()} finished laps are too few to say whether a faster one pays."
    else:
        found = rank_correlation(laps["lap_time"], laps["return"])
        words = "faster laps are paid more" if found < -0.2 else (
            "slower laps are paid more" if found > 0.2 else "the lap time hardly matters"
        )  # fmt: skip
        sentence = (
            f"Of {finished.sum():,} finished laps {words}: rank correlation of lap time and return "
            f"{found:+.2f}."
        )
    return said(figure, "Reward and time", sentence)


@styled
def start_sections(run: RunRecord) -> Figure:
    """Draw a table of what became of the episodes that started in each tenth of the lap."""
    episodes = _episodes(run)
    known = np.isfinite(episodes["start"])
    at_least(int(known.sum()), 1, "episodes whose start is known (logs have none)")
    part = np.clip((episodes["start"] % 1.0 * _PARTS).astype(int), 0, _PARTS - 1)
    finished = episodes["status"] == "lap_complete"
    rows: list[list[float]] = []
    used = [k for k in range(_PARTS) if (known & (part == k)).any()]
    for k in used:
        own = known & (part == k)
        times = episodes["lap_time"][own & finished]
        rows.append([
            float(own.sum()), 100.0 * finished[own].mean(), episodes["completion"][own].mean(),
            episodes["return"][own].mean(), np.median(times) if len(times) else np.nan,
        ])  # fmt: skip
    table = np.array(rows)
    figure = new_figure(11, 1.6 + 0.42 * len(used))
    names = [f"{100 * k // _PARTS} to {100 * (k + 1) // _PARTS} %" for k in used]
    _table(figure.subplots(), names, table)
    worst, best = int(np.argmin(table[:, 2])), int(np.argmax(table[:, 2]))
    sentence = (
        f"Episodes that start at {names[worst]} of the lap come least far, {table[worst, 2]:.0f} % "
        f"in the mean; those from {names[best]} come farthest, {table[best, 2]:.0f} %."
    )
    return said(figure, "Where episodes start", sentence)


@styled
def best_laps(run: RunRecord) -> Figure:
    """Draw the lap time of each finished lap and the best so far, over the training."""
    episodes = _episodes(run)
    finished = episodes["status"] == "lap_complete"
    at_least(int(finished.sum()), 1, "finished laps")
    steps, times = episodes["total_steps"][finished], episodes["lap_time"][finished]
    order = np.argsort(steps, kind="stable")
    steps, times = steps[order], times[order]
    best = np.minimum.accumulate(times)
    figure = new_figure(11, 6.2)
    axes = figure.subplots()
    axes.plot(steps, times, ".", color=BLUE, alpha=0.35, markersize=5, label="finished lap")
    last = float(episodes["total_steps"].max())
    axes.step(np.append(steps, last), np.append(best, best[-1]), where="post", color=VERMILLION,
              label="best so far")  # fmt: skip
    axes.set_ylabel("lap time (s)")
    steps_axis(axes, last)
    axes.legend()
    record = np.flatnonzero(np.diff(best, prepend=np.inf) < 0.0)
    at = int(record[-1])
    sentence = (
        f"The best of {len(times):,} laps took {best[-1]:.3f} s, after {short_number(steps[at])} "
        f"of {short_number(last)} steps"
    )
    sentence += (
        f"; the best improved {_times(len(record) - 1)} since the first lap, {times[0]:.3f} s."
        if at
        else ": it was the first, none has been faster since."
    )
    return said(figure, "Best laps", sentence)


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _episodes(run: RunRecord) -> Columns:
    """Return the episodes of a run that ended."""
    at_least(len(run.episodes["episode"]), 1, "episodes that ended")
    return run.episodes


def _dots(figure: Figure, axes: Axes, x: Floats, y: Floats, episodes: Columns) -> None:
    """Draw an episode a dot, coloured by how far the training was."""
    drawn = axes.scatter(x, y, c=episodes["total_steps"], cmap=DEEPENING, s=14, linewidths=0)
    color_bar(figure, axes, drawn, TRAINING_STEPS)


def _table(axes: Axes, names: list[str], table: Floats) -> None:
    """Write a table; each column is shaded from its lowest to its highest value."""
    columns = ("episodes", "finished (%)", "completion (%)", "return", "lap time (s)")
    low, high = np.fmin.reduce(table), np.fmax.reduce(table)  # nan only where all are
    shade = (table - low) / np.where(high > low, high - low, 1.0)
    axes.imshow(np.where(np.isfinite(shade), shade, 0.0), cmap=DEEPENING, alpha=0.35, aspect="auto")
    for (i, j), value in np.ndenumerate(table):
        text = f"{value:.{_DIGITS[j]}f}" if np.isfinite(value) else "–"
        axes.text(j, i, text, ha="center", va="center", color=INK)
    axes.set_xticks(range(len(columns)), columns)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
