"""Where a run comes from: all that the clock, the process and the working folder write.

It lies in one folder of the run, ``provenance``. Two runs of one command are equal in every other
file, but for TensorBoard's.

| file | what |
|---|---|
| provenance.json | ``OWN_FACTS``: when, where, by what command and process, how long it took |
| timing.csv | one row an update: seconds of training so far, steps a second |
| digests.json | once the run has ended: digests of these two |

A run of an older version has no such folder: there these facts stand in ``run.json``, and the
seconds in ``updates.csv``.
"""

import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from racer.errors import RunError
from racer.foreign import parse_json, read_text
from racer.naming import as_list, one_or_list
from racer.run_files import PROVENANCE, PROVENANCE_FACTS
from racer.storage.durable import check_digest

TIMING_COLUMNS = ("update", "seconds", "steps_per_second")

OWN_FACTS = frozenset(
    {
        "name",  # of the run's folder
        "started",  # date and time, UTC
        "ended",
        "seconds",  # of training, evaluations excluded
        "resumed",  # when it was gone on with, from how many steps
        "command",
        "git_commit",  # of the working folder
        "host",
        "pid",
        "paths",  # where the files lie that the settings name relative to the working folder
        "timing",  # how long timing.csv was at the last checkpoints, by their updates
    }
)
"""The facts of a run that stand here and not in ``run.json``."""

DISTRIBUTION = "racer-rl"
"""What racer is called where packages come from: another project is called racer there."""

_PACKAGES = ("numpy", "torch", "stable-baselines3", "gymnasium", "numba")


def provenance() -> dict[str, Any]:
    """Return what is needed to repeat a run besides its settings."""
    return {
        "schema": 1,
        "started": now(),
        "command": " ".join(["racer", *sys.argv[1:]]) if sys.argv else "",
        "python": platform.python_version(),
        "platform": platform.platform(),
        **own_process(),
        "versions": installed_versions(),
        "git_commit": _git_commit(),
    }


def now() -> str:
    """Return date and time, UTC, as files have them."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def own_process() -> dict[str, Any]:
    """Return which process this is, so that others can find out whether it is still there."""
    return {"host": platform.node(), "pid": os.getpid()}


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages on which the result of a training depends."""
    own = own_version()
    others = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return others if own is None else {"racer": own, **others}


def own_version() -> str | None:
    """Return racer's version; None where it runs from its sources."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Return the commit of the working folder, with ``+`` if files differ; None outside git."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*words: str) -> str:
    answer = subprocess.run(["git", *words], capture_output=True, text=True, check=True, timeout=5)
    return answer.stdout.strip()


def read_provenance(run: Path) -> dict[str, Any]:
    """Return the facts in the provenance of a run; none if it has no such folder.

    Args:
        run: its folder.

    Raises:
        RunError: if they cannot be read.
    """
    path = run / PROVENANCE / PROVENANCE_FACTS
    check_digest(path)
    try:
        facts = parse_json(read_text(path))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RunError(f"{path}: damaged: {error}") from error
    if not isinstance(facts, dict):
        raise RunError(f"{path}: damaged: expected a JSON object")
    return facts


def path_names(run: Path) -> dict[str, str]:
    """Return the absolute paths of the files that a run's settings name otherwise, by that name.

    Raises:
        RunError: if its provenance cannot be read.
    """
    names = read_provenance(run).get("paths", {})
    return names if isinstance(names, dict) else {}


def inverse(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names by the absolute paths of their files."""
    return {path: name for name, path in names.items()}


def renamed(settings: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return settings that call the files of tracks and teacher by other names.

    Args:
        settings: fields of ``TrainConfig``.
        names: the new name by the old one; what is not in it keeps its name.
    """
    changed = dict(settings)
    if changed.get("track") is not None:
        changed["track"] = one_or_list([names.get(one, one) for one in as_list(changed["track"])])
    if changed.get("teacher") is not None:
        changed["teacher"] = names.get(changed["teacher"], changed["teacher"])
    return changed
