"""Brings a published run back: what is needed at once, and the rest when it is asked for."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from racer.errors import RunError
from racer.kernels._jit import user_cache
from racer.run_files import DIGESTS, RUN_JSON, STEPS, TENSORBOARD
from racer.storage.durable import write_atomically
from racer.storage.sealed_json import read_sealed_json, write_sealed_json
from racer.store.address import Address, NotThereError, address_of, check_store, open_store, said_of
from racer.store.published import Manifest, ManifestObject, Part, kept_file

if TYPE_CHECKING:
    from obstore.store import ObjectStore  # type: ignore[import-not-found,unused-ignore]

_ATTEMPTS = 5  # while the run is being published, its objects may go
_LATER = (".png", ".gif", ".html", ".bin", STEPS)


def is_needed_later(name: str) -> bool:
    """Return whether a file is not fetched before somebody asks for it."""
    return name.endswith(_LATER) or name.startswith(f"{TENSORBOARD}/")


def fetch(url: str) -> Path:
    """Return a folder of the cache that holds a published run.

    Args:
        url: of the run.

    Raises:
        RunError: if there is none, it cannot be read, or what comes is damaged.
    """
    address = address_of(url)
    folder = _cached(address)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        manifest = _bring(address, folder, later=False)
        missing = [name for name in manifest.files if not (folder / name).is_file()]
        _note_missing(folder, address, missing)
    return folder


def fetch_whole(url: str, folder: Path) -> None:
    """Fetch all of a published folder into a new one, in which it can be gone on with.

    Args:
        url: of a run or a study.
        folder: its copy, which must not be there.

    Raises:
        RunError: if it is there, or the run cannot be fetched.
    """
    address = address_of(url)
    if folder.exists() and any(folder.iterdir()):
        raise RunError(f"{folder}: already there: go on in another working folder, or remove it")
    manifest = _bring(address, folder, later=True)
    write_sealed_json(kept_file(folder), {"store": address.parent, "owner": manifest.owner})


def is_published(url: str) -> bool:
    """Return whether a store has something under an address.

    Raises:
        RunError: if the store cannot be read.
    """
    address = address_of(url)
    manifest = ManifestObject(open_store(address.parent), address).read()
    return manifest is not None and bool(manifest.files)


def fetch_missing(path: Path) -> None:
    """Fetch a file of a cached run that was not needed until now; others are left as they are.

    Raises:
        RunError: if it cannot be fetched.
    """
    kept = kept_file(path.parent)
    if path.exists() or not kept.is_file():
        return
    facts = read_sealed_json(kept) or {}
    if path.name in facts.get("missing", ()):
        address = Address(facts["store"], path.parent.name)
        _bring(address, path.parent, later=True, only=path.name)


def list_published(url: str) -> list[Path]:
    """Return folders of the cache that hold the runs of a store, with what a list of them needs.

    Raises:
        RunError: if the store cannot be read.
    """
    url = check_store(url)
    store = open_store(url)
    with said_of(url):
        names = [prefix.rstrip("/") for prefix in store.list_with_delimiter()["common_prefixes"]]
    return [fetch(f"{url}/{name}") for name in names if _is_run(store, Address(url, name))]


def _is_run(store: "ObjectStore", address: Address) -> bool:
    manifest = ManifestObject(store, address).read()
    return manifest is not None and RUN_JSON in manifest.files


def _cached(address: Address) -> Path:
    key = hashlib.sha256(address.parent.encode()).hexdigest()[:12]
    return user_cache() / "store" / key / address.name


def _bring(address: Address, folder: Path, *, later: bool, only: str | None = None) -> Manifest:
    """Fetch files, until all are of one manifest."""
    store = open_store(address.parent)
    for attempt in range(_ATTEMPTS):
        manifest = _manifest(store, address)
        try:
            for name, parts in manifest.files.items():
                if (later or not is_needed_later(name)) and only in (None, name):
                    _bring_file(store, address, folder / name, parts)
            break
        except NotThereError:  # somebody publishes, and objects of the manifest before are gone
            if attempt == _ATTEMPTS - 1:
                raise
    if only is None:
        _forget_others(folder, manifest)
    return manifest


def _manifest(store: "ObjectStore", address: Address) -> Manifest:
    manifest = ManifestObject(store, address).read()
    if manifest is None:
        raise RunError(f"{address}: no such run")
    if not manifest.files:
        raise RunError(f"{address}: a name that was taken, with nothing in it yet")
    return manifest


def _bring_file(
    store: "ObjectStore", address: Address, path: Path, parts: tuple[Part, ...]
) -> None:
    """Fetch a file, unless it is there as it should be."""
    size, whole = sum(part.size for part in parts), hashlib.sha256()
    if path.is_file() and path.stat().st_size == size and _has_parts(path, parts):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        with temporary.open("wb") as file:
            for part in parts:
                for data in _bytes_of(store, address, part):
                    whole.update(data)
                    file.write(data)
        temporary.replace(path)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _bytes_of(store: "ObjectStore", address: Address, part: Part) -> Iterator[bytes]:
    """Yield the bytes of a part.

    Raises:
        RunError: if they are not those that were brought there.
    """
    digest, size = hashlib.sha256(), 0
    with said_of(f"{address}/{part.object}"):
        for chunk in store.get(f"{address.name}/{part.object}").stream():
            data = bytes(chunk)
            digest.update(data)
            size += len(data)
            if size > part.size:
                break
            yield data
    if size != part.size or digest.hexdigest() != part.sha256:
        raise RunError(f"{address}/{part.object}: damaged: it does not fit its digest")


def _has_parts(path: Path, parts: tuple[Part, ...]) -> bool:
    with path.open("rb") as file:
        return all(
            hashlib.sha256(file.read(part.size)).hexdigest() == part.sha256 for part in parts
        )


def _forget_others(folder: Path, manifest: Manifest) -> None:
    """Remove what the run had at an earlier time and has no more."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in manifest.files:
            path.unlink()


def _note_missing(folder: Path, address: Address, missing: list[str]) -> None:
    """Note what was not fetched: it is no damage that it is not there."""
    facts = {"store": address.parent, "missing": missing}
    write_sealed_json(kept_file(folder), facts)
    listed = folder / DIGESTS
    if listed.is_file():
        content = json.loads(listed.read_text("utf-8"))
        here = {name: digest for name, digest in content.items() if (folder / name).is_file()}
        write_atomically(listed, (json.dumps(here, indent=1) + "\n").encode())
