"""Pictures of what a policy chooses: its actions in each turn, how undecided it is."""

import numpy as np
from matplotlib.figure import Figure

from racer.analysis.league.driven import Driven
from racer.analysis.league.saying import AbsentError, at_least, said
from racer.analysis.style import SIGNED, new_figure, say_why_empty, short_number, steps_axis, styled
from racer.env.picture import BLUE, FAINT_INK, INK
from racer.kernels.layout import Floats
from racer.runs.record import DIAGNOSTICS, RunRecord

_CLASSES = ("hard right", "right", "straight", "left", "hard left")
_EDGES = (-0.6, -0.2, 0.2, 0.6)  # of the largest angle


def actions_in_sectors(driven: Driven) -> tuple[list[str], Floats, Floats]:
    """Return which actions were chosen in each sector.

    Returns:
        names of the actions, of continuous ones five classes of steering; their shares (n_sectors,
        n_actions), nan where nobody came; and how far left each steers, −1 to 1 (n_actions,).
    """
    largest = max(float(np.abs(driven.steering).max()), 1e-9)
    if (driven.action >= 0).all():
        used, which = np.unique(driven.action, return_inverse=True)
        firsts = [int(np.argmax(which == k)) for k in range(len(used))]
        side = driven.steering[firsts] / largest
        names = [
            f"{np.degrees(driven.steering[k]):+.0f}°, {driven.speed_command[k]:.2g} m/s"
            for k in firsts
        ]
    else:
        which = np.digitize(driven.steering / largest, _EDGES)
        names, side = list(_CLASSES), np.linspace(-1.0, 1.0, len(_CLASSES))
    shares = np.stack(
        [driven.by_sector((which == k).astype(np.float64)) for k in range(len(names))], axis=1
    )
    order = np.argsort(side, kind="stable")
    return [names[k] for k in order], shares[:, order], side[order]


@styled
def actions_by_turn(driven: Driven) -> Figure:
    """Draw the shares of the actions in each turn and straight, and the mean speed commanded."""
    at_least(len(driven), 1, "recorded steps on this track")
    names, shares, side = actions_in_sectors(driven)
    sectors = [one.name for one in driven.sectors]
    figure = new_figure(13, 2.8 + 0.5 * len(sectors))
    axes = figure.subplots()
    begin = np.zeros(len(sectors))
    for k, name in enumerate(names):
        width = 100.0 * np.nan_to_num(shares[:, k])
        same_angle = [j for j in range(len(names)) if side[j] == side[k]]
        shade = (
            1.0
            if len(same_angle) == 1
            else 0.55 + 0.45 * same_angle.index(k) / (len(same_angle) - 1)
        )
        axes.barh(sectors, width, left=begin, color=SIGNED(0.5 + 0.5 * side[k]), alpha=shade,
                  edgecolor=FAINT_INK, linewidth=0.6, label=name)  # fmt: skip
        begin += width
    for row, speed in enumerate(driven.by_sector(driven.speed_command)):
        axes.text(101, row, f"{speed:.2f} m/s", va="center", color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of steps (%); right of them the mean speed commanded")
    figure.legend(loc="outside right upper", fontsize=10.5)
    known = np.isfinite(shares).all(axis=1)
    decided = int(np.argmax(np.where(known, np.nan_to_num(shares).max(axis=1), -1.0)))
    undecided = int(np.argmin(np.where(known, np.nan_to_num(shares).max(axis=1), 2.0)))
    top = int(np.argmax(shares[decided]))
    sentence = (
        f"Most decided in {sectors[decided]}: {names[top]} in {100 * shares[decided, top]:.0f} % "
        f"of the steps; least in {sectors[undecided]}, where no action has more than "
        f"{100 * shares[undecided].max():.0f} %."
    )
    return said(figure, f"Actions by turn on {driven.track.title or driven.track.name}", sentence)


@styled
def entropy_and_kl(run: RunRecord) -> Figure:
    """Draw how undecided the policy was, and how far each update moved it.

    Raises:
        AbsentError: if the updates have neither.
    """
    names = {"entropy": "entropy (nats)", "approx_kl": "KL divergence of an update"}
    updates = run.updates
    has = [name for name in names if name in updates and np.isfinite(updates[name]).any()]
    if not has:
        raise AbsentError(f"{run.folder}: its updates say neither entropy nor KL divergence")
    figure = new_figure(13, 5.2)
    parts = []
    for axes, (name, label) in zip(figure.subplots(1, 2), names.items(), strict=True):
        axes.set_ylabel(label)
        axes.set_title(DIAGNOSTICS[name], fontsize=13, fontweight="normal")
        if name not in has:
            say_why_empty(axes, "not told by this training")
            parts.append(f"the {label.partition(' (')[0]} is not told")
            continue
        known = np.isfinite(updates[name])
        steps, values = updates["total_steps"][known], updates[name][known]
        axes.plot(steps, values, color=BLUE, linewidth=1.8)
        steps_axis(axes, float(updates["total_steps"].max()))
        if name == "entropy":
            parts.append(f"entropy went from {values[0]:.2f} to {values[-1]:.2f}")
        else:
            at = int(np.argmax(values))
            parts.append(
                f"the median update moved the policy by {np.median(values):.3g}, the farthest, at "
                f"{short_number(steps[at])} steps, by {values[at]:.3g}"
            )
    sentence = "; ".join(parts) + "."
    return said(figure, "Entropy and KL divergence", sentence[0].upper() + sentence[1:])
