"""Reads the run folder of a training, also while the training is still writing it.

A table becomes a dict of numpy columns of equal length, one row an episode, an update or an
evaluation. A last line without its line end is still being written and is left out.
"""

import csv
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from racer.errors import RunError
from racer.foreign import parse_json, read_text
from racer.naming import as_list
from racer.run_files import (
    BEST_LAPS,
    DIGESTS,
    EPISODES,
    EVALUATION,
    EVALUATIONS,
    PROVENANCE,
    PROVENANCE_FACTS,
    RUN_JSON,
    TIMING,
    TRACE,
    UPDATES,
)
from racer.runs import provenance
from racer.storage.durable import check_digest, has_file
from racer.storage.sealed_json import unsealed

if TYPE_CHECKING:
    from racer.evaluation.traces import Trace

Columns = dict[str, NDArray[Any]]

UNDER_WAY = "running"
"""Status of a run that has not said how it ended: it is trained, or its process was killed."""

SCHEMA = 1  # the version of the run folder's format that this module reads

EPISODE_COLUMNS: Mapping[str, type] = {
    "episode": int,  # number of the episode in this training
    "update": int,  # the update whose experience it belongs to
    "total_steps": int,  # training steps done when it ended
    "car": int,
    "track": str,  # name of the track that it was driven on
    "start": float,  # where it started, as a fraction of the lap
    "steps": int,
    "return": float,  # the sum of its rewards
    "completion": float,  # percent of the lap, 0 to 100
    "status": str,  # lap_complete, off_track, immobilized, reversed or time_up
    "lap_time": float,  # (s), nan without a finished lap
    "off_track_x": float,  # nose where it left the track (m), nan if it did not
    "off_track_y": float,
}
UPDATE_COLUMNS: Mapping[str, type] = {
    "update": int,
    "total_steps": int,
    "episodes": int,
    "mean_return": float,
    "mean_completion": float,  # percent
    "finish_rate": float,  # fraction
    "median_lap_time": float,  # (s), nan without a finished lap
}
TIMING_COLUMNS: Mapping[str, type] = {
    "update": int,
    "seconds": float,  # of training so far, evaluations excluded
    "steps_per_second": float,
}
EVALUATION_COLUMNS: Mapping[str, type] = {
    "update": int,
    "total_steps": int,
    "finish_rate": float,  # fraction
    "completion": float,  # percent
    "median_lap_time": float,  # (s), nan without a finished lap
    "best_lap_time": float,  # (s), nan without a finished lap
    "is_best": bool,
}
DIAGNOSTICS = {  # optional columns of updates.csv and what they say
    "entropy": "how undecided the policy is",
    "approx_kl": "how far an update moved the policy",
    "explained_variance": "how well values predict returns",
    "value_loss": "error of the value network",
    "policy_loss": "objective of the policy",
    "grad_norm": "size of the gradient",
    "clip_fraction": "share of clipped samples",
    "learning_rate": "step size",
}


@dataclass(frozen=True)
class RunRecord:
    """A run folder. Each table is read at first use and then kept; call ``read_run`` to refresh."""

    folder: Path
    """The run's folder."""
    info: Mapping[str, Any]
    """What run.json and the provenance hold: settings, seed, versions, track, command, host, …"""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.resolve().name

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of the tracks it trained on, at least one; the name is empty if it is unknown."""
        return tuple(map(str, as_list(self.info.get("track", "")))) or ("",)

    @cached_property
    def episodes(self) -> Columns:
        """The columns of episodes.csv, ``EPISODE_COLUMNS``, each of shape (n_episodes,)."""
        older = {"track": self.tracks[0]}
        return read_table(self.folder / EPISODES, EPISODE_COLUMNS, older)

    def episodes_on(self, track: str) -> Columns:
        """Return the rows of the episodes on one track; all of them if there is no other one."""
        if len(self.tracks) == 1:
            return self.episodes
        rows = self.episodes["track"] == track
        return {name: column[rows] for name, column in self.episodes.items()}

    @cached_property
    def updates(self) -> Columns:
        """``UPDATE_COLUMNS`` and some of ``DIAGNOSTICS``, from updates.csv, each (n_updates,).

        With them ``seconds`` and ``steps_per_second`` of the provenance, nan where it has none.
        """
        return self._timed(read_table(self.folder / UPDATES, UPDATE_COLUMNS))

    def _timed(self, updates: Columns) -> Columns:
        """Return updates with their seconds; those of older versions have them already."""
        path = self.folder / PROVENANCE / TIMING
        timing = read_table(path, TIMING_COLUMNS) if has_file(path) else _empty(TIMING_COLUMNS)
        rows = {update: row for row, update in enumerate(timing["update"].tolist())}
        timing = {name: np.append(column, np.nan) for name, column in timing.items()}
        row_of = [rows.get(update, -1) for update in updates["update"].tolist()]
        added = {name: timing[name][row_of] for name in ("seconds", "steps_per_second")}
        return {**added, **updates}

    @cached_property
    def evaluations(self) -> Columns:
        """The columns of evaluations.csv, each (n_evaluations,); no row before the first one."""
        path = self.folder / EVALUATIONS
        return (
            read_table(path, EVALUATION_COLUMNS) if has_file(path) else _empty(EVALUATION_COLUMNS)
        )

    @cached_property
    def trained_evaluations(self) -> Columns:
        """The same without the policy before its first update, which has learned nothing."""
        rows = self.evaluations["total_steps"] > 0
        return {name: column[rows] for name, column in self.evaluations.items()}

    @cached_property
    def evaluation(self) -> Mapping[str, Any] | None:
        """What evaluation.json says of the final evaluation; None while there is none."""
        path = self.folder / EVALUATION
        return _read_json(path) if has_file(path) else None

    @cached_property
    def trace(self) -> "Trace | None":
        """The steps of the final evaluation; None while there are none."""
        path = self.folder / TRACE
        if not has_file(path):
            return None
        # here and not above: it brings the whole simulator, and tables are read without it
        from racer.evaluation.traces import Trace

        trials = (self.evaluation or {}).get("trials", [])  # older traces have no lap times
        times = {one.get("trial", -1): one.get("lap_time") for one in trials}
        return Trace.load(path).with_lap_times(times)

    @property
    def is_imported(self) -> bool:
        """Whether it was not trained here, but made of logs."""
        return "imported" in self.info

    @property
    def n_cars(self) -> int:
        """How many cars were trained at the same time; of logs, how many workers wrote them."""
        if self.is_imported:
            return max(int(self.info["imported"]["workers"]), 1)
        return int(self.info["config"]["n_envs"])

    @cached_property
    def best_laps(self) -> "Trace | None":
        """The steps of the fastest laps of a run made of logs; None of others."""
        path = self.folder / BEST_LAPS
        if not has_file(path):
            return None
        from racer.evaluation.traces import Trace

        return Trace.load(path)


def read_run(folder: str | Path) -> RunRecord:
    """Open a run folder; its tables are read when they are first asked for.

    Args:
        folder: the folder that ``racer train`` wrote or is writing.

    Raises:
        RunError: if the folder or its run.json is missing, broken, or of a newer format.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run folder")
    facts = read_facts(folder)
    if paths := facts.get("paths"):
        facts["config"] = provenance.renamed(facts["config"], paths)
    return RunRecord(folder, facts)


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what the ``run.json`` of a run and its provenance hold, as they are written.

    Raises:
        RunError: if one of them is missing, broken, or of a newer format.
    """
    path = folder / RUN_JSON
    info = unsealed(path, _parse_json(path) if _is_under_way(path) else _read_json(path))
    schema = info.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise RunError(f"{path}: schema: this version of racer reads {SCHEMA}, got {schema!r}")
    own = provenance.read_provenance(folder)
    # versions without a provenance have its facts in run.json
    if not own and "started" not in info and (folder / DIGESTS).is_file():
        raise RunError(f"{folder / PROVENANCE / PROVENANCE_FACTS}: missing: the run has ended")
    return {**info, **own}


def _is_under_way(path: Path) -> bool:
    """Return whether a ``run.json`` says so: its digest, if there is one, is of its last word."""
    with suppress(RunError):
        return _parse_json(path).get("status") == UNDER_WAY
    return False


def read_table(
    path: Path, columns: Mapping[str, type], older: Mapping[str, str] | None = None
) -> Columns:
    """Read a CSV file into columns; ``columns`` are required, others are kept if they are numbers.

    An empty cell is nan in a column of floats. A file that holds no complete header yet gives
    empty columns.

    Args:
        path: the file.
        columns: the name and kind (int, float, bool or str) of each required column.
        older: columns of text that files of older versions lack, and what their rows get then.

    Returns:
        One array a column, all of the same length.

    Raises:
        RunError: if the file is missing, a column is missing, or a cell is not of its kind.
    """
    rows = _read_rows(path)
    if not rows:
        return _empty(columns)
    (_, header), *rows = rows
    older = older or {}
    if missing := [name for name in columns if name not in header and name not in older]:
        raise RunError(f"{path}: line 1: expected a column '{missing[0]}', got {', '.join(header)}")
    for line, row in rows:
        if len(row) != len(header):
            raise RunError(f"{path}: line {line}: expected {len(header)} values, got {len(row)}")
    lines = [line for line, _ in rows]
    table: Columns = {}
    for index, name in enumerate(header):
        cells = [row[index] for _, row in rows]
        table[name] = _column(path, name, columns.get(name, float), cells, lines)
    for name in older.keys() - table.keys():
        table[name] = np.full(len(rows), older[name])
    return table


def _read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the complete, non-blank rows of a CSV file with their line numbers."""
    check_digest(path)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    complete = text[: text.rfind("\n") + 1]  # what follows is still being written
    reader = csv.reader(complete.splitlines())
    try:
        return [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise RunError(f"{path}: line {reader.line_num}: {error}") from error


_BOOLEANS = {"1": True, "0": False, "true": True, "false": False}
_EXPECTED = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def _column(path: Path, name: str, kind: type, cells: list[str], lines: list[int]) -> NDArray[Any]:
    """Convert the cells of one column to an array, or say which one cannot be converted."""
    values = []
    for line, cell in zip(lines, cells, strict=True):
        try:
            values.append(_value(cell, kind))
        except (ValueError, KeyError) as error:
            expected = _EXPECTED[kind]
            raise RunError(
                f"{path}: line {line}: {name}: expected {expected}, got '{cell}'"
            ) from error
    return np.array(values, dtype=np.int64 if kind is int else kind)


def _value(cell: str, kind: type) -> int | float | bool | str:
    """Convert one cell. Raises ValueError or KeyError if it is not of its kind."""
    if kind is float:
        return float(cell) if cell else math.nan
    if kind is int:
        return int(cell)
    if kind is bool:
        return _BOOLEANS[cell.lower()]
    return cell


def _empty(columns: Mapping[str, type]) -> Columns:
    """Return a table without rows."""
    return {name: _column(Path(), name, kind, [], []) for name, kind in columns.items()}


def _read_json(path: Path) -> Mapping[str, Any]:
    """Read a JSON object of a run, and check it against its digest."""
    check_digest(path)
    return _parse_json(path)


def _parse_json(path: Path) -> Mapping[str, Any]:
    try:
        content = parse_json(read_text(path))
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise RunError(f"{path}: line {error.lineno}: not JSON: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise RunError(f"{path}: not text in UTF-8") from error
    if not isinstance(content, dict):
        raise RunError(f"{path}: expected a JSON object, got {type(content).__name__}")
    return content
