"""Sees from outside when a call of a reward function does not return, and keeps its params."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.processes.endings import LastWords

if TYPE_CHECKING:
    from racer.reward import CallMonitor, RunningCall

CEILING = 10.0
"""By the clock on the wall a call may take this many times its limit of processor time."""

ANSWER_SECONDS = 1.0
"""How long the child may take to say which line is running."""


class CallClock:
    """Counts what a call is charged (s): processor time, at least a tenth of the time that passes.

    So a busy machine makes no endless loop of a slow call, and a call that sleeps is found too. A
    laptop that slept, or a job that was suspended, is none: at most a second counts between looks.
    """

    def __init__(
        self, cpu: Callable[[], float | None], now: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin at 0.

        Args:
            cpu: processor time of the thread that calls (s); None where that cannot be known.
            now: the clock on the wall (s).
        """
        self._cpu, self._now = cpu, now
        self._last = now(), cpu()
        self._seconds = 0.0
        self.waited = 0.0
        """Seconds on the wall in which it computed for less than a tenth of them."""

    def __call__(self) -> float:
        """Return the seconds so far."""
        before, cpu_before = self._last
        now, cpu = self._last = self._now(), self._cpu()
        passed = min(now - before, 1.0)
        if cpu is not None and cpu_before is not None:
            if cpu - cpu_before < passed / CEILING:
                self.waited += passed
            passed = max(cpu - cpu_before, passed / CEILING)
        self._seconds += passed
        return self._seconds


def cpu_seconds(pid: int) -> float | None:
    """Return the processor time of a process's main thread (s); None where it cannot be known."""
    if sys.platform != "linux":
        return None
    try:
        fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text("ascii", "replace")
        ticks = [int(field) for field in fields.rpartition(")")[2].split()[11:13]]
        return sum(ticks) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None


class CallWatch:
    """Looks at the call monitor of a child for a call that does not return."""

    def __init__(
        self,
        limit: float,
        start_factor: float,
        clock: CallClock,
        words: LastWords,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wait for ``begin``.

        Args:
            limit: what a call may take (s).
            start_factor: executing the file, for all cars, may take this many times as long.
            clock: what a call is charged.
            words: tell which line is running.
            now: the clock on the wall (s).
        """
        self._limit, self._start_factor = limit, start_factor
        self._clock, self._words, self._now = clock, words, now
        self._monitor: CallMonitor | None = None
        self.about: Mapping[str, Any] = {}
        """What ``begin`` was told."""
        self._asked: float | None = None
        self._waited = 0.0  # what the clock said when the call was seen first

    def begin(self, about: Mapping[str, Any]) -> None:
        """Begin to watch calls, or those of another reward function.

        Args:
            about: ``monitor``, the path of the call monitor; ``facts``, the fields of
                ``racer.reward.TrackFacts`` of each track, none if no params are wanted;
                ``reward``, the file as messages call it; ``files``, all its files and what
                messages call them; ``folder``, where the params of an endless call are kept.

        Raises:
            RewardError: if it is no call monitor. One that is gone is not watched: the child that
                made it has ended already, and what it ended with follows.
        """
        from racer.errors import RewardError
        from racer.reward import CallMonitor

        self.close()
        self.about = about
        try:
            self._monitor = CallMonitor.open(about["monitor"], clock=self._clock)
        except RewardError:
            if Path(about["monitor"]).exists():
                raise

    def close(self) -> None:
        """Let go of the call monitor."""
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None

    def look(self) -> dict[str, Any] | None:
        """Return the failure of a call that is endless; None as long as there is none."""
        call = None if self._monitor is None else self._monitor.poll()
        if call is None or call.seconds < self._limit_of(call):
            if call is None or call.seconds == 0.0:
                self._waited = self._clock.waited
            self._asked = None
            return None
        if self._asked is None:
            self._asked = self._now()
            self._words.ask()
        place = self._words.place(self.about["files"])
        if place is None and self._now() - self._asked < ANSWER_SECONDS:
            return None
        return self._endless(call, place or self.about["reward"])

    def _limit_of(self, call: "RunningCall") -> float:
        return self._limit * (self._start_factor if call.car is None else 1.0)

    def _endless(self, call: "RunningCall", place: str) -> dict[str, Any]:
        """Return an endless call as the fields of a failure, and save its params."""
        from racer.reward import RewardFailure, save_failure
        from racer.run_files import FAILURE

        waited, limit = self._clock.waited - self._waited, self._limit_of(call)
        seconds = f"{limit:g} s: an endless loop?"
        if waited > 0.5 * CEILING * limit:
            seconds = f"{waited:.0f} s of waiting: for what?"
        about = {"reason": "endless", **self._at(call, place)}
        params = about["params"]
        if call.car is None:
            message = f"{place}: the file is still being executed after {seconds}"
            return {**about, "message": message, "at_load": True}
        if params is None:
            return {**about, "message": f"{place}: the call has not returned after {seconds}"}
        file, _, line = place.rpartition(":") if place != self.about["reward"] else (place, "", "")
        failure = RewardFailure(
            f"the call has not returned after {seconds}",
            file=file, line=int(line) if line else None, step=int(params["steps"]), car=call.car,
            params=params,
        )  # fmt: skip
        folder = self.about["folder"]
        if folder is not None and Path(folder).is_dir():
            about["saved"] = str(Path(folder) / FAILURE)
            save_failure(failure, about["saved"])
        return {**about, "message": str(failure)}

    def at_the_end(self) -> dict[str, Any]:
        """Return where a child was that has ended: ``place``, ``car`` and ``params``."""
        place = self._words.place(self.about.get("files", {}))
        call = None if self._monitor is None else self._monitor.poll()
        if call is None:
            return {"place": place, "car": None, "params": None}
        return {**self._at(call, place), "place": place, "at_load": call.car is None}

    def _at(self, call: "RunningCall", place: str | None) -> dict[str, Any]:
        from racer.reward import TrackFacts

        facts = [
            TrackFacts(**{**one, "waypoints": tuple((x, y) for x, y in one["waypoints"])})
            for one in self.about["facts"]
        ]
        params = call.params(facts) if facts else None
        return {"place": place, "car": call.car, "params": params}
