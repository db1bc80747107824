"""Which files of a folder hold what: the layouts of deepracer-for-cloud, the console and DRoA.

Rows stand in sim-trace CSVs, one an iteration and worker, and in the simulator's output. Where both
are there the CSVs are read: they have more digits, and the same steps.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from racer.errors import RunError
from racer.foreign import check_ordinary

_MOST_FILES = 200_000
_ITERATION = re.compile(r"(\d{1,9})-iteration\.csv")
_WORKER = re.compile(r"worker[-_]?(\d{1,4})")
_TEXTS = (".log", ".txt", ".out", "")


@dataclass(frozen=True)
class LogFile:
    """A file with rows."""

    path: Path
    worker: int
    iteration: int | None = None
    """None where the file holds several; then its lines tell."""


@dataclass
class Sources:
    """The files of one training."""

    training: list[LogFile] = field(default_factory=list)
    """In the order of the training: by iteration, then worker."""
    evaluation: list[LogFile] = field(default_factory=list)
    texts: list[Path] = field(default_factory=list)
    """Output of simulator and trainer: what is said beside the rows."""
    metadata: list[Path] = field(default_factory=list)
    hyperparameters: list[Path] = field(default_factory=list)
    metrics: list[Path] = field(default_factory=list)
    rewards: list[Path] = field(default_factory=list)
    settings: list[Path] = field(default_factory=list)
    """training_params.yaml."""


def find_sources(places: Iterable[Path], *, is_evaluation: bool = False) -> Sources:
    """Return what some files and folders hold.

    Args:
        places: files and folders.
        is_evaluation: whether all rows are those of evaluations; else the names of the folders and
            files tell.

    Raises:
        RunError: if a place is not there or there is no file with rows.
    """
    places = list(places)
    tables: list[Path] = []
    found = Sources()
    for path in _files(places):
        _sort_in(path, found, tables, is_named=path in places)
    workers = _workers(tables)
    for path in tables:
        match = _ITERATION.fullmatch(path.name)
        one = LogFile(path, workers[path], int(match[1]) if match else None)
        (found.evaluation if is_evaluation or is_of_evaluation(path) else found.training).append(
            one
        )
    for kind in (False, True):
        into = found.evaluation if kind else found.training
        if not into:
            into += _texts_with_rows(found.texts, of_evaluation=kind, all_are=is_evaluation)
    found.training.sort(key=lambda one: (one.iteration or 0, one.worker))
    if not found.training and not found.evaluation:
        names = ", ".join(map(str, places))
        raise RunError(
            f"{names}: no rows there: expected N-iteration.csv files, or a text with lines "
            "SIM_TRACE_LOG:…"
        )
    return found


def is_of_evaluation(path: Path) -> bool:
    """Return whether the names of a file and its next folders speak of an evaluation."""
    return any("eval" in part.lower() for part in path.parts[-4:])


def _files(places: list[Path]) -> Iterator[Path]:
    """Yield the files of places in order, those of folders by name.

    Raises:
        RunError: if a place is not there, or a folder holds too many.
    """
    n_files = 0
    for place in places:
        if not place.exists():
            raise RunError(f"{place}: no such file or folder")
        if not place.is_dir():
            yield place
            continue
        for folder, names, files in os.walk(place):
            names.sort()
            n_files += len(files)
            if n_files > _MOST_FILES:
                raise RunError(f"{place}: more than {_MOST_FILES:,} files: name a smaller folder")
            for name in sorted(files):
                path = Path(folder) / name
                if path.is_file():  # a FIFO would never end
                    yield path


def _sort_in(path: Path, found: Sources, tables: list[Path], *, is_named: bool) -> None:
    """Put a file where it belongs; others are passed over, unless the user has named them."""
    check_ordinary(path)
    name = path.name
    by_name = {
        "model_metadata.json": found.metadata, "hyperparameters.json": found.hyperparameters,
        "reward_function.py": found.rewards, "training_params.yaml": found.settings,
    }  # fmt: skip
    if name in by_name:
        by_name[name].append(path)
    elif path.suffix == ".csv":
        if _ITERATION.fullmatch(name) or is_named:
            tables.append(path)
    elif path.suffix == ".json" and ("metrics" in name.lower() or "metrics" in path.parts):
        if not is_of_evaluation(path):
            found.metrics.append(path)
    elif path.suffix.lower() in _TEXTS or is_named:
        found.texts.append(path)


def _workers(tables: list[Path]) -> dict[Path, int]:
    """Return the worker of each table: the number in its path, else the how-manieth folder."""
    folders = list(dict.fromkeys(path.parent for path in tables))
    seen: dict[bool, list[Path]] = {False: [], True: []}
    workers = {}
    for folder in folders:
        digits = [part for part in folder.parts[-3:] if part.isdecimal() and len(part) < 5]
        kind = seen[is_of_evaluation(folder / "x")]
        workers[folder] = int(digits[-1]) if digits else len(kind)
        kind.append(folder)
    return {path: workers[path.parent] for path in tables}


def _texts_with_rows(texts: list[Path], *, of_evaluation: bool, all_are: bool) -> Iterator[LogFile]:
    """Yield the outputs of simulators, numbered by worker."""
    chosen = [
        path
        for path in texts
        if "sagemaker" not in path.name and (all_are or is_of_evaluation(path)) == of_evaluation
    ]
    numbers = [_WORKER.search(path.stem) for path in chosen]
    named = [int(match[1]) for match in numbers if match]
    if len(named) == len(chosen) == len({*named}):
        return (LogFile(path, n) for path, n in zip(chosen, named, strict=True))
    return (LogFile(path, n) for n, path in enumerate(chosen))
