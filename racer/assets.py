"""Finds the files that racer ships: tracks and example reward functions.

They lie at the top of a checkout, and inside the package in an installed wheel.
"""

from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset_folder(name: str) -> Path:
    """Return the shipped folder ``tracks`` or ``reward_functions``.

    Args:
        name: the folder's name.

    Raises:
        FileNotFoundError: if the installation is damaged and the folder is missing.
    """
    for folder in (_PACKAGE / "_assets" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"racer's own folder '{name}' is missing: reinstall racer")


def asset_files(name: str, suffix: str) -> Iterator[Path]:
    """Yield the shipped files of one kind, sorted by name, without private ones (``_x.py``)."""
    for path in sorted(asset_folder(name).glob(f"*{suffix}")):
        if not path.name.startswith("_"):
            yield path


def find(name: str, folder: str, suffix: str) -> Path | None:
    """Return the file that ``name`` means: a path first, then a shipped name; None if neither.

    Args:
        name: what the user wrote: ``oval``, ``oval.toml``, ``my/oval.toml``.
        folder: the shipped folder to look in.
        suffix: the suffix of shipped files, with its dot.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    with_suffix = path.with_name(path.name + suffix)
    if with_suffix.is_file():
        return with_suffix
    shipped = asset_folder(folder) / Path(name).name
    for candidate in (shipped, shipped.with_name(shipped.name + suffix)):
        if path.parent == Path() and candidate.is_file():
            return candidate
    return None
