"""Records every rewarded step of a training: what a reward function saw can be recomputed from it.

A row holds the pose that was judged, the action chosen in it and the reward paid, with the numbers
of car, episode and step. What else a reward function reads is measured again from these by the same
kernels (racer/evaluation/recorded_steps.py), to the last bit.

The file is an Arrow IPC stream (arrow.apache.org/docs/format/Columnar.html): batches one after the
other, compressed with zstd, each complete when it is written. So a training that is killed leaves
all of its batches but the last. Any Arrow reader opens it:
``pyarrow.ipc.open_stream("steps.arrows").read_pandas()``.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from racer.env.world import Reward, World
from racer.errors import RunError
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers
from racer.kernels.vehicle import EQUATIONS
from racer.naming import one_or_list
from racer.storage.durable import AppendFile
from racer.track import Track
from racer.vehicle import Actions, DiscreteActions, actions_from_dict

SCHEMA = 1
"""Version of the file's format."""

SETTINGS_KEY = b"racer"
"""Under which the settings stand in the metadata of the file, as JSON."""

BATCH = 65_536
"""Steps kept in memory before they are written; ``flush`` writes what there is."""

LOGGED_COLUMNS = (
    ("start", pa.float64()),  # of the episode, a fraction of the lap
    ("status", pa.int8()),  # as the log has it, see racer.kernels.layout; -1 where it has none
    ("time", pa.float64()),  # since the first row of the episode (s)
)
"""Further columns of steps that were not driven here."""

_LEVEL = 1  # of zstd: higher levels take longer and gain little on numbers
_MICROMETRE = 1e6
_END = b"\xff\xff\xff\xff\0\0\0\0"  # the end of an Arrow stream
_BUFFERS = ("_cars", "_counters", "_poses", "_actions", "_rewards")
_OF_TRACKS = "_tracks"  # a further one where there are several tracks


@dataclass(frozen=True)
class RecordingSettings:
    """What a recording says about itself: all that replaying needs, but for the track's geometry.

    Written as JSON, which keeps floats to the last bit.
    """

    track: str | list[str]
    """Name of the track; of several, a list."""
    track_digest: str | list[str]
    """Digest of its geometry as it was driven, see ``track_digest``; of several, a list."""
    actions: dict[str, Any]
    """As ``Actions.to_dict`` writes them."""
    rules: dict[str, Any]
    """The fields of ``RuleSettings``."""
    vehicle: list[float]
    """The fields of ``VehicleParams``."""
    starts: list[float]
    """Where each car's first episode starts, as fractions of the lap; one a car."""
    max_steps: int
    """Time limit of an episode, in control steps; of several tracks the longest."""
    start_advance: float
    """What each further episode adds to the start."""
    seed: int
    """Of the training."""
    reward: str
    """The reward function, as messages call it."""
    reward_digest: str
    """Of its text and the modules beside it."""
    reward_path: str = "interpreted"
    """How the rewards were computed; older versions had ``compiled`` rewards too."""
    equations: int = 1
    """Version of the car's equations; older versions, which had the first, did not say it."""
    schema: int = SCHEMA
    """Version of the format."""

    @classmethod
    def of(cls, world: World, actions: Actions, **facts: Any) -> "RecordingSettings":
        """Return the settings of a world's cars; ``facts`` are other fields."""
        return cls(
            track=one_or_list([track.name for track in world.tracks]),
            track_digest=one_or_list([track_digest(track) for track in world.tracks]),
            actions=actions.to_dict(),
            rules=asdict(world.settings),
            vehicle=[float(value) for value in world.vehicle],
            starts=world.starts.tolist(),
            max_steps=max(world.settings.max_steps(track.length) for track in world.tracks),
            start_advance=world.start_advance,
            equations=EQUATIONS,
            **facts,
        )


def track_digest(track: Track) -> str:
    """Return a digest of a track's lines, to the micrometre, as it is driven.

    Not to the last bit: another machine may compute the points of a track file a little otherwise.
    """
    digest = hashlib.sha256(f"{track.is_loop} {track.is_reversed}".encode())
    for line in (track.center, track.inner, track.outer):
        digest.update(np.rint(line * _MICROMETRE).astype(np.int64).tobytes())
    return digest.hexdigest()[:16]


_NUMPY_TYPES = {  # Arrow's own table of them needs pandas before version 18
    pa.uint8(): np.uint8, pa.uint16(): np.uint16, pa.uint32(): np.uint32, pa.int16(): np.int16,
    pa.int8(): np.int8,
    pa.float32(): np.float32, pa.float64(): np.float64,
}  # fmt: skip


def recording_schema(settings: RecordingSettings, *, is_logged: bool = False) -> pa.Schema:
    """Return the columns of a recording; at most 48 bytes a row, and one more for several tracks.

    Steps from another simulator's log also say where their episode started, how the log judged
    them, and when they were.

    With continuous actions it is up to 4 bytes more if there are more than 65,536 cars, or an
    episode can have more than 65,534 steps (73 minutes).
    """
    columns = [
        ("car", _counter(len(settings.starts) - 1)),
        ("episode", pa.uint32()),  # of the car, from 0
        ("steps", _counter(settings.max_steps + 1)),  # 2 at the first of an episode
        *([("track", pa.uint8())] if isinstance(settings.track, list) else []),  # in the list
        ("x", pa.float64()),  # base link (m)
        ("y", pa.float64()),  # base link (m)
        ("heading", pa.float64()),  # (rad)
        *_action_columns(settings.actions),
        ("reward", pa.float64()),
        *(LOGGED_COLUMNS if is_logged else ()),
    ]
    metadata = {SETTINGS_KEY: json.dumps(asdict(settings)).encode()}
    return pa.schema([pa.field(*column, nullable=False) for column in columns], metadata)


def _counter(largest: int) -> pa.DataType:
    """Return a type for whole numbers up to the largest."""
    return pa.uint16() if largest < 2**16 else pa.uint32()


def _action_columns(actions: dict[str, Any]) -> list[tuple[str, pa.DataType]]:
    """Return the columns of an action: its index, or what the policy chose in [-1, 1]."""
    if isinstance(actions_from_dict(actions), DiscreteActions):
        return [("action", pa.int16())]
    return [("steering_action", pa.float32()), ("speed_action", pa.float32())]


class StepFile:
    """A recording that grows by whole batches."""

    def __init__(
        self,
        path: Path,
        settings: RecordingSettings,
        position: dict[str, Any] | None = None,
        *,
        is_logged: bool = False,
    ) -> None:
        """Create the file, or go on with one.

        Args:
            path: where; a file that is there is replaced.
            settings: what the file says about itself.
            position: where the file is cut back to and gone on with, from ``position``.
            is_logged: with ``LOGGED_COLUMNS``.

        Raises:
            RunError: if it cannot be written, or is not what it was up to the position.
        """
        self.path = path
        self.schema = recording_schema(settings, is_logged=is_logged)
        self._head = self.schema.serialize().to_pybytes()
        try:
            self._file = AppendFile(path, position)
            if position is None:
                self._file.write(self._head)
        except OSError as error:
            raise self._problem(error) from error

    def write(self, columns: Sequence[NDArray[Any]]) -> None:
        """Append a batch.

        Args:
            columns: those of the schema in its order, each (n,).

        Raises:
            RunError: if it cannot be written.
        """
        arrays = [
            pa.array(column.astype(_NUMPY_TYPES[field.type]), field.type)
            for column, field in zip(columns, self.schema, strict=True)
        ]
        try:
            self._file.write(self._message(pa.record_batch(arrays, schema=self.schema)))
        except OSError as error:
            raise self._problem(error) from error

    def _message(self, batch: pa.RecordBatch) -> bytes:
        """Return a batch as it stands in the stream, between the schema and the end."""
        codec = pa.Codec("zstd", compression_level=_LEVEL)
        options = pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.schema, options=options) as writer:
            writer.write_batch(batch)
        return sink.getvalue().to_pybytes()[len(self._head) : -len(_END)]

    def position(self) -> dict[str, Any]:
        """Return where the file is."""
        return self._file.position()

    def sync(self) -> None:
        """Wait until everything written is on the disk.

        Raises:
            RunError: if it cannot be.
        """
        try:
            self._file.sync()
        except OSError as error:
            raise self._problem(error) from error

    def close(self) -> None:
        """End the file.

        Raises:
            RunError: if the end cannot be written; the file is closed.
        """
        try:
            self._file.write(_END)
        except OSError as error:
            raise self._problem(error) from error
        finally:
            self._file.close()

    def _problem(self, error: OSError) -> RunError:
        text = error.strerror or error
        return RunError(f"{self.path}: the steps cannot be recorded: {text}; try --no-record")


class StepRecorder:
    """Writes the rewarded steps of a world's cars to a file.

    It stands around the reward function of the world: called for the same cars at the same moment,
    when they have been judged and have not moved yet. A step whose reward function fails is not
    recorded. A car that waits out a penalty is not rewarded, and so not recorded either.

    Attributes:
        actions: (n_cars,) indices or (n_cars, 2) float32; to be set before each step.
        n_steps: steps recorded so far.
    """

    def __init__(
        self, path: Path, settings: RecordingSettings, position: dict[str, Any] | None = None
    ) -> None:
        """Create the file, or go on with one.

        Args:
            path: where; a file that is there is replaced.
            settings: what the file says about itself.
            position: where the file is cut back to and gone on with, from ``state_dict``.

        Raises:
            RunError: if it cannot be written, or is not what it was up to the position.
        """
        self.path = path
        self.actions: NDArray[Any] = np.zeros(0)
        self.n_steps = 0
        self._file = StepFile(path, settings, position)
        schema = self._file.schema
        size = max(BATCH, len(settings.starts))
        self._counters = np.zeros((size, 2))  # episode, steps
        self._cars = np.zeros(size, np.int64)
        self._poses = np.zeros((size, 3))
        self._rewards = np.zeros(size)
        self._tracks = np.zeros(size, np.int64)
        has_several = "track" in schema.names
        self._buffers = (*_BUFFERS, _OF_TRACKS) if has_several else _BUFFERS
        self._actions: NDArray[Any] = (
            np.zeros(size, np.int16)
            if "action" in schema.names
            else np.zeros((size, 2), np.float32)
        )
        self._n = 0
        self._closed = False
        self._listening: Reward | None = None

    def listen(self, world: World) -> None:
        """Stand around the reward function that the world has now; nothing if it does already."""
        inner = world.reward
        if inner is not None and inner is self._listening:
            return

        def pay(measured: Floats, cars: Integers, rewards: Floats) -> None:
            if inner is not None:
                inner(measured, cars, rewards)
            self._keep(world, cars, rewards)

        world.reward = self._listening = pay

    def _keep(self, world: World, cars: Integers, rewards: Floats) -> None:
        """Copy a step of some cars into the buffers."""
        if self._n + len(cars) > len(self._cars):
            self._write()
        at = slice(self._n, self._n + len(cars))
        rows = world.state[cars]
        self._cars[at] = cars
        self._counters[at, 0] = rows[:, layout.EPISODE]
        self._counters[at, 1] = rows[:, layout.STEPS]
        self._poses[at] = rows[:, layout.X : layout.HEADING + 1]
        self._tracks[at] = world.track_index[cars]
        self._actions[at] = self.actions[cars]
        self._rewards[at] = rewards[cars]
        self._n += len(cars)
        self.n_steps += len(cars)

    def flush(self) -> None:
        """Write what is in the buffers, as one batch; a reader finds it from now on.

        Raises:
            RunError: if it cannot be written.
        """
        if self._n > 0:
            self._write()

    def _write(self) -> None:
        """Write the buffers and empty them."""
        n, self._n = self._n, 0
        actions = self._actions[:n]
        columns = [
            self._cars[:n], *self._counters[:n].T,
            *([self._tracks[:n]] if _OF_TRACKS in self._buffers else []), *self._poses[:n].T,
            *([actions] if actions.ndim == 1 else actions.T), self._rewards[:n],
        ]  # fmt: skip
        self._file.write(columns)

    def state_dict(self) -> dict[str, Any]:
        """Return where the file is, and a copy of the steps that are not in it yet."""
        n = self._n
        buffers = {name: getattr(self, name)[:n].copy() for name in self._buffers}
        return {"position": self._file.position(), "n_steps": self.n_steps, **buffers}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back the steps that were not in the file, which was reopened at its position."""
        self.n_steps = state["n_steps"]
        self._n = len(state["_cars"])
        for name in self._buffers:
            getattr(self, name)[: self._n] = state[name]

    def sync(self) -> None:
        """Wait until everything written is on the disk.

        Raises:
            RunError: if it cannot be.
        """
        self._file.sync()

    def close(self) -> None:
        """Write what is left, and end the file; nothing if it is closed already.

        Raises:
            RunError: if it cannot be written; the file is closed.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self.flush()
        finally:
            self._file.close()
