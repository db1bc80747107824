"""Racing lines of others: tables (.csv), NumPy files, and Python files that hold a list."""

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from racer.errors import TrackError
from racer.foreign import check_ordinary, read_text
from racer.kernels.layout import Floats
from racer.optimal.line import RacingLine, timed
from racer.track.arrays import arc_lengths

_X, _Y, _SPEED = ("x_m", "x"), ("y_m", "y"), ("vx_mps", "speed", "v")
_FEWEST = 3  # different points
_NEAR = 1.5  # a line that comes back to its start within so many of its largest steps is a loop


LineLike = str | Path | RacingLine | Floats | Sequence[Sequence[float]]
"""A line, its file, or rows of x, y and maybe speed."""


def as_line(line: LineLike) -> RacingLine:
    """Return a line as it is, that of a file, or that of rows of x, y and maybe speed.

    Raises:
        TrackError: if it is none.
    """
    if isinstance(line, RacingLine):
        return line
    if isinstance(line, str | Path):
        return read_line(line)
    try:
        return _line("line", np.array(line, np.float64))
    except (ValueError, TypeError) as error:
        raise TrackError(f"line: expected rows of x, y and maybe speed: {error}") from error


def read_line(path: str | Path) -> RacingLine:
    """Return the line of a file: x, y and, if there is a third column, the speed.

    A ``.csv`` may name its columns in the line before the numbers (x_m, y_m, vx_mps as TUM's, or x,
    y, speed), between commas or semicolons. Of a Python file the first list of tuples or lists of
    numbers is taken; nothing of it is executed.

    Raises:
        TrackError: if the file cannot be read, or holds no line.
    """
    path = Path(path).expanduser()
    readers = {".csv": _csv, ".npy": _npy, ".py": _python, ".txt": _python}
    if path.suffix.lower() not in readers:
        raise TrackError(f"{path}: expected a line in .csv, .npy or .py, got '{path.suffix}'")
    try:
        check_ordinary(path)
        rows = readers[path.suffix.lower()](path)
    except OSError as error:
        raise TrackError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TrackError(f"{path}: cannot be read as text: {error}") from error
    return _line(path.name, rows)


def _line(name: str, rows: Floats) -> RacingLine:
    """Return the line of rows of x, y and maybe speed."""
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise TrackError(f"{name}: expected rows of x, y and maybe speed, got shape {rows.shape}")
    rows = rows[:, :3]
    if len(bad := np.argwhere(~np.isfinite(rows))):
        row, column = bad[0]
        what = ("x", "y", "speed")[column]
        raise TrackError(f"{name}: point {row}: {what} must be finite, got {rows[row, column]}")
    if rows.shape[1] > 2 and len(slow := np.flatnonzero(rows[:, 2] <= 0.0)):
        raise TrackError(
            f"{name}: point {slow[0]}: speed must be positive, got {rows[slow[0], 2]:g}"
        )
    moves = np.concatenate([[True], np.any(np.diff(rows[:, :2], axis=0) != 0.0, axis=1)])
    rows = rows[moves]
    if len(rows) < _FEWEST:
        raise TrackError(f"{name}: expected at least {_FEWEST} different points, got {len(rows)}")
    steps = np.hypot(*np.diff(rows[:, :2], axis=0).T)
    is_loop = bool(np.hypot(*(rows[-1, :2] - rows[0, :2])) <= _NEAR * steps.max())
    if np.array_equal(rows[0, :2], rows[-1, :2]):
        rows = rows[:-1]
    speed = rows[:, 2].copy() if rows.shape[1] > 2 else None
    points = rows[:, :2].copy()
    heading = _headings(points, is_loop)
    return timed(RacingLine(name, points, heading, speed, is_loop=is_loop))


def _headings(points: Floats, is_loop: bool) -> Floats:
    """Return the direction of a line at each point (n,): of the chord of its neighbours (rad)."""
    if is_loop:
        chord = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    else:
        chord = np.gradient(points, arc_lengths(points), axis=0)
    return np.arctan2(chord[:, 1], chord[:, 0])


def _csv(path: Path) -> Floats:
    """Return the columns of a table."""
    names: list[str] = []
    rows: list[list[str]] = []
    for text in read_text(path).splitlines():
        cut = ";" if ";" in text else ","
        fields = [field.strip() for field in text.strip().lstrip("# ").split(cut)]
        if text.strip().startswith("#") or (not rows and not _is_number(fields[0])):
            names = fields if len(fields) > 1 else names
        elif text.strip():
            rows.append(fields)
    order = _order(path.name, [name.lower() for name in names])
    try:
        return np.array([[float(row[k]) for k in order if k < len(row)] for row in rows], float)
    except ValueError as error:
        raise TrackError(f"{path.name}: expected numbers in rows of one length: {error}") from error


def _order(name: str, names: list[str]) -> list[int]:
    """Return the places of x, y and speed: by their names, without names the first three."""
    if not names:
        return [0, 1, 2]
    places = [next((names.index(one) for one in known if one in names), None)
              for known in (_X, _Y, _SPEED)]  # fmt: skip
    if None in places[:2]:
        raise TrackError(f"{name}: expected columns x_m and y_m, got {', '.join(names)}")
    return [place for place in places if place is not None]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _npy(path: Path) -> Floats:
    """Return the rows of a NumPy file."""
    try:
        rows: Any = np.load(path, mmap_mode="r", allow_pickle=False)
        return np.asarray(rows, np.float64)
    except OSError:
        raise
    except Exception as error:  # a broken header may raise anything
        raise TrackError(f"{path.name}: cannot be read as a NumPy file: {error}") from error


def _python(path: Path) -> Floats:
    """Return the first list of points in a Python text."""
    try:
        tree = ast.parse(read_text(path))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise TrackError(f"{path.name}: is no Python: {error}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1:
            try:
                rows = np.array(ast.literal_eval(node), np.float64)
            except (ValueError, TypeError):
                continue
            if rows.ndim == 2 and rows.shape[1] > 1:
                return rows
    raise TrackError(f"{path.name}: holds no list of points (x, y) or (x, y, speed)")
