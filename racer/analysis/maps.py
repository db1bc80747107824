"""Draws a track as a map, and laps on it, coloured by a quantity such as speed or reward."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from racer.analysis.style import (
    RISING,
    SIGNED,
    color_bar,
    heading,
    new_figure,
    page_ratio,
    styled,
    subtitle,
)
from racer.env.picture import FAINT_INK, INK, PAGE, VERMILLION, draw_track
from racer.errors import ConfigError, unknown_name
from racer.kernels import layout

if TYPE_CHECKING:
    from racer.evaluation.traces import Trace
    from racer.track import Track

Floats = NDArray[np.float64]

STARTING = 1.0
"""Seconds of each lap in which the car gets going, from a standstill beside its line: drawn faint,
for of twenty laps these hide what the others drive there."""
_FAINT = "#8A929B"
JUMP = 0.6  # a car that moves so far in a step (m) was put back on the track: 4 m/s is 0.27 m


@dataclass(frozen=True)
class Quantity:
    """Something to colour laps by."""

    label: str
    """Of the colour bar, with the unit."""
    column: str
    """Of the trace."""
    factor: float = 1.0
    """From the trace's unit to the label's."""
    signed: bool = False
    """Whether zero is a middle."""
    least: float = 0.0
    """The colours span at least so much, so that a constant quantity looks constant."""
    is_speed: bool = False
    """Its range is that of the car, and not of these laps."""


QUANTITIES = {
    "speed": Quantity("speed (m/s)", "speed", is_speed=True),
    "reward": Quantity("reward a step", "reward"),
    "steering": Quantity(
        "steering angle (°), left +", "steering", 180 / np.pi, signed=True, least=10.0
    ),
    "lateral": Quantity("from the centre line (m), left +", "lateral", signed=True, least=0.2),
    "speed_command": Quantity("commanded speed (m/s)", "speed_command", is_speed=True),
    "steering_command": Quantity(
        "commanded steering angle (°), left +",
        "steering_command",
        180 / np.pi,
        signed=True,
        least=10.0,
    ),
    "progress": Quantity("progress (%)", "progress", 100.0),
    "time": Quantity("time (s)", "time"),
}


@styled
def track_map(track: "Track", *, every: int = 10) -> Figure:
    """Draw a track with its start, direction, size, and the index of each tenth waypoint.

    Args:
        track: what to draw.
        every: label each so many waypoints.
    """
    figure = _map_figure(track)
    axes = figure.subplots()
    draw_track(axes, track, margin=0.6)
    _draw_waypoints(axes, track, every)
    _draw_scale(axes, track)
    heading(figure, track.title or track.name)
    subtitle(axes, _facts(track))
    return figure


@styled
def laps(
    trace: "Trace",
    track: "Track",
    color: str = "speed",
    *,
    trials: Iterable[int] | None = None,
    top_speed: float | None = None,
    who: str = "",
) -> Figure:
    """Draw the driven lines on the track, coloured by what the car did there.

    Args:
        trace: the steps of one or more trials.
        track: the track they were driven on.
        color: the quantity: one of ``QUANTITIES``, for example ``speed`` or ``reward``.
        trials: which trials to draw; by default all.
        top_speed: the highest that the car's actions command (m/s), which ends the range of speeds;
            by default the highest that was commanded.
        who: drives, for the title.

    Raises:
        ConfigError: if the quantity is unknown.
    """
    figure = _map_figure(track, beside=1.3)
    axes = figure.subplots()
    lines = draw_laps(axes, trace, track, color, trials=trials, top_speed=top_speed)
    if lines is not None:
        color_bar(figure, axes, lines, QUANTITIES[color].label)
    heading(figure, f"Laps on {track.title or track.name}: {color.replace('_', ' ')}", who)
    text = laps_text(trace, trials)
    if len(_off(trace, _rows(trace, trials))):
        text += "; a cross: where the car left the track"
    subtitle(axes, text)
    return figure


def draw_laps(
    axes: Axes,
    trace: "Trace",
    track: "Track",
    color: str = "speed",
    *,
    trials: Iterable[int] | None = None,
    top_speed: float | None = None,
) -> LineCollection | None:
    """Draw laps on axes and return the coloured lines, for a colour bar; None without any.

    Args, Raises: as for ``laps``.
    """
    if color not in QUANTITIES:
        raise ConfigError(unknown_name("colour of laps", color, list(QUANTITIES)))
    quantity = QUANTITIES[color]
    draw_track(axes, track, arrow=False)
    rows = _rows(trace, trials)
    points = np.stack([trace.x[rows], trace.y[rows]], axis=1)
    values = quantity.factor * np.asarray(getattr(trace, quantity.column))[rows]
    _draw_ends(axes, trace, rows)
    segments = np.stack([points[:-1], points[1:]], axis=1)
    together = np.diff(trace.trial[rows]) == 0
    together &= np.hypot(*np.diff(points, axis=0).T) < JUMP
    if not together.any():
        return None
    starting = _starting(trace, rows)[:-1] & together
    if starting.any():
        faint = LineCollection(list(segments[starting]), colors=_FAINT, linewidths=0.8)
        faint.set(zorder=2.9, gid="starts")
        axes.add_collection(faint, autolim=False)
    together &= ~starting
    n_trials = len(np.unique(trace.trial[rows]))
    lines = LineCollection(
        list(segments[together]),
        cmap=SIGNED if quantity.signed else RISING,
        norm=_norm(quantity, values, trace, top_speed),
        linewidths=3.0 if n_trials == 1 else 1.8,
        capstyle="round",
        zorder=3,
        gid="laps",
    )
    lines.set_array(values[:-1][together])
    axes.add_collection(lines, autolim=False)
    return lines


def _starting(trace: "Trace", rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the chosen rows belong to a start, where more than one lap is drawn."""
    trial, time = trace.trial[rows], trace.time[rows]
    ids, first = np.unique(trial, return_index=True)
    if len(ids) < 2:
        return np.zeros(len(trial), np.bool_)
    begun: NDArray[np.bool_] = time - time[first][np.searchsorted(ids, trial)] < STARTING
    return begun


def _norm(quantity: Quantity, values: Floats, trace: "Trace", top_speed: float | None) -> Normalize:
    """Return the range of colours: of speeds all that the car could drive, from standing still.

    The range of these laps alone would paint a slow lap as bright as a fast one.
    """
    if quantity.is_speed:
        return Normalize(0.0, top_speed or float(np.max(trace.speed_command, initial=0.5)))
    return color_range(values, signed=quantity.signed, least=quantity.least)


def laps_text(trace: "Trace", trials: Iterable[int] | None = None) -> str:
    """Say how many of the trials finished: ``18 of 20 laps finished``."""
    rows = _rows(trace, trials)
    ids = np.unique(trace.trial[rows])
    finished = np.unique(trace.trial[rows][trace.status[rows] == layout.LAP_COMPLETE])
    if not len(ids):
        return "no trial was driven"
    return f"{len(finished)} of {len(ids)} laps finished"


def color_range(values: Floats, *, signed: bool = False, least: float = 0.0) -> Normalize:
    """Return the range of colours: all but the most extreme values (1 % on each side).

    Args:
        values: (n,) what will be coloured; nan is left out.
        signed: whether the range reaches equally far on both sides of zero.
        least: the range is widened to this.
    """
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, (1, 99)) if len(known) else (0.0, 1.0)
    if signed:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    if high - low < max(least, 1e-9):
        middle, half = (low + high) / 2, (least or 1.0) / 2
        low, high = middle - half, middle + half
    return Normalize(float(low), float(high))


def _rows(trace: "Trace", trials: Iterable[int] | None) -> NDArray[np.bool_]:
    """Return which rows of a trace belong to the trials: (n_rows,)."""
    if trials is None:
        return np.ones(len(trace.trial), np.bool_)
    return np.isin(trace.trial, list(trials))


def _off(trace: "Trace", rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the indices of the rows in which a car had left the track."""
    return np.flatnonzero(rows & (trace.status == layout.OFF_TRACK))


def _draw_ends(axes: Axes, trace: "Trace", rows: NDArray[np.bool_]) -> None:
    """Mark where cars left the track."""
    off = _off(trace, rows)
    axes.plot(
        trace.x[off], trace.y[off], "X", color=VERMILLION, markersize=11,
        markeredgecolor="white", markeredgewidth=1.2, zorder=5, gid="off_tracks",
    )  # fmt: skip


def _draw_waypoints(axes: Axes, track: "Track", every: int) -> None:
    """Draw a dot at each waypoint, and write the index of some beside the road."""
    n = len(track.center) - int(track.is_loop)  # the last one is the first again
    points = track.center[:n]
    axes.plot(*points.T, "o", color=PAGE, markersize=2.6, zorder=2.7)
    axes.plot(*points[::every].T, "o", color=VERMILLION, markersize=6, zorder=2.8)
    for i in range(0, n, every):
        if track.is_loop and n - i < every / 2:  # would lie on top of the first
            continue
        at = _beside(track, i)
        axes.text(
            at[0], at[1], str(i), ha="center", va="center", fontsize=10.5, color=INK, gid="waypoint"
        )


def _beside(track: "Track", i: int) -> Floats:
    """Return a point (2,) beside the road at waypoint i, where there is more room (m)."""
    ahead = track.center[(i + 1) % len(track.center)] - track.center[i]
    normal = np.array([-ahead[1], ahead[0]]) / max(np.hypot(*ahead), 1e-9)
    offset = 0.5 * track.width + 0.03 * np.ptp(track.outer, axis=0).max()
    sides = [track.center[i] + offset * normal, track.center[i] - offset * normal]
    room = [np.hypot(*(track.center - side).T).min() for side in sides]
    away = [np.hypot(*(side - track.center.mean(axis=0))) for side in sides]
    if abs(room[0] - room[1]) < 0.1 * offset:
        return np.asarray(sides[int(np.argmax(away))])
    return np.asarray(sides[int(np.argmax(room))])


def _draw_scale(axes: Axes, track: "Track") -> None:
    """Draw a bar of one metre at the lower left."""
    low = np.minimum(track.inner.min(axis=0), track.outer.min(axis=0))
    x, y = low[0] - 0.3, low[1] - 0.45
    axes.plot([x, x + 1], [y, y], color=FAINT_INK, linewidth=3, solid_capstyle="butt")
    axes.text(x + 0.5, y + 0.06, "1 m", ha="center", va="bottom", fontsize=10.5, color=FAINT_INK)


def _facts(track: "Track") -> str:
    """Return the size of a track in words."""
    turns = f"{track.n_turns} turn" + ("s" if track.n_turns != 1 else "")
    narrow, wide = f"{track.min_width:.2f}", f"{track.max_width:.2f}"
    width = narrow if narrow == wide else f"{narrow} to {wide}"
    facts = [f"{track.length:.2f} m long", f"{width} m wide", turns]
    if np.isfinite(track.tightest_radius):
        facts.append(f"tightest radius {track.tightest_radius:.2f} m")
    return ", ".join(facts)


def _map_figure(track: "Track", beside: float = 0.0) -> Figure:
    """Return a figure in the proportions of the track, with so many inches beside it."""
    return new_figure(11 + beside, 11 * page_ratio(track) + 0.9)
