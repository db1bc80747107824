"""Files that survive: appended to with a running digest, or replaced as a whole.

A reader of a file that ``write_atomically`` wrote sees the old content or the new one, never half
of it, whatever ends the process. A file that grows says how long it was and what was in it at any
moment; ``AppendFile`` goes back to such a moment, and notices when the file was damaged.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from racer.errors import RunError
from racer.foreign import check_ordinary, parse_json, read_text
from racer.run_files import DIGESTS

_CHUNK = 1 << 20
_LEFTOVER = re.compile(r"\.\d+-.+")
_NONE: Mapping[str, bytes] = MappingProxyType({})


class AppendFile:
    """A file that only grows. It can be cut back to where it once was."""

    def __init__(self, path: Path, position: dict[str, Any] | None = None) -> None:
        """Create the file, or cut it back to a position and append there.

        Args:
            path: the file; one that is there is replaced if no position is given.
            position: what ``position`` once returned.

        Raises:
            RunError: if the file is not what it was up to there; it is unchanged then.
            OSError: if it cannot be read or written.
        """
        self.path = path
        if position is None:
            self._digest, self._size = hashlib.sha256(), 0
            self._file = path.open("wb", buffering=0)
        else:
            self._digest, self._size = check_position(path, position), position["bytes"]
            self._file = path.open("r+b", buffering=0)
            self._file.truncate(self._size)
            self._file.seek(self._size)

    def write(self, data: bytes) -> None:
        """Append; the bytes are with the operating system when this returns.

        Raises:
            OSError: if not all can be written.
        """
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._digest.update(data)
        self._size += len(data)

    def position(self) -> dict[str, Any]:
        """Return how many bytes there are, and their SHA-256 digest."""
        return {"bytes": self._size, "sha256": self._digest.hexdigest()}

    def sync(self) -> None:
        """Wait until everything is on the disk, so that a power cut cannot take it."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def check_position(path: Path, position: dict[str, Any]) -> "hashlib._Hash":
    """Return the digest of the first bytes of a file, if they are those that were written.

    Raises:
        RunError: if the file is shorter, or other bytes are in it.
    """
    digest, left = hashlib.sha256(), int(position["bytes"])
    try:
        check_ordinary(path)
        with path.open("rb") as file:
            while left > 0 and (chunk := file.read(min(left, _CHUNK))):
                digest.update(chunk)
                left -= len(chunk)
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    if left > 0:
        missing = f"expected at least {position['bytes']:,} bytes, {left:,} are missing"
        raise RunError(f"{path}: damaged: {missing}")
    if digest.hexdigest() != position["sha256"]:
        raise RunError(
            f"{path}: damaged or changed: its first {position['bytes']:,} bytes are not those "
            "that the training wrote"
        )
    return digest


def write_atomically(path: Path, data: bytes, *, keep: Path | None = None) -> None:
    """Write a whole file so that a reader sees the old or the new one, never half of it.

    It is on the disk when this returns: after a power cut there is one of the two as well.

    Args:
        path: the file.
        data: its new content.
        keep: what the old file is renamed to; by default it goes.

    Raises:
        OSError: if it cannot be written; what was there is still there.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if keep is not None and path.exists():
            path.replace(keep)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def remove_leftovers(*folders: Path) -> None:
    """Remove what ``write_atomically`` had begun in some folders when its process was killed.

    Args:
        folders: that nobody else writes now.
    """
    for folder in folders:
        for path in folder.glob(".[0-9]*-*"):
            if _LEFTOVER.fullmatch(path.name):
                path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Wait until the names of the files in a folder are on the disk."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_digests(folder: Path, names: list[str], coming: Mapping[str, bytes] = _NONE) -> None:
    """Write down what the files of a folder hold, so that damage and loss are noticed later.

    Args:
        folder: of a run that has ended.
        names: the files to list, as far as they exist.
        coming: the content of files that are yet to be written, by name.

    Raises:
        OSError: if a file cannot be read or the list cannot be written.
    """
    content = {name: digest_of(folder / name) for name in names if (folder / name).is_file()}
    content |= {name: hashlib.sha256(data).hexdigest() for name, data in coming.items()}
    write_atomically(folder / DIGESTS, (json.dumps(content, indent=1) + "\n").encode())


def check_digest(path: Path) -> None:
    """Check a file of a run against what was written down when the run ended.

    Files that are not listed pass, and so does a run that has not ended.

    Raises:
        RunError: if it is no file, is gone or has other content, or the list itself is damaged.
    """
    listed = path.parent / DIGESTS
    try:
        check_ordinary(path)
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from error
    try:
        content = parse_json(read_text(listed))
        expected = content.get(path.name)
    except FileNotFoundError:
        return
    except (OSError, ValueError, AttributeError) as error:
        raise RunError(f"{listed}: damaged: {error}; delete it to read on unchecked") from error
    if expected is None:
        return
    try:
        found = digest_of(path)
    except FileNotFoundError as error:
        raise RunError(
            f"{path}: missing: it was there when the run ended, {listed.name} lists it"
        ) from error
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    if found != expected:
        raise RunError(
            f"{path}: damaged or changed since the run ended: it does not fit its digest in "
            f"{listed.name}"
        )


def has_file(path: Path) -> bool:
    """Return whether a run has a file; what it had when it ended must still be as it was.

    Raises:
        RunError: if the file was there when the run ended, and is gone or has other content.
    """
    check_digest(path)
    return path.is_file()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
