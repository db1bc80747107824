"""Pictures of what a reward function pays, and of how far ahead a discount looks."""

import numpy as np
from matplotlib.figure import Figure

from racer.analysis.league.driven import Driven
from racer.analysis.league.saying import at_least, said
from racer.analysis.style import CYCLE, new_figure, styled
from racer.env.picture import BLUE, INK
from racer.kernels.layout import Floats

_COMMONEST = 8
_DIGITS = 4  # rewards that agree to so many are one value
_GAMMAS = (0.9, 0.95, 0.99, 0.999)


def commonest(rewards: Floats, n: int = _COMMONEST) -> list[tuple[float, float]]:
    """Return the commonest values and their shares, the commonest first.

    Args:
        rewards: (k,); values that agree to four digits are one.
        n: how many.
    """
    values, counts = np.unique(np.round(rewards, _DIGITS), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:n]
    return [(float(values[k]), float(counts[k] / len(rewards))) for k in order]


@styled
def rewards(driven: Driven) -> Figure:
    """Draw how rewards of a step are distributed, and the commonest values."""
    at_least(len(driven), 1, "recorded steps on this track")
    paid = driven.reward
    common = commonest(paid)
    figure = new_figure(13, 5.6)
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    left.hist(paid, bins=60, color=BLUE, log=True)
    left.set_xlabel("reward a step")
    left.set_ylabel("steps")
    names = [f"{value:.4g}" for value, _ in common]
    right.barh(names, [100 * share for _, share in common], color=BLUE)
    right.invert_yaxis()
    right.set_xlabel("the commonest values: share of steps (%)")
    n_values = len(np.unique(np.round(paid, _DIGITS)))
    value, share = common[0]
    sentence = (
        f"{n_values:,} different rewards in {len(paid):,} steps, from {paid.min():.4g} to "
        f"{paid.max():.4g}; {value:.4g} is paid in {100 * share:.0f} % of them"
    )
    capped = float(np.mean(paid >= paid.max() - 10.0**-_DIGITS))
    if n_values < 10:
        sentence += ": between so few values nothing tells better from worse"
    elif capped > 0.2:
        sentence += f": {100 * capped:.0f} % are at the highest, where nothing can be gained"
    return said(figure, "What a step is paid", sentence + ".")


@styled
def discount(driven: Driven, gamma: float = 0.99) -> Figure:
    """Draw how much later rewards count under some discounts, and what a lap promises under them.

    Args:
        driven: the steps.
        gamma: the run's own discount.
    """
    at_least(len(driven), 2, "recorded steps on this track")
    dt = float(np.median(driven.seconds[driven.seconds > 0.0]))
    pace = float(np.nanmean(driven.speed))
    figure = new_figure(13, 5.8)
    left, right = figure.subplots(1, 2)
    shown = driven.only(driven.of == _example(driven))
    steps = np.arange(int(10.0 / dt))
    for one, color in zip(sorted({*_GAMMAS, gamma}), CYCLE, strict=False):
        look = {"color": INK if one == gamma else color, "linewidth": 3.2 if one == gamma else 1.8}
        label = f"{one:g}" + (" (this one)" if one == gamma else "")
        left.plot(steps * dt, one**steps, label=label, **look)
        future = shown.future(one)
        right.plot(100 * shown.progress, future / max(np.abs(future).max(), 1e-12), **look)
    left.set_xlabel("seconds ahead")
    left.set_ylabel("what a reward there counts")
    left.legend(title="discount factor")
    right.set_xlabel("progress of the best episode (%)")
    right.set_ylabel("discounted reward from here on, of its highest")
    half = np.log(0.5) / np.log(gamma) if gamma < 1.0 else np.inf
    sentence = (
        f"With {gamma:g} half of what counts lies within {half:.0f} steps, {half * dt:.1f} s or "
        f"{half * dt * pace:.1f} m at the mean speed of {pace:.2f} m/s."
        if np.isfinite(half)
        else "With a discount factor of 1 all rewards to come count alike."
    )
    return said(figure, "How far ahead the discount looks", sentence)


def _example(driven: Driven) -> int:
    """Return the fastest lap, or the episode that came farthest."""
    if driven.finished.any():
        times = np.where(driven.finished, driven.lap_time[driven.lasts], np.inf)
        return int(np.argmin(times))
    return int(np.argmax(driven.progress[driven.lasts]))
