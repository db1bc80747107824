"""What differs between two runs: settings, or else the first place where their data part.

Data are tables, recorded steps, checkpoints and the evaluation. Figures are drawn from them, and
what clock, process and folder write (``racer.runs.provenance``) differs between any two.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer.api.run import Run
from racer.errors import RunError
from racer.run_files import (
    BEST,
    ELEMENTS,
    EPISODES,
    EVALUATION,
    EVALUATIONS,
    LAST,
    PREVIOUS,
    RUN_JSON,
    STEPS,
    TRACE,
    UPDATES,
)
from racer.runs.provenance import OWN_FACTS, TIMING_COLUMNS, inverse, path_names, renamed
from racer.storage.durable import check_digest

Columns = Mapping[str, NDArray[Any]]

_ABSENT = "nothing"
_OLDER_FACTS = ("config", "reward", "track_source")  # compared as settings; paths of older ones


@dataclass(frozen=True)
class Difference:
    """How two runs differ."""

    settings: tuple[str, ...]
    """A line for each setting, version or file that decides the result and is another one."""
    place: str
    """Where the data part first; empty if they do not, or the settings differ already."""

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not self.settings and not self.place


def difference(one: Run, other: Run) -> Difference:
    """Return how two runs differ.

    Raises:
        RunError: if a file of them is damaged.
    """
    settings = tuple(_settings(one, other))
    if settings:
        return Difference(settings, "")
    places = (_place(name, one.folder, other.folder) for name in _READERS)
    return Difference((), next(filter(None, places), ""))


def _settings(one: Run, other: Run) -> Iterator[str]:
    """Yield a line for each setting that differs."""
    before, after = _deciding(one), _deciding(other)
    same_reward = before["reward_digest"] == after["reward_digest"]
    same_algo = before["algo"] == after["algo"]
    for name in dict.fromkeys([*before, *after]):
        mine, theirs = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if mine == theirs or (name == "reward" and same_reward) or _same_files(name, one, other):
            continue
        if name.endswith("_digest"):
            kind = name.removesuffix("_digest")
            if before.get(kind) == after.get(kind):
                yield f"the file of the {kind} {before.get(kind, '')} is another one"
        elif isinstance(mine, dict) or isinstance(theirs, dict):
            yield f"{name} differ"
        elif same_algo or name not in {*_hyperparameters(one), *_hyperparameters(other)}:
            yield f"{name} {mine} against {theirs}"  # another algorithm has others anyway


def _same_files(name: str, one: Run, other: Run) -> bool:
    """Return whether a setting names the same files, maybe by other paths."""
    is_of_files = name in ("track", "teacher")
    return is_of_files and getattr(one.config, name) == getattr(other.config, name)


def _hyperparameters(run: Run) -> dict[str, Any]:
    return dict(run.info.get("hyperparameters", {}))


def _deciding(run: Run) -> dict[str, Any]:
    """Return all that decides the result of a run, by name."""
    config = renamed(run.config.model_dump(), inverse(path_names(run.folder)))
    del config["hyperparameters"]
    info = run.info
    return {
        **config,
        **_hyperparameters(run),
        "actions": info.get("actions"),
        **(info.get("parent") or {}),
        **_digests(run.folder),
        "reward_digest": info.get("reward_digest"),
        "python": info.get("python"),
        "platform": info.get("platform"),
        **info.get("versions", {}),
    }


def _digests(folder: Path) -> dict[str, Any]:
    """Return the digests of the files that a checkpoint of a run was trained with."""
    from racer.storage.container import unpack

    path = folder / BEST
    if not path.is_file():
        return {}
    facts = json.loads(unpack(path.read_bytes())["checkpoint.json"])["facts"]
    return {name: value for name, value in facts.items() if name.endswith("_digest")}


def _place(name: str, one: Path, other: Path) -> str:
    """Return where two files part; empty if they do not."""
    mine, theirs = one / name, other / name
    for here, there in ((mine, theirs), (theirs, mine)):
        if there.is_file() and not here.is_file():
            return f"{name} is missing in {here.parent}"
    if not mine.is_file() or mine.read_bytes() == theirs.read_bytes():
        return ""
    check_digest(mine)
    check_digest(theirs)
    try:
        return _READERS[name](mine, theirs)
    except (ValueError, KeyError, OSError, UnicodeDecodeError) as error:
        raise RunError(f"{mine} against {theirs}: cannot be read: {error}") from error


def _table_place(mine: Path, theirs: Path) -> str:
    """Return the first row of two CSV files that differs."""
    rows, their_rows = (_rows(path) for path in (mine, theirs))
    for row, their_row in zip(rows, their_rows, strict=False):
        if row == their_row:
            continue
        name = next(n for n in [*row, *their_row] if row.get(n) != their_row.get(n))
        key = next(iter(row))
        steps = f" (total_steps {int(row['total_steps']):,})" if "total_steps" in row else ""
        cells = f"{row.get(name, _ABSENT)} against {their_row.get(name, _ABSENT)}"
        return f"{mine.name} differs from {key} {row[key]} on{steps}: {name} {cells}"
    return _lengths(mine.name, len(rows), len(their_rows))


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file without the seconds, which older versions have there."""
    return [
        {name: cell for name, cell in row.items() if name not in TIMING_COLUMNS[1:]}
        for row in csv.DictReader(path.read_text("utf-8").splitlines())
    ]


def _lengths(name: str, n_rows: int, n_theirs: int) -> str:
    return "" if n_rows == n_theirs else f"{name} has {n_rows:,} rows against {n_theirs:,}"


def _columns_place(name: str, mine: Columns, theirs: Columns) -> str:
    """Return the first row of two sets of columns that differs."""
    if mine.keys() != theirs.keys():
        return f"{name}: column {min(mine.keys() ^ theirs.keys())} is only in one of them"
    n_rows, n_theirs = (min((len(c) for c in each.values()), default=0) for each in (mine, theirs))
    found: tuple[int, str] | None = None
    for column, values in mine.items():
        n = min(n_rows, n_theirs)
        differs = ~_equal(values[:n], theirs[column][:n]).reshape(n, -1).all(axis=1)
        if differs.any() and (found is None or differs.argmax() < found[0]):
            found = int(differs.argmax()), column
    if found is not None:
        row, column = found
        cells = f"{mine[column][row].tolist()} against {theirs[column][row].tolist()}"
        return f"{name} differs from row {row:,} on: {column} {cells}"
    return _lengths(name, n_rows, n_theirs)


def _equal(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where two arrays of one shape are equal; nan equals nan."""
    same: NDArray[np.bool_] = (one == other) | ((one != one) & (other != other))
    return same


def _steps_place(mine: Path, theirs: Path) -> str:
    """Return where two recordings part."""
    from dataclasses import asdict

    from racer.evaluation.recorded_steps import read_recording

    one, other = read_recording(mine), read_recording(theirs)
    facts, their_facts = (asdict(recording.settings) for recording in (one, other))
    del facts["reward"], their_facts["reward"]  # how it is called; its digest says what it is
    if place := _leaf_place(facts, their_facts):
        return f"{mine.name}: settings: {place}"
    columns = [
        {
            field.name: np.concatenate([getattr(batch, field.name) for batch in recording.batches])
            for field in fields(recording.batches[0])
            if field.name != "logged"  # of imports only, which no training can be compared with
        }
        for recording in (one, other)
    ]
    return _columns_place(mine.name, *columns)


def _trace_place(mine: Path, theirs: Path) -> str:
    """Return where the steps of two evaluations part."""
    with np.load(mine) as one, np.load(theirs) as other:
        return _columns_place(mine.name, dict(one), dict(other))


def _json_place(mine: Path, theirs: Path) -> str:
    """Return the first value of two JSON files that differs, but for the names of the runs."""
    place = _leaf_place(_nameless(mine), _nameless(theirs))
    return f"{mine.name}: {place}" if place else ""


def _nameless(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file without the name of its run, and what else may differ."""
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for name in (*OWN_FACTS, *_OLDER_FACTS):
        content.pop(name, None)
    for summary in (content.get("summary"), content.get("evaluation")):
        if summary and summary.get("driver") == path.parent.resolve().name:
            del summary["driver"]
    return content


def _leaf_place(mine: Any, theirs: Any, at: str = "") -> str:
    """Return the path to the first leaf of two trees of plain data that differs, and both values.

    ``rollout/num_timesteps 4096 against 8192``; empty if they are equal.
    """
    if isinstance(mine, dict) and isinstance(theirs, dict):
        keys = dict.fromkeys([*mine, *theirs])
        pairs = [(key, mine.get(key, _ABSENT), theirs.get(key, _ABSENT)) for key in keys]
    elif isinstance(mine, list) and isinstance(theirs, list):
        both = enumerate(zip_longest(mine, theirs, fillvalue=_ABSENT))
        pairs = [(i, one, other) for i, (one, other) in both]
    else:
        is_same = mine == theirs or (mine != mine and theirs != theirs)
        return "" if is_same else f"{at} {_short(mine)} against {_short(theirs)}"
    places = (_leaf_place(one, other, f"{at}/{key}".lstrip("/")) for key, one, other in pairs)
    return next(filter(None, places), "")


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _checkpoint_place(mine: Path, theirs: Path) -> str:
    """Return the first entry of two checkpoints that differs, and where in it."""
    from racer.storage.container import unpack

    one, other = unpack(mine.read_bytes()), unpack(theirs.read_bytes())
    for entry in dict.fromkeys([*one, *other]):
        if entry not in one or entry not in other:
            return f"{mine.name}: {entry} is only in one of them"
        reader = _tensor_place if entry.endswith(".safetensors") else _entry_place
        if place := reader(one[entry], other[entry]):
            return f"{mine.name}: {entry}: {place}"
    return ""


def _entry_place(mine: bytes, theirs: bytes) -> str:
    """Return the first value of two JSON entries of checkpoints that differs."""
    content, their_content = json.loads(mine), json.loads(theirs)
    for each in (content, their_content):
        each.pop("config", None)  # compared as settings
        each.pop("tables", None)  # compared themselves
        each.get("callback", {}).pop("seconds", None)  # of older versions
    return _leaf_place(content, their_content)


def _tensor_place(mine: bytes, theirs: bytes) -> str:
    """Return the first array of two entries that differs, and by how much."""
    from safetensors import numpy as safetensors

    one, other = safetensors.load(mine), safetensors.load(theirs)
    for name in dict.fromkeys([*one, *other]):
        if name not in one or name not in other:
            return f"{name} is only in one of them"
        a, b = one[name], other[name]
        if a.shape != b.shape:
            return f"{name} has the shape {a.shape} against {b.shape}"
        if not _equal(a, b).all():
            by = np.nanmax(np.abs(a.astype(np.float64) - b.astype(np.float64)))
            return f"{name} differs by up to {by:.3g}"
    return ""


_READERS: dict[str, Callable[[Path, Path], str]] = {
    EPISODES: _table_place,
    ELEMENTS: _table_place,
    UPDATES: _table_place,
    EVALUATIONS: _table_place,
    STEPS: _steps_place,
    BEST: _checkpoint_place,
    LAST: _checkpoint_place,
    PREVIOUS: _checkpoint_place,
    EVALUATION: _json_place,
    TRACE: _trace_place,
    RUN_JSON: _json_place,
}
"""The data of a run in the order in which they are compared, and what finds the place."""
