"""Causes that lie in the task: the reward function, its scale, and the action space."""

import math
from dataclasses import dataclass

import numpy as np

from racer.analysis.statistics import Floats
from racer.analysis.why.case import Case
from racer.analysis.why.cause import Cause
from racer.analysis.why.places import Place, least_radius
from racer.vehicle import DiscreteActions

_LEAST_LAPS = 20  # finished laps, to tell what a reward pays for
PAYS = 0.3  # percent of return that a percent of lap time brings, at least
_FOLLOWS = 0.6  # correlation of return with lap time: what else is paid for matters less
FOLLOWS_A_LITTLE = 0.3  # the same for a remark
_CRAWLS = 0.6  # share of steps at the slowest speed
_SLOWED = 1.25  # times the best lap, at the end
_LARGE = 1_000.0  # size of a return that a value network learns only slowly


@dataclass(frozen=True)
class Pay:
    """What a reward function pays for time."""

    correlation: float
    """Of the return of finished laps with their lap time."""
    gain: float
    """Percent of return that a lap time of 1 % more brings."""
    slow: float
    """Lap time that the slowest quarter exceeds (s)."""
    fast: float
    """Lap time that the fastest quarter is below (s)."""
    slow_return: float
    """Mean return of the slowest quarter."""
    fast_return: float
    """Mean return of the fastest quarter."""


def pay_for_time(case: Case) -> Pay | None:
    """Return what the run's finished laps were paid for time; None where too few tell it."""
    return pay_of(*case.laps)


def pay_of(times: Floats, returns: Floats) -> Pay | None:
    """Return what finished laps were paid for time; None where too few tell it.

    Args:
        times: (n_laps,) lap times (s).
        returns: (n_laps,) of the same laps.
    """
    if len(times) < _LEAST_LAPS or np.ptp(times) < 0.02 * times.mean() or np.ptp(returns) == 0.0:
        return None
    slow, fast = (float(q) for q in np.quantile(times, (0.75, 0.25)))
    gain = float(np.polyfit(times, returns, 1)[0] * times.mean()) / max(abs(returns.mean()), 1e-12)
    return Pay(
        float(np.corrcoef(times, returns)[0, 1]), gain, slow, fast,
        float(returns[times >= slow].mean()), float(returns[times <= fast].mean()),
    )  # fmt: skip


def slow_reward(case: Case) -> Cause | None:
    """A reward function that pays a slow lap more than a fast one, and a car that noticed."""
    pay, (first, last) = pay_for_time(case), lap_times(case)
    if pay is None or pay.correlation < _FOLLOWS or pay.gain < PAYS or not _is_slow(case):
        return None
    evidence = [
        f"of {len(case.laps[0]):,} finished laps, those over {pay.slow:.1f} s were paid "
        f"{pay.slow_return:.4g}, those under {pay.fast:.1f} s {pay.fast_return:.4g}",
        f"a lap that takes 1 % longer is paid {pay.gain:.1f} % more",
    ]
    if last > _SLOWED * first:
        evidence.append(f"lap time in evaluations rose from {first:.1f} to {last:.1f} s")
    if case.slowest_share is not None:
        evidence.append(
            f"{100 * case.slowest_share:.0f} % of the steps are at the slowest speed, "
            f"{case.speeds[0]:.3g} m/s (the fastest is {case.speeds[1]:.3g} m/s)"
        )
    return Cause(
        "slow_reward", "the reward function pays for slowness", tuple(evidence),
        "pay by the metre and not by the step, as progress_per_step does",
        {"reward": "progress_per_step"}, 0.8,
    )  # fmt: skip


def slow_remark(case: Case) -> str | None:
    """Return a line on slow laps where nothing is wrong but pay, by the way, goes with time."""
    pay = pay_for_time(case)
    if pay is None or pay.correlation < FOLLOWS_A_LITTLE or pay.gain < PAYS:
        return None
    if not _is_slow(case):
        return None
    return (
        f"the laps are slow: this reward function pays a lap 1 % longer {pay.gain:.1f} % more; "
        "for fast laps pay by the metre, as progress_per_step does"
    )


def _is_slow(case: Case) -> bool:
    """Return whether the car got slower, or crawls where it could drive faster."""
    first, last = lap_times(case)
    share = case.slowest_share
    return last > _SLOWED * first or (share is not None and share >= _CRAWLS)


def lap_times(case: Case) -> tuple[float, float]:
    """Return the best median lap time of the training's evaluations, and the last (s), or nan."""
    times = case.run.trained_evaluations["median_lap_time"]
    times = times[np.isfinite(times)]
    return (float(times.min()), float(times[-1])) if len(times) else (math.nan, math.nan)


def action_space(case: Case) -> Cause | None:
    """A bend that is tighter than any circle the car can drive."""
    radii = {side: least_radius(case.car, case.actions, side) for side in ("left", "right")}
    blocked = [p for p in case.places if p.radius < radii[_side(p)]]
    share = sum(place.share for place in blocked)
    if not blocked or share < 0.25:
        return None
    worst = blocked[0]
    able = radii[_side(worst)]
    reach = f"{able:.2f} m" if math.isfinite(able) else "endless: there is no such action"
    evidence = (
        f"tightest circle to the {_side(worst)} that the actions allow: radius {reach}",
        f"radius of the centre line at {worst.name}: {worst.radius:.2f} m",
        f"{100 * share:.0f} % of the late off-tracks are at bends that are tighter than the car: "
        + ", ".join(place.name for place in blocked),
    )
    advice, changes = _turn_more(case)
    weight = 0.7 + 0.25 * min(share / 0.6, 1.0)
    return Cause(
        "action_space", "the action space cannot take the tightest bend", evidence, advice,
        changes, weight,
    )  # fmt: skip


def _side(place: Place) -> str:
    return "right" if place.name.startswith("the right") else "left"


def _turn_more(case: Case) -> tuple[str, dict[str, object]]:
    """Return what lets the car turn more tightly: more steering, or else a lower speed."""
    low, high = case.speeds
    if isinstance(case.actions, DiscreteActions):
        steering = float(np.degrees(np.abs(case.actions.steering).max()))
    else:
        widest = max(-case.actions.steering_low, case.actions.steering_high)
        steering = math.degrees(widest)
    if steering < 29.5:
        return (
            f"allow more steering: 30° in place of {steering:.0f}°",
            {"max_steering": 30, "max_speed": high},
        )
    return (
        f"allow a lower speed than {low:.3g} m/s: fast cars turn in wider circles",
        {"max_speed": round(low, 2), "speed_granularity": 2},
    )


def unseen_reward(case: Case) -> Cause | None:
    """A reward that nearly all episodes end without: equal returns teach nothing."""
    episodes = case.run.episodes
    if len(episodes["return"]) < 16:
        return None
    values, counts = np.unique(episodes["return"].round(6), return_counts=True)
    share = float(counts.max() / counts.sum())
    if share < 0.9:
        return None
    return Cause(
        "unseen_reward", "the car hardly ever saw a reward that differs",
        (
            f"{100 * share:.1f} % of {counts.sum():,} episodes were paid the same: "
            f"{values[counts.argmax()]:g}",
            "equal returns teach nothing: no action looks better than another",
        ),
        "pay a little on the way, as progress_per_step does",
        {"reward": "progress_per_step"}, 0.97,
    )  # fmt: skip


def reward_scale(case: Case) -> Cause | None:
    """Returns so large that a value network that is not scaled, as vpg's is, cannot follow."""
    if case.n_episodes == 0 or (case.learner is not None and case.learner.scales_returns):
        return None
    size = float(np.median(np.abs(case.run.episodes["return"])))
    foreseen = case.curve("explained_variance")
    if size < _LARGE or len(foreseen) == 0 or np.median(foreseen) > 0.2:
        return None
    return Cause(
        "reward_scale", "the rewards are too large",
        (
            f"a return is {size:,.0f} (median): {case.algorithm} learns values around 1 to 100",
            f"explained_variance is {np.median(foreseen):.2f} (median): the value network foresees "
            "next to nothing",
        ),
        f"divide the reward by {10 ** round(math.log10(size / 10.0)):,}", {}, 0.6,
    )  # fmt: skip
