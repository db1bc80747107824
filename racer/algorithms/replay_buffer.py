"""A replay buffer in files of a run's folder, so that checkpoints need not hold what it holds.

The buffer is a ring of rows, one row for each step of all cars. Each time round has a file of its
own, ``replay-000.bin``, ``replay-001.bin``, …, to which rows are only ever appended. What is in the
ring is the file under way and, after its end, the rest of the file before it.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictReplayBuffer, ReplayBuffer

from racer.errors import RunError
from racer.run_files import REPLAY_BUFFER
from racer.storage.durable import AppendFile, check_position

_FIELDS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
"""The arrays of Stable-Baselines3's buffer, each (n_rows, n_envs, ...), in the order of a row."""


class _Scaled(ReplayBuffer):
    """Gives rewards in units of their size: the root of the mean square of all that are kept."""

    scale = 1.0

    def rescale(self) -> None:
        """Measure the size anew; where nothing was paid yet it is 1."""
        paid = self.rewards if self.full else self.rewards[: self.pos]
        self.scale = float(np.sqrt(np.mean(np.square(paid, dtype=np.float64)))) or 1.0

    def _normalize_reward(  # type: ignore[override]  # a static method there
        self, reward: NDArray[np.float32], env: Any = None
    ) -> NDArray[np.float32]:
        return reward / np.float32(self.scale)


class ScaledReplayBuffer(_Scaled):
    """For observations that are one array."""


class ScaledDictReplayBuffer(_Scaled, DictReplayBuffer):
    """For a dict of observations."""


class ReplayFiles:
    """Writes down every row that a buffer gets, and fills it again."""

    def __init__(self, buffer: ReplayBuffer, folder: Path, positions: dict[str, Any]) -> None:
        """Begin anew, or fill the buffer and go on.

        Args:
            buffer: still empty.
            folder: of the run.
            positions: from ``positions``; empty to begin.

        Raises:
            RunError: if a file is not what it was up to there, or cannot be read or written.
        """
        self._arrays = _arrays(buffer)
        self._n_rows = buffer.buffer_size
        self._folder = folder
        self._row = np.empty(
            (), [(name, one.dtype, one.shape[1:]) for name, one in self._arrays.items()]
        )
        self._before: dict[str, Any] = {}
        names = sorted(positions, key=_round_of)
        self._round = _round_of(names[-1]) if names else 0
        for name in names:
            check_position(folder / name, positions[name])
        self._n_written = self._load(names, positions)
        self._file = self._open(positions.get(self._name))
        buffer.pos = self._n_written % self._n_rows
        buffer.full = len(names) == 2 or self._n_written == self._n_rows

    @property
    def _name(self) -> str:
        return REPLAY_BUFFER.format(self._round)

    def _open(self, position: dict[str, Any] | None) -> AppendFile:
        path = self._folder / self._name
        try:
            for other in self._folder.glob("replay-*.bin"):
                if _round_of(other.name) > self._round:  # of after the moment that is gone back to
                    other.unlink()
            return AppendFile(path, position)
        except OSError as error:
            raise self._unwritten(error) from error

    def _load(self, names: list[str], positions: dict[str, Any]) -> int:
        """Fill the buffer from files, the older first; return the rows of the last one."""
        n_rows = 0
        for name in names:
            n_rows, rest = divmod(positions[name]["bytes"], self._row.nbytes)
            if rest or n_rows > self._n_rows:
                raise RunError(f"{self._folder / name}: was written with other cars or sensors")
            rows = np.fromfile(self._folder / name, self._row.dtype, n_rows)
            for field, array in self._arrays.items():
                array[:n_rows] = rows[field]
        if len(names) == 2:
            self._before = {names[0]: positions[names[0]]}
        return n_rows

    def add(self, row: int) -> None:
        """Write down a row of the buffer, the one that it got last.

        Raises:
            RunError: if it cannot be written.
        """
        if self._n_written == self._n_rows:
            self._before = {self._name: self._file.position()}
            self._file.close()
            self._round, self._n_written = self._round + 1, 0
            self._file = self._open(None)
        for field, array in self._arrays.items():
            self._row[field] = array[row]
        try:
            self._file.write(self._row.tobytes())
        except OSError as error:
            raise self._unwritten(error) from error
        self._n_written += 1

    def positions(self) -> dict[str, Any]:
        """Return where the files stand that hold what is in the buffer now."""
        return {**self._before, self._name: self._file.position()}

    def drop(self, needed: set[str]) -> None:
        """Remove the files that are neither needed by others nor by the buffer now."""
        for path in self._folder.glob("replay-*.bin"):
            if path.name not in needed and path.name not in {*self._before, self._name}:
                path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Wait until everything written is on the disk.

        Raises:
            RunError: if that fails.
        """
        try:
            self._file.sync()
        except OSError as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: OSError) -> RunError:
        path = self._folder / self._name
        return RunError(f"{path}: cannot be written: {error.strerror or error}")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _arrays(buffer: ReplayBuffer) -> dict[str, NDArray[Any]]:
    """Return the arrays of a buffer by name; of a dict of observations each part."""
    found: dict[str, NDArray[Any]] = {}
    for name in _FIELDS:
        value: Any = getattr(buffer, name)
        found |= (
            {f"{name}/{k}": v for k, v in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
    return found


def _round_of(name: str) -> int:
    return int(name.removeprefix("replay-").removesuffix(".bin"))
