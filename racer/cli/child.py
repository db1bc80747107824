"""A process that works for a command: it is told lines, and answers with events.

The command itself stays light: it answers Ctrl-C at once, and can end a child whose reward function
never returns.
"""

import json
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any


class Child:
    """One child process, its streams read by threads."""

    def __init__(self, module: str) -> None:
        """Start the process, with this process's search path and no other.

        Args:
            module: its ``main()`` reads lines from stdin and writes one JSON object a line to
                stdout; whatever it writes to stderr is text for the user.
        """
        code = f"import sys; sys.path[:] = {sys.path!r}; from {module} import main; main()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._queue: queue.Queue[tuple[str, str]] = queue.Queue()
        self._open_streams = 2
        for name, stream in (("event", self._process.stdout), ("text", self._process.stderr)):
            threading.Thread(target=self._read, args=(name, stream), daemon=True).start()

    def _read(self, name: str, stream: IO[str]) -> None:
        """Pass the lines of one of the child's streams on, and its end."""
        for line in stream:
            self._queue.put((name, line))
        self._queue.put(("end", name))

    @property
    def is_over(self) -> bool:
        """Whether both streams have ended and everything said has been heard."""
        return self._open_streams == 0

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while the process runs."""
        return self._process.poll()

    def say(self, line: str) -> None:
        """Write a line to the child; one that is gone will be noticed by its streams."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def hear(self, timeout: float) -> dict[str, Any] | str | None:
        """Return the next event, or the next line of text; None if there is none in time.

        Args:
            timeout: how long to wait (s).
        """
        try:
            name, content = self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
        if name == "end":
            self._open_streams -= 1
            return None
        event: dict[str, Any] | str = (
            content.rstrip("\n") if name == "text" else json.loads(content)
        )
        return event

    def wait(self, timeout: float) -> None:
        """Wait until the process has ended, but not for ever."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=timeout)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
