"""Finds the line of the ``return`` that a value came from, by making the car's calls once more."""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import numpy as np

from racer.reward import CallMonitor, RewardSource
from racer.reward.params import Params
from racer.reward_lab.coverage import MOST_EVENTS, file_of
from racer.reward_lab.driven_calls import Caller
from racer.reward_lab.drives import Drives, Episode


def locate_return(
    source: RewardSource,
    drives: Drives,
    episode: Episode,
    step: int,
    *,
    calls: int = 2000,
    monitor: CallMonitor | None = None,
) -> int | None:
    """Return the line of the ``return`` that gave a value, by making the car's calls once more.

    Args:
        source: the reward function.
        drives: with the episode.
        episode: in which the value was returned.
        step: in which step of the episode.
        calls: if more would have to be made, the answer is None.
        monitor: announces each call to another process.
    """
    caller = Caller(source, drives.facts, monitor=monitor)
    before = [one for one in drives.episodes if one.car == episode.car]
    before = before[: before.index(episode)] if caller.traits.keeps_state else []
    first = 0 if caller.traits.keeps_state else step
    rows = np.concatenate([*(one.rows for one in before), episode.rows[first : step + 1]])
    if len(rows) > calls:
        return None
    _, call = caller.of_car(episode.car)
    found = _LastReturn(file_of(source))
    with caller.surroundings():
        for index, params in enumerate(caller.params(episode, rows)):
            if index < len(rows) - 1:
                with suppress(Exception, SystemExit):
                    call(params)
            else:
                found.watch(call, params)
    return found.line


class _LastReturn:
    """Watches one call, and finds the line that its value came from.

    Attributes:
        line: of the innermost ``return`` of a row of returns that handed the same value on.
    """

    def __init__(self, filename: str) -> None:
        self.line: int | None = None
        self._filename = filename
        self._value: Any = self  # nothing returned yet: no function returns this object
        self._above: FrameType | None = None
        self._above_line: int | None = None
        self._n_events = 0

    def watch(self, call: Callable[[Params], Any], params: Params) -> None:
        """Make the call."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            with suppress(Exception, SystemExit):
                call(params)
        finally:
            sys.settrace(before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._n_events += 1
        if self._n_events == MOST_EVENTS:  # as for LineWatcher
            sys.settrace(None)
            self.line = None
            return None
        if frame.f_code.co_filename != self._filename:
            return None
        if event == "return":
            is_same_call = frame is self._above and frame.f_lineno == self._above_line
            if argument is not self._value or not is_same_call:
                self.line = frame.f_lineno
            self._value, self._above = argument, frame.f_back
            self._above_line = None if frame.f_back is None else frame.f_back.f_lineno
        return self._trace
