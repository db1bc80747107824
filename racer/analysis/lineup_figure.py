"""The line-up as a picture: what each scripted driver is paid for a lap attempt."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from racer.analysis.style import heading, new_figure, short_number, styled
from racer.env.picture import BLUE, FAINT_INK, GREEN, ORANGE, PAGE, VERMILLION

FAST, FINISHED, FAILED, WRONG = GREEN, BLUE, ORANGE, VERMILLION

MARGIN = 0.02
"""A driver counts as paid more if it is by more than this share."""


class LineupRow(Protocol):
    """What is drawn of a driver; ``racer.reward_lab.Standing`` is one."""

    @property
    def driver(self) -> str:
        """Short name; ``fast`` is the measure of the others."""

    @property
    def label(self) -> str:
        """What the picture calls it."""

    @property
    def finish_rate(self) -> float:
        """Share of attempts that finished, in [0, 1]."""

    @property
    def completion(self) -> float:
        """How much of the lap was driven (percent)."""

    @property
    def lap_time(self) -> float | None:
        """Seconds; None without a lap."""

    @property
    def discounted(self) -> float:
        """Return at the discount factor."""

    @property
    def undiscounted(self) -> float:
        """Sum of the rewards."""


class Rows(Protocol):
    """What is drawn; ``racer.reward_lab.Lineup`` is one."""

    @property
    def name(self) -> str:
        """Of the reward function."""

    @property
    def track(self) -> str:
        """Where they drove."""

    @property
    def discount_factor(self) -> float:
        """γ."""

    @property
    def standings(self) -> Sequence[LineupRow]:
        """The drivers, the best first."""


@styled
def lineup_figure(lineup: Rows) -> Figure:
    """Draw a bar a driver, the best driver on top: its return discounted, and as a plain sum.

    Args:
        lineup: what each driver is paid.
    """
    rows = list(lineup.standings)
    fast = next((row for row in rows if row.driver == "fast"), None)
    figure = new_figure(11.5, 1.9 + 0.48 * len(rows))
    left, right = figure.subplots(1, 2, sharey=True)
    _bars(left, rows, [row.discounted for row in rows], None if fast is None else fast.discounted)
    _bars(
        right, rows, [row.undiscounted for row in rows], None if fast is None else fast.undiscounted
    )
    left.set_title(f"discount factor {lineup.discount_factor:g}")
    right.set_title("plain sum")
    left.set_yticks(np.arange(len(rows)), [_who(row) for row in rows])
    left.set_ylim(len(rows) - 0.4, -0.6)
    for axes in (left, right):
        axes.set_xlabel("paid for a lap attempt")
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
    heading(figure, f"{lineup.name}: what each driver is paid on {lineup.track}")
    figure.legend(
        handles=[
            Patch(color=FAST, label="fast clean lap"),
            Patch(color=FINISHED, label="finished"),
            Patch(color=FAILED, label="did not finish"),
            Patch(color=WRONG, label="worse, but paid more than the fast lap"),
        ],
        loc="outside lower center",
        ncols=4,
    )
    return figure


def _bars(
    axes: Axes, rows: Sequence[LineupRow], values: Sequence[float], fast: float | None
) -> None:
    """Draw the bars of one kind of return, with a line at what the fast lap is paid."""
    paid_before = _better_than_fast(rows)
    colors = []
    for row, value in zip(rows, values, strict=True):
        is_more = fast is not None and value - fast > MARGIN * max(abs(value), abs(fast))
        color = FINISHED if row.finish_rate > 0.5 else FAILED
        if row.driver == "fast":
            color = FAST
        elif is_more and row.driver not in paid_before:
            color = WRONG
        colors.append(color)
    axes.barh(np.arange(len(rows)), values, height=0.66, color=colors, zorder=2)
    if fast is not None:
        axes.axvline(fast, color=FAST, linewidth=1.6, linestyle=(0, (4, 3)), zorder=3)
    axes.axvline(0.0, color=FAINT_INK, linewidth=1.0, zorder=3)
    low, high = min(0.0, *values), max(0.0, *values)
    axes.set_xlim(*_with_room(low, high))
    for y, value in enumerate(values):
        is_left = value < 0.0
        axes.annotate(
            short_number(value),
            (value, y),
            xytext=(-4 if is_left else 4, 0),
            textcoords="offset points",
            ha="right" if is_left else "left",
            va="center",
            fontsize=11,
            bbox={"facecolor": PAGE, "edgecolor": "none", "pad": 0.6},
            zorder=4,
        )


def _with_room(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis with room for a number beside the longest bar."""
    if low == high:
        return -0.1, 1.0
    room = 0.17 * (high - low)
    return low - (room if low < 0.0 else 0.0), high + (room if high > 0.0 else 0.1 * room)


def _better_than_fast(rows: Sequence[LineupRow]) -> set[str]:
    """Return the drivers that stand before the fast lap: to be paid more is right for them."""
    names = [row.driver for row in rows]
    return set(names[: names.index("fast")]) if "fast" in names else set()


def _who(row: LineupRow) -> str:
    """Return a driver's name and what it did: ``fast lap  9.9 s``, ``parked  1 %``."""
    did = f"{row.completion:.0f} %"
    if row.finish_rate > 0.5 and row.lap_time is not None:
        did = f"{row.lap_time:.1f} s"
    return f"{row.label}  {did}"
