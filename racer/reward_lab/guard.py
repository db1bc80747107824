"""Limits on the process that runs a user's code: time for a call, memory for all of it.

Neither can be enforced by the code itself. A watchdog thread of Python's ``faulthandler``, which
needs no interpreter lock, ends the process when a call does not return, and writes which line was
running; the same happens when the process crashes.
"""

import faulthandler
import re
import time
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_REARM = 0.25  # how often the watchdog is wound up, at most (s)
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in ', re.MULTILINE)


class Guard:
    """Ends the process if too long passes between two calls of ``alive``."""

    def __init__(self, path: str | Path, *, seconds: float, memory: int | None) -> None:
        """Prepare; the limits hold from the first call of ``alive``.

        Args:
            path: the file that tells why the process was ended.
            seconds: what a call of the reward function may take.
            memory: what all calls together may allocate (bytes), where the system can limit it.
        """
        self._path = Path(path)
        self._seconds = seconds
        self._memory = memory
        self._wound_up = -1.0
        self._file: IO[str]

    def __enter__(self) -> Self:
        self._file = self._path.open("w", encoding="utf-8")
        faulthandler.enable(self._file)
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.rest()
        faulthandler.disable()
        self._file.close()

    def alive(self) -> None:
        """Say that a call of the reward function is about to begin."""
        now = time.monotonic()
        if now - self._wound_up < _REARM:
            return
        if self._memory is not None:
            limit_memory(self._memory)
            self._memory = None
        self._wound_up = now
        faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._file)

    def rest(self) -> None:
        """Say that no user's code runs until the next ``alive``."""
        faulthandler.cancel_dump_traceback_later()
        self._wound_up = -1.0


def limit_memory(more: int) -> bool:
    """Limit what this process can allocate; return whether the system can do that.

    Args:
        more: bytes beyond what is in use now.
    """
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        used = pages * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = used + more if hard == resource.RLIM_INFINITY else min(used + more, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ImportError, OSError, ValueError):  # not Linux
        return False
    return True


def read_end(path: str | Path, files: Collection[str]) -> tuple[bool, str | None, int | None]:
    """Return why a guarded process was ended.

    Args:
        path: of the guard's file.
        files: paths of the reward function's files.

    Returns:
        Whether a call took too long; the file and the line that were running, if they are known.
    """
    try:
        text = Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return False, None, None
    shown = {name.encode("ascii", "backslashreplace").decode("ascii"): name for name in files}
    for match in _FRAME.finditer(text):
        if match["file"] in shown:
            return text.startswith("Timeout"), shown[match["file"]], int(match["line"])
    return text.startswith("Timeout"), None, None
