"""Draws a training on one page: how it learned, how it drives, where it left the track."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.lines import Line2D

from racer.analysis.action_figures import action_shares, draw_action_space, draw_command_counts
from racer.analysis.curves import (
    COMPLETION,
    FINISH_RATE,
    LAP_TIME,
    RETURN,
    draw_run,
    last_step,
    update_curve,
)
from racer.analysis.groups import group_title
from racer.analysis.lap_time_note import draw_lap_time_note
from racer.analysis.learning import before_handle
from racer.analysis.maps import QUANTITIES, draw_laps, laps_text
from racer.analysis.offtracks import draw_off_tracks
from racer.analysis.style import (
    TRAINING_STEPS,
    color_bar,
    new_figure,
    say_why_empty,
    short_number,
    steps_axis,
    styled,
)
from racer.env.picture import BLUE, FAINT_INK, GREEN, VERMILLION, draw_track
from racer.evaluation.gain import gain_words
from racer.evaluation.ratio import ratio_words, top_speed_of
from racer.kernels import layout
from racer.runs.limits import run_ratio
from racer.runs.policies import last_policy
from racer.runs.record import RunRecord
from racer.vehicle import ContinuousActions, DiscreteActions

if TYPE_CHECKING:
    from racer.evaluation.traces import Trace
    from racer.track import Track

_DASHES = (0, (4, 1.5))
_REACH = 160.0  # of the highest speed in the fan of actions (points)
_MOST_TRACKS = 5  # that the summary names


@styled
def report(
    run: RunRecord,
    track: "Track | Sequence[Track]",
    *,
    trace: "Trace | None" = None,
    actions: DiscreteActions | ContinuousActions | None = None,
) -> Figure:
    """Draw the page that a training ends with.

    Args:
        run: the training; what it does not have yet is left empty and said so.
        track: the track it trained on. Of several, the one on which the fewest laps were finished
            is shown.
        trace: the laps to draw; by default those of the run's final evaluation.
        actions: what the policy could choose.
    """
    trace = run.trace if trace is None else trace
    tracks = list(track) if isinstance(track, Sequence) else [track]
    shown = 0 if trace is None or len(tracks) == 1 else _hardest(trace, len(tracks))
    where = f" on {tracks[shown].name}" if len(tracks) > 1 else ""
    road, laps = tracks[shown], trace.on(shown) if trace is not None and where else trace
    figure = new_figure(16, 9.4)
    grid = figure.add_gridspec(3, 3, height_ratios=(0.24, 1.0, 1.0))
    _write_summary(figure.add_subplot(grid[0, :]), run)
    _draw_learning([figure.add_subplot(grid[1, k]) for k in range(3)], run)
    top_speed = None if actions is None else top_speed_of(actions)
    _draw_laps(figure, figure.add_subplot(grid[2, 0]), laps, road, where, top_speed)
    _draw_off_tracks(figure, figure.add_subplot(grid[2, 1]), run, road, where)
    _draw_actions(figure, grid[2, 2], trace, actions)
    return figure


def _write_summary(axes: Axes, run: RunRecord) -> None:
    """Write what the training took and what came of it, beside the legend of the curves."""
    axes.set_axis_off()
    seed = run.info.get("seed")
    title = group_title([run]) + (f", seed {seed}" if seed is not None else "")
    axes.text(0, 1, title, va="top", fontsize=19, fontweight="bold", transform=axes.transAxes)
    text = "\n".join(_summary(run))
    axes.text(0, 0.62, text, va="top", fontsize=13.5, color=FAINT_INK, transform=axes.transAxes)
    handles = [
        Line2D([], [], color=BLUE, label="exploring car: an update (lap time: median)"),
        Line2D([], [], color=GREEN, linestyle=_DASHES, label="its finish rate"),
        Line2D([], [], color=VERMILLION, marker="D", linestyle="", label="greedy car, best ringed"),
        *([before_handle()] if (run.evaluations["total_steps"] == 0).any() else []),
    ]
    axes.legend(handles=handles, loc="upper right", bbox_to_anchor=(1, 1.12), ncols=2)


def _draw_learning(axes: list[Axes], run: RunRecord) -> None:
    """Draw return, completion with finish rate, and lap time over training steps."""
    draw_run(axes[0], run, RETURN)
    draw_run(axes[1], run, COMPLETION)
    steps, rates = update_curve(run, FINISH_RATE)
    axes[1].plot(steps, rates, color=GREEN, linestyle=_DASHES, gid="finish rate")
    axes[1].set_ylabel("completion, finish rate (%)")
    draw_run(axes[2], run, LAP_TIME)
    draw_lap_time_note(axes[2], run)
    names = ("Episode return", "Completion and finish rate", "Lap time")
    for one, name in zip(axes, names, strict=True):
        steps_axis(one, last_step([run]))
        one.set_title(name)


def _hardest(trace: "Trace", n_tracks: int) -> int:
    """Return the number of the track on which the smallest share of laps was finished."""

    def rate(number: int) -> float:
        laps = trace.on(number)
        finished = np.unique(laps.trial[laps.status == layout.LAP_COMPLETE])
        return len(finished) / max(len(np.unique(laps.trial)), 1)

    return min(range(n_tracks), key=rate)


def _draw_laps(
    figure: Figure,
    axes: Axes,
    trace: "Trace | None",
    track: "Track",
    where: str,
    top_speed: float | None,
) -> None:
    """Draw the laps coloured by speed."""
    if trace is None:
        draw_track(axes, track)
        axes.set_title(f"Laps{where}: no evaluation yet")
        return
    lines = draw_laps(axes, trace, track, top_speed=top_speed)
    axes.set_title(f"Greedy{where}: {laps_text(trace)}")
    if lines is not None:
        color_bar(figure, axes, lines, QUANTITIES["speed"].label, below=True)


def _draw_off_tracks(
    figure: Figure, axes: Axes, run: RunRecord, track: "Track", where: str
) -> None:
    """Draw where cars left the track during the training."""
    dots = draw_off_tracks(axes, run, track)
    status = run.episodes_on(track.name)["status"]
    n_left = int(np.sum(status == "off_track"))
    axes.set_title(f"Off-tracks{where or ' in training'}: {n_left:,} of {len(status):,}")
    if dots is not None:
        color_bar(figure, axes, dots, TRAINING_STEPS, below=True)


def _draw_actions(
    figure: Figure,
    place: SubplotSpec,
    trace: "Trace | None",
    actions: DiscreteActions | ContinuousActions | None,
) -> None:
    """Draw the fan of actions with their shares; of continuous actions how often which command."""
    if trace is not None and not isinstance(actions, DiscreteActions):
        axes = figure.add_subplot(place)
        draw_command_counts(axes, trace)
        axes.set_title("Commands used")
    elif actions is None:
        axes = figure.add_subplot(place)
        axes.set_axis_off()
        say_why_empty(axes, "no evaluation yet")
        axes.set_title("Actions")
    else:
        axes = figure.add_subplot(place, projection="polar")
        shares = None
        if trace is not None and isinstance(actions, DiscreteActions):
            shares = action_shares(trace, len(actions.speed))
        draw_action_space(axes, actions, shares, reach=_REACH)
        axes.set_title("Actions" if shares is None else "Actions used: share of steps (%)")


def _summary(run: RunRecord) -> Iterator[str]:
    """Yield what the training took and what the final evaluation says, a line each."""
    episodes = run.episodes
    if n_episodes := len(episodes["episode"]):
        took = f"{n_episodes:,} episodes, {short_number(episodes['total_steps'].max())} steps"
        yield f"Training: {took}"
    else:
        yield "Training: no finished episode yet"
    summary = (run.evaluation or {}).get("summary", {})
    gain = gain_words(run.info.get("before"), summary, parent="parent" in run.info)
    if "finish_rate" in summary:
        yield from _evaluation_text(summary, last_policy(run))
        if words := ratio_words(run_ratio(run.info, summary.get("median_lap_time"))):
            yield _capital(words)
    if gain:
        yield _capital(gain)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _evaluation_text(summary: Mapping[str, Any], last: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield an evaluation in words: finished laps, best and last, then lap times if there are."""
    trials = summary.get("trials")
    rate = f"{100 * summary['finish_rate']:.0f} %" + (f" of {trials} trials" if trials else "")
    completion = summary.get("completion")
    rest = f", completion {completion:.0f} %" if completion is not None else ""
    if last is not None:
        rest += f"; last policy: {100 * last['finish_rate']:.0f} %"
    yield f"Best checkpoint, greedy: {rate} finished{rest}"
    median, best = summary.get("median_lap_time"), summary.get("best_lap_time")
    if median is not None and best is not None:
        yield f"Lap time: {median:.2f} s (median), {best:.2f} s (best)"
    if "tracks" in summary:
        yield _track_text(summary["tracks"])


def _track_text(tracks: Mapping[str, Mapping[str, Any]]) -> str:
    """Say how many laps were finished on each track, the hardest first; of many, the hardest."""
    rates = sorted((one["finish_rate"], name) for name, one in tracks.items())
    told = [f"{name} {100 * rate:.0f} %" for rate, name in rates[:_MOST_TRACKS]]
    more = [f"and {len(rates) - _MOST_TRACKS} more"] if len(rates) > _MOST_TRACKS else []
    return "Finished on " + ", ".join([*told, *more])
