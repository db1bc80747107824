"""A trace: what every control step of some trials looked like, one row a step."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from racer.env import World
from racer.errors import RunError
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers

LARGEST = 1 << 28
"""Bytes that a trace may unpack to: a thousand hours of driving."""


@dataclass(frozen=True)
class Trace:
    """Rows of steps. Row k of a trial is the state that was judged and the action chosen in it."""

    trial: Integers  # (n_rows,)
    steps: Floats  # (n_rows,)
    x: Floats  # (n_rows,) nose (m)
    y: Floats  # (n_rows,) nose (m)
    heading: Floats  # (n_rows,) (rad)
    speed: Floats  # (n_rows,) measured (m/s)
    steering: Floats  # (n_rows,) measured (rad)
    steering_command: Floats  # (n_rows,) (rad)
    speed_command: Floats  # (n_rows,) (m/s)
    action: Integers  # (n_rows,) index, or -1 for continuous actions
    reward: Floats  # (n_rows,)
    progress: Floats  # (n_rows,) fraction of the lap since the start
    along: Floats  # (n_rows,) projection on the centre line from waypoint 0 (m)
    lateral: Floats  # (n_rows,) left of the centre line (m)
    status: Integers  # (n_rows,) see racer.kernels.layout
    time: Floats  # (n_rows,) since the prepare step (s)
    track: Integers  # (n_rows,) number of the track that the trial was driven on, from 0
    lap_time: Floats  # (n_rows,) where a lap is complete, how long it took (s); nan elsewhere

    def __len__(self) -> int:
        return len(self.trial)

    def one(self, trial: int) -> "Trace":
        """Return the rows of one trial."""
        return self._only(self.trial == trial)

    def on(self, track: int) -> "Trace":
        """Return the rows of the trials that were driven on a track of this number."""
        return self._only(self.track == track)

    def _only(self, rows: NDArray[np.bool_]) -> "Trace":
        return Trace(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def with_lap_times(self, lap_times: Mapping[int, float | None]) -> "Trace":
        """Return the trace with lap times that were written down elsewhere.

        Args:
            lap_times: by trial (s).
        """
        times = self.lap_time.copy()
        for trial, seconds in lap_times.items():
            rows = np.flatnonzero(self.trial == trial)
            if seconds is not None and len(rows):
                times[rows[-1]] = seconds
        return replace(self, lap_time=times)

    def save(self, path: Path) -> None:
        """Write the trace as a compressed ``.npz``."""
        np.savez_compressed(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Trace":
        """Read a trace that ``save`` wrote.

        Raises:
            RunError: if the file is missing or is no trace.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                size = sum(one.file_size for one in archive.infolist())
            if size > LARGEST:
                raise RunError(f"{path}: refused: it would unpack to {size:,} bytes")
            with np.load(path, allow_pickle=False) as file:
                columns = {f.name: file[f.name] for f in fields(cls) if f.name in file}
            n_rows = len(columns["trial"])  # traces of older versions lack two columns
            columns.setdefault("track", np.zeros(n_rows, np.int64))
            columns.setdefault("lap_time", np.full(n_rows, np.nan))
            return cls(**columns)
        except RunError:
            raise
        except FileNotFoundError as error:
            raise RunError(f"{path}: no such trace") from error
        except Exception as error:  # the bytes of a damaged zip may raise anything
            raise RunError(f"{path}: not a trace of racer: {error}") from error


_COLUMNS = {
    "steps": layout.M_STEPS,
    "x": layout.NOSE_X,
    "y": layout.NOSE_Y,
    "heading": layout.M_HEADING,
    "speed": layout.CAR_SPEED,
    "steering": layout.CAR_STEERING,
    "steering_command": layout.M_STEERING,
    "speed_command": layout.M_SPEED,
    "progress": layout.M_PROGRESS,
    "along": layout.ALONG,
    "lateral": layout.LATERAL,
    "time": layout.SIM_TIME,
    "lap_time": layout.LAP_TIME,
}


class Recorder:
    """Collects the steps of a world, one call a step, and makes a ``Trace`` of them."""

    def __init__(self) -> None:
        self._rows: list[Floats] = []
        self._trials: list[Integers] = []
        self._actions: list[Integers] = []
        self._rewards: list[Floats] = []
        self._tracks: list[Integers] = []

    def record(self, world: World, active: Integers, actions: Integers) -> None:
        """Keep the step that the world has just done.

        Args:
            world: the world, after ``step``.
            active: (k,) indices of the cars to keep; a car is a trial.
            actions: (n_cars,) action indices, or -1.
        """
        self._rows.append(world.measured[active])
        self._trials.append(active.astype(np.int64))
        self._actions.append(actions[active].astype(np.int64))
        self._rewards.append(world.rewards[active])
        self._tracks.append(world.track_index[active])

    def trace(self) -> Trace:
        """Return everything recorded, sorted by trial, then time."""
        if not self._rows:
            empty = np.zeros((0, layout.MEASURED_SIZE))
            self._rows, zero = [empty], np.zeros(0, np.int64)
            self._trials, self._actions, self._rewards = [zero], [zero], [np.zeros(0)]
            self._tracks = [zero]
        trial = np.concatenate(self._trials)
        order = np.argsort(trial, kind="stable")
        rows = np.concatenate(self._rows)[order]
        return Trace(
            trial=trial[order],
            action=np.concatenate(self._actions)[order],
            reward=np.concatenate(self._rewards)[order],
            track=np.concatenate(self._tracks)[order],
            status=rows[:, layout.STATUS].astype(np.int64),
            **{name: rows[:, column].copy() for name, column in _COLUMNS.items()},
        )
