"""Writes a run as a model folder of deepracer-for-cloud: what the community's tools read.

Its layout is that of DRfC's S3 prefix. deepracer-utils needs equally many episodes of each worker
in every iteration; where updates have other numbers, episodes are dealt out anew, in their order.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from racer.algorithms.hyperparameter_table import BY_NAME, TABLE
from racer.config.train_config import TrainConfig
from racer.deepracer.routes import measure_poses
from racer.deepracer.simtrace import (
    LoggedEpisode,
    LogRow,
    evaluation_metric,
    log_rows,
    text_line,
    training_metric,
    write_csv,
)
from racer.deepracer.versions import VERSIONS
from racer.errors import ConfigError, RunError
from racer.evaluation.recorded_steps import (
    RecordedSteps,
    Recording,
    judge_again,
    read_recording,
    recorded_world,
)
from racer.foreign import read_text
from racer.kernels import layout
from racer.run_files import EVALUATION, REWARD_COPY, STEPS
from racer.runs.record import RunRecord
from racer.storage.durable import has_file
from racer.track import Track, load_tracks
from racer.vehicle.metadata import NETWORKS, SENSORS

MOST_WORKERS = 10
"""deepracer-utils knows a worker by one character."""

_BETWEEN = 1.0  # seconds of the clock from an episode to the next
_LIDARS = {"beams": SENSORS[4], "sectors": SENSORS[5], "discretized": SENSORS[6]}
_LOSSES = {"mse": "mean squared error"}


@dataclass
class Exported:
    """What was written."""

    folder: Path
    workers: int
    iterations: int = 0
    episodes: int = 0
    trials: int = 0
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**vars(self), "folder": str(self.folder)}


def export_deepracer(
    run: RunRecord, folder: Path, *, workers: int = 1, with_text: bool = False
) -> Exported:
    """Write a run as a model folder of DeepRacer.

    Args:
        run: with recorded steps.
        folder: where to; it must not be there, or be empty.
        workers: among which episodes are dealt out, 1 to 10.
        with_text: also ``logs/worker-N.log`` with SIM_TRACE_LOG lines.

    Raises:
        RacerError: if the run has no recorded steps, or the folder cannot be written.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise ConfigError(f"--workers: expected 1 to {MOST_WORKERS}, got {workers}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder}: already there: choose an empty folder")
    if not has_file(run.folder / STEPS):
        raise RunError(
            f"{run.folder}: has no recorded steps ({STEPS}), of which a sim-trace could be written"
        )
    recording = read_recording(run.folder / STEPS)
    config = TrainConfig.of_run(run.info["config"])
    tracks = load_tracks(
        config.track, reverse=config.reverse, scale=config.track_scale,
        drop_duplicates=config.drop_duplicates,
    )  # fmt: skip
    made = Exported(folder, workers, notes=list(recording.notes))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        size = _write_training(run, recording, tracks, made, with_text=with_text)
        _write_evaluation(run, config, tracks, made)
        _write_model(run, config, size, made)
        _write_tracks(tracks, folder)
        if (run.folder / REWARD_COPY).is_file():
            (folder / REWARD_COPY).write_text(read_text(run.folder / REWARD_COPY), "utf-8")
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror or error}") from error
    return made


def _write_training(
    run: RunRecord, recording: Recording, tracks: Sequence[Track], made: Exported, *,
    with_text: bool,
) -> int:  # fmt: skip
    """Write the sim-traces and metrics; return how many episodes an iteration has."""
    episodes = _ended(run, recording, tracks)
    size = _iteration_size(run, len(episodes), made)
    made.iterations = len(episodes) // size
    if left := len(episodes) - made.iterations * size:
        made.notes.append(f"the last {left:,} episodes fill no iteration of {size}: left out")
    made.episodes = made.iterations * size
    each = size // made.workers
    for worker in range(made.workers):
        began, metrics, lines = 10.0, [], [f"using world {tracks[0].name}"]
        for iteration in range(made.iterations):
            rows: list[LogRow] = []
            for trial in range(each):
                number = iteration * each + trial
                one = episodes[iteration * size + trial * made.workers + worker]
                rows += log_rows(one, number, began)
                metrics.append(training_metric(one, number, trial, began))
                began += one.seconds + _BETWEEN
            folder = made.folder / str(worker) if made.workers > 1 else made.folder
            write_csv(folder / "training-simtrace" / f"{iteration}-iteration.csv", rows)
            lines += _text(rows, metrics[-each:], iteration, worker) if with_text else []
        name = f"TrainingMetrics{f'_{worker}' if worker else ''}.json"
        content = {"metrics": metrics, "version": 2.0, "best_model_metric": "progress"}
        _write_json(made.folder / "metrics" / name, content)
        if with_text:
            path = made.folder / "logs" / f"worker-{worker}.log"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n", "utf-8")
    return size


def _text(
    rows: Sequence[LogRow], metrics: Sequence[dict[str, Any]], iteration: int, worker: int
) -> Iterator[str]:
    """Yield the lines that the simulator prints in an iteration."""
    yield from map(text_line, rows)
    for one in metrics:
        yield (
            f"Training> Name=main_level/agent, Worker={worker}, Episode={one['episode']}, "
            f"Total reward={one['reward_score']}, Steps=0, Training iteration={iteration}"
        )


def _iteration_size(run: RunRecord, n_episodes: int, made: Exported) -> int:
    """Return how many episodes an iteration gets: as many as an update if all have as many."""
    _, counts = np.unique(run.episodes["update"], return_counts=True)
    whole = counts[:-1] if len(counts) > 1 else counts
    size = int(np.median(whole)) if len(whole) else 1
    even = max(made.workers, size - size % made.workers)
    if n_episodes < even:
        raise RunError(
            f"{run.folder}: expected at least {even} episodes for {made.workers} workers, "
            f"got {n_episodes}"
        )
    if even != size or (whole != size).any():
        made.notes.append(
            f"updates have {whole.min()} to {whole.max()} episodes: dealt out anew, {even} an "
            "iteration, so that each worker has equally many"
        )
    return even


def _ended(run: RunRecord, recording: Recording, tracks: Sequence[Track]) -> list[LoggedEpisode]:
    """Return the episodes of a recording that ended, in the order of ``episodes.csv``."""
    world = recorded_world(recording, tracks)
    parts: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
    for steps, rows in judge_again(recording, world):
        _keep(parts, steps, rows, world.measured)
    seen: dict[int, int] = {}
    found = []
    table = run.episodes
    for car, status in zip(table["car"].tolist(), table["status"].tolist(), strict=True):
        number = seen.get(car, 0)
        seen[car] = number + 1
        if (own := parts.pop((car, number), None)) is not None:
            found.append(_episode(own, tracks, _CODES.get(status, layout.IN_PROGRESS)))
    return found


_CODES = {
    "lap_complete": layout.LAP_COMPLETE, "off_track": layout.OFF_TRACK, "crashed": layout.CRASHED,
    "immobilized": layout.IMMOBILIZED, "reversed": layout.REVERSED, "time_up": layout.TIME_UP,
}  # fmt: skip


def _keep(parts: dict[Any, Any], steps: RecordedSteps, rows: slice, measured: Any) -> None:
    """Put the steps that were just judged to their episodes."""
    for i in range(*rows.indices(len(steps))):
        car = int(steps.car[i])
        parts.setdefault((car, int(steps.episode[i])), []).append(
            (measured[car].copy(), steps.action[i], steps.reward[i], int(steps.track[i]))
        )


def _episode(own: list[tuple[Any, ...]], tracks: Sequence[Track], status: int) -> LoggedEpisode:
    measured, action, reward, track = zip(*own, strict=True)
    return LoggedEpisode(
        np.array(measured), np.array(action), np.array(reward), tracks[track[0]], status
    )


def _write_evaluation(
    run: RunRecord, config: TrainConfig, tracks: Sequence[Track], made: Exported
) -> None:
    """Write the evaluation at the end, if there is one."""
    trace = run.trace
    if trace is None or run.evaluation is None or run.is_imported:
        made.notes.append("no evaluation to write")
        return
    stamp = _stamp(run)
    rows: list[LogRow] = []
    metrics: list[dict[str, Any]] = []
    began = 10.0
    is_list = config.actions_are_listed
    for trial in range(len(run.evaluation["trials"])):
        own = trace.one(trial)
        track = tracks[int(own.track[0])]
        poses = np.stack([own.x, own.y, own.heading], axis=1)
        measured = _measured(own, track, poses)
        action = own.action if is_list else np.stack([own.steering, own.speed], axis=1)
        one = LoggedEpisode(measured, action, own.reward, track, int(own.status[-1]))
        rows += log_rows(one, trial, began)
        metrics.append(evaluation_metric(one, trial, began))
        began += one.seconds + _BETWEEN
    made.trials = len(metrics)
    write_csv(made.folder / f"evaluation-{stamp}" / "evaluation-simtrace" / "0-iteration.csv", rows)
    _write_json(
        made.folder / "metrics" / EVALUATION.removesuffix(".json") / f"evaluation-{stamp}.json",
        {"metrics": metrics},
    )


def _measured(own: Any, track: Track, poses: Any) -> Any:
    """Return the rows of a trace as they were measured."""
    found = measure_poses(track, poses)
    for column, values in (
        (layout.M_STEPS, own.steps), (layout.M_PROGRESS, own.progress),
        (layout.SIM_TIME, own.time), (layout.M_STEERING, own.steering_command),
        (layout.M_SPEED, own.speed_command),
    ):  # fmt: skip
        found[:, column] = values
    return found


def _stamp(run: RunRecord) -> str:
    """Return fourteen digits: when the run ended."""
    digits = re.sub(r"\D", "", str(run.info.get("ended") or run.info.get("started", "")))
    return digits[:14].ljust(14, "0")


def _write_model(run: RunRecord, config: TrainConfig, size: int, made: Exported) -> None:
    """Write metadata, hyperparameters and settings."""
    metadata = config.make_actions().to_metadata()
    told = run.info.get("observation") if run.is_imported else None
    metadata["sensor"] = str(told).split(", ") if told else _sensors(config, made)
    metadata["neural_network"] = NETWORKS[0]
    metadata["version"] = VERSIONS.get(config.vehicle, "5")
    if config.algo == "sac":
        metadata["training_algorithm"] = "sac"
    elif config.algo != "ppo" and not run.is_imported:
        made.notes.append(f"training_algorithm: DeepRacer has no {config.algo}; clipped_ppo stands")
    _write_json(made.folder / "model" / "model_metadata.json", metadata)
    _write_json(made.folder / "ip" / "hyperparameters.json", _hyperparameters(run, size))
    settings = {
        "WORLD_NAME": run.tracks[0], "RACE_TYPE": "TIME_TRIAL", "REVERSE_DIR": config.reverse,
        "CHANGE_START_POSITION": True, "ROUND_ROBIN_ADVANCE_DIST": 0.05,
        "NUMBER_OF_RESETS": 0, "TRAINING_JOB_ARN": "local",
    }  # fmt: skip
    lines = [f'{key}: "{value}"' for key, value in settings.items()]
    (made.folder / "training_params.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def _sensors(config: TrainConfig, made: Exported) -> list[str]:
    """Return DeepRacer's names of what the car sees."""
    names = []
    for one in config.observe.split("+"):
        if one == "camera":
            names.append(SENSORS[1])
        elif one == "lidar":
            names.append(_LIDARS[config.lidar_form or "beams"])
        else:
            made.notes.append(f"sensor: DeepRacer has no {one}; {SENSORS[1]} stands")
            names.append(SENSORS[1])
    return list(dict.fromkeys(names))


def _hyperparameters(run: RunRecord, size: int) -> dict[str, Any]:
    """Return the run's hyperparameters under DeepRacer's names."""
    given = run.info.get("hyperparameters", {})
    known = {
        row.deepracer: given[row.name]
        for row in TABLE
        if row.deepracer and given.get(row.name) is not None
    }
    if "loss_type" in known:
        known["loss_type"] = _LOSSES.get(known["loss_type"], known["loss_type"])
    return {**known, BY_NAME["episodes_per_update"].deepracer: size}


def _write_tracks(tracks: Sequence[Track], folder: Path) -> None:
    """Write each track as a route: centre, inner and outer border in a row."""
    (folder / "tracks").mkdir(exist_ok=True)
    for track in tracks:
        n = len(track.center)
        lines = [track.center, _resampled(track.inner, n), _resampled(track.outer, n)]
        name = re.sub(r"[^\w.-]+", "_", track.name)
        np.save(folder / "tracks" / f"{name}.npy", np.concatenate(lines, axis=1))


def _resampled(line: Any, n: int) -> Any:
    """Return a line with so many points, the same where it has them; evenly spaced else."""
    if len(line) == n:
        return line
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T)))
    at = np.linspace(0.0, along[-1], n)
    points = np.stack([np.interp(at, along, line[:, k]) for k in (0, 1)], axis=1)
    points[-1] = line[-1]
    return points


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
