"""Reads the rows of DeepRacer's logs block by block, so that memory does not grow with the file.

A row is a line ``SIM_TRACE_LOG:`` in any text, or a line of a sim-trace CSV; in both a step is the
state that was judged and the action chosen in it. Logs of 2019 have 15 fields and radians, later
ones 17 to 19 and degrees. Lines that are no rows are counted and left out.
"""

import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray
from pyarrow import csv

from racer.env import STATUS_NAMES
from racer.errors import RunError
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers

FIELDS = (
    "episode", "steps", "X", "Y", "yaw", "steer", "throttle", "action", "reward", "done",
    "all_wheels_on_track", "progress", "closest_waypoint", "track_len", "tstamp",
    "episode_status", "pause_duration", "obstacle_crash_counter", "wall_clock",
)  # fmt: skip
"""The fields of a line in the simulator's order; older ones end earlier."""

MARK = b"SIM_TRACE_LOG:"
UNKNOWN = -1
"""Status of a row that does not tell one: of logs of 2019, or a word that is not known here."""
BLOCK = 8 << 20
"""Bytes that are read at once."""
LONGEST_LINE = 1 << 20
"""Bytes; what is longer is no line of a log."""

_HEAD = 100_000  # bytes in which the first row is looked for
_NAMED = 5  # broken lines that are quoted
_OLDEST = 15  # fields of a log of 2019
_PAIR = ("steer_chosen", "throttle_chosen")  # what continuous actions become
_OTHER_NAMES = {  # deepracer-utils writes these
    "x": "X", "y": "Y", "steering_angle": "steer", "speed": "throttle",
    "on_track": "all_wheels_on_track",
}  # fmt: skip
_TYPES = {
    "episode": pa.int64(), "closest_waypoint": pa.int64(), "done": pa.bool_(),
    "all_wheels_on_track": pa.bool_(), "action": pa.binary(), "episode_status": pa.binary(),
}  # fmt: skip
_WANTED = {*FIELDS[:16], *_PAIR}
_LARGEST = 1e9  # of a number in a row, but for the reward and the time
_STATUS_CODES = {name.encode(): code for code, name in STATUS_NAMES.items()}

_LINE = re.compile(rb'SIM_TRACE_LOG:([^\r\n"\\]*)')
_BRACKETS = re.compile(rb"\[\s*([^\s,\]]+)[\s,]+([^\s,\]]+)\s*\]")
_FLOAT, _INT = rb"-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", rb"-?\d{1,18}"
_BOOL, _WORD = rb"(?:True|False|true|false|1|0)", rb"[^,]{1,40}"


class TraceRows(NamedTuple):
    """Rows of a log, in SI units and radians: arrays of one length."""

    episode: Integers  # as the log counts them
    steps: Floats
    x: Floats  # nose (m)
    y: Floats  # nose (m)
    heading: Floats  # (rad)
    steering: Floats  # command (rad)
    speed: Floats  # command (m/s)
    action: Integers  # index; -1 where actions are continuous
    reward: Floats
    done: NDArray[np.bool_]
    wheels_on: NDArray[np.bool_]
    progress: Floats  # (percent)
    waypoint: Integers  # the nearer of the two closest waypoints
    track_length: Floats  # (m)
    time: Floats  # of the simulation, in 2019 of the wall (s)
    status: Integers  # see racer.kernels.layout; UNKNOWN where there is none

    def only(self, chosen: Any) -> "TraceRows":
        """Return some rows: a slice, a mask or indices."""
        return TraceRows(*(column[chosen] for column in self))

    def __len__(self) -> int:
        return len(self.episode)


@dataclass
class Tally:
    """What was read of some files, and what could not be."""

    n_rows: int = 0
    n_broken: int = 0
    broken: list[str] = field(default_factory=list)
    """The first broken lines: where, and what stands there."""
    in_radians: bool = False
    is_continuous: bool = False

    def add_broken(self, where: str, line: bytes | str, number: int | None = None) -> None:
        """Count a line, and quote it if it is among the first."""
        self.n_broken += 1
        if len(self.broken) < _NAMED:
            text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
            at = where if number is None else f"{where}: row {number:,}"
            self.broken.append(f"{at}: {text[:60]!r}")


def read_rows(stream: IO[bytes], name: str, tally: Tally) -> Iterator[TraceRows]:
    """Yield the rows of a file in blocks; an episode may go on in the next block.

    Args:
        stream: the file; a sim-trace CSV is known by its first line, all else is a text.
        name: of the file, for messages.
        tally: what was read is added to it.

    Raises:
        RunError: if a CSV lacks a column.
    """
    reader: _Reader | None = None
    for block in _whole_lines(stream, name, tally):
        if reader is None:
            block, reader = _begin(block, name, tally)
        rows = reader.rows(block)
        if rows is not None and len(rows):
            tally.n_rows += len(rows)
            yield rows


def _whole_lines(stream: IO[bytes], name: str, tally: Tally) -> Iterator[bytes]:
    """Yield blocks of whole lines; a line without an end is dropped."""
    rest = b""
    while chunk := stream.read(BLOCK):
        chunk = rest + chunk
        end = chunk.rfind(b"\n") + 1
        block, rest = chunk[:end], chunk[end:]
        if len(rest) > LONGEST_LINE:
            tally.add_broken(name, f"a line of more than {LONGEST_LINE:,} bytes")
            rest = b""
        if block:
            yield block
    if rest:
        yield rest + b"\n"


def _begin(block: bytes, name: str, tally: Tally) -> tuple[bytes, "_Reader"]:
    """Return the block after a header, and who reads the file."""
    block = block.removeprefix(b"\xef\xbb\xbf")
    head, _, rest = block.partition(b"\n")
    words = [word.strip().strip('"') for word in head.decode("latin-1").split(",")]
    names = [_OTHER_NAMES.get(word, word) for word in words]
    if MARK in head or len({*names} & {*FIELDS}) < 4:
        return block, _Reader(name, None, tally)
    if missing := [one for one in FIELDS[:_OLDEST] if one not in names]:
        raise RunError(f"{name}: line 1: expected a column '{missing[0]}', got {', '.join(words)}")
    return rest, _Reader(name, names, tally)


class _Reader:
    """Reads the blocks of one file."""

    def __init__(self, name: str, header: list[str] | None, tally: Tally) -> None:
        """Read a CSV with this header, or a text."""
        self._name, self._names, self._tally = name, header, tally
        self._is_csv = header is not None
        self._n_lines = 0

    def rows(self, block: bytes) -> TraceRows | None:
        """Return the rows of a block; None without any."""
        lines = block if self._is_csv else b"\n".join(_LINE.findall(block)) + b"\n"
        if len(lines) < 2 * _OLDEST:
            return None
        if not lines.isascii():  # no row has such a byte, and Arrow cannot quote them
            lines = lines.decode("ascii", "replace").encode("ascii", "replace")
        if b'"' in lines:
            lines = lines.replace(b'"', b"")
        if b"[" in lines:
            lines = _BRACKETS.sub(rb"\1,\2", lines)
            self._tally.is_continuous = True
        names = self._columns(lines)
        if names is None:
            self._refuse(lines)
            return None
        table = self._parsed(lines, names)
        self._n_lines += lines.count(b"\n")
        return None if table is None else self._finite(_rows_of(table, self._tally))

    def _columns(self, lines: bytes) -> list[str] | None:
        """Return the names of the columns of these lines; None if no line has them all."""
        for part in (lines[:_HEAD], lines):  # the whole block only where it begins with rubbish
            widths = Counter(line.count(b",") + 1 for line in part.splitlines())
            for width, _ in widths.most_common():
                if (found := self._named(width)) is not None:
                    return found
        return None

    def _named(self, width: int) -> list[str] | None:
        """Return the names of so many columns, or None."""
        if self._names is None:
            few = width - 1 if self._tally.is_continuous else width
            if not _OLDEST <= few <= len(FIELDS):
                return None
            self._names = list(FIELDS[:few])
        names = self._names
        if self._tally.is_continuous:
            at = names.index("action")
            names = [*names[:at], *_PAIR, *names[at + 1 :]]
        return names if len(names) == width else None

    def _refuse(self, lines: bytes) -> None:
        """Count lines that are no rows."""
        for line in filter(None, lines.splitlines()):
            self._n_lines += 1
            self._tally.add_broken(self._name, line, self._n_lines)

    def _parsed(self, lines: bytes, names: list[str]) -> pa.Table | None:
        """Return the columns of some lines; those that are no rows are counted and left out."""

        def skip(row: Any) -> str:
            number = None if row.number is None else self._n_lines + row.number
            self._tally.add_broken(self._name, row.text or "", number)
            return "skip"

        try:
            return _parse(lines, names, skip)
        except pa.ArrowInvalid:
            good = self._sifted(lines, names)
            return _parse(good, names, skip) if good else None

    def _sifted(self, lines: bytes, names: list[str]) -> bytes:
        """Return the lines in which every field is what it should be, and count the others."""
        whole = re.compile(b",".join(_pattern(name) for name in names) + rb"\r?")
        good = []
        for number, line in enumerate(lines.split(b"\n"), 1):
            if whole.fullmatch(line):
                good.append(line)
            elif line.strip():
                self._tally.add_broken(self._name, line, self._n_lines + number)
        return b"\n".join(good) + b"\n" if good else b""

    def _finite(self, rows: TraceRows) -> TraceRows:
        """Return the rows whose numbers can be, and count the others."""
        good = (rows.episode >= 0) & (rows.episode < 2**31) & (rows.waypoint >= -1)
        for column in (rows.x, rows.y, rows.heading, rows.steering, rows.speed, rows.progress,
                       rows.steps):  # fmt: skip
            good &= np.abs(column) < _LARGEST
        good &= np.isfinite(rows.reward) & np.isfinite(rows.time) & (rows.track_length > 0)
        for i in np.flatnonzero(~good):
            what = f"episode {rows.episode[i]}, step {rows.steps[i]:g}: a number is out of range"
            self._tally.add_broken(self._name, what)
        return rows if good.all() else rows.only(good)


def _pattern(name: str) -> bytes:
    """Return what a field must look like."""
    if name not in _WANTED:
        return rb"[^,]*"
    kind = _TYPES.get(name, pa.float64())
    return {pa.int64(): _INT, pa.bool_(): _BOOL, pa.binary(): _WORD}.get(kind, _FLOAT)


def _parse(lines: bytes, names: list[str], skip: Any) -> pa.Table:
    """Return the columns of some lines.

    Raises:
        pa.ArrowInvalid: if a field is not of its kind.
    """
    wanted = [name for name in names if name in _WANTED]
    return csv.read_csv(
        io.BytesIO(lines),
        csv.ReadOptions(use_threads=False, column_names=names, block_size=max(len(lines), 1024)),
        csv.ParseOptions(quote_char=False, invalid_row_handler=skip),
        csv.ConvertOptions(
            column_types={name: _TYPES.get(name, pa.float64()) for name in wanted},
            include_columns=wanted, check_utf8=False, null_values=[],
            true_values=["True", "true", "1"], false_values=["False", "false", "0"],
        ),
    )  # fmt: skip


def _rows_of(table: pa.Table, tally: Tally) -> TraceRows:
    """Return columns as they are called and measured here."""
    column = {name: table.column(name) for name in table.column_names}
    value = {
        name: one.to_numpy(zero_copy_only=False)
        for name, one in column.items()
        if one.type != pa.binary()
    }
    degrees, speed = value["steer"], value["throttle"]
    if _PAIR[0] in value:  # with more digits
        degrees, speed = value[_PAIR[0]], value[_PAIR[1]]
    status = _statuses(column, value)
    if "episode_status" not in column and len(degrees):
        tally.in_radians |= bool(np.abs(degrees).max() <= math.pi / 2)
    angle = np.asarray if tally.in_radians else np.radians
    return TraceRows(
        episode=value["episode"], steps=value["steps"], x=value["X"], y=value["Y"],
        heading=angle(value["yaw"]), steering=angle(degrees), speed=speed,
        action=_indices(column["action"]) if "action" in column else np.full(len(speed), -1),
        reward=value["reward"], done=value["done"], wheels_on=value["all_wheels_on_track"],
        progress=value["progress"], waypoint=value["closest_waypoint"],
        track_length=value["track_len"], time=value["tstamp"], status=status,
    )  # fmt: skip


def _statuses(column: dict[str, Any], value: dict[str, Any]) -> Integers:
    """Return the status of each row; of a log without them, only what its numbers say."""
    if "episode_status" in column:
        return _translated(column["episode_status"], lambda word: _STATUS_CODES.get(word, UNKNOWN))
    is_lap = value["done"] & (value["progress"] >= 100.0)
    status = np.where(value["done"], UNKNOWN, layout.IN_PROGRESS)
    return np.where(is_lap, layout.LAP_COMPLETE, status).astype(np.int64)


def _indices(column: pa.ChunkedArray) -> Integers:
    """Return the indices of actions; -1 for what is none."""

    def index(word: bytes) -> int:
        return int(word) if word.strip().isdigit() else -1

    return _translated(column, index)


def _translated(column: pa.ChunkedArray, meaning: Any) -> Integers:
    """Return numbers for words, each different word looked up once."""
    coded = column.combine_chunks().dictionary_encode()
    codes = np.array([meaning(word) for word in coded.dictionary.to_pylist()] or [0], np.int64)
    return codes[coded.indices.to_numpy(zero_copy_only=False)]
