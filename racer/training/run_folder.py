"""The folder of a run: everything that is needed to understand, repeat and use it.

| file | what |
|---|---|
| run.json | settings, seed, versions, git commit, command, how it ended |
| reward_function.py | a copy of the reward function |
| episodes.csv, updates.csv, evaluations.csv | one row an episode, an update, an evaluation |
| tensorboard/ | the same curves as TensorBoard events |
| last.zip, best.zip | checkpoints; each can act alone |
| steps.arrows | every rewarded step of the training, for replays |
| evaluation.json, trace.npz | the evaluation at the end and its steps |
| report.png, lap.gif, … | figures and film |
| failure.json | if the reward function failed: the params of that call |
"""

import csv
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from racer.errors import RunError

EPISODE_COLUMNS = (
    "episode", "update", "total_steps", "car", "start", "steps", "return", "completion",
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

REWARD_COPY = "reward_function.py"
"""Name of the reward function's copy in the run folder."""

STEPS = "steps.arrows"
"""Name of the file in the run folder that keeps every rewarded step."""

_PACKAGES = ("racer", "numpy", "torch", "stable-baselines3", "gymnasium", "numba")


class Table:
    """A CSV file that grows by a row at a time; a row is on disk when ``write`` returns."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._columns = columns
        self._file: IO[str] = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(columns)
        self._file.flush()

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows; a missing value, None or nan is written as an empty field."""
        for row in rows:
            self._writer.writerow([_field(row.get(name)) for name in self._columns])
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _field(value: Any) -> Any:
    if value is None or value != value:
        return ""
    return round(value, 6) if isinstance(value, float) else value


class RunFolder:
    """Writes one run."""

    def __init__(self, path: Path, *, force: bool = False) -> None:
        """Create the folder.

        Args:
            path: where; its parents are created.
            force: replace a run that is there.

        Raises:
            RunError: if something is there already, or the folder cannot be written.
        """
        self.path = path
        try:
            if path.exists():
                self._make_room(path, force)
            path.mkdir(parents=True)
            self.episodes = Table(path / "episodes.csv", EPISODE_COLUMNS)
            self.updates = Table(path / "updates.csv", UPDATE_COLUMNS)
            self.evaluations = Table(path / "evaluations.csv", EVALUATION_COLUMNS)
        except OSError as error:
            raise RunError(f"{path}: the run cannot be written: {error.strerror}") from error
        self._facts: dict[str, Any] = {}

    @staticmethod
    def _make_room(path: Path, force: bool) -> None:
        if not force:
            raise RunError(
                f"{path}: already there: choose another --name, or replace it with --force"
            )
        if path.is_dir() and not (path / "run.json").is_file() and any(path.iterdir()):
            raise RunError(f"{path}: --force replaces runs only, and this folder is not a run")
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    def describe(self, **facts: Any) -> None:
        """Add facts to ``run.json``."""
        self._facts.update(facts)
        write_json(self.path / "run.json", self._facts)

    def close(self) -> None:
        """Close the tables."""
        for table in (self.episodes, self.updates, self.evaluations):
            table.close()


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file so that a reader sees the old or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", "utf-8")
    temporary.replace(path)


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
        "host": platform.node(),
        "pid": os.getpid(),
        "versions": {name: importlib.metadata.version(name) for name in _installed()},
        "git_commit": _git_commit(),
    }


def _installed() -> list[str]:
    installed = []
    for name in _PACKAGES:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # racer itself, run from its sources
            continue
        installed.append(name)
    return installed


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
