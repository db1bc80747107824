"""The driven check: a reward function is called for what scripted drivers do, and judged."""

import time
from contextlib import suppress

import numpy as np

from racer.env import Scenario
from racer.errors import ConfigError, RewardError
from racer.reward import CallMonitor, RewardSource, iter_params
from racer.reward_lab.console_rules import console_findings
from racer.reward_lab.coverage import LineWatcher, file_of, parse_reward
from racer.reward_lab.driven_calls import Caller, call_all
from racer.reward_lab.drives import Drives, record_drives
from racer.reward_lab.findings import Cost, RewardCheck, in_order
from racer.reward_lab.lineup import judge_lineup, reckon_lineup, way_pays
from racer.reward_lab.reading import Reading
from racer.reward_lab.seen import cost_findings, coverage_findings
from racer.reward_lab.verdicts import Judge, load_finding

SECONDS = 4.0
"""Time after which no further drive is begun (s)."""

_COST_SECONDS = 0.05  # of measuring what a call takes
_COST_CALLS = 4  # that are made in any case
_WAITS = 10.0  # a call that takes so many times its processor time waits for something


def check(
    scenario: Scenario,
    *,
    discount_factor: float | None = None,
    console_rules: bool = False,
    seconds: float | None = SECONDS,
) -> RewardCheck:
    """Check a scenario's reward function, in this process.

    The function is run as it is: an endless loop in it does not return. ``check_reward`` runs it in
    a process of its own.

    Args:
        scenario: the reward function, the track, the actions, the car and the rules. Its monitor
            announces each call.
        discount_factor: of the line-up; by default that of ``vpg``.
        console_rules: look for what the real console refuses, too.
        seconds: after which no further drive is begun. At least one attempt of each driver is made.
            None: no limit.

    Raises:
        ConfigError: if the scenario has no reward function, or the discount factor is out of range.
    """
    source = scenario.reward
    if source is None:
        raise ConfigError("check: expected a scenario with a reward function, got none")
    gamma = checked_discount(discount_factor)
    track = scenario.track.name + (" (reversed)" if scenario.track.is_reversed else "")
    tree = parse_reward(source)
    lint = console_findings(source.text, tree, source.label) if console_rules else []
    drives, monitor = record_drives(scenario), scenario.monitor
    caller = Caller(source, drives.facts, monitor=monitor)
    watcher = LineWatcher(file_of(source))
    try:
        log = call_all(caller, drives, watcher, seconds=seconds)
    except RewardError as error:
        refused = [load_finding(error, source.label), *lint]
        return RewardCheck(source.name, source.label, track, gamma, in_order(refused))

    judge = Judge(source, Reading(tree), drives, log, monitor)
    coverage = watcher.coverage(tree)
    cost = None if log.is_out_of_memory else _measure_cost(source, drives, monitor)
    found = [*judge.problems(), *judge.values(), *judge.keys(), *judge.prints(), *lint]
    found += judge.shared()
    found += judge.text(scenario.rules.first_steps)
    if not log.is_out_of_memory:
        counts = {"n_states": log.n_calls, "n_planned": drives.n_states}
        found += coverage_findings(coverage, judge.reading, judge.file, **counts)
    found += cost_findings(cost, judge.file) if cost else []
    lineup, standings = reckon_lineup(source.name, track, drives, log.rewards, gamma)
    pay = [*judge.pay(way_pays(standings))]
    found += pay
    if lineup is not None and not any(one.code == "constant" for one in pay):
        found += judge_lineup(lineup, standings)
    return RewardCheck(
        name=source.name,
        file=source.label,
        track=track,
        discount_factor=gamma,
        findings=in_order(found),
        lineup=lineup,
        coverage=coverage,
        cost=cost,
        n_states=log.n_calls,
        n_planned=drives.n_states,
        printed=tuple(log.prints.lines),
    )


def checked_discount(discount_factor: float | None) -> float:
    """Return a discount factor, or the default of ``vpg``.

    Raises:
        ConfigError: if it is not between 0 and 1.
    """
    if discount_factor is None:
        from racer.algorithms.known.vpg import VPGSettings

        return VPGSettings().discount_factor
    if not 0.0 <= discount_factor <= 1.0:
        raise ConfigError(f"discount_factor: must be between 0 and 1, got {discount_factor}")
    return discount_factor


def _measure_cost(source: RewardSource, drives: Drives, monitor: CallMonitor | None) -> Cost | None:
    """Return what a call takes, made as in training; None if no instance can be made."""
    caller = Caller(source, drives.facts, monitor=monitor)
    episode = drives.episodes[0]
    rows = episode.rows[:100]
    begin = time.perf_counter()
    for _ in iter_params(rows, caller.facts(episode)):
        pass
    params_seconds = (time.perf_counter() - begin) / len(rows)
    taken: list[tuple[float, float]] = []
    with caller.surroundings(), suppress(RewardError):
        _, call = caller.of_car(0)
        for params in caller.params(episode, rows):
            wall, cpu = time.perf_counter(), time.thread_time()
            with suppress(Exception, SystemExit):
                call(params)
            taken.append((time.thread_time() - cpu, time.perf_counter() - wall))
            if len(taken) > _COST_CALLS and sum(wall for _, wall in taken[1:]) > _COST_SECONDS:
                break
    if not taken:
        return None
    later = _mean_seconds(taken[1:] or taken)
    return Cost(later, params_seconds, drives.world_seconds, _mean_seconds(taken[:1]))


def _mean_seconds(taken: list[tuple[float, float]]) -> float:
    """Return the mean time of calls (s), for that is what a training pays where only some are slow.

    It is processor time, so that what else runs meanwhile does not count, less what looking at the
    clock takes; but time on the wall of calls that mostly wait.

    Args:
        taken: processor time and time on the wall of each call (s).
    """
    cpu, wall = np.array(taken).T
    if np.median(wall) > _WAITS * cpu.mean():
        return float(wall.mean())
    begin = [time.thread_time() for _ in range(20)]
    return max(0.0, float(cpu.mean() - np.diff(begin).min()))
