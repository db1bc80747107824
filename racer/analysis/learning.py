"""Draws how a policy learned: episode returns, completion, finish rate and lap time over steps."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from racer.analysis.curves import (
    DASHES,
    LAP_TIME,
    METRICS,
    MOST_DOTS,
    RETURN,
    colors,
    draw_groups,
    draw_run,
    draw_some,
    last_step,
    whole_batches,
)
from racer.analysis.groups import Groups, group_runs, group_title
from racer.analysis.lap_time_note import draw_lap_time_note
from racer.analysis.statistics import band
from racer.analysis.style import (
    draw_line,
    heading,
    new_figure,
    say_why_empty,
    steps_axis,
    styled,
)
from racer.env.picture import BLUE, FAINT_INK, VERMILLION
from racer.runs.record import DIAGNOSTICS, RunRecord


@styled
def learning_curves(
    runs: RunRecord | Iterable[RunRecord] | Groups, *, title: str | None = None, columns: int = 2
) -> Figure:
    """Draw episode return, completion, finish rate and lap time over training steps.

    A single run shows each episode as a faint dot, the mean of each update (of lap times the
    median) as a line, and its evaluations. Several runs show each seed as a thin line and each
    group's mean over seeds with a band that the legend names. The mean of lap times stops where a
    seed has none: a mean over the others would flatter.

    Args:
        runs: one run, several (grouped by what run.json says they are), or labelled groups.
        title: over the figure; by default what the runs have in common.
        columns: 2, or 1 for a narrow place: the words of a wide figure are too small there.
    """
    groups = group_runs(runs)
    members = [run for group in groups.values() for run in group]
    units = _reward_units(groups)
    rows = len(METRICS) // columns
    more = max(0.0, 1.1 * (len(units) - 2))  # inches for the returns of several reward functions
    width, height = (13.0, 7.8) if columns > 1 else (6.0, 13.2)
    figure = new_figure(width, height + more)
    first_row = max(1.0, 0.45 * len(units))
    grid = figure.add_gridspec(rows, columns, height_ratios=(first_row, *[1.0] * (rows - 1)))
    first: Axes | None = None
    for number, metric in enumerate(METRICS):
        place = grid[number // columns, number % columns]
        if metric is RETURN and len(units) > 1:
            first = _draw_returns(figure, place, groups, units)
            continue
        one = figure.add_subplot(place, sharex=first)
        first = first or one
        if len(members) == 1:
            draw_run(one, members[0], metric)
            if metric is LAP_TIME:
                draw_lap_time_note(one, members[0])
        else:
            draw_groups(one, groups, metric)
        _step_labels(one, members, is_lowest=place.rowspan.start == rows - 1)
    heading(figure, title or _title(members, groups))
    handles = _run_legend(members[0]) if len(members) == 1 else _group_legend(groups)
    if handles:
        n_columns = _legend_columns(handles) if columns > 1 else 1
        figure.legend(handles=handles, loc="outside lower center", ncols=n_columns)
    return figure


def _step_labels(axes: Axes, members: Sequence[RunRecord], *, is_lowest: bool) -> None:
    """Give axes the steps of training; the words stand below the lowest only."""
    steps_axis(axes, last_step(members))
    if not is_lowest:
        axes.set_xlabel("")
        axes.tick_params(labelbottom=False)


def _reward_units(groups: Groups) -> list[str]:
    """Return what tells reward functions apart, each once: their returns share no unit."""
    return list(dict.fromkeys(_unit(run) for runs in groups.values() for run in runs))


def _unit(run: RunRecord) -> str:
    return str(run.info.get("reward_digest") or run.info.get("reward", ""))


def _draw_returns(figure: Figure, place: SubplotSpec, groups: Groups, units: Sequence[str]) -> Axes:
    """Draw the returns of each reward function in axes of its own, below each other."""
    inner = place.subgridspec(len(units), 1)
    members = [run for runs in groups.values() for run in runs]
    first: Axes | None = None
    for row, unit in enumerate(units):
        axes = figure.add_subplot(inner[row, 0], sharex=first)
        first = first or axes
        own, their = {}, []
        for (label, runs), color in zip(groups.items(), colors(len(groups)), strict=True):
            if paid := [run for run in runs if _unit(run) == unit]:
                own[label] = paid
                their.append(color)
        draw_some(axes, own, RETURN, their)
        axes.set_ylabel("")
        _step_labels(axes, members, is_lowest=False)
    assert first is not None
    first.set_title(f"{RETURN.label}: an axis for each reward function", fontsize=11.5)
    return first


@styled
def diagnostics(run: RunRecord) -> Figure:
    """Draw what the algorithm reports of its updates: entropy, KL divergence, losses, gradient.

    Args:
        run: what updates.csv does not have, or has no number in, is left out.
    """
    updates = run.updates
    present = [n for n in DIAGNOSTICS if n in updates and not np.all(np.isnan(updates[n]))]
    columns = min(max(len(present), 1), 3)
    rows = max(-(-len(present) // columns), 1)
    figure = new_figure(4.7 * max(columns, 2), 1.2 + 3.0 * rows)
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for one, name in zip(axes.flat, present, strict=False):
        values = updates[name]
        draw_line(one, updates["total_steps"], values, color=BLUE, linewidth=1.8)
        one.set_ylabel(name.replace("_", " "))
        one.set_title(DIAGNOSTICS[name], fontsize=12, fontweight="normal")
    for one in axes.flat[len(present) :]:
        one.set_axis_off()
    if not present:
        say_why_empty(axes.flat[0], "the run has no diagnostics yet")
    end = float(updates["total_steps"].max()) if present else 0.0
    for column in range(columns):  # the lowest figure of each column has the axis
        row = max((len(present) - 1 - column) // columns, 0)
        steps_axis(axes[row, column], end)
        axes[row, column].xaxis.set_tick_params(labelbottom=True)
    heading(figure, f"Updates of {group_title([run])}")
    return figure


def _legend_columns(handles: list[Artist]) -> int:
    """Return how many entries fit beside each other: at most four, and about 110 characters."""
    lines = [line for handle in handles for line in str(handle.get_label()).splitlines()]
    longest = max(map(len, lines))
    return max(1, min(len(handles), 4, 110 // (longest + 4)))


def _run_legend(run: RunRecord) -> list[Artist]:
    """Return the legend of a single run: only what there is."""
    n_episodes = len(whole_batches(run)["episode"])
    if not n_episodes:
        return []
    stride = max(1, -(-n_episodes // MOST_DOTS))
    dot = "one episode" if stride == 1 else f"one episode (1 of {stride} drawn)"
    handles: list[Artist] = [
        Line2D([], [], color=BLUE, marker=".", linestyle="", markersize=9, alpha=0.5,
               label=f"exploring car: {dot}"),
        Line2D([], [], color=BLUE, label="exploring car: mean of an update (lap time: median)"),
    ]  # fmt: skip
    if len(run.trained_evaluations["update"]):
        handles.append(
            Line2D([], [], color=VERMILLION, marker="D", linestyle="",
                   label="greedy car: evaluation")
        )  # fmt: skip
    if (run.evaluations["total_steps"] == 0).any():
        handles.append(before_handle())
    if run.evaluations["is_best"].any():
        ring = Line2D([], [], color=VERMILLION, marker="o", linestyle="", markersize=13)
        ring.set(markerfacecolor="none", markeredgewidth=2, label="greedy car: best checkpoint")
        handles.append(ring)
    return handles


def before_handle() -> Line2D:
    """Return the legend's entry of the evaluation before the first update."""
    return Line2D(
        [], [], color="white", marker="D", linestyle="", markeredgecolor=VERMILLION,
        label="greedy car: before the first update",
    )  # fmt: skip


def _group_legend(groups: Groups) -> list[Artist]:
    """Return the legend of groups of seeds: a line a group, then what lines and band mean."""
    handles: list[Artist] = []
    color = FAINT_INK if len(groups) > 1 else BLUE
    for (label, runs), own in zip(groups.items(), colors(len(groups)), strict=True):
        seeds = "1 seed" if len(runs) == 1 else f"mean of {len(runs)} seeds"
        text = f"exploring car: {seeds}" if len(groups) == 1 else f"{label}: {seeds}"
        wrapped = textwrap.fill(text, 56, break_long_words=False, break_on_hyphens=False)
        handles.append(Line2D([], [], color=own, linewidth=2.8, label=wrapped))
    handles.append(Line2D([], [], color=color, linewidth=1, label="exploring car: one seed"))
    handles += _band_legend(groups, color)
    if any(len(run.evaluations["update"]) for runs in groups.values() for run in runs):
        diamond = Line2D([], [], linestyle="", marker="D", markersize=5.5, color=color)
        diamond.set_label("greedy car: one evaluation")
        handles.append(diamond)
        handles.append(Line2D([], [], linestyle=DASHES, color=color, label="greedy car: mean"))
    return handles


def _band_legend(groups: Groups, color: str) -> Iterator[Artist]:
    """Yield what the band of the exploring car means, if there is one."""
    edges = {band(np.zeros((len(runs), 1))).edges for runs in groups.values() if len(runs) > 1}
    if edges:
        text = f"exploring car: {' / '.join(sorted(edges))} seed"
        yield Patch(facecolor=color, alpha=0.2, label=text)


def _title(members: Sequence[RunRecord], groups: Mapping[str, Sequence[RunRecord]]) -> str:
    """Return what the figure is about."""
    subject = group_title(members) if members else "no runs"
    seed = members[0].info.get("seed") if len(members) == 1 else None
    seeds = f", seed {seed}" if seed is not None else ""
    several = "Comparison" if len(groups) > 1 else "Learning"
    return f"{several}: {subject}{seeds}"
