"""All runs of a folder as rows, damaged ones among them; and what may be removed."""

import os
import platform
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from racer.errors import RunError, unknown_name
from racer.naming import in_one_line
from racer.run_files import BEST, EPISODES, EVALUATIONS, LAST, RUN_JSON, RUNS, UPDATES
from racer.store.address import is_address

if TYPE_CHECKING:
    from racer.runs.record import RunRecord

TABLES = (EPISODES, UPDATES, EVALUATIONS)
IMPORTED = "imported"
STATUSES = ("finished", "interrupted", "failed", "running", "stopped", "damaged", IMPORTED)
"""How a run may stand. Stopped: its process ended without a word, by a kill or a power cut.
Imported: it was not trained here, but made of logs."""

_MARKS = (RUN_JSON, *TABLES, LAST, BEST)  # a folder with two of them is a run
_FIGURES = ("finish_rate", "completion", "median_lap_time", "best_lap_time")


@dataclass(frozen=True)
class RunRow:
    """One run in a list. What a damaged run does not tell is None or empty."""

    name: str
    """Of its folder, below the folder that was listed."""
    folder: str
    status: str
    """One of ``STATUSES``."""
    reward: str = ""
    track: str = ""
    """All its tracks in one line."""
    tracks: tuple[str, ...] = ()
    """The same one by one."""
    algo: str = ""
    seed: int | None = None
    started: str = ""
    """Date and time, UTC, as ISO 8601."""
    total_steps: int | None = None
    finish_rate: float | None = None
    """Of the evaluation at the end, of a run under way of the newest, in [0, 1]."""
    completion: float | None = None
    """Percent."""
    median_lap_time: float | None = None
    """(s)"""
    best_lap_time: float | None = None
    """(s)"""
    last_finish_rate: float | None = None
    """Of the last policy of the training, in [0, 1]: the other figures are of the best one."""
    limit: dict[str, Any] | None = None
    """How the median lap time compares to the fastest lap of this car: see ``with_limit``."""
    problem: str = ""
    """What is wrong with a damaged or failed run."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return asdict(self)


def list_runs(folder: str | Path = RUNS) -> list[RunRow]:
    """Return a row for every run in a folder and the folders below it, or in a store, newest last.

    Raises:
        RunError: if there is no such folder.
    """
    if is_address(folder):
        from racer.store.fetch import list_published

        rows = [describe_run(path) for path in list_published(str(folder))]
        return sorted(rows, key=lambda row: (row.started, row.name))
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder; racer train makes runs")
    rows = [describe_run(path, str(path.relative_to(folder))) for path in _run_folders(folder)]
    return sorted(rows, key=lambda row: (row.started, row.name))


def _run_folders(folder: Path) -> Iterator[Path]:
    """Yield the runs below a folder; what lies inside a run is part of it."""
    for path, names, _ in os.walk(folder):
        if Path(path) != folder and is_run(Path(path)):
            names.clear()
            yield Path(path)


def is_run(folder: Path) -> bool:
    """Return whether a folder is that of a run, maybe damaged: two of a run's files are there."""
    return folder.is_dir() and sum((folder / name).is_file() for name in _MARKS) >= 2


def describe_run(folder: Path, name: str | None = None) -> RunRow:
    """Return the row of a run; what is wrong with a damaged one stands in ``problem``."""
    from racer.runs.policies import last_policy
    from racer.runs.record import read_run

    name = folder.name if name is None else name
    try:
        record = read_run(folder)
        problem = _problem(record)
    except RunError as error:
        return RunRow(name, str(folder), "damaged", problem=str(error))
    info = record.info
    row = RunRow(
        name, str(folder), "damaged" if problem else status_of(info, folder),
        reward=PurePath(str(info.get("reward", ""))).stem,
        track=in_one_line(record.tracks),
        tracks=record.tracks,
        algo=str(info.get("algorithm", "")),
        seed=_whole(info.get("seed")),
        started=str(info.get("started", "")),
        problem=problem or str(info.get("error", "")),
    )  # fmt: skip
    if problem:
        return row
    finish_rate, completion, median, best = _figures(record)
    return replace(
        row, total_steps=_steps(record), finish_rate=finish_rate, completion=completion,
        median_lap_time=median, best_lap_time=best,
        last_finish_rate=None if (last := last_policy(record)) is None else last["finish_rate"],
    )  # fmt: skip


def status_of(info: Mapping[str, Any], folder: Path) -> str:
    """Return how a run stands, one of ``STATUSES``.

    Args:
        info: what its run.json says.
        folder: of the run.
    """
    status = str(info.get("status", ""))
    if status != "running":
        return status if status in STATUSES else "damaged"
    return "running" if is_alive(info, folder) else "stopped"


def is_alive(info: Mapping[str, Any], folder: Path) -> bool:
    """Return whether a process trains a run: it holds the lock; of another computer's run, True."""
    from racer.storage.lock import is_locked

    return info.get("host", platform.node()) != platform.node() or is_locked(folder)


def _problem(record: "RunRecord") -> str:
    """Return what is wrong with the files of a run; empty if nothing is."""
    for table in (record.updates, record.evaluations):
        del table  # reading it is the test
    if not isinstance(record.info.get("config"), dict):
        return f"{record.folder / 'run.json'}: has no settings (config)"
    if record.info.get("status") not in STATUSES:
        return f"{record.folder / 'run.json'}: status: unknown, got {record.info.get('status')!r}"
    if record.info["status"] != "finished":
        return ""
    has_learned = record.info.get("has_learned") is not False
    for name in (BEST, LAST) if has_learned else (LAST,):
        if not (record.folder / name).is_file():
            return f"{record.folder / name}: missing"
        if not zipfile.is_zipfile(record.folder / name):
            return f"{record.folder / name}: not a checkpoint of racer: damaged"
    return ""


def _steps(record: "RunRecord") -> int | None:
    known = _whole(record.info.get("total_steps"))
    steps = record.updates["total_steps"]
    return known if known is not None else int(steps[-1]) if len(steps) else None


def _figures(record: "RunRecord") -> list[float | None]:
    """Return ``_FIGURES`` of the evaluation at the end, or of the newest in the training."""
    summary = record.info.get("evaluation")
    if isinstance(summary, dict):
        return [_number(summary.get(name)) for name in _FIGURES]
    table = record.trained_evaluations
    if not len(table["update"]):
        return [None] * len(_FIGURES)
    return [_number(float(table[name][-1])) for name in _FIGURES]


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value == value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def removable_run(name: str, runs_dir: str | Path = RUNS, *, force: bool = False) -> Path:
    """Return the folder of a run that may be removed.

    Args:
        name: a path, or the name of a run in ``runs_dir``.
        runs_dir: the folder for runs.
        force: also a run that is being trained.

    Raises:
        RunError: if there is none, it is no run, or it is being trained.
    """
    inside = Path(runs_dir) / name
    path = inside if inside.exists() else find_run(name)
    if path.is_symlink():
        raise RunError(f"{path}: is a link; remove it yourself")
    if not is_run(path):
        raise RunError(f"{path}: not a run: expected a folder with run.json and its tables")
    if not force and describe_run(path).status == "running":
        raise RunError(f"{path}: is being trained; stop it first, or use --force")
    return path


def remove_run(path: Path) -> None:
    """Remove the folder of a run with all that is in it.

    Raises:
        RunError: if it cannot be removed.
    """
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise RunError(f"{path}: cannot be removed: {error.strerror}") from error


def size_of(path: Path) -> tuple[int, int]:
    """Return how many files a folder has, those of its folders included, and their bytes."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return len(files), sum(file.stat().st_size for file in files)


def find_run(name: str | Path) -> Path:
    """Return the folder or checkpoint file that a name means: a path, or a run in ``runs/``.

    The address of a published run means a copy of it in the cache, which is brought up to date.

    Raises:
        RunError: if there is none; the message lists the runs that there are.
    """
    if is_address(name):
        from racer.store.fetch import fetch

        return fetch(str(name))
    if not isinstance(name, str | os.PathLike):
        raise RunError(
            f"expected a run, its folder or name, or a checkpoint file, got {type(name).__name__}"
        )
    path = Path(name).expanduser()
    for candidate in (path, RUNS / path):
        if candidate.exists():
            return candidate
    runs = sorted(file.parent.name for file in RUNS.glob(f"*/{RUN_JSON}"))
    if runs and path.parent in (Path(), RUNS):
        raise RunError(unknown_name("run", path.name, runs))
    raise RunError(f"{path}: no such run" + ("" if runs else "; racer train makes one"))
