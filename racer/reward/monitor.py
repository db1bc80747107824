"""Shows another process which call of a reward function is running, and since when.

An endless loop in a reward function cannot be stopped from inside: a bare ``except`` swallows any
signal. So the training runs in a child process and a watchdog in the parent looks at a small file
that both have mapped into memory. The child copies what was measured once a batch, and before each
call writes one number: the row of the batch it is at. From these the parent knows the params of a
call that does not return.
"""

import mmap
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from racer.errors import RewardError
from racer.kernels.layout import MEASURED_SIZE, Floats, Integers
from racer.reward.params import Params, TrackFacts, iter_params

# The file: a head of 64-bit integers, then a car, a track and a measured row for each place.
_MAGIC, _N_CARS, _BATCH, _POSITION, _HEAD = range(5)
_FORMAT = 0x7261636572_01
_IDLE = -1
_STARTING = -2


@dataclass(frozen=True)
class RunningCall:
    """A call of a reward function that has not returned."""

    seconds: float
    """How long the same call has been seen running, by the watcher's clock."""
    car: int | None
    """Index of the car; None while the reward function's file is executed before the first call."""
    track: int
    """Index of the car's track."""
    row: Floats
    """(MEASURED_SIZE,) what was measured for the call; zeros while the file is executed."""

    def params(self, facts: Sequence[TrackFacts]) -> Params | None:
        """Return the params of the call; None while the reward function's file is executed.

        Args:
            facts: the tracks, in the order that the runner was given.
        """
        if self.car is None:
            return None
        return next(iter_params(self.row[np.newaxis], facts[self.track]))


class CallMonitor:
    """The shared file, seen from either side.

    The parent creates it and polls; the child opens it by its path and hands it to a
    ``RewardRunner``. Close it on both sides; the side that created it removes the file.
    """

    def __init__(
        self, path: Path, *, owned: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Map the file; use ``create`` or ``open``."""
        self.path = path
        self._owned = owned
        self._clock = clock
        self._since = 0.0
        self._seen: tuple[int, int] | None = None
        try:
            with path.open("r+b") as file:
                self._map = mmap.mmap(file.fileno(), 0)
        except (OSError, ValueError) as error:
            raise RewardError(f"{path}: cannot be opened as a call monitor: {error}") from error
        if not _is_monitor(self._map):
            self._map.close()
            raise RewardError(f"{path}: expected a call monitor of this version of racer")
        self._head = memoryview(self._map)[: 8 * _HEAD].cast("q")
        self._place = self._head[_POSITION:]
        self._cars, self._tracks, self._rows = _arrays(self._map, self._head[_N_CARS])

    @classmethod
    def create(cls, n_cars: int, folder: str | Path | None = None) -> Self:
        """Create the file for a number of cars, in a folder for temporary files by default."""
        handle, name = tempfile.mkstemp(prefix="racer-calls-", dir=folder)
        with os.fdopen(handle, "wb") as file:
            head = np.zeros(_HEAD, np.int64)
            head[[_MAGIC, _N_CARS, _POSITION]] = _FORMAT, n_cars, _IDLE
            file.write(head.tobytes())
            file.truncate(_file_size(n_cars))
        return cls(Path(name), owned=True)

    @classmethod
    def open(cls, path: str | Path, *, clock: Callable[[], float] = time.monotonic) -> Self:
        """Open a file that another process created.

        Args:
            path: of the file.
            clock: seconds that never fall, for ``poll``.

        Raises:
            RewardError: if the file is missing or no call monitor.
        """
        return cls(Path(path), owned=False, clock=clock)

    # --- the side that calls ---

    def begin(self, rows: Floats, cars: Integers, tracks: Integers) -> memoryview:
        """Announce a batch of calls.

        Args:
            rows: (k, MEASURED_SIZE) what was measured for the calls, in their order.
            cars: (k,) indices of the cars.
            tracks: (k,) indices of their tracks.

        Returns:
            write the number of a row to its item 0 before the row's call.
        """
        n_rows = len(rows)
        if n_rows > len(self._cars):
            raise RewardError(f"a call monitor for {len(self._cars)} cars got {n_rows} calls")
        self._head[_POSITION] = _IDLE
        self._cars[:n_rows] = cars
        self._tracks[:n_rows] = tracks
        self._rows[:n_rows] = rows
        self._head[_BATCH] += 1
        return self._place

    def begin_start(self) -> None:
        """Announce that the reward function's file is executed."""
        self._head[_BATCH] += 1
        self._head[_POSITION] = _STARTING

    def begin_call(self) -> None:
        """Announce a single call of which nothing was measured."""
        zero = np.zeros(1, np.int64)
        self.begin(np.zeros((1, MEASURED_SIZE)), zero, zero)[0] = 0

    def end(self) -> None:
        """Say that no call is running."""
        self._head[_POSITION] = _IDLE

    # --- the side that watches ---

    def poll(self) -> RunningCall | None:
        """Return the running call, with the time since it was first seen; None if there is none.

        The time counts from the first poll that saw this call, so poll a few times a second.
        """
        position, batch = self._head[_POSITION], self._head[_BATCH]
        if position == _IDLE:
            self._seen = None
            return None
        now = self._clock()
        if self._seen != (batch, position):
            self._seen, self._since = (batch, position), now
        if position == _STARTING:
            return RunningCall(now - self._since, None, 0, np.zeros(MEASURED_SIZE))
        row = self._rows[position].copy()
        return RunningCall(
            now - self._since, int(self._cars[position]), int(self._tracks[position]), row
        )

    def close(self) -> None:
        """Unmap the file, and remove it if this side created it. Closing twice does nothing."""
        if self._map.closed:
            return
        self._place.release()
        self._head.release()
        self._cars = self._tracks = np.zeros(0, np.int64)
        self._rows = np.zeros((0, MEASURED_SIZE))
        self._map.close()
        if self._owned:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_monitor(buffer: mmap.mmap) -> bool:
    """Return whether a mapped file begins as these files do, and has the size that it says."""
    if len(buffer) < 8 * _HEAD:
        return False
    head = np.frombuffer(buffer[: 8 * _HEAD], np.int64)
    return bool(head[_MAGIC] == _FORMAT and len(buffer) == _file_size(int(head[_N_CARS])))


def _file_size(n_cars: int) -> int:
    """Return the size of the file in bytes."""
    return 8 * (_HEAD + n_cars * (2 + MEASURED_SIZE))


def _arrays(
    buffer: mmap.mmap, n_cars: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return cars (n_cars,), tracks (n_cars,) and rows (n_cars, MEASURED_SIZE) over the file."""
    start = 8 * _HEAD
    cars = np.frombuffer(buffer, np.int64, n_cars, start)
    tracks = np.frombuffer(buffer, np.int64, n_cars, start + 8 * n_cars)
    rows = np.frombuffer(buffer, np.float64, n_cars * MEASURED_SIZE, start + 16 * n_cars)
    return cars, tracks, rows.reshape(n_cars, MEASURED_SIZE)
