"""How a process ended, and which line was running: what a child's last words tell its parent.

The child's ``faulthandler`` writes into a file that both know. It needs no interpreter lock, so it
names the line even of a call into C that never returns, and of a crash.
"""

import faulthandler
import re
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

LAST_WORDS = "last-words.txt"
"""File in a child's folder that tells which line was running when it was asked, or crashed."""

WHERE = "where"
"""Order to write there which line is running, for systems without signals."""

_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in ', re.MULTILINE)


def how_it_ended(status: int | None) -> str:
    """Return what an exit status means: ``was ended by SIGSEGV``.

    Args:
        status: negative for a signal; None of a process that runs on.
    """
    if status is None:
        return "does not end"
    if status >= 0:
        return f"ended with status {status}"
    known = -status in set(signal.Signals)
    name = signal.Signals(-status).name if known else f"signal {-status}"
    hint = ": was there enough memory?" if name == "SIGKILL" else ""
    return f"was ended by {name}{hint}"


def write_last_words(path: Path) -> IO[bytes]:
    """Have this process write into a file which line runs when it crashes, or when it is asked.

    Args:
        path: the file; lines are appended.

    Returns:
        the file, which must stay open.
    """
    file = path.open("ab", buffering=0)
    faulthandler.enable(file)
    if sys.platform != "win32":
        faulthandler.register(signal.SIGUSR1, file)
    return file


class LastWords:
    """What a child has written, read by its parent."""

    def __init__(self, path: Path, ask: Callable[[], None]) -> None:
        """Read from the start.

        Args:
            path: the file that the child writes.
            ask: has the child write which line is running.
        """
        self._path, self._ask = path, ask
        self._read = 0

    def ask(self) -> None:
        """Have the child write which line is running; what it wrote before is not read again."""
        self._read = self._path.stat().st_size if self._path.exists() else 0
        self._ask()

    def place(self, files: Mapping[str, str]) -> str | None:
        """Return the innermost line of some files that was running: ``mine.py:12``.

        Args:
            files: absolute file names, as code objects carry them, and how messages call each.

        Returns:
            None as long as the child has not said, or if no line of these files was running.
        """
        try:
            text = self._path.read_bytes()[self._read :].decode("ascii", errors="replace")
        except OSError:
            return None
        written = {name.encode("ascii", "backslashreplace").decode(): name for name in files}
        for frame in _FRAME.finditer(text):
            if frame["file"] in written:
                return f"{files[written[frame['file']]]}:{frame['line']}"
        return None


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
