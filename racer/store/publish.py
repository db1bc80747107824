"""Brings a folder to a store, as often as it has changed, and never stops who writes it.

While the folder changes its files are objects that nothing replaces, the grown part of a file that
only grows one more object; at the end they are brought once more under their own names, the
manifest last. So a store always holds a whole moment of the folder, and in the end the folder.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from racer.errors import RacerError, RunError, one_line
from racer.run_files import DIGESTS, PROVENANCE, PUBLISHED
from racer.storage.durable import digest_of
from racer.storage.sealed_json import read_sealed_json, write_sealed_json
from racer.store.address import Address, StoreError, open_store, said_of
from racer.store.published import Manifest, ManifestObject, Part, TakenOverError, kept_file
from racer.store.snapshot import Taken, snapshot

if TYPE_CHECKING:
    pass

_PART = 8 << 20  # bytes of a growing file in one object, at most: so much is held in memory
_OBJECTS = "objects"
_STREAMS = 2  # at a time, of one large file
PATIENCE = 60.0
"""How long a command waits at its end for a store (s)."""

_LOOK = 0.1  # between two looks at whether to wait on (s)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # between two attempts (s)

Note = Callable[[str], None]


class Upload:
    """One folder and its place in a store."""

    def __init__(self, folder: Path, parent: str) -> None:
        """Take a name in a store, or go on where this folder was published before.

        Args:
            folder: it has the name; it may be made later.
            parent: address of the store.

        Raises:
            RunError: if the name is taken, or the store cannot be used.
        """
        self.folder, self.address = folder, Address(parent, folder.name)
        self._store = open_store(parent)
        self._manifests = ManifestObject(self._store, self.address)
        before = _kept(folder)
        self._owner = before["owner"] if before else secrets.token_hex(8)
        self._stale: set[str] = set()
        self._manifest = Manifest(self._owner)
        if self._manifests.create(self._manifest):
            return
        found = self._manifests.read()
        if found is None or found.owner != self._owner:
            raise RunError(f"{self.address}: already there: choose another --name")
        self._manifest = found

    def bring(self, *, is_whole: bool = False) -> None:
        """Bring what has changed.

        Args:
            is_whole: the folder does not change any more.

        Raises:
            StoreError: if the store does not take it; nothing is lost, and it can be tried again.
            TakenOverError: if somebody else publishes there.
            RunError: if the folder cannot be read.
        """
        try:
            self._remember()
            with snapshot(self.folder, changes=not is_whole) as taken:
                # the digests last: who copies the objects by hand sees whether they are all there
                in_order = sorted(taken, key=lambda one: one.name == DIGESTS)
                files = {one.name: self._parts(one, is_whole) for one in in_order}
        except OSError as error:
            raise RunError(f"{self.folder}: cannot be read: {error}") from error
        if files == self._manifest.files and is_whole == self._manifest.is_whole:
            return
        before, self._manifest = self._manifest, self._manifest.next(files, is_whole=is_whole)
        try:
            self._manifests.update(self._manifest)
        except StoreError:
            self._manifest = before
            raise
        # a reader may still be at the manifest before: its objects go one time later
        gone = self._stale - self._manifest.objects
        self._stale = before.objects - self._manifest.objects
        self._remove(gone | self._stale if is_whole else gone)

    def give_back(self) -> None:
        """Free the name again, if nothing was ever brought there."""
        if self._manifest.generation == 0:
            self._remove({PUBLISHED})

    def _remember(self) -> None:
        """Note in the folder where it is published, so that another process can go on."""
        if _kept(self.folder) is None:
            facts = {"store": self.address.parent, "owner": self._owner}
            write_sealed_json(kept_file(self.folder), facts)

    def _parts(self, file: Taken, is_whole: bool) -> tuple[Part, ...]:
        """Bring what the store lacks of a file; return its parts."""
        known = self._manifest.files.get(file.name, ())
        if not file.grows:
            return (self._whole(file, known, is_whole),)
        parts = self._unchanged(file, known)
        begun = sum(part.size for part in parts)
        with file.path.open("rb") as stream:
            stream.seek(begun)
            while begun < file.size:
                data = stream.read(min(_PART, file.size - begun))
                if not data:
                    break
                digest = hashlib.sha256(data).hexdigest()
                part = Part(f"{_OBJECTS}/{file.name}/{begun}-{digest[:12]}", len(data), digest)
                self._put(part.object, data)
                parts.append(part)
                begun += len(data)
        return tuple(parts)

    def _whole(self, file: Taken, known: tuple[Part, ...], is_whole: bool) -> Part:
        """Bring a file that is replaced as a whole, if the store has another one."""
        digest = digest_of(file.path)
        name = file.name if is_whole else f"{_OBJECTS}/{file.name}/{digest[:12]}"
        part = Part(name, file.size, digest)
        if known != (part,):
            self._put(name, file.path)
        return part

    def _unchanged(self, file: Taken, known: tuple[Part, ...]) -> list[Part]:
        """Return the known parts of a growing file that are still what it begins with."""
        kept: list[Part] = []
        with file.path.open("rb") as stream:
            for part in known:
                if hashlib.sha256(stream.read(part.size)).hexdigest() != part.sha256:
                    break
                kept.append(part)
        return kept

    def _put(self, name: str, data: bytes | Path) -> None:
        with said_of(str(self.address)):
            self._store.put(f"{self.address.name}/{name}", data, max_concurrency=_STREAMS)

    def _remove(self, names: set[str]) -> None:
        """Remove objects that no manifest names any more."""
        paths = [f"{self.address.name}/{name}" for name in sorted(names)]
        if paths:
            with said_of(str(self.address)):
                self._store.delete(paths)


def _kept(folder: Path) -> dict[str, str] | None:
    """Return where a folder is published, and as whose."""
    return read_sealed_json(kept_file(folder))


def published_at(folder: Path) -> str | None:
    """Return the address of the store to which a folder was published; None if to none."""
    kept = _kept(folder)
    return None if kept is None else kept["store"]


class Publisher:
    """Publishes folders in a thread of its own, until it is closed."""

    def __init__(self, uploads: list[Upload], note: Note) -> None:
        """Prepare; ``start`` begins.

        Args:
            uploads: what is brought where; folders that are not there yet are waited for.
            note: called with each remark a user should read, from the thread.
        """
        self._uploads, self._note = uploads, note
        self._bell = threading.Event()
        self._closing = self._is_left = False
        self._failing: str | None = None
        self._marks: dict[Upload, object] = {}
        self._given_up: dict[Upload, str] = {}
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(
        self, patience: float = PATIENCE, should_stop: Callable[[], bool] = lambda: False
    ) -> list[str]:
        """Bring all that is left, and end.

        Args:
            patience: how long the store may keep it waiting (s).
            should_stop: asked several times a second: whether to wait no longer.

        Returns:
            A line for each folder of which something is left.
        """
        self._closing = True
        self._bell.set()
        end = time.monotonic() + patience
        while self._thread.is_alive() and time.monotonic() < end and not should_stop():
            self._thread.join(_LOOK)
        self._is_left = True
        left = dict(self._given_up)
        for upload in self._uploads:
            if not has_begun(upload.folder):
                with suppress(RunError):
                    upload.give_back()
        if self._thread.is_alive() or self._failing:
            why = self._failing or "the store is slow"
            for upload in self._uploads:
                if has_begun(upload.folder) and upload not in left and not self._is_done(upload):
                    left[upload] = why
        return [
            f"{upload.address} lacks something ({why}); bring it with: "
            f"racer publish {upload.folder}"
            for upload, why in left.items()
        ]

    def _is_done(self, upload: Upload) -> bool:
        return self._marks.get(upload) == "whole"

    def _work(self) -> None:
        pause = _FIRST_PAUSE
        while not self._is_left:
            is_last = self._closing
            failing = self._round(is_last=is_last)
            if failing and not self._failing:
                self._note(f"{failing}: the training goes on, publishing is tried again")
            pause = min(2 * pause, _LONGEST_PAUSE) if failing else _FIRST_PAUSE
            self._failing = failing
            if is_last and not failing:
                return
            if not self._bell.wait(pause):
                continue
            self._bell.clear()

    def _round(self, *, is_last: bool) -> str | None:
        """Bring what has changed; return what the store says against it."""
        for upload in self._uploads:
            if upload in self._given_up or not has_begun(upload.folder):
                continue
            is_whole = is_last and has_ended(upload.folder)
            mark: object = "whole" if is_whole else _mark(upload.folder)
            if mark == self._marks.get(upload) and not (is_last and not is_whole):
                continue
            try:
                upload.bring(is_whole=is_whole)
            except StoreError as error:
                return one_line(error)
            except (RacerError, OSError) as error:
                self._given_up[upload] = one_line(error)
                if isinstance(error, TakenOverError):
                    self._note(one_line(error))
                continue
            self._marks[upload] = mark
        return None


def has_begun(folder: Path) -> bool:
    """Return whether a folder is more than a name that is kept free."""
    return folder.is_dir() and any(folder.iterdir())


def has_ended(folder: Path) -> bool:
    """Return whether nobody writes into a folder any more: a run that has ended has digests."""
    return (folder / DIGESTS).is_file() or not (folder / PROVENANCE).is_dir()


def _mark(folder: Path) -> object:
    """Return what changes with each checkpoint of a run, and each training of a study."""
    marks = []
    for path in [*folder.glob("*.zip"), *folder.glob("*/*/outcome.json"), folder / DIGESTS]:
        with suppress(FileNotFoundError):
            marks.append((str(path), path.stat().st_mtime_ns))
    return sorted(marks)


def publish(folder: Path, parent: str) -> Upload:
    """Bring a folder to a store now.

    Args:
        folder: of a run or a study.
        parent: address of the store.

    Raises:
        RunError: if it cannot be brought.
    """
    upload = Upload(folder, parent)
    upload.bring(is_whole=has_ended(folder))
    return upload
