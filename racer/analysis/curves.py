"""Draws one metric of a training into axes: of the exploring car, and of the greedy one.

With one policy these are two cars. The exploring one draws its actions: its episodes are what the
policy learns from. The greedy one always takes the action it thinks best: evaluations drive it.
Only whole batches are drawn. What ended of a batch that was cut off are its shortest episodes, all
of them crashes: drawn as an update they would look like a collapse.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from racer.analysis.groups import Groups
from racer.analysis.statistics import align, band, per_update
from racer.analysis.style import CYCLE, draw_line, say_why_empty
from racer.env.picture import BLUE, FAINT_INK, VERMILLION
from racer.runs.record import Columns, RunRecord

Floats = NDArray[np.float64]

DASHES = (0, (4, 1.5))
"""Of lines of the greedy car; those of the exploring one are whole."""
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


def draw_run(axes: Axes, run: RunRecord, metric: Metric, *, color: str = BLUE) -> None:
    """Draw one metric of one run: episodes as dots, updates as a line, evaluations as diamonds.

    Dots and line are of the exploring car, diamonds of the greedy one; that of the policy before
    its first update is hollow.

    Args:
        axes: x becomes training steps.
        run: the run.
        metric: what to draw, for example ``RETURN``.
        color: of dots and line.
    """
    episodes = whole_batches(run)
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
    draw_line(axes, *update_curve(run, metric), color=color, gid="updates")
    evaluated = _draw_evaluations(axes, run.evaluations, metric)
    _finish(axes, metric, is_empty=not _any(values) and not evaluated)


def draw_groups(axes: Axes, groups: Groups, metric: Metric) -> None:
    """Draw one metric of groups of seeds: the exploring car in lines, the greedy one in diamonds.

    Of the exploring car each seed is a thin line, the mean a thick one in its band. Of the greedy
    car each evaluation of a seed is a faint diamond, the mean a dashed line.

    Args:
        axes: x becomes training steps.
        groups: the runs under the label of their group.
        metric: what to draw, for example ``RETURN``.
    """
    draw_some(axes, groups, metric, colors(len(groups)))


def draw_some(axes: Axes, groups: Groups, metric: Metric, their: Sequence[str]) -> None:
    """Draw some of several groups, as ``draw_groups``, in their colours."""
    without, n_seeds, evaluated = 0, 0, False
    for runs, color in zip(groups.values(), their, strict=True):
        curves = [update_curve(run, metric) for run in runs]
        for steps, values in curves:
            draw_line(axes, steps, values, color=color, linewidth=1.0, alpha=0.6, gid="seed")
        without += sum(not _any(values) for _, values in curves)
        n_seeds += len(curves)
        axis, values = align(curves)
        middle = band(values)
        draw_line(axes, axis, middle.center, color=color, linewidth=2.8, gid="mean")
        if len(runs) > 1:
            axes.fill_between(axis, middle.low, middle.high, color=color, alpha=0.15, linewidth=0)
        evaluated |= _draw_greedy(axes, [greedy_curve(run, metric) for run in runs], color)
    if 0 < without < n_seeds:
        note = f"exploring car: {metric.empty} in {without} of {n_seeds} seeds"
        axes.set_title(note, loc="right", fontsize=11.5, fontweight="normal", color=FAINT_INK)
    _finish(axes, metric, is_empty=without == n_seeds and not evaluated)


def whole_batches(run: RunRecord, episodes: Columns | None = None) -> Columns:
    """Return the episodes of whole batches, or those of some: from which an update was made."""
    episodes = run.episodes if episodes is None else episodes
    made = np.isin(episodes["update"], run.updates["update"])
    return {name: column[made] for name, column in episodes.items()}


def update_curve(run: RunRecord, metric: Metric) -> tuple[Floats, Floats]:
    """Return the training steps at the end of each update and a metric's statistic of it."""
    episodes = whole_batches(run)
    values = metric.values(episodes)
    return per_update(episodes["update"], episodes["total_steps"], values, metric.statistic)


def greedy_curve(run: RunRecord, metric: Metric) -> tuple[Floats, Floats]:
    """Return the training steps of the evaluations and what the greedy car did in them.

    Each policy counts once; a metric that is not evaluated has no point.
    """
    if metric.evaluation is None:
        return np.empty(0), np.empty(0)
    steps, first = np.unique(run.evaluations["total_steps"], return_index=True)
    values: Floats = np.asarray(metric.evaluation(run.evaluations), np.float64)[first]
    return steps.astype(np.float64), values


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


def _draw_greedy(axes: Axes, curves: Sequence[tuple[Floats, Floats]], color: str) -> bool:
    """Draw the evaluations of the seeds of a group and their mean; say if there were any.

    The n-th evaluations of the seeds belong together, though batches end at different steps.
    """
    if not any(_any(values) for _, values in curves):
        return False
    style: dict[str, Any] = {"color": color, "markeredgecolor": "white", "clip_on": False}
    for steps, values in curves:
        axes.plot(steps, values, "D", markersize=5.5, alpha=0.7, zorder=3, gid="greedy", **style)
    steps, values = evaluations_aligned(curves)
    mean: dict[str, Any] = {"linestyle": DASHES, "lone_marker": "D", "gid": "greedy mean"}
    draw_line(axes, steps, values.mean(axis=0), color=color, **mean)
    return True


def evaluations_aligned(curves: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Put the evaluations of several seeds on one axis: the n-th of each belong together.

    Batches end at different steps, and so do trainings: as many are left as every seed has.

    Args:
        curves: as ``greedy_curve`` gives them, one or more.

    Returns:
        The mean steps (m,) and the values (n_seeds, m).
    """
    n = min(len(steps) for steps, _ in curves)
    steps, values = (np.array([curve[k][:n] for curve in curves]) for k in (0, 1))
    return steps.mean(axis=0), values


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


def colors(n: int) -> list[str]:
    """Return a colour for each of n groups."""
    return [CYCLE[i % len(CYCLE)] for i in range(n)]


def _dot_alpha(n: int) -> float:
    """Return how solid a dot is, so that few can be seen and many do not fill the axes."""
    return float(np.clip(12 / np.sqrt(max(n, 1)), 0.10, 0.6))


def _any(values: Floats) -> bool:
    """Say whether there is any number among the values."""
    return bool(np.any(~np.isnan(values)))
