"""A child process under watch: what it says and what becomes of it, as plain events.

Its streams are read by threads. What it says is JSON, a line an event.
"""

import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from racer.processes.calls import CallClock, CallWatch, cpu_seconds
from racer.processes.endings import LAST_WORDS, WHERE, LastWords, how_it_ended

LOG = "log"
"""Kind of event: ``text`` is a line that the child wrote to its stderr."""
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


class Child:
    """One child process."""

    def __init__(self, module: str, *arguments: str, bell: threading.Event) -> None:
        """Start the process, with this process's search path and command.

        Args:
            module: its ``main(*arguments)`` is called there.
            arguments: what it is told from the start.
            bell: set whenever the child has said something.
        """
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; sys.argv[:] = {sys.argv!r}; "
            f"from {module} import main; main(*{arguments!r})"
        )
        with _without_interrupts():
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._bell = bell
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._open_streams = 2
        self._readers = [
            threading.Thread(target=self._read, args=(stream, is_log), daemon=True)
            for stream, is_log in ((self._process.stdout, False), (self._process.stderr, True))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def _read(self, stream: IO[bytes], is_log: bool) -> None:
        """Keep the lines of one of the child's streams, and its end."""
        for line in stream:
            if is_log:
                text = line.decode("utf-8", errors="replace").rstrip("\r\n")
                self._queue.put({"kind": LOG, "text": text})
            else:
                with suppress(ValueError):  # the last line of a killed process may be half of one
                    self._queue.put(json.loads(line))
            self._bell.set()
        self._queue.put(None)
        self._bell.set()

    def heard(self) -> Iterator[dict[str, Any]]:
        """Yield the events since the last call, without waiting for more.

        What it says meanwhile is for the next call: it may say more than its parent can take.
        """
        for _ in range(self._queue.qsize()):
            event = self._queue.get_nowait()
            if event is None:
                self._open_streams -= 1
            else:
                yield event

    @property
    def is_over(self) -> bool:
        """Whether both streams have ended and everything said has been heard."""
        return self._open_streams == 0

    def say(self, order: str, **values: Any) -> None:
        """Give an order; a child that is gone will be noticed by its streams."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(json.dumps({"order": order, **values}).encode() + b"\n")
            self._process.stdin.flush()

    def ask_where(self) -> None:
        """Have the child write into its last words which line is running."""
        if sys.platform == "win32":
            self.say(WHERE)  # answered by a thread: not while a call into C holds the interpreter
        else:
            self._process.send_signal(signal.SIGUSR1)

    def end(self, patience: float = 0.0) -> int:
        """End the process; return its exit status, negative for a signal.

        Args:
            patience: how long it may take to end by itself (s).
        """
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=patience)
        self._process.kill()
        status = self._process.wait()
        for reader in self._readers:
            reader.join(timeout=5.0)  # a child of its own may keep the pipes open
        if not any(reader.is_alive() for reader in self._readers):
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
                assert stream is not None
                with suppress(OSError):
                    stream.close()
        return status


class WatchedChild(Child):
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
        super().__init__(module, str(folder), *arguments, bell=bell or threading.Event())
        self._folder, self._limits, self._name = folder, limits, name
        words = LastWords(folder / LAST_WORDS, self.ask_where)
        clock = CallClock(lambda: cpu_seconds(self.pid))
        self._calls = CallWatch(limits.call, limits.start_factor, clock, words)
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._last_look = time.monotonic()
        self._silent = 0.0
        self.is_busy = False
        """Whether it has something to do: only then its silence counts."""

    def say(self, order: str, **values: Any) -> None:
        """Give an order."""
        self._silent = 0.0
        super().say(order, **values)

    def heard(self) -> Iterator[dict[str, Any]]:
        """Yield the events since the last call, without waiting; call it several times a second.

        The last one of all is a failure: ``reason`` (endless, silent, crash), ``message``,
        ``place``, ``car`` and ``params`` of the call that was running, ``at_load``, ``saved``,
        where the params are, ``status`` and ``log``. The process is gone then.
        """
        for event in super().heard():
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
        if self.is_over:
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
        status = super().end(patience=10.0)
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
        for event in super().heard():
            if event["kind"] == LOG:
                yield event

    def end(self, patience: float = 0.0) -> int:
        """End the process, if it has not ended, and remove its folder; return its exit status."""
        status = super().end(patience)
        self._calls.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return status


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait, so that a process started meanwhile hears none from its first moment."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
