"""Unpacks an archive of logs as the console made them: what is harmless, and only that.

An archive from the internet may hold anything. One with absolute paths, ways out of its folder,
links, devices, or much more content than its size can mean is refused as a whole.
"""

import gzip
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Any

from racer.errors import RunError
from racer.foreign import check_ordinary

SUFFIXES = (".tar.gz", ".tgz", ".tar")

_FREE = 64 << 20  # bytes that any archive may unpack to
_RATIO = 100  # of more: so many times its own size; logs shrink to a tenth
_MOST_FILES = 100_000


class _Counted:
    """A stream that ends with an error when more comes out of it than can be meant."""

    def __init__(self, stream: Any, limit: int, name: str) -> None:
        """Count the bytes of a stream."""
        self._stream, self._left, self._limit, self._name = stream, limit, limit, name

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            RunError: if there are too many.
        """
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _bomb(self._name, self._limit)
        return data


def is_archive(path: Path) -> bool:
    """Return whether a file is one that ``unpack`` takes, by its name."""
    return path.name.lower().endswith(SUFFIXES)


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive into a folder.

    Args:
        path: of a tar file, compressed with gzip or not.
        folder: where to; nothing is written outside it.

    Raises:
        RunError: if the archive is broken, or is refused.
    """
    try:
        check_ordinary(path)
        limit = max(_FREE, _RATIO * path.stat().st_size)
        with path.open("rb") as file:
            is_packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stream = gzip.open(file) if is_packed else file  # noqa: SIM115  of a file that is closed
            _unpack(_Counted(stream, limit, path.name), path.name, folder, limit)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise RunError(f"{path}: broken, or not a tar archive: {error}") from error
    except OSError as error:
        raise RunError(f"{path}: cannot be unpacked: {error.strerror or error}") from error


def _unpack(stream: Any, name: str, folder: Path, limit: int) -> None:
    size, n_files = 0, 0
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            size, n_files = size + member.size, n_files + 1
            if size > limit or n_files > _MOST_FILES:
                raise _bomb(name, limit)
            _check(member, name)
            if member.isfile():
                content = archive.extractfile(member)
                if content is not None:
                    _write(content, folder / PurePosixPath(member.name), member.size)


def _check(member: tarfile.TarInfo, archive: str) -> None:
    """Refuse what is neither a file nor a folder inside the archive's own.

    Raises:
        RunError: if it is.
    """
    what = f"{archive}: refused: '{member.name[:80]}'"
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[:1]:
        raise RunError(f"{what} lies outside the archive")
    if not (member.isfile() or member.isdir()) or member.issparse():
        raise RunError(f"{what} is a link or a device: expected files and folders")


def _write(content: IO[bytes], path: Path, size: int) -> None:
    """Write a file of the archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while size > 0 and (data := content.read(min(size, 1 << 20))):
            file.write(data)
            size -= len(data)
    if size > 0:
        raise EOFError("it ends too early")


def _bomb(name: str, limit: int) -> RunError:
    return RunError(
        f"{name}: refused: it would unpack to more than {limit >> 20:,} MB; "
        "if that is meant, unpack it yourself and import the folder"
    )
