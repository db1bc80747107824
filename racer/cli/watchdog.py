"""Sees from outside when a call of a reward function does not return, and keeps its params."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.cli.train_job import FAILURE

if TYPE_CHECKING:
    from racer.reward import CallMonitor, RunningCall

START_FACTOR = 6.0
"""A reward function's file may take this many times as long to execute, for all cars, as a call."""

ANSWER_SECONDS = 1.0
"""How long the child may take to say which line is running."""


class Watchdog:
    """Looks at the call monitor for a call of the reward function that does not return."""

    def __init__(self, limit: float) -> None:
        """Wait for ``watch``.

        Args:
            limit: seconds that a call may take.
        """
        self.facts: list[dict[str, Any]] = []
        """The fields of ``racer.reward.TrackFacts``, of each track."""
        self.reward = ""
        """The reward function's file, as messages call it."""
        self._limit = limit
        self._monitor: CallMonitor | None = None
        self._asked: float | None = None
        self._answer: dict[str, Any] | None = None

    def watch(self, path: str) -> None:
        """Begin to watch a call monitor, or another one.

        Raises:
            RewardError: if it is no call monitor. One that is gone is not watched: the child that
                made it has ended already, and what it ended with follows.
        """
        from racer.errors import RewardError
        from racer.reward import CallMonitor

        self.close()
        try:
            self._monitor = CallMonitor.open(path, clock=PatientClock())
        except RewardError:
            if Path(path).exists():
                raise

    def close(self) -> None:
        """Let go of the file."""
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None

    def answer(self, event: dict[str, Any]) -> None:
        """Take the child's answer to which line is running."""
        self._answer = event

    def look(self, ask: Callable[[], None]) -> "RunningCall | None":
        """Return the call that is endless; None as long as there is none.

        Args:
            ask: called once to have the child say which line is running, before the verdict.
        """
        call = None if self._monitor is None else self._monitor.poll()
        if call is None or call.seconds < self._limit_of(call):
            self._asked = self._answer = None
            return None
        if self._asked is None:
            self._asked = time.monotonic()
            ask()
        if self._answer is None and time.monotonic() - self._asked < ANSWER_SECONDS:
            return None
        return call

    def _limit_of(self, call: "RunningCall") -> float:
        return self._limit * (START_FACTOR if call.car is None else 1.0)

    def failure(self, call: "RunningCall", folder: Path | None) -> dict[str, Any]:
        """Return the error event of an endless call, and save its params in the run's folder."""
        from racer.reward import RewardFailure, TrackFacts, save_failure

        facts = [
            TrackFacts(**{**one, "waypoints": tuple((x, y) for x, y in one["waypoints"])})
            for one in self.facts
        ]
        params = call.params(facts)
        answer = self._answer or {}
        file, line = answer.get("file") or self.reward, answer.get("line")
        seconds = f"{self._limit_of(call):g} s: an endless loop?"
        if params is None:
            place = file if line is None else f"{file}:{line}"
            message = f"{place}: the file is still being executed after {seconds}"
            return {"message": message, "failure": None}
        failure = RewardFailure(
            f"the call has not returned after {seconds}",
            file=file, line=line, step=int(params["steps"]), car=call.car, params=params,
        )  # fmt: skip
        path = None if folder is None else folder / FAILURE
        if path is not None and folder is not None and folder.is_dir():
            save_failure(failure, path)
            return {"message": str(failure), "failure": str(path)}
        return {"message": str(failure), "failure": None}


class PatientClock:
    """Counts seconds, but at most one between two looks.

    A laptop that slept, or a job that was suspended, is no endless loop.
    """

    def __init__(self) -> None:
        """Begin at 0."""
        self._last = time.monotonic()
        self._seconds = 0.0

    def __call__(self) -> float:
        """Return the seconds so far."""
        now = time.monotonic()
        self._seconds += min(now - self._last, 1.0)
        self._last = now
        return self._seconds
