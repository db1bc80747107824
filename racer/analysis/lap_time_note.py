"""Says on a picture why lap times rise in a training that gets better."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from racer.analysis.curves import FINISH_RATE, LAP_TIME, greedy_curve, update_curve, whole_batches
from racer.analysis.why.task import FOLLOWS_A_LITTLE, PAYS, pay_of
from racer.env.picture import FAINT_INK, PAGE
from racer.runs.record import RunRecord

Floats = NDArray[np.float64]

RISE = 1.05
"""Lap times rise if the last ones are this many times the lowest before them."""
_LETTERS = 40  # of a line of the note


def lap_time_note(run: RunRecord) -> str:
    """Return why lap times rose, or that nothing says why; "" where they did not rise.

    Args:
        run: a training.
    """
    who = [
        name
        for name, curve in (("exploring", update_curve), ("greedy", greedy_curve))
        if _rises(curve(run, LAP_TIME)[1])
    ]
    if not who:
        return ""
    car = f"{' and '.join(who)} car: laps get slower"
    episodes = whole_batches(run)
    done = np.isfinite(episodes["lap_time"])
    pay = pay_of(episodes["lap_time"][done], episodes["return"][done])
    if pay is not None and pay.correlation >= FOLLOWS_A_LITTLE and pay.gain >= PAYS:
        return f"{car}: this reward function pays a lap that takes 1 % longer {pay.gain:.1f} % more"
    if who == ["exploring"] and _more_finish(run):
        return f"{car}: at first only a few finish, now slower ones do too"
    return f"{car}, and it is not the reward function that pays for that: see racer why"


def draw_lap_time_note(axes: Axes, run: RunRecord) -> None:
    """Write the note into the picture, if there is one."""
    if text := lap_time_note(run):
        axes.text(
            0.02, 0.98, textwrap.fill(text, _LETTERS), transform=axes.transAxes, va="top",
            fontsize=10.5, color=FAINT_INK, zorder=4, gid="note",
            bbox={"facecolor": PAGE, "alpha": 0.85, "edgecolor": "none", "pad": 2},
        )  # fmt: skip


def _rises(times: Floats) -> bool:
    known = times[np.isfinite(times)]
    return len(known) > 1 and bool(known[-1] >= RISE * known[:-1].min())


def _more_finish(run: RunRecord) -> bool:
    """Return whether far more cars finish at the end than when the first ones did."""
    rates = update_curve(run, FINISH_RATE)[1]
    first = rates[rates > 0.0][:1]
    return len(first) > 0 and bool(rates[-1] >= 2.0 * first[0])
