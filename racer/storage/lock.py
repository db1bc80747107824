"""A lock on a run's folder: two processes never write one run.

The lock is a file that the operating system locks for the process that holds it, and lets go when
that process ends, however it ends. What is in the file is for people: who holds it.
"""

import json
import os
import socket
from contextlib import suppress
from pathlib import Path

from filelock import lock_descriptor

from racer.errors import RunError
from racer.run_files import LOCK


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
        holder = json.dumps({"pid": os.getpid(), "host": socket.gethostname()})
        os.ftruncate(self._handle, 0)
        # a first byte for the lock alone: on Windows nobody else can read what is locked
        os.write(self._handle, f" {holder}".encode())

    def __enter__(self) -> None:
        """The lock is taken already."""

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self.release()

    def release(self) -> None:
        """Give the lock back; nothing if that was done already."""
        if self._handle >= 0:
            _remove(self._path, self._handle)
            self._handle = -1


def check_unlocked(folder: Path) -> None:
    """Check that no process is training a run.

    Raises:
        RunError: if one is.
    """
    path = folder / LOCK
    if path.exists():
        _remove(path, _take(path))


def is_locked(folder: Path) -> bool:
    """Return whether a process holds the lock of a folder; nothing in it is changed."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        return not lock_descriptor(handle, blocking=False)
    finally:
        os.close(handle)


def _take(path: Path) -> int:
    """Return a handle of the lock file, locked.

    Raises:
        RunError: if another process holds the lock.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not lock_descriptor(handle, blocking=False):
            os.close(handle)
            raise RunError(
                f"{path.parent}: {_holder(path)} is at work there: wait until it has ended, or "
                "stop it"
            )
        # the holder before may have removed the file while we waited to open it
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def _remove(path: Path, handle: int) -> None:
    """Remove a lock file that is ours, and let go of it."""
    with suppress(OSError):  # on Windows an open file stays: nobody holds it then
        path.unlink(missing_ok=True)
    os.close(handle)


def _holder(path: Path) -> str:
    """Return who holds a lock, in words."""
    try:
        with path.open("rb") as file:
            file.seek(1)
            holder = json.loads(file.read())
        where = "" if holder["host"] == socket.gethostname() else f" on {holder['host']}"
        return f"process {holder['pid']}{where}"
    except (OSError, ValueError, LookupError, TypeError):  # it is just being written, or is no lock
        return "another process"
