"""Says on a picture why lap times rise in a training that gets better."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from racer.analysis.curves import FINISH_RATE, LAP_TIME, greedy_curve, update_curve, whole_batches
from racer.analysis.why.task import FOLLOWS_A_LITTLE, PAYS, pay_of
from racer.env.picture import FAINT_INK
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
    cars = {"exploring": update_curve, "greedy": greedy_curve}
    rising = {
        name: few
        for name, curve in cars.items()
        if (few := _rise(curve(run, LAP_TIME)[1], curve(run, FINISH_RATE)[1])) is not None
    }
    if not rising:
        return ""
    car = f"{' and '.join(rising)} car: laps get slower"
    episodes = whole_batches(run)
    done = np.isfinite(episodes["lap_time"])
    pay = pay_of(episodes["lap_time"][done], episodes["return"][done])
    if pay is not None and pay.correlation >= FOLLOWS_A_LITTLE and pay.gain >= PAYS:
        return f"{car}: this reward function pays a lap that takes 1 % longer {pay.gain:.1f} % more"
    if all(rising.values()):
        return f"{car}: the fast ones were of few that finished, now most do"
    if pay is None:
        return f"{car}: too few laps yet to say what is paid for that"
    return f"{car}, and it is not the reward function that pays for that: see racer why"


def draw_lap_time_note(axes: Axes, run: RunRecord) -> None:
    """Write the note into the picture, if there is one, above all that is drawn there."""
    if text := lap_time_note(run):
        lines = textwrap.wrap(text, _LETTERS)
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.09 * (len(lines) + 0.5) * (high - low))
        axes.text(
            0.02, 0.98, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=10.5,
            color=FAINT_INK, zorder=4, gid="note",
        )  # fmt: skip


def _rise(times: Floats, rates: Floats) -> bool | None:
    """Return None if lap times do not rise, else whether few cars finished when they were low.

    Args:
        times: (n,) nan without a lap.
        rates: (n,) laps finished (percent).
    """
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < 2:
        return None
    lowest = known[int(np.argmin(times[known[:-1]]))]
    if times[known[-1]] < RISE * times[lowest]:
        return None
    return bool(rates[lowest] <= 0.5 * rates[known[-1]])
