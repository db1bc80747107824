"""What must be known of a log before its steps can be written down: its track and its actions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from racer.deepracer.rows import Tally, TraceRows, read_rows
from racer.deepracer.sources import LogFile
from racer.errors import RacerError, RunError
from racer.vehicle import ContinuousActions, DiscreteActions, actions_from_metadata

_SAME = 0.006  # degrees or m/s: a text has two digits


@dataclass
class Survey:
    """What the rows of all files have in common."""

    sample: TraceRows | None = None
    """The first rows."""
    commands: dict[int, tuple[float, float]] = field(default_factory=dict)
    """By action index: steering (deg) and speed (m/s)."""
    steering: tuple[float, float] = (np.inf, -np.inf)
    """The lowest and highest command (deg)."""
    speed: tuple[float, float] = (np.inf, -np.inf)
    """The lowest and highest command (m/s)."""

    @property
    def is_continuous(self) -> bool:
        """Whether no row has an index."""
        return not self.commands

    def add(self, rows: TraceRows) -> None:
        """Look at some rows."""
        if self.sample is None:
            self.sample = rows.only(slice(0, 20_000))
        degrees = np.degrees(rows.steering)
        index, first = np.unique(rows.action, return_index=True)
        for k, i in zip(index.tolist(), first.tolist(), strict=True):
            if k >= 0:
                self.commands.setdefault(k, (round(float(degrees[i]), 6), float(rows.speed[i])))
        self.steering = min(self.steering[0], degrees.min()), max(self.steering[1], degrees.max())
        self.speed = min(self.speed[0], rows.speed.min()), max(self.speed[1], rows.speed.max())


def survey(files: Sequence[LogFile], *, has_metadata: bool) -> Survey:
    """Return what the rows tell: of all files, or of their first rows where actions are known.

    Args:
        files: with the rows.
        has_metadata: whether a model_metadata.json tells the actions.

    Raises:
        RunError: if there is no row.
    """
    found = Survey()
    for one in files:
        for rows in _rows_of(one.path):
            found.add(rows)
            if has_metadata:
                break
        if has_metadata and found.sample is not None:
            break
    if found.sample is None:
        names = ", ".join(str(one.path.name) for one in files[:3])
        raise RunError(f"{names}: no rows there: expected lines SIM_TRACE_LOG:… or a sim-trace CSV")
    return found


def _rows_of(path: Path) -> Iterator[TraceRows]:
    """Yield the rows of a file."""
    with path.open("rb") as stream:
        yield from read_rows(stream, path.name, Tally())


def actions_of(
    found: Survey, metadata: Sequence[Path], notes: list[str]
) -> DiscreteActions | ContinuousActions | None:
    """Return the action space of a log; None if its commands are none that a car could be given.

    Args:
        found: what the rows tell.
        metadata: model_metadata.json files beside the log; the first one counts.
        notes: a line is added where the file and the rows differ, or something is missing.

    Raises:
        ActionError: if the file is broken.
    """
    if metadata:
        actions = actions_from_metadata(metadata[0])
        if (odd := _difference(actions, found)) is None:
            return actions
        notes.append(f"{metadata[0].name} is of another model: {odd}; the rows are believed")
    try:
        if found.is_continuous:
            notes.append(
                "action space: the ranges are those that the rows use, from "
                f"{found.steering[0]:.4g} to {found.steering[1]:.4g}° and {found.speed[0]:.4g} to "
                f"{found.speed[1]:.4g} m/s: there is no model_metadata.json"
            )
            return ContinuousActions.from_degrees(found.steering, found.speed)
        missing = sorted({*range(max(found.commands))} - found.commands.keys())
        if missing:
            notes.append(f"action space: the rows never use actions {missing}: left out")
        return DiscreteActions.from_list(found.commands[k] for k in sorted(found.commands))
    except RacerError as error:
        notes.append(f"action space: not one that a car here could be given: {error}")
        return None


def _difference(actions: DiscreteActions | ContinuousActions, found: Survey) -> str | None:
    """Return how an action space differs from the rows; None if it does not."""
    if isinstance(actions, ContinuousActions):
        return None if found.is_continuous else "its actions are continuous, those of the rows not"
    if found.is_continuous:
        return "its actions are a list, those of the rows are continuous"
    table = [(degrees, speed) for _, degrees, speed in actions.table()]
    for index, command in found.commands.items():
        if index >= len(table):
            return f"the rows have an action {index}, it has {len(table)}"
        if max(abs(a - b) for a, b in zip(table[index], command, strict=True)) > _SAME:
            return f"action {index} is {table[index]} there and {command} in the rows"
    return None
