"""Pictures of finished laps: what goes with a fast one, and where lap times are decided."""

import numpy as np
from matplotlib.figure import Figure

from racer.analysis.league.driven import Driven
from racer.analysis.league.saying import at_least, correlation, said
from racer.analysis.style import SIGNED, color_bar, new_figure, styled
from racer.env.picture import BLUE, INK, VERMILLION
from racer.kernels.layout import Floats

LEAST = 5
"""Finished laps below which a correlation says nothing."""


def lap_features(driven: Driven) -> dict[str, Floats]:
    """Return figures of each finished lap, by their names with the unit: (n_laps,) each."""
    finished, degrees = driven.finished, np.degrees
    moved = np.nan_to_num(driven.speed) * driven.seconds
    turned = np.abs(driven.ahead(driven.steering))
    top = np.fmax.reduceat(np.nan_to_num(driven.speed), driven.begins)
    every = {
        "distance driven (m)": driven.per_episode(moved),
        "mean speed (m/s)": driven.mean_per_episode(driven.speed),
        "top speed (m/s)": top,
        "mean distance from the centre line (m)": driven.mean_per_episode(np.abs(driven.lateral)),
        "mean steering angle, either side (°)": degrees(
            driven.mean_per_episode(np.abs(driven.steering))
        ),
        "change of steering a step (°)": degrees(driven.mean_per_episode(turned)),
        "mean slide, either side (°)": degrees(driven.mean_per_episode(np.abs(driven.slide))),
        "return": driven.per_episode(driven.reward),
    }
    return {name: np.asarray(values)[finished] for name, values in every.items()}


@styled
def lap_correlations(driven: Driven) -> Figure:
    """Draw how figures of a lap go with its lap time.

    Raises:
        AbsentError: with fewer finished laps than ``LEAST``.
    """
    at_least(len(driven.laps), LEAST, "finished laps")
    found = {name: correlation(one, driven.laps) for name, one in lap_features(driven).items()}
    found = dict(sorted(found.items(), key=lambda item: abs(np.nan_to_num(item[1]))))
    figure = new_figure(11, 5.2)
    axes = figure.subplots()
    values = np.nan_to_num(list(found.values()))
    colors = [VERMILLION if value > 0 else BLUE for value in values]
    axes.barh(list(found), values, color=colors)
    axes.axvline(0.0, color=INK, linewidth=1)
    axes.set_xlim(-1, 1)
    axes.set_xlabel("correlation with the lap time: + goes with slow laps, − with fast ones")
    name, value = list(found.items())[-1]
    sentence = (
        f"Of {len(driven.laps):,} finished laps the lap time goes most with the "
        f"{name.partition(' (')[0]}: {value:+.2f}."
    )
    return said(figure, f"What goes with lap times on {_title(driven)}", sentence)


def sector_times(driven: Driven) -> Floats:
    """Return how long each finished lap took in each sector (s): (n_laps, n_sectors)."""
    n = len(driven.sectors)
    rows = driven.sector >= 0
    place = driven.of[rows] * n + driven.sector[rows]
    times = np.bincount(place, driven.seconds[rows], len(driven.begins) * n)
    return np.asarray(times.reshape(-1, n)[driven.finished])


@styled
def sector_correlations(driven: Driven) -> Figure:
    """Draw each sector's share in the variance of lap times, and how sector times go together.

    The shares are covariances of sector times with their sum over its variance: they add up to 1.

    Raises:
        AbsentError: with fewer finished laps than ``LEAST``.
    """
    times = sector_times(driven)
    at_least(len(times), LEAST, "finished laps")
    names = [one.name for one in driven.sectors]
    shares = variance_shares(times)
    together = np.array([[correlation(one, two) for two in times.T] for one in times.T])
    figure = new_figure(13, 2.4 + 0.45 * len(names))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.25))
    left.barh(names, 100.0 * shares, color=BLUE)
    left.invert_yaxis()
    left.set_xlabel("share in the variance of lap times (%)")
    drawn = right.imshow(np.nan_to_num(together), cmap=SIGNED, vmin=-1, vmax=1, aspect="auto")
    right.set_xticks(range(len(names)), names, rotation=60, ha="right")
    right.grid(visible=False)
    color_bar(figure, right, drawn, "correlation of sector times")
    most = int(np.argmax(shares))
    sentence = (
        f"Lap times are decided in {names[most]}: {100 * shares[most]:.0f} % of their variance; it "
        f"takes {times[:, most].mean():.2f} s in the mean, ± {times[:, most].std():.2f} s."
    )
    return said(figure, f"Sectors of {len(times):,} laps on {_title(driven)}", sentence)


def variance_shares(times: Floats) -> Floats:
    """Return what each column of (n, k) contributes to the variance of the rows' sums: (k,)."""
    total = times.sum(axis=1)
    centred = times - times.mean(axis=0)
    shares: Floats = centred.T @ (total - total.mean()) / max(len(total) * total.var(), 1e-12)
    return shares


def _title(driven: Driven) -> str:
    return driven.track.title or driven.track.name
