"""Finds out whether a reward function's use of a real clock changes what it pays."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import numpy as np

from racer.kernels.layout import Floats
from racer.reward import CallMonitor, RewardSource
from racer.reward.runner import as_reward
from racer.reward_lab.driven_calls import Caller
from racer.reward_lab.drives import Drives

_CLOCKS = ("time", "perf_counter", "monotonic", "process_time")
_STRIDE = 0.37  # seconds by which the second clocks run ahead at each look


def clock_matters(source: RewardSource, drives: Drives, monitor: CallMonitor | None) -> bool:
    """Return whether a reward function pays otherwise when Python's clocks run faster.

    Two equal drives are called, the second with other clocks; ``datetime`` has no other clock, and
    shows only if the time that passes between the two matters.

    Args:
        source: the reward function.
        drives: the first of them is called.
        monitor: announces each call to another process.
    """
    first = _rewards(source, drives, monitor)
    with _faster_clocks():
        second = _rewards(source, drives, monitor)
    return not np.array_equal(first, second, equal_nan=True)


def _rewards(source: RewardSource, drives: Drives, monitor: CallMonitor | None) -> Floats:
    """Return what the first drive is paid (n_steps,), nan where a call failed."""
    caller = Caller(source, drives.facts, monitor=monitor)
    episode = drives.episodes[0]
    rewards = np.full(len(episode.rows), np.nan)
    with caller.surroundings():
        _, call = caller.of_car(episode.car)
        for index, params in enumerate(caller.params(episode, episode.rows)):
            with suppress(Exception, SystemExit):
                rewards[index] = as_reward(call(params))[0]
    return rewards


@contextmanager
def _faster_clocks() -> Iterator[None]:
    """Let the clocks of the module ``time`` run faster."""
    looks = itertools.count(1)

    def faster(clock: Callable[[], float]) -> Callable[[], float]:
        return lambda: clock() + _STRIDE * next(looks)

    before = {name: getattr(time, name) for name in _CLOCKS}
    try:
        for name, clock in before.items():
            setattr(time, name, faster(clock))
        yield
    finally:
        for name, clock in before.items():
            setattr(time, name, clock)
