"""Reads what ``racer.env.recording`` wrote, and measures every recorded step again.

The recorded poses are localised and judged by the kernels of the training itself, so the params of
each step are those that the reward function saw, to the last bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from racer.env import RuleSettings, World
from racer.env.recording import SCHEMA, SETTINGS_KEY, RecordingSettings, track_digest
from racer.errors import ActionError, RunError
from racer.evaluation.arrow_sizes import check_unpacked_size
from racer.foreign import parse_json
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers, VehicleParams
from racer.naming import as_list
from racer.storage.durable import check_digest
from racer.track import Track
from racer.vehicle import Actions, actions_from_dict


@dataclass(frozen=True)
class RecordedSteps:
    """Some recorded steps, in the order in which they were rewarded."""

    car: Integers  # (n,)
    episode: Integers  # (n,) of the car, from 0
    steps: Floats  # (n,) control steps since the reset; 2 at the first rewarded one
    poses: Floats  # (n, 3) x (m), y (m), heading (rad) of the base link, as judged
    action: NDArray[Any]  # (n,) indices, or (n, 2) float32 in [-1, 1]
    reward: Floats  # (n,) as it was paid
    track: Integers  # (n,) index of the track in the settings
    logged: "LoggedSteps | None" = None
    """What a log says of the steps, if they were not driven here."""

    def __len__(self) -> int:
        return len(self.car)

    def moments(self) -> Iterator[slice]:
        """Yield slices of rows in which each car occurs once: control steps, or parts of them."""
        ends = np.flatnonzero(np.diff(self.car) <= 0) + 1
        for first, last in zip([0, *ends], [*ends, len(self)], strict=True):
            yield slice(int(first), int(last))


@dataclass(frozen=True)
class LoggedSteps:
    """What another simulator's log says of its steps beside their poses."""

    start: Floats  # (n,) of the episode, a fraction of the lap
    status: Integers  # (n,) see racer.kernels.layout; -1 where the log has none
    time: Floats  # (n,) since the first row of the episode (s)


@dataclass(frozen=True)
class Recording:
    """A file of recorded steps."""

    path: Path
    settings: RecordingSettings
    batches: tuple[RecordedSteps, ...]
    """In the order of the training; each begins where the one before ended."""
    notes: tuple[str, ...] = ()
    """What a user should know: that the end of the file is damaged."""

    @property
    def n_steps(self) -> int:
        """How many steps there are."""
        return sum(len(batch) for batch in self.batches)

    @property
    def is_logged(self) -> bool:
        """Whether another simulator drove them."""
        return any(batch.logged is not None for batch in self.batches)

    @property
    def n_cars(self) -> int:
        """How many cars were trained with."""
        return len(self.settings.starts)

    @property
    def track_names(self) -> list[str]:
        """The tracks that were driven."""
        return as_list(self.settings.track)

    @cached_property
    def actions(self) -> Actions:
        """What the recorded actions mean."""
        return actions_from_dict(self.settings.actions)

    @cached_property
    def rules(self) -> RuleSettings:
        """When the episodes ended."""
        return RuleSettings.from_dict(self.settings.rules)


def read_recording(path: Path) -> Recording:
    """Read recorded steps; of a damaged file, or one that is being written, what is complete.

    Raises:
        RunError: if there is no such file, it is no recording or of another version, or there is
            no complete batch in it.
    """
    check_digest(path)
    check_unpacked_size(path)
    batches: list[RecordedSteps] = []
    notes: tuple[str, ...] = ()
    with _opened(path) as stream:
        settings = _settings(path, stream.schema)
        actions = actions_from_dict(settings.actions)
        try:
            for batch in stream:
                batches.append(_steps(batch, settings, actions))  # noqa: PERF401  the good stay
        except (pa.ArrowException, OSError, ValueError, ActionError) as error:
            n_steps = sum(len(batch) for batch in batches)
            what = " ".join(str(error).split())
            notes = (
                f"{path}: damaged or cut off after {n_steps:,} complete steps, which are used "
                f"({what})",
            )
    if not batches:
        raise RunError(f"{path}: holds no complete step" + (f": {notes[0]}" if notes else " yet"))
    return Recording(path, settings, tuple(batches), notes)


def _opened(path: Path) -> Any:
    """Return a reader of the batches of a file."""
    try:
        return pa.ipc.open_stream(pa.OSFile(str(path), "rb"))
    except FileNotFoundError as error:
        raise RunError(f"{path}: no such recording") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        what = " ".join(str(error).split())
        raise RunError(f"{path}: not a recording of racer: {what}") from error


def _settings(path: Path, schema: pa.Schema) -> RecordingSettings:
    """Return what a file says about itself."""
    try:
        values = parse_json((schema.metadata or {})[SETTINGS_KEY])
        found = values.get("schema")
    except (KeyError, ValueError, AttributeError) as error:
        raise RunError(f"{path}: not a recording of racer: its metadata are missing") from error
    if found != SCHEMA:
        raise RunError(
            f"{path}: format: this version of racer reads {SCHEMA}, got {found!r}; "
            "train again to replay"
        )
    known = {field.name for field in fields(RecordingSettings)}
    if set(values) != known:
        odd = sorted(known ^ set(values))[0]
        raise RunError(f"{path}: not a recording of racer: '{odd}' is missing or unknown")
    return RecordingSettings(**values)


def _steps(batch: pa.RecordBatch, settings: RecordingSettings, actions: Actions) -> RecordedSteps:
    """Return the rows of a batch.

    Raises:
        ValueError, ActionError: if a value cannot be; nothing in a file guards it against flipped
            bits, and an index out of range would be read outside the kernels' arrays.
    """
    column = {name: batch.column(name).to_numpy() for name in batch.schema.names}
    if "action" in column:
        action = column["action"].astype(np.int64)
    else:
        action = np.stack([column["steering_action"], column["speed_action"]], axis=1)
    steps = RecordedSteps(
        car=column["car"].astype(np.int64),
        episode=column["episode"].astype(np.int64),
        steps=column["steps"].astype(np.float64),
        poses=np.stack([column[name] for name in ("x", "y", "heading")], axis=1),
        action=action,
        reward=column["reward"],
        track=column.get("track", np.zeros(len(action))).astype(np.int64),
        logged=None if "start" not in column else LoggedSteps(
            column["start"], column["status"].astype(np.int64), column["time"]
        ),
    )  # fmt: skip
    n_tracks = len(as_list(settings.track))
    actions.commands(action)
    if len(steps) == 0 or (steps.car >= len(settings.starts)).any():
        raise ValueError(f"expected cars 0 to {len(settings.starts) - 1}")
    if (steps.track >= n_tracks).any():
        raise ValueError(f"expected tracks 0 to {n_tracks - 1}")
    if not np.isfinite(steps.poses).all() or (steps.steps < 2.0).any():
        raise ValueError("expected finite poses, and steps of 2 or more")
    return steps


def recorded_world(recording: Recording, tracks: Sequence[Track]) -> World:
    """Return the world of a recording, its cars at their first starts, without a reward function.

    Args:
        recording: what was recorded.
        tracks: those that it was driven on, in the same order and direction.

    Raises:
        RunError: if these are not the tracks of the recording.
    """
    settings = recording.settings
    digests = as_list(settings.track_digest)
    if len(tracks) != len(digests):
        raise RunError(f"{recording.path}: expected its {len(digests)} tracks, got {len(tracks)}")
    for track, digest in zip(tracks, digests, strict=True):
        if track_digest(track) != digest:
            raise RunError(
                f"{track.source or track.name}: has changed since the steps of {recording.path} "
                "were recorded: they can be replayed on the old track only"
            )
    return World(
        tracks,
        n_cars=recording.n_cars,
        track_index=np.zeros(recording.n_cars, np.int64),  # as recorded, from episode to episode
        vehicle=VehicleParams(*settings.vehicle),
        rules=recording.rules,
        starts=np.array(settings.starts),
        start_advance=settings.start_advance,
    )


def judge_again(recording: Recording, world: World) -> Iterator[tuple[RecordedSteps, slice]]:
    """Judge and pay every recorded step again, in order; the reward function is the world's.

    After each yield, ``world.measured``, ``world.rewards`` and ``world.running`` hold what they
    held after that step of the training, for the cars ``steps.car[rows]``. The status is exact
    where a car is not put back on the track after an off-track, as in every training.

    Args:
        recording: what was recorded.
        world: of ``recorded_world``, just made.

    Yields:
        the batch and the rows of it that have just been judged.

    Raises:
        RewardError: from the reward function.
    """
    steering, speed = np.zeros(world.n_cars), np.zeros(world.n_cars)
    for steps in recording.batches:
        commands = recording.actions.commands(steps.action)
        for rows in steps.moments():
            cars = steps.car[rows]
            steering[cars], speed[cars] = commands[0][rows], commands[1][rows]
            _set_out(world, cars, steps, rows)
            world.judge(steering, speed)
            yield steps, rows


def _set_out(world: World, cars: Integers, steps: RecordedSteps, rows: slice) -> None:
    """Put cars where they were before a recorded step was judged; the others are frozen."""
    state = world.state
    starting = steps.steps[rows] == 2.0
    if starting.any():
        begun = cars[starting]
        state[begun, layout.EPISODE] = steps.episode[rows][starting] - 1.0
        world.track_index[begun] = steps.track[rows][starting]
        world.start(begun)
        if steps.logged is not None:
            state[begun, layout.START] = steps.logged.start[rows][starting]
    state[:, layout.ACTIVE] = 0.0
    state[cars, layout.ACTIVE] = 1.0
    state[cars, layout.STEPS] = steps.steps[rows] - 1.0
    world.place(cars, steps.poses[rows])
