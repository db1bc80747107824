"""What a command and the processes that work for it need of each other."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping


def running_line(thread: int, files: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the file and line of the innermost frame that belongs to one of some files.

    Args:
        thread: identity of the thread, as ``threading.get_ident`` gives it; another one may ask.
        files: absolute file names, as code objects carry them, and how messages call each.

    Returns:
        how messages call the file, and the line; None if no frame belongs to the files.
    """
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_code.co_filename in files:
            return files[frame.f_code.co_filename], frame.f_lineno
        frame = frame.f_back
    return None


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


def lines_of(descriptor: int) -> Iterator[str]:
    """Yield lines without their ends; not through sys.stdin, whose lock would hang at the exit.

    Args:
        descriptor: an open file, as 0 for stdin.
    """
    rest = b""
    while chunk := os.read(descriptor, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode() for line in lines)
