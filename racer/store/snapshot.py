"""The files of a folder that is being written, as they were at one moment.

Files that are replaced are linked, all at once: a link stays what it was when a new file takes the
name. Files that grow are taken as long as they are afterwards; what a checkpoint says of them is
shorter or as long.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from racer.run_files import ATTACH, LOCK, PROVENANCE, PUBLISHED, PUBLISHING, TENSORBOARD

_GROWING = (".csv", ".arrows", ".bin")
_IN_PLACE = (".db", ".db-journal", ".db-wal", ".db-shm")  # written to while it is used: in the end
_OWN = {LOCK, ATTACH, PUBLISHED, f"{PROVENANCE}/{PUBLISHED}"}
_LEFTOVER = re.compile(r"\.\d+-.+")
_ATTEMPTS, _PAUSE = 50, 0.02  # to find a moment at which nothing is replaced (s)


@dataclass(frozen=True)
class Taken:
    """A file of the folder."""

    name: str
    """Its path in the folder, with slashes."""
    path: Path
    """Where its bytes are, as long as the snapshot is open."""
    size: int
    """How many of them count."""
    grows: bool
    """Whether it is only ever appended to."""


@contextmanager
def snapshot(folder: Path, *, changes: bool = True) -> Iterator[list[Taken]]:
    """Give the files of a folder, in the order of their names.

    Args:
        folder: of a run or a study.
        changes: whether somebody may write there meanwhile.

    Raises:
        OSError: if it cannot be read.
    """
    links = folder / PUBLISHING
    if not changes:
        shutil.rmtree(links, ignore_errors=True)
        yield [Taken(name, path, path.stat().st_size, False) for name, path in _files(folder)]
        return
    try:
        taken = _linked(folder, links)
        yield taken + [
            Taken(name, path, path.stat().st_size, True)
            for name, path in _files(folder)
            if _grows(name)
        ]
    finally:
        shutil.rmtree(links, ignore_errors=True)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the names and paths of what is to be published."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_own = name in _OWN or name.startswith(f"{PUBLISHING}/") or _LEFTOVER.match(path.name)
        if path.is_file() and not path.is_symlink() and not is_own:
            yield name, path


def _grows(name: str) -> bool:
    return name.endswith(_GROWING) or name.startswith(f"{TENSORBOARD}/")


def _linked(folder: Path, links: Path) -> list[Taken]:
    """Link the files that are replaced; again, until none was replaced meanwhile."""
    for _ in range(_ATTEMPTS):
        shutil.rmtree(links, ignore_errors=True)
        links.mkdir()
        before = _marks(folder)
        with suppress(FileNotFoundError):
            for k, name in enumerate(before):
                _link(folder / name, links / str(k))
            if _marks(folder) == before:
                break
        time.sleep(_PAUSE)
    return [
        Taken(name, path, path.stat().st_size, False)
        for k, name in enumerate(before)
        if (path := links / str(k)).exists()
    ]


def _marks(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return what changes about each file when it is replaced."""
    marks = {}
    for name, path in _files(folder):
        if not _grows(name) and not name.endswith(_IN_PLACE):
            with suppress(FileNotFoundError):
                facts = path.stat()
                marks[name] = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
    return marks


def _link(path: Path, link: Path) -> None:
    try:
        os.link(path, link)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(path, link)
