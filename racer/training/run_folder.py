"""The folder of a run: everything that is needed to understand, repeat and use it.

| file | what |
|---|---|
| run.json | settings, seed, versions, git commit, command, how it ended |
| reward_function.py | a copy of the reward function |
| episodes.csv, updates.csv, evaluations.csv | one row an episode, an update, an evaluation |
| elements.csv | with random elements: what each episode drew, by its number |
| tensorboard/ | the same curves as TensorBoard events |
| last.zip, best.zip | checkpoints; each can act alone, from the last one the training goes on |
| best_before_stop.zip | the best one before an interrupted training was evaluated |
| previous.zip | the last checkpoint but one, should the last be damaged |
| run.lock | while the run is being trained: by which process |
| digests.json | once it has ended: digests of the data files |
| steps.arrows | every rewarded step of the training, for replays |
| evaluation.json, trace.npz | the evaluation at the end and its steps |
| report.png, lap.gif, … | figures and film |
| failure.json | if the reward function failed: the params of that call |
"""

import csv
import importlib.metadata
import io
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from racer.errors import RunError
from racer.storage.durable import AppendFile, check_position, write_atomically, write_digests
from racer.storage.lock import RunLock, check_unlocked

EPISODE_COLUMNS = (
    "episode", "update", "total_steps", "car", "track", "start", "steps", "return", "completion",
    "status", "lap_time", "off_track_x", "off_track_y",
)  # fmt: skip
UPDATE_COLUMNS = (
    "update", "total_steps", "episodes", "seconds", "steps_per_second", "mean_return",
    "mean_completion", "finish_rate", "median_lap_time", "entropy", "policy_loss", "value_loss",
    "approx_kl", "explained_variance", "grad_norm", "clip_fraction", "learning_rate",
)  # fmt: skip
EVALUATION_COLUMNS = (
    "update", "total_steps", "finish_rate", "completion", "median_lap_time", "best_lap_time",
    "is_best",
)  # fmt: skip

BEST_BEFORE_STOP = "best_before_stop.zip"
"""The best checkpoint until an interrupted training was evaluated; going on goes back to it."""

TABLES = {
    "episodes.csv": EPISODE_COLUMNS,
    "updates.csv": UPDATE_COLUMNS,
    "evaluations.csv": EVALUATION_COLUMNS,
}
"""The tables of a run and their columns."""

ELEMENTS = "elements.csv"
"""Name of the table of what the random elements of each episode were, if there are any."""

REWARD_COPY = "reward_function.py"
"""Name of the reward function's copy in the run folder."""

STEPS = "steps.arrows"
"""Name of the file in the run folder that keeps every rewarded step."""

SEALED = ["run.json", REWARD_COPY, *TABLES, ELEMENTS, "evaluation.json", "trace.npz", STEPS]
"""The data files of a run that has ended: damage to them is noticed."""

_PACKAGES = ("racer", "numpy", "torch", "stable-baselines3", "gymnasium", "numba")


class Table:
    """A CSV file that grows by a row at a time; a row is on disk when ``write`` returns."""

    def __init__(
        self, path: Path, columns: Sequence[str], position: dict[str, Any] | None = None
    ) -> None:
        """Create the file, or go on with one.

        Args:
            path: where.
            columns: its header; a file that is there keeps its own.
            position: where the file is cut back to and gone on with.
        """
        self._columns = columns
        self._file = AppendFile(path, position)
        if position is None:
            self._file.write(_csv([columns]))
        else:
            with path.open(encoding="utf-8", newline="") as file:
                self._columns = next(csv.reader(file))

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows; a missing value, None or nan is written as an empty field.

        Raises:
            RunError: if they cannot be written.
        """
        cells = [[_field(row.get(name)) for name in self._columns] for row in rows]
        try:
            self._file.write(_csv(cells))
        except OSError as error:
            what = error.strerror or error
            raise RunError(f"{self._file.path}: cannot be written: {what}") from error

    def position(self) -> dict[str, Any]:
        """Return where the file is now."""
        return self._file.position()

    def sync(self) -> None:
        """Wait until everything written is on the disk."""
        self._file.sync()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _field(value: Any) -> Any:
    if value is None or value != value:
        return ""
    return round(value, 6) if isinstance(value, float) else value


class RunFolder:
    """Writes one run. It holds the run's lock until it is closed."""

    def __init__(
        self,
        path: Path,
        lock: RunLock,
        facts: Mapping[str, Any],
        positions: Mapping[str, Any],
        elements: Sequence[str],
    ) -> None:
        """Open the tables of a folder: ``create`` makes one, ``reopen`` goes on with one.

        Args:
            path: the folder.
            lock: of the run.
            facts: what its ``run.json`` says.
            positions: where its tables are cut back to; those that are not named are created.
            elements: the random elements that are recorded.

        Raises:
            OSError: if a table cannot be written.
        """
        self.path, self._lock, self._facts = path, lock, dict(facts)
        columns = {**TABLES, **({ELEMENTS: ("episode", *elements)} if elements else {})}
        self._tables = {
            name: Table(path / name, names, positions.get(name)) for name, names in columns.items()
        }
        self.episodes, self.updates, self.evaluations = (self._tables[name] for name in TABLES)
        self.elements = self._tables.get(ELEMENTS)

    @classmethod
    def create(
        cls, path: Path, *, force: bool = False, elements: Sequence[str] = ()
    ) -> "RunFolder":
        """Create the folder.

        Args:
            path: where; its parents are created.
            force: replace a run that is there.
            elements: the random elements that are to be recorded, as ``Randomization.columns``.

        Raises:
            RunError: if something is there already, or the folder cannot be written.
        """
        try:
            if path.exists():
                cls._make_room(path, force)
            path.mkdir(parents=True)
            return cls(path, RunLock(path), {}, {}, elements)
        except OSError as error:
            raise RunError(f"{path}: the run cannot be written: {error.strerror}") from error

    @classmethod
    def reopen(
        cls,
        path: Path,
        lock: RunLock,
        facts: dict[str, Any],
        positions: dict[str, Any],
        elements: Sequence[str] = (),
    ) -> "RunFolder":
        """Go on with a run: its tables are cut back to what they once were.

        Args:
            path: the folder.
            lock: of the run.
            facts: what its ``run.json`` says.
            positions: from ``positions``, of that moment.
            elements: as they were recorded before.

        Raises:
            RunError: if a table is not what it was up to there; nothing is changed then.
        """
        for name, position in positions.items():
            check_position(path / name, position)
        try:
            return cls(path, lock, facts, positions, elements)
        except OSError as error:
            raise RunError(f"{path}: the run cannot be written: {error.strerror}") from error

    def positions(self) -> dict[str, Any]:
        """Return where each table is now: by name, how many bytes and their digest."""
        return {name: table.position() for name, table in self._tables.items()}

    def sync(self) -> None:
        """Wait until all rows are on the disk.

        Raises:
            RunError: if they cannot be written.
        """
        try:
            for table in self._tables.values():
                table.sync()
        except OSError as error:
            raise RunError(f"{self.path}: the run cannot be written: {error.strerror}") from error

    @staticmethod
    def _make_room(path: Path, force: bool) -> None:
        if not force:
            raise RunError(
                f"{path}: already there: choose another --name, or replace it with --force"
            )
        if path.is_dir() and not (path / "run.json").is_file() and any(path.iterdir()):
            raise RunError(f"{path}: --force replaces runs only, and this folder is not a run")
        if path.is_dir():
            check_unlocked(path)
            shutil.rmtree(path)
        else:
            path.unlink()

    def describe(self, **facts: Any) -> None:
        """Add facts to ``run.json``."""
        self._facts.update(facts)
        write_json(self.path / "run.json", self._facts)

    def forget(self, *names: str) -> None:
        """Drop facts; ``run.json`` says so at the next ``describe``."""
        for name in names:
            self._facts.pop(name, None)

    def put_best_aside(self) -> None:
        """Keep the best checkpoint under another name: the next one was found out of turn.

        A training that is interrupted is evaluated at once, which one that goes on never was.
        """
        (self.path / "best.zip").replace(self.path / BEST_BEFORE_STOP)

    def seal(self) -> None:
        """Write down digests of the data files: the run has ended, and they do not change."""
        write_digests(self.path, SEALED)

    def close(self) -> None:
        """Close the tables, and give the lock back."""
        for table in self._tables.values():
            table.close()
        self._lock.release()


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file so that a reader sees the old or the new one, never half of it.

    Raises:
        RunError: if it cannot be written.
    """
    try:
        write_atomically(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error


def free_name(folder: Path, stem: str) -> str:
    """Return ``stem-001``, or the next number that no run of this folder has."""
    number = 1
    while (folder / f"{stem}-{number:03d}").exists():
        number += 1
    return f"{stem}-{number:03d}"


def provenance() -> dict[str, Any]:
    """Return what is needed to repeat a run besides its settings."""
    return {
        "schema": 1,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["racer", *sys.argv[1:]]) if sys.argv else "",
        "python": platform.python_version(),
        "platform": platform.platform(),
        **own_process(),
        "versions": installed_versions(),
        "git_commit": _git_commit(),
    }


def own_process() -> dict[str, Any]:
    """Return which process this is, so that others can find out whether it is still there."""
    return {"host": platform.node(), "pid": os.getpid()}


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages on which the result of a training depends."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # racer itself, run from its sources
            continue
    return versions


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
