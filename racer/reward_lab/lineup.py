"""The line-up: what each scripted driver is paid, and whether a worse one is paid more."""

from collections.abc import Mapping
from statistics import median, mode

import numpy as np

from racer.algorithms.returns import discounted_returns
from racer.kernels.layout import Floats
from racer.reward_lab.drives import Drives, Episode
from racer.reward_lab.findings import NOTE, WARNING, Finding, Lineup, Standing
from racer.reward_lab.scripted import DRIVERS, LABELS

MARGIN = 0.02
"""Discounted returns that differ by less count as equal."""

WIDE_MARGIN = 0.10
"""Undiscounted returns, and lap times, that differ by less count as equal."""

CLEAR_MARGIN = 0.02
"""By so much must the better driver be ahead at the discount factor to make up for the sum."""

_CLEAN = ("fast", "middle", "inside")  # drivers that any other is measured by
_BY_WAY = 1.3  # sums of two laps that are paid by the way differ by less: a factor
_BY_STEP = "it pays by the step, not by the way gained"
_SLOW_ADVICE = (
    "pay for the way gained in a step (see progress_per_step), or take something away for each step"
)
_EARLY_ADVICE = "pay enough for the way gained that driving on is worth more than stopping"
_UNTIL_THE_LAP = "until one has come by luck, a car is taught to end early"
_ADVICE = {
    "zigzag": _SLOW_ADVICE,
    "slow": _SLOW_ADVICE,
    "cutting": "take something away when all_wheels_on_track is False",
    "reversing": "pay for progress with its sign: what is gained, less what is lost",
    "wrong_way": "pay for progress with its sign: what is gained, less what is lost",
    "spinning": "pay for the way gained, not for speed or for being on the road alone",
    "straight": "pay for being where the road goes: straight on is off the road at the first bend",
}


def reckon_lineup(
    name: str, track: str, drives: Drives, rewards: Mapping[int, Floats], discount_factor: float
) -> tuple[Lineup | None, dict[str, Standing]]:
    """Return the line-up, and the standings of all drivers, the extra ones too.

    Args:
        name: of the reward function.
        track: what tables call the track.
        drives: what was driven.
        rewards: by the position of an episode in the drives: (n_steps,), nan where a call failed.
        discount_factor: γ, 0 to 1.

    Returns:
        The line-up is None if a clean lap could not be paid from any start. A driver all of whose
        attempts hold a failed call is left out.
    """
    attempts: dict[str, dict[int, tuple[Episode, Floats]]] = {}
    for position, paid in rewards.items():
        episode = drives.episodes[position]
        if episode.number == 0 and not episode.is_other_way and not np.isnan(paid).any():
            attempts.setdefault(episode.driver, {})[episode.start] = episode, paid
    common = set.intersection(*({*starts} for starts in attempts.values())) if attempts else set()
    standings = {
        driver: _standing(driver, [starts[k] for k in sorted(common)], discount_factor)
        for driver, starts in attempts.items()
        if common
    }
    shown = [one for driver, one in standings.items() if driver in DRIVERS]
    shown.sort(key=lambda one: one.rank, reverse=True)
    if "fast" not in standings:
        return None, standings
    return Lineup(name, track, discount_factor, tuple(shown)), standings


def _standing(
    driver: str, attempts: list[tuple[Episode, Floats]], discount_factor: float
) -> Standing:
    """Return the medians of a driver's attempts."""
    episodes = [episode for episode, _ in attempts]
    paid = [rewards for _, rewards in attempts]
    times = [one.lap_time for one in episodes if one.lap_time is not None]
    return Standing(
        driver=driver,
        label=LABELS[driver],
        finish_rate=len(times) / len(episodes),
        completion=median(one.completion for one in episodes),
        lap_time=median(times) if times else None,
        steps=median(len(one.rows) for one in episodes),
        end_reason=mode(one.end_reason for one in episodes),
        discounted=median(_discounted(one, discount_factor) for one in paid),
        undiscounted=median(float(one.sum()) for one in paid),
        per_step=median(float(one.mean()) for one in paid),
    )


def _discounted(rewards: Floats, gamma: float) -> float:
    """Return the discounted return of an episode, seen from its first step."""
    dones = np.zeros((len(rewards), 1), np.bool_)
    dones[-1] = True
    return float(discounted_returns(rewards[:, None], dones, gamma)[0, 0])


def judge_lineup(lineup: Lineup, standings: Mapping[str, Standing]) -> list[Finding]:
    """Return a finding for each worse driver that is paid more than a better one.

    Drivers are better or worse by what they truly do: finish, then lap time, then completion.
    Clean laps are the measure: nothing is said of two drivers that both fail.

    Args:
        lineup: what is compared.
        standings: of the extra drivers as well.
    """
    laps = [one for one in standings.values() if one.driver in _CLEAN and one.finish_rate == 1.0]
    if not laps:
        message = f"no scripted driver finished a clean lap on {lineup.track}: nothing is compared"
        return [Finding(NOTE, "no-clean-lap", message)]
    without_lap = _paid_without_lap(lineup, laps) or _paid_for_leaving_early(lineup, standings)
    return _paid_by_time(lineup, standings) + without_lap + _paid_backwards(standings)


def _paid_by_time(lineup: Lineup, standings: Mapping[str, Standing]) -> list[Finding]:
    """Return a finding if a driver that needs longer is paid more than all that are faster.

    All of them: what is paid less may be a line that the reward function does not want, and the
    fast driver keeps to the middle or cuts corners. So what takes longer is measured by the lap in
    the middle, where that is another. The sum alone, against the order at the discount factor, is
    held against the slow lap only: a zigzag drives a longer way, and may be paid for it.
    """
    paid, by_sum = [], []
    measure = standings.get("middle", lineup["fast"])
    for one in lineup.standings:
        faster = [other for other in standings.values() if _takes_longer(one, other)]
        if one.driver not in ("slow", "zigzag") or measure not in faster:
            continue
        best = max(faster, key=lambda other: other.discounted)
        if _beats(one.discounted, best.discounted, MARGIN):
            paid.append(one)
        undiscounted = max(other.undiscounted for other in faster)
        if one.driver == "slow" and _beats(one.undiscounted, undiscounted, WIDE_MARGIN):
            by_sum.append((one, _measure_of(measure, best, one)))
    if paid:
        return [_slow_lap_pays(lineup, paid, measure)]
    return [_slow_lap_sums_up(lineup, one, best) for one, best in by_sum]


def _measure_of(measure: Standing, best: Standing, slow: Standing) -> Standing:
    """Return whom a slow lap is held against: the measure, if the best paid one says no other."""
    first, second = (
        _beats(one.discounted, slow.discounted, CLEAR_MARGIN) for one in (measure, best)
    )
    return measure if first == second else best


def _slow_lap_sums_up(lineup: Lineup, slow: Standing, best: Standing) -> Finding:
    """Return the finding for a slow lap with the larger sum, against the best paid faster lap."""
    gamma = f"discount factor of {lineup.discount_factor:g}"
    how = _times(slow, best, undiscounted=True)
    if _beats(best.discounted, slow.discounted, CLEAR_MARGIN):
        message = (
            f"only the {gamma} makes the {best.label} worth more than the slow lap "
            f"({_money(best.discounted)} against {_money(slow.discounted)}), which is paid {how}"
        )
        return Finding(NOTE, "slow-lap-pays-undiscounted", message, advice=_ADVICE["slow"])
    message = f"the slow lap is paid {how}, and the {gamma} does not make up for it: {_BY_STEP}"
    return Finding(WARNING, "slow-lap-pays", message, advice=_ADVICE["slow"])


def _slow_lap_pays(lineup: Lineup, paid: list[Standing], best: Standing) -> Finding:
    """Return the finding for drivers that need longer and are paid more, the slow lap first."""
    one = min(paid, key=lambda one: one.driver != "slow")
    others = [other.label for other in paid if other is not one]
    also = f"; so is {' and '.join(others)}" if others else ""
    why = _BY_STEP if one.driver == "slow" else "what it does there is paid, not the way gained"
    message = (
        f"the {one.label} is paid {_times(one, best)} at discount factor "
        f"{lineup.discount_factor:g} ({_times(one, best, undiscounted=True)}){also}: {why}"
    )
    return Finding(WARNING, f"{one.driver}-lap-pays", message, advice=_ADVICE[one.driver])


def _takes_longer(one: Standing, best: Standing) -> bool:
    """Return whether a driver finishes, but needs clearly longer for its lap."""
    if one.finish_rate < 1.0 or one.lap_time is None or best.lap_time is None:
        return False
    return one.lap_time > best.lap_time * (1.0 + WIDE_MARGIN)


def _paid_without_lap(lineup: Lineup, laps: list[Standing]) -> list[Finding]:
    """Return a finding for each driver that is paid more than a clean lap without finishing one."""
    lap = laps[0]
    failed = [one for one in lineup.standings if one.finish_rate <= 0.5]
    paid = [one for one in failed if all(_is_paid_more(one, other) for other in laps)]
    if len(paid) > 2:
        names = ", ".join(one.label for one in paid)
        message = (
            f"ending early is paid more than a {lap.label} ({_money(lap.discounted)}): "
            f"{names}: driving on costs more than it pays"
        )
        return [Finding(WARNING, "ending-early-pays", message, advice=_EARLY_ADVICE)]
    findings = []
    for one in paid:
        gamma = f"discount factor {lineup.discount_factor:g}"
        how = f"{_money(one.discounted)} against {_money(lap.discounted)} at {gamma}"
        if not _beats(one.discounted, lap.discounted, MARGIN):
            sums = f"{_money(one.undiscounted)} against {_money(lap.undiscounted)} undiscounted"
            how = f"{sums}, and {gamma} does not make up for it"
        message = f"{one.label} is paid more than a {lap.label}: {how}"
        code = f"{one.driver.replace('_', '-')}-pays"
        advice = _ADVICE.get(one.driver, _EARLY_ADVICE)
        findings.append(Finding(WARNING, code, message, advice=advice))
    return findings


def way_pays(standings: Mapping[str, Standing]) -> int | None:
    """Return whether a car that does not finish is paid for driving on: 1, 0 if equal, -1 if less.

    A quarter of the lap driven cleanly is held against leaving the road at once: that is about what
    untrained cars do, and all that a learner has to go by before its first lap. None if either
    could not be paid.
    """
    early, later = standings.get("leaving"), standings.get("quarter")
    if early is None or later is None:
        return None
    if _beats(later.discounted, early.discounted, MARGIN):
        return 1
    return -1 if _beats(early.discounted, later.discounted, MARGIN) else 0


def _paid_for_leaving_early(lineup: Lineup, standings: Mapping[str, Standing]) -> list[Finding]:
    """Return a finding if each bit of the way costs something, and only the lap makes up for it."""
    if way_pays(standings) != -1:
        return []
    early, later = standings["leaving"], standings["quarter"]
    message = (
        f"only the finished lap pays: {early.label} at once is paid {_money(early.discounted)} at "
        f"discount factor {lineup.discount_factor:g}, after a quarter of the lap "
        f"{_money(later.discounted)}: {_UNTIL_THE_LAP}"
    )
    return [Finding(WARNING, "ending-early-pays", message, advice=_EARLY_ADVICE)]


def _is_paid_more(one: Standing, lap: Standing) -> bool:
    """Return whether a driver that did not finish is paid more than one that did."""
    if _beats(one.discounted, lap.discounted, MARGIN):
        return True
    is_made_up_for = _beats(lap.discounted, one.discounted, CLEAR_MARGIN)
    return not is_made_up_for and _beats(one.undiscounted, lap.undiscounted, WIDE_MARGIN)


def _paid_backwards(standings: Mapping[str, Standing]) -> list[Finding]:
    """Return a finding if way lost is paid like way gained.

    That a car facing backwards is paid for being on the line is another matter: so the way back is
    compared with standing still under the same command. Nor is it way that is paid where laps of
    other durations have other sums.
    """
    back, stuck = standings.get("reversing"), standings.get("blocked")
    fast = standings.get("middle", standings.get("fast"))
    if back is None or stuck is None or fast is None or fast.per_step <= 0.0:
        return []
    slow = standings.get("slow", fast).undiscounted
    if not 1.0 / _BY_WAY < slow / fast.undiscounted < _BY_WAY:
        return []
    is_paid = back.per_step > 0.5 * fast.per_step
    if is_paid and abs(stuck.per_step) < 0.1 * fast.per_step:
        message = (
            f"driving backwards is paid: {_money(back.per_step)} a step, {_money(fast.per_step)} "
            f"forwards, {_money(stuck.per_step)} standing still: way lost is paid like way gained"
        )
        return [Finding(WARNING, "backwards-pays", message, advice=_ADVICE["reversing"])]
    return []


def _beats(one: float, other: float, margin: float) -> bool:
    """Return whether a number is greater than another by a share of the larger of both."""
    return one - other > margin * max(abs(one), abs(other)) + 1e-9


def _times(worse: Standing, better: Standing, *, undiscounted: bool = False) -> str:
    """Return how much more one is paid: ``1.38 times the fast lap``, or both numbers."""
    one, other = worse.discounted, better.discounted
    if undiscounted:
        one, other = worse.undiscounted, better.undiscounted
    what = " undiscounted" if undiscounted else ""
    if other > 0.0 and one / other < 1000.0:
        return f"{one / other:.2f} times the {better.label}{what}"
    return f"{_money(one)} against {_money(other)} for the {better.label}{what}"


def _money(value: float) -> str:
    """Return a return as it is said: 3 digits."""
    return f"{value:.3g}" if abs(value) < 1000.0 else f"{value:.0f}"
