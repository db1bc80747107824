"""The folder of a run: everything that is needed to understand, repeat and use it.

What each file is called and holds: ``racer.run_files``.
"""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from racer.config.train_config import TrainConfig
from racer.errors import RunError
from racer.run_files import (
    BEST,
    BEST_BEFORE_STOP,
    BEST_LAPS,
    DIGESTS,
    ELEMENTS,
    EPISODES,
    EVALUATION,
    EVALUATIONS,
    LAST,
    PREVIOUS,
    PROVENANCE,
    PROVENANCE_FACTS,
    REWARD_COPY,
    RUN_JSON,
    STEPS,
    TIMING,
    TRACE,
    UPDATES,
)
from racer.runs.provenance import OWN_FACTS, TIMING_COLUMNS, inverse, read_provenance, renamed
from racer.storage.durable import (
    AppendFile,
    check_position,
    remove_leftovers,
    write_atomically,
    write_digests,
)
from racer.storage.lock import RunLock, check_unlocked
from racer.storage.sealed_json import write_sealed_json

EPISODE_COLUMNS = (
    "episode", "update", "total_steps", "car", "track", "start", "steps", "return", "completion",
    "status", "lap_time", "off_track_x", "off_track_y",
)  # fmt: skip
UPDATE_COLUMNS = (
    "update", "total_steps", "episodes", "mean_return", "mean_completion", "finish_rate",
    "median_lap_time", "entropy", "policy_loss", "value_loss", "approx_kl", "explained_variance",
    "grad_norm", "clip_fraction", "learning_rate",
)  # fmt: skip
EVALUATION_COLUMNS = (
    "update", "total_steps", "finish_rate", "completion", "median_lap_time", "best_lap_time",
    "is_best",
)  # fmt: skip

TABLES = {
    EPISODES: EPISODE_COLUMNS,
    UPDATES: UPDATE_COLUMNS,
    EVALUATIONS: EVALUATION_COLUMNS,
}
"""The tables of a run and their columns."""

SEALED = [
    REWARD_COPY, *TABLES, ELEMENTS, EVALUATION, TRACE, BEST_LAPS, STEPS, BEST, LAST, PREVIOUS,
    BEST_BEFORE_STOP,
]  # fmt: skip
"""The data files of a run that has ended, beside ``run.json``: damage and loss are noticed."""

RESULT_FACTS = ("stop_reason", "total_steps", "episodes", "has_learned", "error", "evaluation")
"""What ``run.json`` says of how a training has ended, but for its status."""

_MARKS = 3  # last.zip, previous.zip, and one that is being written when the power fails


class CsvTable:
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
    """Writes one run. It holds the run's lock until it is closed.

    Attributes:
        seconds: of training up to where the run is gone on with; 0 of a new one.
    """

    def __init__(
        self,
        path: Path,
        lock: RunLock,
        facts: Mapping[str, Any],
        positions: Mapping[str, Any],
        elements: Sequence[str],
        timing: dict[str, Any] | None = None,
    ) -> None:
        """Open the tables of a folder: ``create`` makes one, ``reopen`` goes on with one.

        Args:
            path: the folder.
            lock: of the run.
            facts: what its ``run.json`` says.
            positions: where its tables are cut back to; those that are not named are created.
            elements: the random elements that are recorded.
            timing: where the table of seconds is cut back to; None: it is created.

        Raises:
            OSError: if a table cannot be written.
        """
        self.path, self._lock = path, lock
        self._facts = {name: fact for name, fact in facts.items() if name not in OWN_FACTS}
        self._provenance = {name: fact for name, fact in facts.items() if name in OWN_FACTS}
        columns = {**TABLES, **({ELEMENTS: ("episode", *elements)} if elements else {})}
        self._tables = {
            name: CsvTable(path / name, names, positions.get(name))
            for name, names in columns.items()
        }
        self.episodes, self.updates, self.evaluations = (self._tables[name] for name in TABLES)
        self.elements = self._tables.get(ELEMENTS)
        (path / PROVENANCE).mkdir(exist_ok=True)
        self.timing = CsvTable(path / PROVENANCE / TIMING, TIMING_COLUMNS, timing)
        rows = _rows(path / PROVENANCE / TIMING)
        self.seconds = float(rows[-1]["seconds"] or 0.0) if rows else 0.0

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
            (path / PROVENANCE).mkdir(parents=True)
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
        n_updates: int,
        elements: Sequence[str] = (),
    ) -> "RunFolder":
        """Go on with a run: its tables are cut back to what they once were.

        Args:
            path: the folder.
            lock: of the run.
            facts: what its ``run.json`` and its provenance say.
            positions: from ``positions``, of that moment.
            n_updates: made until then.
            elements: as they were recorded before.

        Raises:
            RunError: if a table is not what it was up to there; nothing is changed then.
        """
        for name, position in positions.items():
            check_position(path / name, position)
        remove_leftovers(path, path / PROVENANCE)
        timed = timing_position(path, n_updates)
        try:
            run = cls(path, lock, facts, positions, elements, timed)
            if timed is None:
                run.take_over_seconds(n_updates)
            return run
        except OSError as error:
            raise RunError(f"{path}: the run cannot be written: {error.strerror}") from error

    @property
    def is_clone(self) -> bool:
        """Whether its weights were another run's to begin with."""
        return "parent" in self._facts

    def take_over_seconds(self, n_updates: int) -> None:
        """Write the seconds of a run of an older version, which has them in updates.csv."""
        rows = _rows(self.path / UPDATES)
        self.timing.write(rows)
        self.seconds = float(rows[-1]["seconds"] or 0.0) if rows else 0.0
        self.mark_timing(n_updates, self.timing.position())

    def positions(self) -> dict[str, Any]:
        """Return where each table is now: by name, how many bytes and their digest.

        The seconds are not among them: see ``mark_timing``.
        """
        return {name: table.position() for name, table in self._tables.items()}

    def sync(self) -> None:
        """Wait until all rows are on the disk.

        Raises:
            RunError: if they cannot be written.
        """
        try:
            for table in (*self._tables.values(), self.timing):
                table.sync()
        except OSError as error:
            raise RunError(f"{self.path}: the run cannot be written: {error.strerror}") from error

    @staticmethod
    def _make_room(path: Path, force: bool) -> None:
        if path.is_dir() and not any(path.iterdir()):  # a name that was reserved
            return
        if not force:
            raise RunError(
                f"{path}: already there: choose another --name, or replace it with --force"
            )
        if path.is_dir() and not (path / RUN_JSON).is_file() and any(path.iterdir()):
            raise RunError(f"{path}: --force replaces runs only, and this folder is not a run")
        if path.is_dir():
            check_unlocked(path)
            shutil.rmtree(path)
        else:
            path.unlink()

    def describe(self, **facts: Any) -> None:
        """Add facts to ``run.json``, and to the provenance what the clock or the place say."""
        own = {name: fact for name, fact in facts.items() if name in OWN_FACTS}
        if own:
            self._provenance.update(own)
            write_json(self.path / PROVENANCE / PROVENANCE_FACTS, self._provenance)
        if facts.keys() - own.keys():
            self._facts.update({name: fact for name, fact in facts.items() if name not in own})
            # until the run ends it carries its digest itself; after that DIGESTS lists it
            write_sealed_json(self.path / RUN_JSON, self._facts)

    def forget(self, *names: str) -> None:
        """Drop facts; the files say so at the next ``describe``."""
        for name in names:
            self._facts.pop(name, None)
            self._provenance.pop(name, None)

    def as_given(self, config: TrainConfig) -> TrainConfig:
        """Return settings that name files as the user did; the provenance says where they lie."""
        return TrainConfig.of(
            **renamed(config.model_dump(), inverse(self._provenance.get("paths", {})))
        )

    def mark_timing(self, n_updates: int, position: dict[str, Any]) -> None:
        """Note how long the table of seconds was at the moment of a checkpoint.

        Args:
            n_updates: made until then.
            position: of ``timing`` then.
        """
        marks = dict(self._provenance.get("timing", {}))
        marks.pop(str(n_updates), None)
        kept = [*marks.items(), (str(n_updates), position)][-_MARKS:]
        self.describe(timing=dict(kept))

    def put_best_aside(self) -> None:
        """Keep the best checkpoint under another name: the next one was found out of turn.

        A training that is interrupted is evaluated at once, which one that goes on never was.
        """
        (self.path / BEST).replace(self.path / BEST_BEFORE_STOP)

    def end(self, **facts: Any) -> None:
        """Add the last facts, and write down digests: the data files do not change any more.

        ``run.json`` is written last, so that a kill at any moment leaves a run that is either
        sealed or under way, and can be resumed.

        Raises:
            RunError: if something cannot be written.
        """
        self._provenance |= {name: fact for name, fact in facts.items() if name in OWN_FACTS}
        self._facts |= {name: fact for name, fact in facts.items() if name not in OWN_FACTS}
        last_word = _json_bytes(self._facts)
        try:
            write_json(self.path / PROVENANCE / PROVENANCE_FACTS, self._provenance)
            write_digests(self.path / PROVENANCE, [PROVENANCE_FACTS, TIMING])
            write_digests(self.path, SEALED, {RUN_JSON: last_word})
            write_atomically(self.path / RUN_JSON, last_word)
        except OSError as error:
            what = error.strerror or error
            raise RunError(f"{self.path}: the run cannot be written: {what}") from error

    def unseal(self) -> None:
        """Remove the digests: the run goes on, and its files change."""
        for folder in (self.path, self.path / PROVENANCE):
            (folder / DIGESTS).unlink(missing_ok=True)

    def close(self) -> None:
        """Close the tables, and give the lock back."""
        for table in (*self._tables.values(), self.timing):
            table.close()
        self._lock.release()


def timing_position(folder: Path, n_updates: int) -> dict[str, Any] | None:
    """Return where a run's table of seconds was at a checkpoint; None of an older version's.

    Args:
        folder: of the run.
        n_updates: made until the checkpoint.

    Raises:
        RunError: if the table is not what it was up to there.
    """
    facts, path = read_provenance(folder), folder / PROVENANCE / TIMING
    if "timing" not in facts:
        return None
    position: dict[str, Any] | None = facts["timing"].get(str(n_updates))
    if position is None:
        raise RunError(
            f"{path.with_name(PROVENANCE_FACTS)}: damaged: it does not tell how long {TIMING} was "
            f"after {n_updates} updates"
        )
    check_position(path, position)
    return position


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file so that a reader sees the old or the new one, never half of it.

    Raises:
        RunError: if it cannot be written.
    """
    try:
        write_atomically(path, _json_bytes(content))
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error


def _json_bytes(content: Any) -> bytes:
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()


def free_name(folder: Path, stem: str) -> str:
    """Return ``stem-001``, or the next number that nothing in this folder has or begins with."""
    taken = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    number = 1
    while any(name.startswith(f"{stem}-{number:03d}") for name in taken):
        number += 1
    return f"{stem}-{number:03d}"


def reserve_name(folder: Path, stem: str, ending: str = "") -> str:
    """Choose a free name, and make its folder: who chooses at the same moment gets another one.

    Args:
        folder: of the runs; made if need be.
        stem: what the name begins with.
        ending: what the name of the folder has besides: the seed of one of several trainings.

    Returns:
        the name, without the ending.

    Raises:
        OSError: if nothing can be made there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        name = free_name(folder, stem)
        with suppress(FileExistsError):
            (folder / f"{name}{ending}").mkdir()
            return name


def give_name_back(folder: Path) -> None:
    """Remove the folder of a reserved name, if nothing was written there."""
    with suppress(OSError):
        folder.rmdir()
