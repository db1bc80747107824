"""Makes a run of logs: its tables, its steps for replays, its evaluation, its best laps."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from racer.deepracer.archive import is_archive, unpack
from racer.deepracer.console import Facts, read_facts_of
from racer.deepracer.episodes import BestLaps, Block, episode_table, whole_episodes
from racer.deepracer.laps import evaluation_of, trace_of
from racer.deepracer.recorded import LoggedRecording
from racer.deepracer.routes import Check, Route, episode_starts, find_route, fitting, measure
from racer.deepracer.rows import Tally, read_rows
from racer.deepracer.sources import LogFile, Sources, find_sources
from racer.deepracer.survey import Survey, actions_of, survey
from racer.deepracer.tables import RunTables
from racer.deepracer.versions import CARS
from racer.errors import ConfigError, RunError
from racer.foreign import read_text
from racer.kernels import layout
from racer.run_files import BEST_LAPS, EVALUATION, REWARD_COPY, STEPS, TRACE
from racer.runs.listing import IMPORTED
from racer.runs.provenance import provenance
from racer.runs.run_folder import RunFolder, write_json
from racer.vehicle import ContinuousActions, DiscreteActions
from racer.vehicle.metadata import read_metadata

EPISODES_AN_ITERATION = 20
"""Of all workers, where neither files nor lines nor hyperparameters tell."""


@dataclass(frozen=True)
class ImportOptions:
    """What a user says about logs."""

    routes: Path | None = None
    """A folder of ``.npy`` routes."""
    track: Path | None = None
    """The route itself."""
    is_evaluation: bool = False
    """All rows are of evaluations."""
    episodes_per_iteration: int | None = None
    force: bool = False


@dataclass
class _Import:
    """One import on its way."""

    sources: Sources
    facts: Facts
    options: ImportOptions
    notes: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    check: Check = field(default_factory=Check)
    best: BestLaps = field(default_factory=BestLaps)
    route: Route | None = None
    no_route: str = ""
    actions: DiscreteActions | ContinuousActions | None = None
    survey: Survey = field(default_factory=Survey)

    @cached_property
    def tables(self) -> RunTables:
        """Where the episodes go."""
        return RunTables(self.track_name)

    @property
    def track_name(self) -> str:
        """What the road is called."""
        if self.route is None:
            return self.facts.world
        return self.route.track.name

    @cached_property
    def workers(self) -> list[int]:
        """Return the workers' numbers."""
        return sorted({one.worker for one in self.sources.training})


def import_logs(
    places: Sequence[Path], folder: Path, options: ImportOptions | None = None
) -> dict[str, Any]:
    """Make a run of logs of the real DeepRacer's simulator.

    Args:
        places: files, folders and archives of one training, or of one evaluation.
        folder: of the run.
        options: what is known besides.

    Returns:
        what the run's ``run.json`` says; ``imported`` has what was read and what was missing.

    Raises:
        RacerError: if there is nothing to read, a file is broken, or the run cannot be written.
    """
    options = options or ImportOptions()
    with ExitStack() as stack:
        one = _prepared([_unpacked(place, stack) for place in places], options)
        run = RunFolder.create(folder, force=options.force)
        stack.callback(run.close)
        try:
            return _write(one, run, [str(place) for place in places])
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _unpacked(place: Path, stack: ExitStack) -> Path:
    """Return a place; of an archive the folder into which it was unpacked for the moment."""
    if place.is_dir() or not is_archive(place):
        return place
    if not place.exists():
        raise RunError(f"{place}: no such file or folder")
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="racer-import-")))
    unpack(place, folder)
    return folder


def _prepared(places: Sequence[Path], options: ImportOptions) -> _Import:
    """Return what must be known before anything is written."""
    sources = find_sources(places, is_evaluation=options.is_evaluation)
    one = _Import(sources, read_facts_of(sources.texts, sources.hyperparameters), options)
    files = sources.training or sources.evaluation
    one.survey = survey(files, has_metadata=bool(sources.metadata))
    assert one.survey.sample is not None
    if options.track is not None:
        one.route = fitting(options.track, one.survey.sample)
        if one.route is None:
            raise ConfigError(f"{options.track}: the rows were not driven on this track")
    else:
        one.route, one.no_route = find_route(
            one.facts.world, one.survey.sample, options.routes, one.notes
        )
    one.actions = actions_of(one.survey, sources.metadata, one.notes)
    return one


def _write(one: _Import, run: RunFolder, places: list[str]) -> dict[str, Any]:
    """Read all rows and write the run."""
    n_steps, why_none = _read_training(one, run)
    counts = one.tables.write(run, one.facts.updates, one.sources.metrics)
    summary = _write_evaluation(one, run)
    if one.best.kept:
        times = [key[0] if np.isfinite(key[0]) else np.nan for key, _ in one.best.kept]
        trace = trace_of([rows for _, rows in one.best.kept], times, one.route)
        trace.save(run.path / BEST_LAPS)
    if one.sources.rewards:
        (run.path / REWARD_COPY).write_text(read_text(one.sources.rewards[0]), "utf-8")
    facts = _facts(one, places)
    facts["imported"] |= {
        "steps": why_none or f"{n_steps:,} steps can be replayed",
        "rows": one.tally.n_rows, "broken": one.tally.n_broken,
        "broken_lines": one.tally.broken, "iterations": counts["iterations"],
        "laps": counts["laps"],
    }  # fmt: skip
    known = {**provenance(), **facts, "total_steps": counts["total_steps"],
             "episodes": counts["episodes"]}  # fmt: skip
    run.describe(**{name: known.pop(name) for name in ("schema", "imported", "config", "track")})
    if summary is not None:
        known["evaluation"] = summary
    run.end(status=IMPORTED, **known)
    return {**facts, **known, "folder": str(run.path)}


def _read_training(one: _Import, run: RunFolder) -> tuple[int, str]:
    """Read the rows of the training; return the steps recorded, or why there are none."""
    recording, why = _recording(one, run)
    done = dict.fromkeys(one.workers, 0)
    for file in one.sources.training:
        for block in _blocks(file, one.tally):
            _take(one, file, block, recording, done)
    if recording is None:
        return 0, why
    recording.close()
    if recording.n_left_out:
        one.notes.append(
            f"{recording.n_left_out:,} episodes cannot be replayed: the log begins in their "
            "middle, or their actions are not known"
        )
    if recording.n_steps == 0:
        (run.path / STEPS).unlink()
        return 0, "the log has no whole episode"
    return recording.n_steps, ""


def _recording(one: _Import, run: RunFolder) -> tuple[LoggedRecording | None, str]:
    """Return where steps are recorded, or why they are not."""
    if not one.sources.training:
        return None, "the log has evaluations only"
    if one.route is None or one.actions is None:
        return None, one.no_route or "its actions are none that a car here could be given"
    indices: list[int] = []
    if isinstance(one.actions, DiscreteActions):
        whole = len(one.actions) > len(one.survey.commands)
        indices = [*range(len(one.actions))] if whole else sorted(one.survey.commands)
    sample = one.survey.sample
    assert sample is not None
    starts_at_one = sample.steps[0] == 1.0 and not (sample.status == layout.PREPARE).any()
    return LoggedRecording(
        run.path / STEPS, one.route, one.actions, indices,
        n_workers=len(one.workers),
        first_steps=1 if starts_at_one else 2,
    ), ""  # fmt: skip


def _blocks(file: LogFile, tally: Tally) -> Iterator[Block]:
    """Yield the episodes of a file."""
    try:
        with file.path.open("rb") as stream:
            yield from whole_episodes(read_rows(stream, file.path.name, tally))
    except OSError as error:
        raise RunError(f"{file.path}: cannot be read: {error.strerror}") from error


def _take(
    one: _Import,
    file: LogFile,
    block: Block,
    recording: LoggedRecording | None,
    done: dict[int, int],
) -> None:
    """Add the episodes of a block to all that is written."""
    table, n = episode_table(block), len(block.begins)
    starts = np.full(n, np.nan)
    if one.route is not None:
        track, runs = one.route.track, block.runs
        measured = measure(track, block.rows)
        starts = episode_starts(track, measured, block.rows, block.begins, runs)
        each = np.repeat(starts, block.lengths)
        one.check.add(track, measured[runs], block.rows.only(runs), each[runs])
    car = one.workers.index(file.worker)
    if recording is not None:
        recording.add(block, car, done[file.worker], starts)
    updates = _updates(one, file, table.episode.tolist(), done[file.worker])
    done[file.worker] += n
    one.best.add(block, table)
    one.tables.add(table, car, np.array(updates, np.int64), starts)


def _updates(one: _Import, file: LogFile, episodes: list[int], before: int) -> list[int]:
    """Return the iteration that each episode belongs to."""
    if file.iteration is not None:
        return [file.iteration] * len(episodes)
    told = one.facts.iterations.get(file.path, {})
    if one.options.episodes_per_iteration is None and told:
        last = max(told.values())  # of an episode that the log ends in the middle of
        return [told.get(episode, last) for episode in episodes]
    size = one.options.episodes_per_iteration or one.facts.episodes_per_iteration
    if size is None:
        size = EPISODES_AN_ITERATION
        note = (
            f"iterations: the log does not tell them; taken as {size} episodes of all workers: "
            "--episodes-per-iteration"
        )
        if note not in one.notes:
            one.notes.append(note)
    each = max(1, size // len(one.workers))
    return [(before + k) // each for k in range(len(episodes))]


def _write_evaluation(one: _Import, run: RunFolder) -> dict[str, Any] | None:
    """Write the evaluation of the log, the newest if there are several; return its figures."""
    files = one.sources.evaluation
    if not files:
        return None
    newest = files[-1].path.parent
    others = {file.path.parent for file in files} - {newest}
    if others:
        one.notes.append(
            f"{len(others) + 1} evaluations: the newest by name is taken, {newest.parent.name}"
        )
    blocks = [b for file in files if file.path.parent == newest for b in _blocks(file, one.tally)]
    if not blocks:
        one.notes.append(f"{newest.parent.name}: the evaluation has no row")
        return None
    found = evaluation_of(blocks, one.track_name, one.route)
    content = _without_nan(found.to_dict())
    write_json(run.path / EVALUATION, content)
    found.trace.save(run.path / TRACE)
    summary: dict[str, Any] = content["summary"]
    return summary


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and value != value else value


def _facts(one: _Import, places: list[str]) -> dict[str, Any]:
    """Return what ``run.json`` says: what the logs tell, and what they do not."""
    facts, absent = one.facts, ["seed"]
    config: dict[str, Any] = {}
    version, algorithm = facts.version, facts.algorithm
    sensors = facts.sensors
    if one.sources.metadata:
        metadata = read_metadata(one.sources.metadata[0])
        version, algorithm, sensors = (
            metadata.version, metadata.training_algorithm, metadata.sensors
        )  # fmt: skip
    if one.route is not None:
        config |= {"track": str(one.route.path.resolve()), "reverse": one.route.reverse,
                   "drop_duplicates": one.route.drop_duplicates}  # fmt: skip
    else:
        absent.append("route, and with it where episodes started")
    if one.actions is not None:
        config["actions"] = one.actions.to_dict()
    if version in CARS:
        config["vehicle"] = CARS[version]
    else:
        absent.append("car (version of the model)")
    if not one.sources.rewards:
        absent.append("reward function")
    lines = [one.check.text()] if one.check.n_rows else []
    given = {"algorithm": algorithm, "observation": ", ".join(sensors),
             "vehicle": config.get("vehicle"), "actions": config.get("actions"),
             "reward": REWARD_COPY if one.sources.rewards else None,
             "hyperparameters": facts.settings()}  # fmt: skip
    return {
        "track": one.track_name, "config": config,
        **{name: value for name, value in given.items() if value},
        "imported": {
            "from": places, "world": facts.world, "version": version,
            "workers": len(one.workers), "route": one.no_route or (lines[:1] and lines[0]),
            "absent": absent,
        },
        "notes": one.notes,
    }  # fmt: skip
