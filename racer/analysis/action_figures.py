"""Draws actions: the list of them, how often each was taken, and where along the lap."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from racer.analysis.style import DEEPENING, heading, new_figure, say_why_empty, styled
from racer.env.picture import BLUE, FAINT_INK, INK, PAGE
from racer.vehicle import ContinuousActions, DiscreteActions

if TYPE_CHECKING:
    from racer.evaluation.traces import Trace

Floats = NDArray[np.float64]

_MOST_LABELS = 14  # bars that can carry their share in figures


REACH = 310.0
"""Of the highest speed in a figure of its own, from the middle of the fan (points)."""
_EDGE = 2.0  # that a bubble's line adds between two (points)


@styled
def action_space(actions: DiscreteActions | ContinuousActions) -> Figure:
    """Draw what a policy may choose as a fan: the angle is the steering, the radius the speed.

    Args:
        actions: a list of actions, each drawn with its index, or ranges, drawn as an area.
    """
    figure = new_figure(8.5, 6.2)
    axes = figure.add_subplot(projection="polar")
    draw_action_space(axes, actions)
    if isinstance(actions, DiscreteActions):
        heading(figure, f"Action space: {len(actions.speed)} actions")
    else:
        heading(figure, "Action space: continuous")
    return figure


@styled
def actions_used(
    trace: "Trace",
    actions: DiscreteActions | ContinuousActions | None = None,
    *,
    who: str = "",
) -> Figure:
    """Draw how often each action was taken, and which steering was commanded where on the lap.

    Args:
        trace: the steps of one or more trials.
        actions: the list of actions; commands of continuous or unknown actions are counted in bins
            of steering and speed.
        who: drives, for the title.
    """
    figure = new_figure(13, 5.6)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    listed = actions if isinstance(actions, DiscreteActions) else None
    if listed is None:
        draw_command_counts(left, trace)
    else:
        draw_action_counts(left, trace, listed)
    draw_commands_along(right, trace, listed)
    n_trials, n_steps = len(np.unique(trace.trial)), len(trace.trial)
    heading(figure, f"Actions used in {n_trials} trials, {n_steps:,} steps", who)
    return figure


def action_shares(trace: "Trace", n_actions: int) -> Floats:
    """Return the share of steps in which each action was taken, (n_actions,)."""
    taken = trace.action[(trace.action >= 0) & (trace.action < n_actions)].astype(np.int64)
    return np.bincount(taken, minlength=n_actions) / max(len(taken), 1)


def draw_action_space(
    axes: Axes,
    actions: DiscreteActions | ContinuousActions,
    shares: Floats | None = None,
    *,
    reach: float = REACH,
) -> None:
    """Draw the fan of actions on polar axes; straight ahead is up, left is left.

    Args:
        axes: polar axes.
        actions: the list; each action carries its index. Ranges are drawn as an area.
        shares: (n_actions,) the share of steps in which each was taken. With it an action carries
            its percentage and is as large as that; one never taken is hollow. None covers another.
        reach: of the highest speed on paper, from the middle of the fan (points).
    """
    if not isinstance(axes, PolarAxes):
        raise TypeError(f"expected polar axes, got {type(axes).__name__}")
    if isinstance(actions, ContinuousActions):
        _draw_ranges(axes, actions)
        return
    steering, speed = actions.steering, actions.speed
    _fan(axes, steering, speed)
    for angle, v in zip(steering, speed, strict=True):
        axes.plot([angle, angle], [0, v], color=BLUE, linewidth=1.6, alpha=0.35)
    radii = bubble_radii(steering, speed, shares, reach)
    sizes = (2.0 * radii) ** 2
    texts = [str(i) for i in range(len(speed))]
    if shares is not None:
        texts = [f"{100 * share:.0f}" if share >= 0.03 else "" for share in shares]
    colors = [BLUE if shares is None or share > 0 else PAGE for share in _or_ones(shares, speed)]
    axes.scatter(steering, speed, sizes, colors, edgecolors=BLUE, zorder=3, gid="actions")
    for angle, v, size, text in zip(steering, speed, sizes, texts, strict=True):
        axes.text(
            angle, v, text, ha="center", va="center_baseline", color="white",
            fontsize=float(np.clip(0.55 * np.sqrt(size), 4, 11)), fontweight="bold", zorder=4,
        )  # fmt: skip


def bubble_radii(steering: Floats, speed: Floats, shares: Floats | None, reach: float) -> Floats:
    """Return how large each action is drawn so that none lies on another (points): (n_actions,).

    Args:
        steering: (n_actions,) (rad).
        speed: (n_actions,) (m/s).
        shares: (n_actions,) of the steps; the area grows with them. None: all are alike.
        reach: of the highest speed on paper (points).
    """
    places = speed[:, None] * np.stack([np.cos(steering), np.sin(steering)], axis=1)
    apart = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    apart = apart * reach / max(float(speed.max()), 1e-9) - _EDGE
    apart[apart <= 0.0] = np.inf  # itself, and what is the same action twice
    nearest = float(apart.min(initial=np.inf))
    weights = np.zeros(len(speed))
    small, large = min(float(np.sqrt(1300 / len(speed))), 9.7), 0.0
    if shares is not None:
        weights, small, large = np.sqrt(shares / max(float(shares.max()), 1e-9)), 4.2, 17.0
    small = min(small, 0.48 * nearest)
    together = np.maximum(weights[:, None] + weights[None, :], 1e-9)
    room = small + float(((apart - 2.0 * small) / together).min(initial=np.inf))
    return small + max(min(large, room) - small, 0.0) * weights


def _draw_ranges(axes: PolarAxes, actions: ContinuousActions) -> None:
    """Draw ranges of steering and speed as an area on polar axes."""
    limits = np.array([actions.steering_low, actions.steering_high])
    _fan(axes, limits, np.array([actions.speed_low, actions.speed_high]))
    angles = np.linspace(limits[0], limits[1], 60)
    axes.fill_between(
        angles,
        actions.speed_low,
        actions.speed_high,
        color=BLUE,
        alpha=0.35,
        linewidth=0,
        gid="actions",
    )


def _or_ones(shares: Floats | None, like: Floats) -> Floats:
    """Return the shares, or ones if there are none."""
    return np.ones(len(like)) if shares is None else shares


def _fan(axes: PolarAxes, steering: Floats, speed: Floats) -> None:
    """Set up polar axes for actions of these angles (rad) and speeds (m/s)."""
    top = float(speed.max())
    reach = max(np.ceil(np.degrees(np.abs(steering).max()) / 5) * 5 + 5, 15.0)
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(1)
    axes.set_thetamin(-reach)
    axes.set_thetamax(reach)
    axes.set_ylim(0, 1.16 * top)
    angles = np.unique(np.round(np.degrees(steering), 1))
    if len(angles) > 9:
        angles = angles[np.linspace(0, len(angles) - 1, 9).round().astype(int)]
    axes.set_xticks(np.radians(angles), [_degrees(a) for a in angles])
    speeds = np.unique(np.round(speed, 2))
    axes.set_yticks(speeds if len(speeds) <= 5 else np.linspace(0, top, 5)[1:])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _speed(v)))
    axes.set_rlabel_position(-reach)
    axes.tick_params(axis="y", labelsize=10.5, pad=2)


def draw_action_counts(axes: Axes, trace: "Trace", actions: DiscreteActions) -> None:
    """Draw a bar an action: grouped by steering, left to right as the driver sees it.

    Args:
        axes: y becomes the share of steps (%).
        trace: the steps.
        actions: the list of actions.
    """
    steering, speed = np.degrees(actions.steering), actions.speed
    shares = 100 * action_shares(trace, len(speed))
    angles = np.unique(np.round(steering, 2))[::-1]
    speeds = np.unique(np.round(speed, 3))
    color = _speed_colors(speeds)
    group = {i: np.flatnonzero(np.round(steering, 2) == angle) for i, angle in enumerate(angles)}
    width = 0.84 / max(len(members) for members in group.values())
    for place, members in group.items():
        members = members[np.argsort(speed[members], kind="stable")]
        first = place - 0.5 * width * (len(members) - 1)
        for k, action in enumerate(members):
            axes.bar(
                first + k * width, shares[action], 0.92 * width,
                color=color.to_rgba(speed[action]), gid=f"action {action}",
            )  # fmt: skip
            if len(speed) <= _MOST_LABELS:
                _write_share(axes, first + k * width, shares[action])
    rotation = 90 if len(angles) > 11 else 0
    axes.set_xticks(range(len(angles)), [_degrees(a) for a in angles], rotation=rotation)
    axes.grid(visible=False, axis="x")
    axes.set_xlabel("steering angle (left … right)")
    axes.set_ylabel("share of steps (%)")
    axes.set_ylim(0, 1.15 * max(shares.max(), 1))
    _speed_legend(axes, speeds, color)
    if not len(trace.action):
        say_why_empty(axes, "no step was driven")


def draw_command_counts(axes: Axes, trace: "Trace") -> None:
    """Draw how often continuous commands fell into bins of steering and speed.

    Args:
        axes: x becomes steering (°), left on the left; y speed (m/s).
        trace: the steps.
    """
    axes.set_xlabel("steering angle (°)")
    axes.set_ylabel("commanded speed (m/s)")
    if not len(trace.action):
        say_why_empty(axes, "no step was driven")
        return
    steering, speed = np.degrees(trace.steering_command), trace.speed_command
    reach, top = max(float(np.abs(steering).max()), 5.0), max(1.05 * float(speed.max()), 0.1)
    counts, x, y = np.histogram2d(steering, speed, (21, 14), ((-reach, reach), (0, top)))
    shares = np.ma.masked_equal(100 * counts.T / len(steering), 0)
    mesh = axes.pcolormesh(x, y, shares, cmap=DEEPENING, vmin=0)
    axes.figure.colorbar(mesh, ax=axes, label="share of steps (%)", shrink=0.85)
    axes.set_xlim(reach, -reach)


def draw_commands_along(axes: Axes, trace: "Trace", actions: DiscreteActions | None = None) -> None:
    """Draw which steering was commanded where on the lap, coloured by the commanded speed.

    Args:
        axes: x becomes the way along the lap (m); y steering (°), left upward.
        trace: the steps.
        actions: with a list, the speeds of one steering angle are drawn above each other.
    """
    axes.set_xlabel("along the lap, from waypoint 0 (m)")
    axes.set_ylabel("commanded steering angle (left up)")
    if not len(trace.action):
        say_why_empty(axes, "no step was driven")
        return
    degrees, speed = np.degrees(trace.steering_command), trace.speed_command
    speeds = np.unique(np.round(speed if actions is None else actions.speed, 3))
    color = _speed_colors(speeds)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _degrees(v)))
    if actions is not None:
        angles = np.unique(np.round(np.degrees(actions.steering), 2))
        gap = float(np.diff(angles).min()) if len(angles) > 1 else 10.0
        rank = np.searchsorted(speeds, np.round(speed, 3)) - (len(speeds) - 1) / 2
        degrees = degrees + rank * gap * min(0.2, 0.7 / len(speeds))
        axes.set_ylim(angles[0] - 0.6 * gap, angles[-1] + 0.6 * gap)
        if len(angles) <= 9:
            axes.set_yticks(angles)
    axes.scatter(
        trace.along,
        degrees,
        s=float(np.clip(12_000 / len(degrees), 9, 40)),
        c=color.to_rgba(speed),
        alpha=0.75,
        linewidths=0,
        gid="commands",
    )
    axes.set_xlim(left=0)
    _speed_legend(axes, speeds, color)


def _speed_colors(speeds: Floats) -> ScalarMappable:
    """Return the colours of the speeds: the darker the faster."""
    low, high = (float(speeds.min()), float(speeds.max())) if len(speeds) else (0.0, 1.0)
    return ScalarMappable(Normalize(low if high > low else low - 1, high), DEEPENING)


def _speed_legend(axes: Axes, speeds: Floats, color: ScalarMappable) -> None:
    """Say above the axes which colour is which speed: single speeds, or a bar for many."""
    if len(speeds) > 5:
        axes.figure.colorbar(color, ax=axes, label="commanded speed (m/s)", shrink=0.85)
        return
    for v in speeds:
        axes.plot([], [], "s", color=color.to_rgba(v), markersize=10, label=_speed(v))
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=max(len(speeds), 1),
        columnspacing=1.0, handletextpad=0.2, borderaxespad=0.2,
    )  # fmt: skip


def _write_share(axes: Axes, x: float, share: float) -> None:
    """Write a share above its bar."""
    text = "0" if share == 0 else "<1" if share < 1 else f"{share:.0f}"
    color = FAINT_INK if share == 0 else INK
    axes.text(x, share, text, ha="center", va="bottom", fontsize=10.5, color=color)


def _degrees(angle: float) -> str:
    """Return an angle in degrees with its sign: +30°, 0°, −15°."""
    return f"{angle:+.3g}°".replace("-", "−") if round(angle, 2) else "0°"


def _speed(speed: float) -> str:
    """Return a speed with its unit and no more digits than it needs: 0.67 m/s, 2 m/s."""
    return f"{speed:.2f}".rstrip("0").rstrip(".") + " m/s"
