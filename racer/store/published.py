"""What a store holds of a folder: its files, of which parts they consist, and their digests.

The manifest is the last object to be written and the first to be read, and the objects that it
names do not change while it stands. So a reader sees the folder as it was at one moment, and half a
folder is never taken for a whole one.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.errors import RunError
from racer.run_files import PROVENANCE, PUBLISHED
from racer.storage.sealed_json import parse_sealed, sealed_text
from racer.store.address import Address, NotThereError, StoreError, said_of

if TYPE_CHECKING:
    from obstore.store import ObjectStore  # type: ignore[import-not-found,unused-ignore]

_VERSION = 1


@dataclass(frozen=True)
class Part:
    """Some bytes of a file, in an object of their own."""

    object: str
    """Its name, below the folder's address."""
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a store holds of a folder."""

    owner: str
    """A random word of whoever may write there; a copy that goes on has it, too."""
    files: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    """The parts of each file, in their order, by its path in the folder."""
    generation: int = 0
    """How often it was written."""
    is_whole: bool = False
    """Whether the folder does not change any more; its files lie there under their own names."""

    @property
    def objects(self) -> set[str]:
        """The names of all objects."""
        return {part.object for parts in self.files.values() for part in parts}

    def next(self, files: dict[str, tuple[Part, ...]], *, is_whole: bool) -> "Manifest":
        """Return the manifest after this one."""
        return replace(self, files=files, generation=self.generation + 1, is_whole=is_whole)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "version": _VERSION,
            "owner": self.owner,
            "generation": self.generation,
            "is_whole": self.is_whole,
            "files": {
                name: [[part.object, part.size, part.sha256] for part in parts]
                for name, parts in self.files.items()
            },
        }

    @classmethod
    def of(cls, content: dict[str, Any], where: object) -> "Manifest":
        """Return what ``to_dict`` has written.

        Raises:
            RunError: if it is from another version, or names files outside of its folder.
        """
        if content.get("version") != _VERSION:
            raise RunError(f"{where}: written by another version of racer")
        files = {
            name: tuple(Part(*part) for part in parts) for name, parts in content["files"].items()
        }
        for name in [*files, *(part.object for parts in files.values() for part in parts)]:
            if name.startswith("/") or "\\" in name or ".." in name.split("/"):
                raise RunError(f"{where}: names a file outside of its folder: {name}")
        return cls(content["owner"], files, content["generation"], content["is_whole"])


class ManifestObject:
    """The manifest of a folder in a store. Of two that write it at once, one is refused."""

    def __init__(self, store: "ObjectStore", address: Address) -> None:
        """Prepare.

        Args:
            store: opened at the address's parent.
            address: of the folder.
        """
        self._store, self._address = store, address
        self._path = f"{address.name}/{PUBLISHED}"
        self._tag: str | None = None

    def read(self) -> Manifest | None:
        """Return the manifest; None if there is none.

        Raises:
            StoreError: if it cannot be read.
            RunError: if it is damaged, or from another version.
        """
        try:
            with said_of(str(self._address)):
                found = self._store.get(self._path)
                self._tag = found.meta.get("e_tag")
                text = bytes(found.bytes()).decode("utf-8", errors="replace")
        except NotThereError:
            return None
        where = f"{self._address}/{PUBLISHED}"
        return Manifest.of(parse_sealed(text, where), where)

    def create(self, manifest: Manifest) -> bool:
        """Write the first manifest; return False if there is one: the name is taken."""
        try:
            self._put(manifest, "create")
        except StoreError as error:
            if "already there" in str(error):
                return False
            raise
        return True

    def update(self, manifest: Manifest) -> None:
        """Write the manifest that follows the one that was read or written last.

        Raises:
            StoreError: if it cannot be written.
            TakenOverError: if somebody else has written one meanwhile.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError  # type: ignore[import-not-found,unused-ignore]

        try:
            self._put(manifest, None if self._tag is None else {"e_tag": self._tag})
        except NotImplementedError:  # file://
            self._put(manifest, "overwrite")
        except StoreError as error:
            if isinstance(error.__cause__, PreconditionError | AlreadyExistsError):
                if self.read() == manifest:  # it was written, only the answer was lost
                    return
                message = f"{self._address}: another process publishes there: nothing was replaced"
                raise TakenOverError(message) from error
            raise

    def _put(self, manifest: Manifest, mode: Any) -> None:
        with said_of(str(self._address)):
            done = self._store.put(
                self._path, sealed_text(manifest.to_dict()), mode=mode or "overwrite"
            )
        self._tag = done.get("e_tag")


def kept_file(folder: Path) -> Path:
    """Return where a folder says in which store it is published: of a run, in its provenance."""
    provenance = folder / PROVENANCE
    return (provenance if provenance.is_dir() else folder) / PUBLISHED


class TakenOverError(RunError):
    """Somebody else writes to the same place of a store."""
