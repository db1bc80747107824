"""Pays many cars with compiled code, and asks Python wherever the code does not know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from racer.errors import RewardStateError
from racer.kernels.layout import MEASURED_SIZE, Floats, Integers
from racer.reward.compile.generate import Generated
from racer.reward.compile.holders import ABSENT
from racer.reward.compile.keys import FACT_LENGTH, FACT_REVERSED, N_FACTS
from racer.reward.compile.runtime import HALF, HEAD, STRAY, TWO, NeedsPython
from racer.reward.explain import explain_exception, explain_value
from racer.reward.load import RewardInstance, RewardSource
from racer.reward.monitor import CallMonitor
from racer.reward.output import Prints
from racer.reward.params import TrackFacts, iter_params
from racer.reward.plain_data import Reader, Writer
from racer.reward.run import as_reward
from racer.reward.traits import traits_of

Pay = Callable[..., None]
"""The compiled loop over the cars."""

_UNDECIDED = (NeedsPython, ArithmeticError, ValueError)
"""Raised by compiled code that does not know; the last two only where it runs as plain Python."""


@dataclass(frozen=True, eq=False)
class CompiledReward:
    """A reward function as machine code; ``runner`` makes what pays the cars.

    Where the code cannot know what Python would do, the function itself is called for that car. So
    exceptions, and all that comes of them, are those of the interpreted function.
    """

    source: RewardSource
    """The reward function."""
    generated: Generated
    """The source of its module."""
    pay: Pay
    """The compiled loop over the cars."""
    instance: RewardInstance
    """What Python calls for a car; what it keeps is exchanged before each call."""

    def runner(
        self,
        facts: Sequence[TrackFacts],
        track_index: Integers,
        *,
        first_car: int = 0,
        monitor: CallMonitor | None = None,
    ) -> "CompiledRunner":
        """Return fresh variables for some cars, and what pays these cars.

        Args:
            facts: the tracks.
            track_index: (n_cars,) index into ``facts`` for each car; looked at in each call, so its
                owner may change it in place between calls.
            first_car: index of the first car in the larger batch that these cars are part of.
            monitor: announces the calls that Python makes; compiled ones cannot be endless.
        """
        return CompiledRunner(self, facts, track_index, first_car=first_car, monitor=monitor)


class CompiledRunner:
    """Calls a compiled reward function for many cars, each with variables of its own.

    It is called as a ``RewardRunner`` is, pays the same, and raises the same failures.

    Attributes:
        source: the reward function.
        traits: what its source says about it.
        prints: what it printed: nothing.
        state: (n_cars, ...) what it keeps for each car; columns as ``Slot.index`` says.
        n_interpreted: how many calls were left to Python.
        is_slow_to_save: whether ``state_dict`` takes long: never, it is one array.
        obstacle: why calls cannot go on exactly after a ``load_state_dict``: nothing.
    """

    is_slow_to_save = False
    obstacle = ""

    def __init__(
        self,
        compiled: CompiledReward,
        facts: Sequence[TrackFacts],
        track_index: Integers,
        *,
        first_car: int = 0,
        monitor: CallMonitor | None = None,
    ) -> None:
        """Lay out the tracks and the cars' variables; see ``CompiledReward.runner``."""
        self.source = compiled.source
        self.traits = traits_of(compiled.source)
        self.prints = Prints(None)
        self.n_interpreted = 0
        self._compiled = compiled
        self._slots = compiled.generated.slots
        self._facts = list(facts)
        self._track_index = np.ascontiguousarray(track_index, np.int64)  # no copy: see runner
        self._first_car = first_car
        self._monitor = monitor
        n_cars = len(self._track_index)
        self.state = np.tile(initial_state(compiled.generated), (n_cars, 1))
        self._scratch = self.state[0].copy() if n_cars else initial_state(compiled.generated)
        self._waypoints, self._begins, self._columns = _track_arrays(self._facts)
        self._position = np.zeros(1, np.int64)
        self._strays: dict[int, list[Any]] = {}
        self._paid = np.zeros(n_cars)

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of what the function keeps for each car.

        Raises:
            RewardStateError: if a car was left to Python and keeps what is no plain data.
        """
        writer, strays = Writer({}, {}), {}
        for car, entries in self._strays.items():
            # an entry that is not there is an empty list, any other one a list of one
            strays[str(car)] = [
                [] if entry is ABSENT else [writer.encode(entry, slot.label)]
                for slot, entry in zip(self._slots, entries, strict=True)
            ]
        return {
            "kept": [slot.label for slot in self._slots],
            "cars": self.state.copy(),
            "strays": strays,
            **writer.tables(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` returned.

        Raises:
            RewardStateError: if it is the state of another function, or of other cars.
        """
        if state.get("kept") != [slot.label for slot in self._slots]:
            raise RewardStateError("what it kept is that of another function")
        if state["cars"].shape != self.state.shape:
            raise RewardStateError("what it kept is that of other cars")
        self.state[:] = state["cars"]
        self._strays.clear()
        reader = Reader(state, {}, {})
        for car, entries in state["strays"].items():
            self._strays[int(car)] = [
                reader.decode(entry[0]) if entry else ABSENT for entry in entries
            ]

    def __call__(self, measured: Floats, cars: Integers, rewards: Floats) -> None:
        """Pay some cars, in their order.

        Args:
            measured: (n_cars, MEASURED_SIZE) what the world measured, SI units and radians.
            cars: (k,) indices of the cars to be paid.
            rewards: (n_cars,) overwritten at ``cars``.

        Raises:
            RewardFailure: at the first car whose call raises an exception or returns no reward;
                nothing is written then.
        """
        paid = self._paid[: len(cars)]
        first, n_cars = 0, len(cars)
        with np.errstate(all="ignore"):
            while first < n_cars:
                try:
                    self._compiled.pay(
                        measured,
                        cars,
                        first,
                        self._waypoints,
                        self._begins,
                        self._columns,
                        self._track_index,
                        self.state,
                        self._scratch,
                        self._position,
                        paid,
                    )
                    break
                except _UNDECIDED:
                    first = int(self._position[0])
                    car = int(cars[first])
                    paid[first] = self._ask_python(measured[car], car)
                    first += 1
        rewards[cars] = paid

    def _ask_python(self, row: Floats, car: int) -> float:
        """Return what the function itself pays a car, with what it keeps for this car.

        Raises:
            RewardFailure: if the call raises an exception or returns no reward.
        """
        self.n_interpreted += 1
        track = self._track_index[car : car + 1]
        facts = self._facts[track[0]]
        self._restore(car)
        if self._monitor is not None:
            rows = row[np.newaxis]
            self._monitor.begin(rows, np.array([self._first_car + car]), track)[0] = 0
        try:
            return self._call_python(row, facts, self._first_car + car)
        finally:
            if self._monitor is not None:
                self._monitor.end()
            self._save(car)

    def _restore(self, car: int) -> None:
        """Give the real objects what is kept for a car."""
        for slot in self._slots:
            slot.restore(self.state[car])
        for slot, entry in zip(self._slots, self._strays.pop(car, ()), strict=False):
            slot.write(entry)

    def _save(self, car: int) -> None:
        """Keep for a car what the real objects hold.

        A car that keeps what compiled code has no place for, as very large integers, is left to
        Python from then on: its flag makes the compiled loop ask.
        """
        row = self.state[car]
        entries = [slot.read() for slot in self._slots]
        row[STRAY] = not all(
            slot.takes(entry) for slot, entry in zip(self._slots, entries, strict=True)
        )
        if row[STRAY]:
            self._strays[car] = entries
            return
        for slot, entry in zip(self._slots, entries, strict=True):
            slot.encode(entry, row)

    def _call_python(self, row: Floats, facts: TrackFacts, car: int) -> float:
        instance = self._compiled.instance
        params, before = (next(iter_params(row[np.newaxis], facts)) for _ in range(2))
        try:
            paid = instance.call(params)
        except (Exception, SystemExit) as error:
            raise explain_exception(self.source, error, params, car=car, before=before) from error
        number, problem = as_reward(paid)
        if problem:
            raise explain_value(self.source, instance, problem, car=car, before=before)
        return number


def initial_state(generated: Generated) -> Floats:
    """Return what a car keeps before its first call, after the head of the scratch memory."""
    row = np.zeros(HEAD + 2 * len(generated.slots))
    row[TWO], row[HALF] = 2.0, 0.5
    for slot in generated.slots:
        slot.encode(slot.initial, row)
    return row


def _track_arrays(facts: Sequence[TrackFacts]) -> tuple[Floats, Integers, Floats]:
    """Return the tracks as compiled code sees them.

    Returns:
        the waypoints of all tracks (n_waypoints, 2) (m), where those of each track begin
        (n_tracks + 1,), and the other facts of each track (n_tracks, N_FACTS).
    """
    points = [point for track in facts for point in track.waypoints]
    counts = [len(track.waypoints) for track in facts]
    columns = np.zeros((len(facts), N_FACTS))
    columns[:, FACT_LENGTH] = [track.length for track in facts]
    columns[:, FACT_REVERSED] = [track.is_reversed for track in facts]
    begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.array(points, np.float64).reshape(-1, 2), begins, columns


def empty_call(size: int) -> tuple[Any, ...]:
    """Return arguments of the compiled loop for no cars: calling it with them only compiles it.

    Args:
        size: of the state of a car.
    """
    whole, row = np.zeros(1, np.int64), np.zeros(size)
    return (
        np.zeros((1, MEASURED_SIZE)),
        whole[:0],
        0,
        np.zeros((1, 2)),
        np.zeros(2, np.int64),
        np.zeros((1, N_FACTS)),
        whole,
        row[np.newaxis],
        row,
        whole,
        row[:0],
    )
