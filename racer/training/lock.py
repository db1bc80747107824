"""A lock on a run's folder: two processes never write one run.

The lock is a file that names the process that holds it, by its number and the moment it started: a
number alone may belong to another process by now. Where the operating system can lock files it
does, and lets go when the process ends, however it ends. Elsewhere the file of a process that is
gone is taken over.
"""

import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from racer.errors import RunError

if sys.platform != "win32":
    import fcntl

LOCK = "run.lock"
"""Name of the file in the run folder."""


class RunLock:
    """Held from its creation until ``release``, or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take the lock; that of a process that has ended is taken over.

        Raises:
            RunError: if another process holds it.
            OSError: if the lock cannot be written.
        """
        self._path = folder / LOCK
        self._handle = _take(self._path)
        os.truncate(self._handle if os.truncate in os.supports_fd else self._path, 0)
        os.write(self._handle, json.dumps(_own_identity()).encode())

    def __enter__(self) -> None:
        """The lock is taken already."""

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self.release()

    def release(self) -> None:
        """Give the lock back; nothing if that was done already."""
        if self._handle >= 0:
            with suppress(OSError):  # on Windows an open file stays: it is empty or stale then
                self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1


def check_unlocked(folder: Path) -> None:
    """Check that no process is training a run.

    Raises:
        RunError: if one is.
    """
    path = folder / LOCK
    if path.exists():
        handle = _take(path)
        with suppress(OSError):
            path.unlink(missing_ok=True)
        os.close(handle)


def is_locked(folder: Path) -> bool:
    """Return whether a process holds the lock of a folder; nothing in it is changed."""
    path = folder / LOCK
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(handle, path)
    finally:
        os.close(handle)


def _take(path: Path) -> int:
    """Return a handle of the lock file, locked.

    Raises:
        RunError: if another process holds the lock.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _lock(handle, path):
            holder = _read(path)
            os.close(handle)
            who = f"process {holder['pid']}" if "pid" in holder else "another process"
            raise RunError(
                f"{path.parent}: {who} is at work there: wait until it has ended, or stop it"
            )
        # the holder before may have removed the file while we waited to open it
        with suppress(FileNotFoundError):
            if _is_same(handle, path):
                return handle
        os.close(handle)


def _is_same(handle: int, path: Path) -> bool:
    own, named = os.fstat(handle), path.stat()
    return (own.st_ino, own.st_dev) == (named.st_ino, named.st_dev)


def _lock(handle: int, path: Path) -> bool:
    """Lock an open file; False if another process holds it."""
    if sys.platform == "win32":
        holder = _read(path)
        return holder.get("pid") in (None, os.getpid()) or not _is_running(holder)
    else:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _read(path: Path) -> dict[str, Any]:
    """Return what a lock file says; nothing if it is empty or no lock."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _own_identity() -> dict[str, Any]:
    return {"pid": os.getpid(), "started": _start_of(os.getpid()), "host": socket.gethostname()}


def _is_running(holder: dict[str, Any]) -> bool:
    """Return whether the process that a lock names still runs, as far as can be known."""
    if holder.get("host") != socket.gethostname():
        return True
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return holder.get("started") in (None, _start_of(int(holder["pid"])))


def _start_of(pid: int) -> str | None:
    """Return when a process started, in ticks since the machine did; None where it is not told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]
