"""The tables of a run that is made of logs: episodes, updates, evaluations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer.deepracer.console import evaluations_of
from racer.deepracer.episodes import EpisodeTable
from racer.deepracer.laps import status_word
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers
from racer.runs.run_folder import RunFolder

_CHUNK = 5_000  # rows that are written at once


@dataclass
class RunTables:
    """Collects episodes as columns, a hundred bytes each, and writes them in order at the end."""

    track: str
    """What the road is called."""
    _parts: list[dict[str, NDArray[Any]]] = field(default_factory=list)

    def add(self, table: EpisodeTable, car: int, updates: Integers, starts: Floats) -> None:
        """Add the episodes of a block.

        Args:
            table: the episodes.
            car: their worker's number, from 0.
            updates: (n_episodes,) the iteration of each.
            starts: (n_episodes,) fractions of the lap, or nan.
        """
        self._parts.append({
            "update": updates, "car": np.full(len(updates), car), "start": starts,
            "steps": table.steps, "return": table.returns, "completion": table.completion,
            "status": table.status, "lap_time": table.lap_time, "x": table.x, "y": table.y,
        })  # fmt: skip

    def write(
        self, run: RunFolder, policy: Sequence[Mapping[str, float]], metrics: Sequence[Path]
    ) -> dict[str, int]:
        """Write all tables.

        Args:
            run: whose tables are empty.
            policy: what the trainer's log says of each update.
            metrics: files with the evaluations in the training.

        Returns:
            how many ``episodes``, ``total_steps``, ``iterations`` and ``laps`` there are.
        """
        if not self._parts:
            return dict.fromkeys(("episodes", "total_steps", "iterations", "laps"), 0)
        columns = {
            name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]
        }
        order = np.lexsort((columns["car"], columns["update"]))  # stable: as the logs have them
        columns = {name: column[order] for name, column in columns.items()}
        columns["total_steps"] = np.cumsum(columns["steps"])
        for first in range(0, len(order), _CHUNK):
            run.episodes.write(list(self._rows(columns, first)))
        numbers, firsts = np.unique(columns["update"], return_index=True)
        bounds = zip(firsts, [*firsts[1:], len(order)], strict=True)
        updates = [
            _update_row({name: column[a:b] for name, column in columns.items()})
            | dict(policy[k] if k < len(policy) else {})
            for k, (a, b) in enumerate(bounds)
        ]
        run.updates.write(updates)
        _write_evaluations(run, columns["update"], updates, metrics)
        return {
            "episodes": len(order),
            "total_steps": int(columns["total_steps"][-1]),
            "iterations": len(numbers),
            "laps": int(np.isfinite(columns["lap_time"]).sum()),
        }

    def _rows(self, columns: Mapping[str, NDArray[Any]], first: int) -> Iterator[dict[str, Any]]:
        """Yield some rows of ``episodes.csv``."""
        part = {name: column[first : first + _CHUNK].tolist() for name, column in columns.items()}
        for k, values in enumerate(zip(*part.values(), strict=True)):
            row = dict(zip(part, values, strict=True))
            is_off = row["status"] == layout.OFF_TRACK
            row["off_track_x"], row["off_track_y"] = (row["x"], row["y"]) if is_off else (None,) * 2
            yield row | {
                "episode": first + k, "track": self.track, "status": status_word(row["status"])
            }  # fmt: skip


def _update_row(own: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return the row of an update, of the columns of its episodes."""
    laps = own["lap_time"][np.isfinite(own["lap_time"])]
    return {
        "update": int(own["update"][0]),
        "total_steps": int(own["total_steps"][-1]),
        "episodes": len(own["update"]),
        "mean_return": float(own["return"].mean()),
        "mean_completion": float(own["completion"].mean()),
        "finish_rate": len(laps) / len(own["update"]),
        "median_lap_time": float(np.median(laps)) if len(laps) else None,
    }


def _write_evaluations(
    run: RunFolder,
    update_of: Integers,
    updates: Sequence[Mapping[str, Any]],
    metrics: Sequence[Path],
) -> None:
    """Write the evaluations in the training that its metrics tell of."""
    if not metrics:
        return
    steps_at = {row["update"]: row["total_steps"] for row in updates}
    found = evaluations_of(metrics, dict(enumerate(update_of.tolist())))
    best = max(found, key=lambda row: row["completion"], default=None)
    run.evaluations.write(
        [{**row, "total_steps": steps_at[row["update"]], "is_best": row is best} for row in found]
    )
