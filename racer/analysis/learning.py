"""Draws how a policy learned: episode returns, completion, finish rate and lap time over steps."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from racer.analysis.groups import Groups, group_runs, group_title
from racer.analysis.statistics import align, band, per_update
from racer.analysis.style import CYCLE, heading, new_figure, say_why_empty, steps_axis, styled
from racer.env.picture import BLUE, FAINT_INK, VERMILLION
from racer.runs.record import DIAGNOSTICS, Columns, RunRecord

Floats = NDArray[np.float64]

MOST_DOTS = 20_000  # of more episodes every n-th is drawn, evenly over the training


@dataclass(frozen=True)
class Metric:
    """One thing to see of each episode, and how to sum it up over an update."""

    label: str
    """Label of the axis, with the unit."""
    values: Callable[[Columns], Floats]
    """From the columns of episodes.csv to one value an episode, nan where there is none."""
    statistic: Callable[[Floats], float] = np.mean
    """Of the values of one update."""
    limits: tuple[float, float] | None = None
    """Of the axis, where they are known."""
    dots: bool = True
    """Whether single episodes say something: a finish rate of one episode does not."""
    evaluation: Callable[[Columns], Floats] | None = None
    """From the columns of evaluations.csv to the same quantity, where it is evaluated."""
    empty: str = "no finished episode yet"
    """What to say when there is nothing to see."""


RETURN = Metric("episode return", lambda episodes: episodes["return"])
COMPLETION = Metric(
    "completion (%)",
    lambda episodes: episodes["completion"],
    limits=(0, 100),
    evaluation=lambda evaluations: evaluations["completion"],
)
FINISH_RATE = Metric(
    "finish rate (%)",
    lambda episodes: 100.0 * (episodes["status"] == "lap_complete"),
    limits=(0, 100),
    dots=False,
    evaluation=lambda evaluations: 100.0 * evaluations["finish_rate"],
)
LAP_TIME = Metric(
    "lap time (s)",
    lambda episodes: episodes["lap_time"],
    statistic=np.median,
    evaluation=lambda evaluations: evaluations["median_lap_time"],
    empty="no finished lap yet",
)
METRICS = (RETURN, COMPLETION, FINISH_RATE, LAP_TIME)


@styled
def learning_curves(
    runs: RunRecord | Iterable[RunRecord] | Groups, *, title: str | None = None
) -> Figure:
    """Draw episode return, completion, finish rate and lap time over training steps.

    A single run shows each episode as a faint dot, the mean of each update (of lap times the
    median) as a line, and its evaluations. Several runs show each seed as a thin line and each
    group's mean over seeds with a band that the legend names. The mean of lap times stops where a
    seed has none: a mean over the others would flatter.

    Args:
        runs: one run, several (grouped by what run.json says they are), or labelled groups.
        title: over the figure; by default what the runs have in common.
    """
    groups = group_runs(runs)
    members = [run for group in groups.values() for run in group]
    figure = new_figure(13, 7.8)
    axes = list(figure.subplots(2, 2, sharex=True).flat)
    for one, metric in zip(axes, METRICS, strict=True):
        if len(members) == 1:
            draw_run(one, members[0], metric)
        else:
            draw_groups(one, groups, metric)
    for one in axes[2:]:
        steps_axis(one, last_step(members))
    heading(figure, title or _title(members, groups))
    handles = _run_legend(members[0]) if len(members) == 1 else _group_legend(groups)
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=_legend_columns(handles))
    return figure


@styled
def diagnostics(run: RunRecord) -> Figure:
    """Draw what the algorithm reports of its updates: entropy, KL divergence, losses, gradient.

    Args:
        run: what updates.csv does not have, or has no number in, is left out.
    """
    updates = run.updates
    present = [name for name in DIAGNOSTICS if name in updates and _any(updates[name])]
    columns = min(max(len(present), 1), 3)
    rows = max(-(-len(present) // columns), 1)
    figure = new_figure(4.7 * max(columns, 2), 1.2 + 3.0 * rows)
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for one, name in zip(axes.flat, present, strict=False):
        values = updates[name]
        one.plot(updates["total_steps"], values, color=BLUE, marker=_marker(values), linewidth=1.8)
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


def draw_run(axes: Axes, run: RunRecord, metric: Metric, *, color: str = BLUE) -> None:
    """Draw one metric of one run: episodes as dots, updates as a line, evaluations as diamonds.

    The diamond of the policy before its first update is hollow.

    Args:
        axes: x becomes training steps.
        run: the run.
        metric: what to draw, for example ``RETURN``.
        color: of dots and line.
    """
    episodes = run.episodes
    values = metric.values(episodes)
    if metric.dots:
        stride = max(1, -(-len(values) // MOST_DOTS))
        axes.plot(
            episodes["total_steps"][::stride],
            values[::stride],
            ".",
            color=color,
            alpha=_dot_alpha(len(values) // stride),
            markersize=5,
            markeredgewidth=0,
            rasterized=True,
            gid="episodes",
        )
    steps, means = update_curve(run, metric)
    axes.plot(steps, means, color=color, marker=_marker(means), gid="updates")
    evaluated = _draw_evaluations(axes, run.evaluations, metric)
    _finish(axes, metric, is_empty=not _any(values) and not evaluated)


def draw_groups(axes: Axes, groups: Groups, metric: Metric) -> None:
    """Draw one metric of groups of seeds: each seed a thin line, the mean thick, and the band.

    Args:
        axes: x becomes training steps.
        groups: the runs under the label of their group.
        metric: what to draw, for example ``RETURN``.
    """
    without, n_seeds = 0, 0
    for runs, color in zip(groups.values(), _colors(len(groups)), strict=True):
        curves = [update_curve(run, metric) for run in runs]
        for steps, values in curves:
            axes.plot(steps, values, color=color, linewidth=1.0, alpha=0.6, gid="seed")
        without += sum(not _any(values) for _, values in curves)
        n_seeds += len(curves)
        if len(runs) > 1:
            axis, values = align(curves)
            middle = band(values)
            axes.plot(axis, middle.center, color=color, linewidth=2.8, gid="mean")
            axes.fill_between(axis, middle.low, middle.high, color=color, alpha=0.15, linewidth=0)
        elif curves:
            axes.plot(*curves[0], color=color, linewidth=2.8, gid="mean")
    if 0 < without < n_seeds:
        note = f"{without} of {n_seeds} seeds: {metric.empty}"
        axes.set_title(note, loc="right", fontsize=11.5, fontweight="normal", color=FAINT_INK)
    _finish(axes, metric, is_empty=without == n_seeds)


def update_curve(run: RunRecord, metric: Metric) -> tuple[Floats, Floats]:
    """Return the training steps at the end of each update and a metric's statistic of it."""
    episodes = run.episodes
    values = metric.values(episodes)
    return per_update(episodes["update"], episodes["total_steps"], values, metric.statistic)


def last_step(runs: Iterable[RunRecord]) -> float:
    """Return the training steps at the end of the longest run, 0 if none has begun."""
    tables = [table for run in runs for table in (run.episodes, run.evaluations)]
    return max((float(t["total_steps"].max()) for t in tables if len(t["total_steps"])), default=0)


def _draw_evaluations(axes: Axes, evaluations: Columns, metric: Metric) -> bool:
    """Draw the evaluations during the training and a ring at the best; say if there were any."""
    if metric.evaluation is None:
        return False
    values = metric.evaluation(evaluations)
    if not _any(values):
        return False
    steps, best = evaluations["total_steps"], np.flatnonzero(evaluations["is_best"])[-1:]
    before = steps == 0
    for rows, face, edge, name in (
        (~before, VERMILLION, "white", "evaluations"),
        (before, "white", VERMILLION, "before"),  # of no update: what the car could by luck
    ):
        if _any(values[rows]):
            axes.plot(
                steps[rows], values[rows], "D", color=face, markersize=7, markeredgecolor=edge,
                clip_on=False, zorder=3, gid=name,
            )  # fmt: skip
    axes.plot(
        steps[best], values[best], "o", markersize=17, markerfacecolor="none", clip_on=False,
        markeredgecolor=VERMILLION, markeredgewidth=2, zorder=3, gid="best",
    )  # fmt: skip
    return True


def _finish(axes: Axes, metric: Metric, *, is_empty: bool) -> None:
    """Label the axes, set their limits, and say so if there is nothing to see."""
    axes.set_ylabel(metric.label)
    if metric.limits:
        low, high = metric.limits
        axes.set_ylim(low - 0.03 * (high - low), high + 0.05 * (high - low))
    if is_empty:
        say_why_empty(axes, metric.empty)
        if not metric.limits:
            axes.set_yticks([])


def _legend_columns(handles: list[Artist]) -> int:
    """Return how many entries fit beside each other: at most four, and about 110 characters."""
    longest = max(len(str(handle.get_label())) for handle in handles)
    return max(1, min(len(handles), 4, 110 // (longest + 4)))


def _run_legend(run: RunRecord) -> list[Artist]:
    """Return the legend of a single run: only what there is."""
    n_episodes = len(run.episodes["episode"])
    if not n_episodes:
        return []
    stride = max(1, -(-n_episodes // MOST_DOTS))
    dot = "one episode" if stride == 1 else f"one episode (1 of {stride} drawn)"
    handles: list[Artist] = [
        Line2D([], [], color=BLUE, marker=".", linestyle="", markersize=9, alpha=0.5, label=dot),
        Line2D([], [], color=BLUE, label="mean of an update (lap time: median)"),
    ]
    if len(run.trained_evaluations["update"]):
        handles.append(
            Line2D([], [], color=VERMILLION, marker="D", linestyle="", label="evaluation")
        )
    if (run.evaluations["total_steps"] == 0).any():
        handles.append(before_handle())
    if run.evaluations["is_best"].any():
        ring = Line2D([], [], color=VERMILLION, marker="o", linestyle="", markersize=13)
        ring.set(markerfacecolor="none", markeredgewidth=2, label="best checkpoint")
        handles.append(ring)
    return handles


def before_handle() -> Line2D:
    """Return the legend's entry of the evaluation before the first update."""
    return Line2D(
        [], [], color="white", marker="D", linestyle="", markeredgecolor=VERMILLION,
        label="before the first update",
    )  # fmt: skip


def _group_legend(groups: Groups) -> list[Artist]:
    """Return the legend of groups of seeds: a line a group, then what lines and band mean."""
    handles: list[Artist] = []
    if len(groups) > 1:
        for (label, runs), color in zip(groups.items(), _colors(len(groups)), strict=True):
            seeds = "1 seed" if len(runs) == 1 else f"mean of {len(runs)} seeds"
            handles.append(Line2D([], [], color=color, linewidth=2.8, label=f"{label}: {seeds}"))
        color = FAINT_INK
    else:
        color = CYCLE[0]
        n_seeds = sum(len(runs) for runs in groups.values())
        handles.append(Line2D([], [], color=color, linewidth=2.8, label=f"mean of {n_seeds} seeds"))
    handles.append(Line2D([], [], color=color, linewidth=1, label="one seed"))
    edges = {band(np.zeros((len(runs), 1))).edges for runs in groups.values() if len(runs) > 1}
    if edges:
        text = " / ".join(sorted(edges)) + " seed"
        handles.append(Patch(facecolor=color, alpha=0.2, label=text))
    return handles


def _title(members: Sequence[RunRecord], groups: Mapping[str, Sequence[RunRecord]]) -> str:
    """Return what the figure is about."""
    subject = group_title(members) if members else "no runs"
    seed = members[0].info.get("seed") if len(members) == 1 else None
    seeds = f", seed {seed}" if seed is not None else ""
    several = "Comparison" if len(groups) > 1 else "Learning"
    return f"{several}: {subject}{seeds}"


def _colors(n: int) -> list[str]:
    """Return a colour for each of n groups."""
    return [CYCLE[i % len(CYCLE)] for i in range(n)]


def _marker(values: Floats) -> str:
    """Return a marker for a line of so few points that it would be hard to see."""
    return "o" if np.count_nonzero(~np.isnan(values)) <= 3 else ""


def _dot_alpha(n: int) -> float:
    """Return how solid a dot is, so that few can be seen and many do not fill the axes."""
    return float(np.clip(12 / np.sqrt(max(n, 1)), 0.10, 0.6))


def _any(values: Floats) -> bool:
    """Say whether there is any number among the values."""
    return bool(np.any(~np.isnan(values)))
