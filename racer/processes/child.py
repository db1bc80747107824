"""A child process, its streams read by threads. What it says is JSON, a line an event."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from racer.processes.endings import WHERE

LOG = "log"
"""Kind of event: ``text`` is a line that the child wrote to its stderr."""


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
        """Yield the events since the last call, without waiting for more."""
        with suppress(queue.Empty):
            while True:
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
