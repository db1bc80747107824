"""Calls reward functions: one call a car and step, in order, with whatever they need around it."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
)
from itertools import count
from typing import Any

import numpy as np

from racer.errors import RewardStateError, text_of
from racer.kernels.layout import Floats, Integers
from racer.reward.explain import explain_exception, explain_value
from racer.reward.kept_state import StateKeeper
from racer.reward.load import RewardInstance, RewardSource, is_users
from racer.reward.monitor import CallMonitor
from racer.reward.params import Params, TrackFacts, iter_looked_up, iter_params
from racer.reward.prints import Prints
from racer.reward.shared_state import SharedState
from racer.reward.streams import RandomStream, kept_global_state
from racer.reward.traits import Traits, traits_of

_MOST_BITS = 10_000  # Python does not write larger numbers

MAX_REWARD = 1e5
"""Largest reward in size that the simulator takes (markov/agent_ctrl/rollout_agent_ctrl.py)."""


class RewardRunner:
    """Calls a reward function for many cars, each with variables of its own.

    A source that is proved to keep nothing between calls has one instance for all cars; any other
    one has an instance for each car. So what car i is paid does not depend on the other cars, nor
    on how many there are; a plain Python function with variables of its own is the one exception,
    for it cannot be copied (see ``RewardSource.instantiate``).

    Attributes:
        source: the reward function.
        traits: what its source says about it.
        prints: what it printed.
        shared: what its calls were seen to change where all cars see it; empty if nothing. Batches
            1, 2, 4, 8 … are looked at.
    """

    def __init__(
        self,
        source: RewardSource,
        facts: Sequence[TrackFacts],
        track_index: Integers,
        *,
        seed: int | Sequence[int] = 0,
        first_car: int = 0,
        monitor: CallMonitor | None = None,
        output: Callable[[str], None] | None = None,
        all_params: bool = False,
    ) -> None:
        """Execute the reward function's file, once for each instance.

        Args:
            source: the reward function.
            facts: the tracks.
            track_index: (n_cars,) index into ``facts`` for each car; looked at in each call, so its
                owner may change it in place between calls.
            seed: of the random numbers of functions that use Python's or numpy's global generator;
                of several, one a car.
            first_car: index of the first car in the larger batch that these cars are part of.
            monitor: announces each call to another process.
            output: called with each of the first lines that the function prints.
            all_params: hand over all params also where the function is proved to look up only some
                of them: it pays the same, and takes longer.

        Raises:
            RewardError: if the file cannot be executed or has no ``reward_function(params)``.
        """
        self.source = source
        self.traits = traits_of(source)
        self.prints = Prints(output)
        self._facts = list(facts)
        self._track_index = np.asarray(track_index, np.int64)  # no copy: see above
        self._seed, self._all_params = seed, all_params
        self._first_car = first_car
        self._monitor = monitor
        self._streams: list[RandomStream] = []
        if monitor is not None:
            monitor.begin_start()
        try:
            with _surroundings(self.traits, self.prints):
                self._instances, self._calls = self._instantiate(seed)
        finally:
            if monitor is not None:
                monitor.end()
        self.shared = ""
        self._n_batches = 0
        self._keeper = StateKeeper(self._instances[0])
        is_as_read = all(source.defines(instance.own) for instance in self._instances)
        self._lookups = self.traits.lookups if is_as_read and not all_params else None

    def _instantiate(
        self, seed: int | Sequence[int]
    ) -> tuple[list[RewardInstance], list[Callable[[Params], Any]]]:
        """Return the instances to keep, and what to call for each car."""
        n_cars = len(self._track_index)
        if not self.traits.is_random:
            n_instances = n_cars if self.traits.keeps_state else 1
            instances = [self.source.instantiate() for _ in range(n_instances)]
            calls = [instance.call for instance in instances]
            return instances, calls if self.traits.keeps_state else calls * n_cars
        instances, calls = [], []
        for car in range(n_cars):
            own = seed if isinstance(seed, int) else seed[car]
            stream = RandomStream(own, self._first_car + car)
            with stream:
                instances.append(self.source.instantiate())
            self._streams.append(stream)
            calls.append(stream.around(instances[-1].call))
        return instances, calls

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what ``copy`` and ``pickle`` make a copy of: modules go in neither.

        The copy executes the file again and is given what the function keeps. A Python object is
        copied itself. The copy is not watched.

        Raises:
            RewardStateError: if a function from a file keeps what is no plain data.
        """
        arguments = {
            "source": self.source,
            "facts": self._facts,
            "track_index": self._track_index,
            "seed": self._seed,
            "first_car": self._first_car,
            "output": self.prints.sink,
            "all_params": self._all_params,
        }
        if self.source.function is None:
            return _copied, (arguments, self.state_dict(), None)
        streams = {"cars": [], "streams": [stream.state_dict() for stream in self._streams]}
        return _copied, (arguments, streams, [one.own for one in self._instances])

    def call_instead(self, functions: Sequence[Callable[[Params], Any]]) -> None:
        """Call other Python objects: one for all cars, or one for each."""
        self._instances = [RewardInstance(one) for one in functions]
        calls = list(functions) * (len(self._track_index) // len(functions))
        if self._streams:
            calls = [stream.around(one) for stream, one in zip(self._streams, calls, strict=True)]
        self._calls = calls

    @property
    def is_slow_to_save(self) -> bool:
        """Whether ``state_dict`` has to look through an instance for each car."""
        return self.traits.keeps_state or self.traits.is_random

    @property
    def obstacle(self) -> str:
        """Why calls cannot go on exactly after a ``load_state_dict``; empty if they can."""
        if self.traits.unseen and self.is_slow_to_save:
            return self.traits.unseen
        try:
            self.state_dict()
        except RewardStateError as error:
            return str(error)
        return ""

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of what the function keeps for each car, and of the cars' random streams.

        Raises:
            RewardStateError: if something of it is no plain data.
        """
        if self.shared:
            raise RewardStateError(f"changes '{self.shared}', which belongs to the whole process")
        kept = self._instances if self.is_slow_to_save else []
        return {
            "cars": [self._keeper.save(one) for one in kept],
            "streams": [stream.state_dict() for stream in self._streams],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` returned, before the first call.

        Raises:
            RewardStateError: if it is the state of another function, or of other cars.
        """
        if len(state["streams"]) != len(self._streams) or (
            state["cars"] and len(state["cars"]) != len(self._instances)
        ):
            raise RewardStateError("what it kept is that of other cars")
        with _surroundings(self.traits, self.prints):
            for instance, saved in zip(self._instances, state["cars"], strict=False):
                self._keeper.load(instance, saved)
        for stream, saved in zip(self._streams, state["streams"], strict=True):
            stream.load_state_dict(saved)

    def __call__(self, measured: Floats, cars: Integers, rewards: Floats) -> None:
        """Call the reward function for some cars, in their order.

        Args:
            measured: (n_cars, MEASURED_SIZE) what the world measured, SI units and radians.
            cars: (k,) indices of the cars to be paid.
            rewards: (n_cars,) overwritten at ``cars``.

        Raises:
            RewardFailure: at the first car whose call raises an exception or returns no reward;
                nothing is written then.
        """
        rows, listed = measured[cars], cars.tolist()
        calls = map(self._calls.__getitem__, listed)
        position: Any = [0]
        if self._monitor is not None:
            position = self._monitor.begin(rows, cars + self._first_car, self._track_index[cars])
        values: list[Any] = []
        params: Params | None = None
        try:
            with _surroundings(self.traits, self.prints), self._looking():
                handed = self._params(rows, self._facts_of(listed))
                for position[0], call, params in zip(count(), calls, handed, strict=False):
                    values.append(call(params))
        except BaseException as error:
            if not is_users(error):
                raise
            self._rewards(values, rows, listed)  # an earlier car may have failed unnoticed
            raise explain_exception(
                self.source, error, params, **self._call(rows, listed, len(values))
            ) from error
        finally:
            if self._monitor is not None:
                self._monitor.end()
        rewards[cars] = self._rewards(values, rows, listed)

    def _looking(self) -> AbstractContextManager[Any]:
        """Return the context for a batch of calls that tells whether they change what all share."""
        self._n_batches += 1
        is_looked_at = not self.shared and not self._n_batches & (self._n_batches - 1)
        return self._look() if is_looked_at else nullcontext()

    @contextmanager
    def _look(self) -> Iterator[None]:
        before = SharedState(self.traits.modules)
        yield
        self.shared = before.changed()

    def _params(self, rows: Floats, facts: TrackFacts | Sequence[TrackFacts]) -> Iterator[Params]:
        """Yield the params of each row: all of them, or those that the function looks up."""
        found = self._lookups
        if found is None:
            return iter_params(rows, facts)
        return iter_looked_up(rows, facts, found.names, shares_waypoints=found.only_reads_waypoints)

    def _facts_of(self, cars: list[int]) -> TrackFacts | list[TrackFacts]:
        """Return the track of each of some cars, or the one track there is."""
        if len(self._facts) == 1:
            return self._facts[0]
        return [self._facts[self._track_index[car]] for car in cars]

    def _rewards(self, values: list[Any], rows: Floats, cars: list[int]) -> Floats:
        """Return what the calls returned as (k,) rewards; raise the first failure among them."""
        if {*map(type, values)} <= {float}:
            rewards = np.array(values, np.float64)
            if (np.abs(rewards) <= MAX_REWARD).all():  # not so where there is a nan
                return rewards
        numbers = []
        for index, value in enumerate(values):
            number, problem = as_reward(value)
            if problem:
                instance = self._instances[cars[index] if len(self._instances) > 1 else 0]
                raise explain_value(self.source, instance, problem, **self._call(rows, cars, index))
            numbers.append(number)
        return np.array(numbers, np.float64)

    def _call(self, rows: Floats, cars: list[int], index: int) -> dict[str, Any]:
        """Return what a failure tells about a call: the car, and its params before the call."""
        facts = self._facts[self._track_index[cars[index]]]
        params = next(iter_params(rows[index : index + 1], facts))
        return {"car": self._first_car + cars[index], "before": params}


def _copied(
    arguments: dict[str, Any],
    kept: dict[str, Any],
    functions: list[Callable[[Params], Any]] | None,
) -> RewardRunner:
    """Return a runner of its own that goes on from what another one keeps."""
    runner = RewardRunner(**arguments)
    runner.load_state_dict(kept)
    if functions is not None:
        runner.call_instead(functions)
    return runner


def call_once(source: RewardSource, params: Params, *, seed: int = 0) -> float:
    """Call a reward function a single time, in a fresh instance.

    What the function had kept from earlier calls is not there. Its output goes where it goes.

    Args:
        source: the reward function.
        params: for example from ``read_params``; not changed.
        seed: of the global random numbers that the function may draw.

    Returns:
        the reward.

    Raises:
        RewardFailure: if the call raises an exception or returns no reward.
        RewardError: if the file cannot be executed.
    """
    used = copy.deepcopy(params)
    with kept_global_state(), RandomStream(seed, 0), np.errstate(all="ignore"):
        instance = source.instantiate()
        try:
            value = instance(used)
        except BaseException as error:
            if not is_users(error):
                raise
            raise explain_exception(source, error, used, car=None, before=params) from error
    number, problem = as_reward(value)
    if problem:
        raise explain_value(source, instance, problem, car=None, before=params)
    return number


def as_reward(value: Any) -> tuple[float, str]:
    """Return what a reward function returned as a number, and what is wrong with it if anything.

    Args:
        value: as returned. What ``float()`` takes is taken, as in the simulator.

    Returns:
        the number and an empty text, or nan and the problem.
    """
    expected = f"expected a finite number of at most {MAX_REWARD:g} in size"
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    try:
        number = float(value)
    except Exception:  # noqa: BLE001  __float__ of a user's class can raise anything
        got = f"{text_of(value, repr):.60}"
        if value is None:
            got = "None: a path without `return`"
        elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
            got = f"a whole number of {value.bit_length():,} bits"
        hint = ": a negative number to a fractional power" if isinstance(value, complex) else ""
        return math.nan, f"{expected}, got {got}{hint}"
    if abs(number) <= MAX_REWARD:
        return number, ""
    return math.nan, f"{expected}, got {number}"


def _surroundings(found: Traits, prints: Prints) -> AbstractContextManager[Any]:
    """Return the context for a batch of calls: only what a source needs, for it costs time.

    numpy's floating-point warnings are off: a bad result is found by its value.
    """
    quiet = np.errstate(all="ignore")
    if not found.writes_output and not found.is_random:
        return quiet
    stack = ExitStack()
    stack.enter_context(quiet)
    if found.is_random:
        stack.enter_context(kept_global_state())
    if found.writes_output:
        stack.enter_context(redirect_stdout(prints))
        stack.enter_context(redirect_stderr(prints))
    return stack
