"""Full-size race tracks: the .csv files of TUM's and F1TENTH's collections.

One row a point: x, y and the distances to the right and to the left border, in metres, with names
in a comment at the head; separated by commas or semicolons.
"""

from pathlib import Path

import numpy as np

from racer.errors import TrackError
from racer.foreign import read_text
from racer.kernels.layout import Floats
from racer.track.checks import check_outline
from racer.track.drawing import Line, borders
from racer.track.track import Track

_COLUMNS = ("x_m", "y_m", "w_tr_right_m", "w_tr_left_m")


def load_csv(path: Path) -> Track:
    """Return the track of a TUM or F1TENTH file, in the size it has there.

    Columns are found by their names if the head has them, else the first four are taken. A line
    that comes back to its start within one and a half times its largest step is a loop.

    Raises:
        TrackError: if the file is no track.
    """
    rows = _read(path)
    center = rows[:, :2]
    moves = np.concatenate(([True], np.any(np.diff(center, axis=0) != 0.0, axis=1)))
    rows = rows[moves]  # a repeated point has no direction
    if len(rows) < 3:
        raise TrackError(f"{path.name}: at least 3 different points are needed, got {len(rows)}")
    rows = _closed(rows)
    is_loop = bool(np.array_equal(rows[0, :2], rows[-1, :2]))
    center = rows[:, :2]
    s = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(center, axis=0).T))))
    line = Line(center, _headings(center, is_loop=is_loop), s)
    left, right = borders(line, rows[:, 3], rows[:, 2])
    x, y = center[:, 0], center[:, 1]
    is_ccw = not is_loop or float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) > 0.0
    inner, outer = (left, right) if is_ccw else (right, left)
    check_outline(path.name, center, inner, outer)
    return Track(
        name=path.stem,
        title=path.stem.replace("_", " "),
        description="A race track from a table of its centre line and widths.",
        center=center,
        inner=inner,
        outer=outer,
        source=path,
    )


def _closed(rows: Floats) -> Floats:
    """Return the rows with the first one repeated at the end, if they are a loop."""
    gap = float(np.hypot(*(rows[-1, :2] - rows[0, :2])))
    largest = float(np.hypot(*np.diff(rows[:, :2], axis=0).T).max())
    if gap == 0.0 or gap > 1.5 * largest:
        return rows
    return np.concatenate((rows, rows[:1]))


def _headings(center: Floats, *, is_loop: bool) -> Floats:
    """Return the direction of the circle through each point and its neighbours (rad), (n,)."""
    steps = np.diff(center, axis=0)
    ahead = np.concatenate((steps, steps[:1] if is_loop else steps[-1:]))
    behind = np.concatenate((steps[-1:] if is_loop else steps[:1], steps))
    # each step weighs as much as the other one is long: the tangent of the circle
    weights = np.hypot(*ahead.T)[:, None], np.hypot(*behind.T)[:, None]
    tangent = behind * (weights[0] / weights[1]) + ahead * (weights[1] / weights[0])
    return np.arctan2(tangent[:, 1], tangent[:, 0])


def _read(path: Path) -> Floats:
    """Return x, y, right and left distance of each row, (n, 4)."""
    try:
        lines = read_text(path).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrackError(f"{path.name}: cannot be read as text: {error}") from error
    names: list[str] = []
    rows: list[list[float]] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        fields = _fields(text.lstrip("# "))
        if not text:
            continue
        if text.startswith("#") or (not rows and not _is_number(fields[0])):
            names = fields if _COLUMNS[0] in fields else names
            continue
        rows.append(_numbers(path.name, number, fields, _order(path.name, names)))
    if not rows:
        raise TrackError(f"{path.name}: no rows of numbers found")
    return np.array(rows)


def _fields(line: str) -> list[str]:
    """Return what a line holds: between semicolons, where numbers may have commas, or commas."""
    if ";" in line:
        return [field.strip().replace(",", ".") for field in line.split(";")]
    return [field.strip() for field in line.split(",")]


def _order(where: str, names: list[str]) -> list[int]:
    """Return the places of the four columns."""
    if not names:
        return [0, 1, 2, 3]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise TrackError(
            f"{where}: column '{missing[0]}' is missing: expected {', '.join(_COLUMNS)}, "
            f"got {', '.join(names)}"
        )
    return [names.index(name) for name in _COLUMNS]


def _numbers(where: str, number: int, fields: list[str], order: list[int]) -> list[float]:
    """Return the four numbers of a row; distances must be positive."""
    if len(fields) <= max(order):
        raise TrackError(
            f"{where}: line {number}: expected {max(order) + 1} columns "
            f"({', '.join(_COLUMNS)}), got {len(fields)}"
        )
    values = []
    for name, place in zip(_COLUMNS, order, strict=True):
        if not _is_number(fields[place]):
            raise TrackError(
                f"{where}: line {number}: {name} must be a finite number, got '{fields[place]}'"
            )
        values.append(float(fields[place]))
        if name.startswith("w_") and values[-1] <= 0.0:
            raise TrackError(f"{where}: line {number}: {name} must be positive, got {values[-1]:g}")
    return values


def _is_number(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
