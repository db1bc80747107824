"""Calls a reward function over recorded drives, in order, its state kept as in training.

It differs from ``racer.reward.RewardRunner`` in one thing: a call that fails is noted, and the next
ones are made.
"""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from racer.kernels.layout import Floats
from racer.reward import (
    CallMonitor,
    RewardFailure,
    RewardSource,
    TrackFacts,
    iter_params,
    traits_of,
)
from racer.reward.explain import explain_exception, explain_value
from racer.reward.load import RewardInstance
from racer.reward.params import PARAMS, Params
from racer.reward.prints import Prints
from racer.reward.runner import as_reward
from racer.reward.shared_state import SharedState
from racer.reward.streams import RandomStream, kept_global_state
from racer.reward_lab.coverage import LineWatcher, file_of
from racer.reward_lab.drives import Drives, Episode

MOST_CARS = 64
"""Calls that are announced to a monitor at a time."""

WATCHED = 20
"""In one of so many calls, reads of unknown keys with ``get`` are noted."""

_RESERVE = 16 << 20  # memory set aside for the message that there is none left (bytes)


@dataclass
class Problem:
    """A way in which calls failed: the first of them, and how many there were."""

    failure: RewardFailure
    """The first call."""
    kind: str
    """Name of the exception, or what was wrong with the value: none, nan, infinite …"""
    episode: Episode
    """In which it happened first."""
    count: int = 0
    count_other_way: int = 0
    """Of them, those against the direction that is trained."""


@dataclass
class CallLog:
    """What all calls gave."""

    rewards: dict[int, Floats] = field(default_factory=dict)
    """By the position of a complete episode: (n_steps,), nan where a call failed."""
    problems: dict[tuple[Any, ...], Problem] = field(default_factory=dict)
    """By kind and line."""
    types: Counter[str] = field(default_factory=Counter)
    """How often a value of each type was returned."""
    odd: dict[str, tuple[Episode, int]] = field(default_factory=dict)
    """Where a value of each type that is no float was returned first: episode and step."""
    unknown: dict[tuple[str, int], int] = field(default_factory=dict)
    """Unknown keys asked for with ``get``, by key and line: how often in the watched calls."""
    prints: Prints = field(default_factory=Prints)
    shared: str = ""
    """What the calls changed where all cars see it: ``math.mine``."""
    n_calls: int = 0
    is_out_of_memory: bool = False


class WatchedParams(dict[str, Any]):
    """Params that note which unknown keys are asked for with ``get``; copies are plain dicts."""

    note: Callable[[str, FrameType], None]

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key or the default."""
        if isinstance(key, str) and key not in self and key not in PARAMS:
            self.note(key, sys._getframe(1))
        return super().get(key, default)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class Caller:
    """A reward function, and what it takes to call it for many cars."""

    def __init__(
        self,
        source: RewardSource,
        facts: tuple[TrackFacts, TrackFacts],
        *,
        seed: int = 0,
        monitor: CallMonitor | None = None,
    ) -> None:
        """Prepare; instances are made when a car makes its first call.

        Args:
            source: the reward function.
            facts: the track as it is trained, and the other way round.
            seed: of the random numbers it may draw.
            monitor: announces each call, and the execution of the file, to another process.
        """
        self.source = source
        self._monitor = monitor
        self.traits = traits_of(source)
        self.prints = Prints()
        self._facts = facts
        self._seed = seed
        self._cars: dict[int, tuple[RewardInstance, Callable[[Params], Any]]] = {}
        self._reserve = bytearray(_RESERVE)

    def facts(self, episode: Episode) -> TrackFacts:
        """Return the track of an episode."""
        return self._facts[int(episode.is_other_way)]

    def of_car(self, car: int) -> tuple[RewardInstance, Callable[[Params], Any]]:
        """Return the instance of a car, and what to call.

        Raises:
            RewardError: if the file cannot be executed.
        """
        owner = car if self.traits.keeps_state or self.traits.is_random else 0
        if owner not in self._cars:
            if self._monitor is not None:
                self._monitor.begin_start()
            try:
                self._cars[owner] = self._instance(car)
            finally:
                if self._monitor is not None:
                    self._monitor.end()
        return self._cars[owner]

    def _instance(self, car: int) -> tuple[RewardInstance, Callable[[Params], Any]]:
        if not self.traits.is_random:
            instance = self.source.instantiate()
            return instance, instance.call
        stream = RandomStream(self._seed, car)
        with stream:
            instance = self.source.instantiate()
        return instance, stream.around(instance.call)

    def params(self, episode: Episode, rows: Floats) -> Iterator[Params]:
        """Yield the params of some rows of an episode, each announced as the call that comes next.

        Args:
            episode: whose car is called.
            rows: (n, MEASURED_SIZE) what was measured.
        """
        place: Any = [0]
        for first in range(0, len(rows), MOST_CARS):
            some = rows[first : first + MOST_CARS]
            try:
                if self._monitor is not None:
                    cars = np.full(len(some), episode.car)
                    tracks = np.full(len(some), int(episode.is_other_way))
                    place = self._monitor.begin(some, cars, tracks)
                for index, params in enumerate(iter_params(some, self.facts(episode))):
                    place[0] = index
                    yield params
            finally:
                if self._monitor is not None:
                    self._monitor.end()

    def free_memory(self) -> None:
        """Let go of all instances and of a reserve, so that a lack of memory can be told."""
        self._cars.clear()
        self._reserve = bytearray()

    def surroundings(self) -> ExitStack:
        """Return the context for calls: output is caught, numpy's warnings are off."""
        stack = ExitStack()
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(kept_global_state())
        stack.enter_context(redirect_stdout(self.prints))
        stack.enter_context(redirect_stderr(self.prints))
        return stack


def call_all(
    caller: Caller,
    drives: Drives,
    watcher: LineWatcher,
    *,
    seconds: float | None = None,
) -> CallLog:
    """Call a reward function in every recorded state, in order.

    Args:
        caller: the reward function.
        drives: what to call it for.
        watcher: notes which lines run.
        seconds: after which no further episode is begun; one attempt of each driver is made in any
            case. None: no limit.

    Raises:
        RewardError: if the file cannot be executed.
    """
    log = CallLog(prints=caller.prints)
    begin = time.perf_counter()
    first = drives.episodes[0]
    with caller.surroundings():
        with watcher:
            caller.of_car(first.car)  # what executing the file sets is the same for each car
        for position, episode in enumerate(drives.episodes):
            is_first_round = (episode.start, episode.is_other_way, episode.number) == (
                first.start, first.is_other_way, first.number,
            )  # fmt: skip
            is_late = seconds is not None and time.perf_counter() - begin > seconds
            if (is_late and not is_first_round) or log.is_out_of_memory:
                break
            is_looked_at = not log.shared and not position & (position - 1)
            before = SharedState(caller.traits.modules) if is_looked_at else None
            log.rewards[position] = _EpisodeCalls(caller, episode, log, watcher).make()
            log.shared = before.changed() if before else log.shared
    return log


class _EpisodeCalls:
    """The calls of one episode."""

    def __init__(
        self, caller: Caller, episode: Episode, log: CallLog, watcher: LineWatcher
    ) -> None:
        self._caller = caller
        self._episode = episode
        self._log = log
        self._watcher = watcher
        self._file = file_of(caller.source)

    def make(self) -> Floats:
        """Make the calls and return the rewards (n_steps,), nan where a call failed."""
        episode = self._episode
        rewards = np.full(len(episode.rows), np.nan)
        with self._watcher:
            instance, call = self._caller.of_car(episode.car)
            for index, params in enumerate(self._caller.params(episode, episode.rows)):
                self._call(rewards, index, params, instance, call)
                if self._log.is_out_of_memory:
                    break
        return rewards

    def _call(
        self,
        rewards: Floats,
        index: int,
        params: Params,
        instance: RewardInstance,
        call: Callable[[Params], Any],
    ) -> None:
        """Make the call of a step; writes its reward."""
        log, row = self._log, self._episode.rows[index]
        log.n_calls += 1
        used = self._watched(params) if log.n_calls % WATCHED == 1 else params
        self._watcher.begin_call()
        try:
            value = call(used)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a user's code raises
            if isinstance(error, MemoryError):
                self._caller.free_memory()
                log.is_out_of_memory = True
            self._note_exception(error, used, row)
            return
        if type(value) is not float:
            name = type(value).__name__
            log.types[name] += 1
            log.odd.setdefault(name, (self._episode, index))
        number, wrong = as_reward(value)
        if wrong:
            self._note_value(value, wrong, instance, row)
        else:
            rewards[index] = number

    def _watched(self, params: Params) -> Params:
        """Return params that note the unknown keys asked for."""

        def note(key: str, frame: FrameType) -> None:
            if frame.f_code.co_filename == self._file:
                place = key, frame.f_lineno
                self._log.unknown[place] = self._log.unknown.get(place, 0) + 1

        used = WatchedParams(params)
        used.note = note
        return used

    def _note_exception(self, error: BaseException, used: Params, row: Floats) -> None:
        """Count an exception; explain the first of its kind and place."""
        files = self._caller.source.files()
        line, trace = None, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in files:
                line = trace.tb_lineno
            trace = trace.tb_next
        kind = type(error).__name__
        self._count(
            (kind, line),
            kind,
            lambda: explain_exception(
                self._caller.source, error, used, car=None, before=self._before(row)
            ),
        )

    def _note_value(self, value: Any, wrong: str, instance: RewardInstance, row: Floats) -> None:
        """Count a value that is no reward; explain the first of its kind."""
        kind = kind_of_value(value)
        self._count(
            (kind,),
            kind,
            lambda: explain_value(
                self._caller.source, instance, wrong, car=None, before=self._before(row)
            ),
        )

    def _count(self, key: tuple[Any, ...], kind: str, explain: Callable[[], RewardFailure]) -> None:
        """Count a failed call."""
        problems = self._log.problems
        if key not in problems:
            problems[key] = Problem(explain(), kind, self._episode)
        problems[key].count += 1
        problems[key].count_other_way += self._episode.is_other_way

    def _before(self, row: Floats) -> Params:
        """Return the params of a row, as they were before the call."""
        return next(iter_params(row[np.newaxis], self._caller.facts(self._episode)))


def kind_of_value(value: Any) -> str:
    """Return what is wrong with a value that is no reward: a short name."""
    if value is None:
        return "none"
    try:
        number = float(value)
    except Exception:  # noqa: BLE001  __float__ of a user's class can raise anything
        return "no-number"
    if math.isnan(number):
        return "nan"
    return "infinite" if math.isinf(number) else "too-large"
