"""Which file a run's checkpoint is, and its settings, without the policy: torch is not needed."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from racer.config.train_config import TrainConfig
from racer.errors import RacerError, RunError
from racer.foreign import parse_json
from racer.run_files import LAST, PREVIOUS, RUN_JSON
from racer.runs.record import read_facts
from racer.storage.container import is_sealed, unpack
from racer.storage.durable import check_digest, has_file

FORMAT = 1
"""Version of the file's format."""

_OLD_SETTINGS = "racer.json"
"""Name of racer's file inside the zips of older versions."""


def find_checkpoint(
    run: Path, which: str = "best", on_note: Callable[[str], None] | None = None
) -> Path:
    """Return the file of a run's checkpoint ``best`` or ``last``, or of a checkpoint named itself.

    Args:
        run: its folder, or the file.
        which: best or last; of a run that has not ended another one if it is not there.
        on_note: told that it is another one.

    Raises:
        RunError: if there is none, or it is gone or was changed since the run ended.
    """
    if run.suffix == ".zip":
        return run
    if not run.is_dir():
        raise RunError(f"{run}: no such run")
    wanted = f"{which}.zip"
    for name in (wanted, LAST, PREVIOUS):
        if has_file(run / name):
            if name != wanted and on_note is not None:
                on_note(f"{run / wanted}: not there; {name} is taken")
            return run / name
    if (run / RUN_JSON).is_file() and "imported" in read_facts(run):
        raise RunError(f"{run}: was made of logs: it has no policy that could drive")
    raise RunError(f"{run}: holds no checkpoint yet")


def read_settings(path: Path, *, allow_pickle: bool = False) -> tuple[TrainConfig, dict[str, Any]]:
    """Return the settings of the run that a checkpoint belongs to, and the facts beside them.

    Args:
        path: the file.
        allow_pickle: take the zip of an older version too, which can run any code when its policy
            is loaded.

    Raises:
        RunError: if the file is missing or damaged, or is a pickle and they are not allowed.
    """
    data = read_file(path)
    if is_old(path, data):
        facts = old_head(path, allow_pickle=allow_pickle)
        return TrainConfig.of_run(facts.pop("config")), facts
    with only_run_errors(path):
        head = read_head(unpack(data))
        return TrainConfig.of_run(head["config"]), head["facts"]


def read_file(path: Path) -> bytes:
    """Return the bytes of a checkpoint.

    Raises:
        RunError: if there is none, it cannot be read, or it is not that of the run that has ended.
    """
    check_digest(path)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise RunError(f"{path}: no such checkpoint") from error
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error


@contextmanager
def only_run_errors(path: Path) -> Iterator[None]:
    """Turn whatever the content of a file that somebody made may raise into a line about it."""
    try:
        yield
    except RacerError as error:
        raise RunError(f"{path}: {error}") from error
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise RunError(f"{path}: not a checkpoint of racer: {what:.200}") from error


def read_head(entries: dict[str, bytes]) -> dict[str, Any]:
    """Return the plain data of a checkpoint: ``algorithm``, ``settings``, ``config``, ``facts``.

    Raises:
        RunError: if this version does not read it.
    """
    head: dict[str, Any] = parse_json(entries["checkpoint.json"])
    if head["format"] != FORMAT:
        raise RunError(f"format: this version of racer reads {FORMAT}, got {head['format']!r}")
    return head


def is_old(path: Path, data: bytes) -> bool:
    """Return whether a file is a zip of an older version or of Stable-Baselines3.

    Raises:
        RunError: if it is no zip at all.
    """
    if is_sealed(data):
        return False
    try:
        with zipfile.ZipFile(path) as file:
            if "data" in file.namelist():
                return True
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        pass
    if not data.startswith(b"PK"):
        raise RunError(f"{path}: not a checkpoint of racer")
    return False


def is_foreign(path: Path, data: bytes) -> bool:
    """Return whether a file is a zip of Stable-Baselines3 that was made elsewhere.

    Args:
        path: the file.
        data: its content.

    Raises:
        RunError: if it is no zip at all.
    """
    if not is_old(path, data):
        return False
    try:
        with zipfile.ZipFile(path) as file:
            return _OLD_SETTINGS not in file.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise RunError(f"{path}: not a checkpoint of racer: {error}") from error


def old_head(path: Path, *, allow_pickle: bool) -> dict[str, Any]:
    """Return the plain data of the zip of an older version: ``config``, and the facts beside it.

    Raises:
        RunError: if pickles are not allowed, or there are no such data.
    """
    if is_foreign(path, path.read_bytes()):
        raise RunError(
            f"{path}: a zip of Stable-Baselines3 and not of racer, which does not say what the car "
            "sees and does: racer evaluate takes it with --algo ppo, or what it learned with"
        )
    if not allow_pickle:
        raise RunError(
            f"{path}: a zip of an older racer: reading it can run any code "
            "that is in it; if you trust who made it: --allow-pickle"
        )
    try:
        with zipfile.ZipFile(path) as file:
            head: dict[str, Any] = json.loads(file.read(_OLD_SETTINGS))
        head["config"] = dict(head["config"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        raise RunError(f"{path}: not a checkpoint of racer: {error}") from error
    return head
