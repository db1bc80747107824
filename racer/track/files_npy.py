"""DeepRacer's own routes: NumPy files of six columns, in metres.

Centre x, y | inner border x, y | outer border x, y. What is odd in the real files is kept: about
half of them repeat one row, the border points of old ones do not lie opposite the centre point of
their row, some run clockwise and one is open.
"""

from pathlib import Path

import numpy as np

from racer.errors import TrackError
from racer.foreign import check_ordinary
from racer.kernels.layout import Floats
from racer.track.track import Track

_SAME = 1e-9  # centre points closer than this are repeated ones (m), as in simapp 6.0.5


def load_npy(path: Path, *, drop_duplicates: bool = False) -> Track:
    """Return the track of a DeepRacer route.

    Args:
        path: the file.
        drop_duplicates: leave out rows that repeat the centre point before them, as the simulator
            does since version 6.0.5. Older ones kept them, and public tables of waypoints count
            them.

    Raises:
        TrackError: if the file is no route.
    """
    rows = _read(path)
    closed = bool(np.array_equal(rows[0, :2], rows[-1, :2]))
    if not closed:
        _refuse_small_gap(path.name, rows)
    if drop_duplicates:
        rows = _without_duplicates(rows, closed)
    return Track(
        name=path.stem,
        title=path.stem.replace("_", " "),
        description="A DeepRacer route.",
        center=rows[:, 0:2],
        inner=rows[:, 2:4],
        outer=rows[:, 4:6],
        source=path,
    )


def _read(path: Path) -> Floats:
    """Return the rows of the file, (n, 6)."""
    try:
        check_ordinary(path)
        # mapped, so that a header cannot claim more than the file holds
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise TrackError(f"{path.name}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # a broken header may raise anything
        raise TrackError(f"{path.name}: cannot be read as a NumPy file: {error}") from error
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != 6:
        shape = getattr(rows, "shape", type(rows).__name__)
        raise TrackError(
            f"{path.name}: expected n rows of 6 columns (centre, inner, outer x and y), got {shape}"
        )
    if rows.dtype.kind not in "fiu":
        raise TrackError(f"{path.name}: expected numbers, got dtype {rows.dtype}")
    if len(rows) < 2:
        raise TrackError(f"{path.name}: expected at least 2 rows, got {len(rows)}")
    rows = rows.astype(np.float64)
    bad = np.argwhere(~np.isfinite(rows))
    if bad.size:
        row, column = bad[0]
        raise TrackError(f"{path.name}: row {row}, column {column} is not finite: {rows[row]}")
    return rows


def _refuse_small_gap(name: str, rows: Floats) -> None:
    """Refuse a loop whose last row only nearly repeats the first: it would be taken as open."""
    center = rows[:, :2]
    gap = float(np.hypot(*(center[-1] - center[0])))
    spacing = float(np.hypot(*np.diff(center, axis=0).T).max())
    if len(rows) > 3 and gap < 1.5 * spacing:
        raise TrackError(
            f"{name}: the last row is only {gap:.3g} m from the first: a loop must repeat the "
            "first row exactly at its end"
        )


def _without_duplicates(rows: Floats, closed: bool) -> Floats:
    """Leave out rows whose centre repeats the one before; the closing row is kept."""
    keep = np.ones(len(rows), np.bool_)
    keep[1:] = np.hypot(*np.diff(rows[:, :2], axis=0).T) >= _SAME
    if closed and not keep[-1]:  # drop the row before the closing one instead
        keep[-1] = True
        keep[-2] = False
    return rows[keep]
