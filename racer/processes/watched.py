"""A child process under watch: what it says and what becomes of it, as plain events."""

import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from racer.processes.calls import CallClock, CallWatch, cpu_seconds
from racer.processes.child import LOG, Child
from racer.processes.endings import LAST_WORDS, LastWords, how_it_ended

CALLS = "calls"
"""Kind of event: what the parent needs to watch the calls of a reward function."""
FAILURE = "failure"
"""Kind of event, the last one: the child was ended, or has ended by itself."""

_LOG_LINES = 200  # of a child's stderr that are kept


@dataclass(frozen=True)
class Limits:
    """What a child may take before it is ended."""

    call: float = 10.0
    """A call of the reward function (s)."""
    start_factor: float = 6.0
    """Executing its file, for all cars, may take this many times as long."""
    silence: float | None = None
    """It may say nothing for so long while it works (s); None: for ever."""


class WatchedChild:
    """A child that is ended when a call of its reward function does not return."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        folder: Path,
        limits: Limits,
        bell: threading.Event | None = None,
        name: str = "worker",
    ) -> None:
        """Start it.

        Args:
            module: its ``main(folder, *arguments)`` opens a ``Channel``.
            arguments: what it is told from the start.
            folder: of its own, made here, and removed when it ends.
            limits: when it is ended.
            bell: set whenever it has said something.
            name: what messages call the process.
        """
        folder.mkdir(parents=True)
        self._folder, self._limits, self._name = folder, limits, name
        self._child = Child(module, str(folder), *arguments, bell=bell or threading.Event())
        pid = self._child.pid
        self._words = LastWords(folder / LAST_WORDS, self._child.ask_where)
        clock = CallClock(lambda: cpu_seconds(pid))
        self._calls = CallWatch(limits.call, limits.start_factor, clock, self._words)
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._last_look = time.monotonic()
        self._silent = 0.0
        self.is_busy = False
        """Whether it has something to do: only then its silence counts."""

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._child.pid

    def say(self, order: str, **values: Any) -> None:
        """Give an order."""
        self._silent = 0.0
        self._child.say(order, **values)

    def heard(self) -> Iterator[dict[str, Any]]:
        """Yield the events since the last call, without waiting; call it several times a second.

        The last one of all is a failure: ``reason`` (endless, silent, crash), ``message``,
        ``place``, ``car`` and ``params`` of the call that was running, ``at_load``, ``saved``,
        where the params are, ``status`` and ``log``. The process is gone then.
        """
        for event in self._child.heard():
            self._silent = 0.0
            if event["kind"] == CALLS:
                self._calls.begin(event)
                continue
            if event["kind"] == LOG:
                self._log.append(event["text"])
            yield event
        failure = self._failure()
        if failure is not None:
            yield {"kind": FAILURE, "log": "\n".join(self._log), **failure}

    def _failure(self) -> dict[str, Any] | None:
        """Look whether it has ended or hangs; end it then."""
        now = time.monotonic()
        if self.is_busy:
            self._silent += min(now - self._last_look, 1.0)
        self._last_look = now
        if self._child.is_over:
            return self._crash()
        failure = self._calls.look() if self.is_busy else None
        if failure is None and self._is_silent:
            message = f"nothing happened for {self._limits.silence:g} s"
            failure = {**self._calls.at_the_end(), "reason": "silent", "message": message}
        if failure is not None:
            self.end()
        return failure

    @property
    def _is_silent(self) -> bool:
        return self._limits.silence is not None and self._silent > self._limits.silence

    def _crash(self) -> dict[str, Any]:
        """Return how it has ended by itself."""
        status = self._child.end(patience=10.0)
        found = self._calls.at_the_end()
        message = f"the {self._name} process {how_it_ended(status)}"
        if status > 0 and self._log:
            message += f": {self._log[-1].strip()[:300]}"
        if found["place"] is not None:
            message = f"{found['place']}: {message}"
        self.end()
        return {**found, "reason": "crash", "message": message, "status": status}

    def last_lines(self) -> Iterator[dict[str, Any]]:
        """Yield what it wrote to its stderr and was not heard before it was ended."""
        yield from (event for event in self._child.heard() if event["kind"] == LOG)

    def end(self) -> None:
        """End the process at once, if it has not ended, and remove its folder."""
        self._child.end()
        self._calls.close()
        shutil.rmtree(self._folder, ignore_errors=True)
