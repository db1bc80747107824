"""From what the command line said to checked settings. Imports no typer: the child uses it too."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.training_jobs import TrainRequest
from racer.cli.train_job import Job
from racer.errors import ConfigError, RunError

if TYPE_CHECKING:
    from racer.training.config import TrainConfig
    from racer.vehicle import Actions


def make_actions(
    max_speed: float | None = None,
    speed_granularity: int | None = None,
    max_steering: float | None = None,
    steering_granularity: int | None = None,
    action_space: str | Path | None = None,
) -> "Actions | None":
    """Return the action space that the options describe; None if none was given.

    Args:
        max_speed: highest speed (m/s).
        speed_granularity: how many speeds.
        max_steering: largest steering angle (degrees).
        steering_granularity: how many steering angles.
        action_space: a model_metadata.json, which has all of this.

    Raises:
        ActionError: if a number is out of range, or the file cannot be used.
        ConfigError: if there are numbers beside a file.
    """
    numbers: dict[str, Any] = {
        "max_speed": max_speed,
        "speed_granularity": speed_granularity,
        "max_steering_degrees": max_steering,
        "steering_granularity": steering_granularity,
    }
    numbers = {name: value for name, value in numbers.items() if value is not None}
    if action_space is not None:
        if numbers:
            raise ConfigError(
                "--action-space holds the whole action space: leave out --max-speed, "
                "--speed-granularity, --max-steering and --steering-granularity"
            )
        from racer.vehicle import actions_from_metadata

        return actions_from_metadata(action_space)
    if not numbers:
        return None
    from racer.vehicle import DiscreteActions

    return DiscreteActions.from_grid(**numbers)


def make_configs(job: Job, note: Callable[[str], None]) -> "list[TrainConfig]":
    """Return the settings of each training of a job: they differ in their seed.

    Args:
        job: what the command line said.
        note: called with each remark a user should read.

    Raises:
        RacerError: if a file or a value cannot be used.
    """
    from racer.training.config import TrainConfig, default_algo

    if job.seeds < 1:
        raise ConfigError(f"--seeds: must be 1 or more, got {job.seeds}")
    values = {**_parent_settings(job), **_read_config_file(job.config_file, note), **job.settings}
    if isinstance(values.get("randomize"), str):
        from racer.env.randomize import parse_strengths

        values["randomize"] = parse_strengths(values["randomize"])
    actions = make_actions(**job.actions)
    if actions is not None:
        values["actions"] = actions.to_dict()
    algo = values.get("algo", default_algo(values))
    groups = [values.get("hyperparameters", {}), _read_file(job), job.hyperparameters]
    values["hyperparameters"] = _settle(algo, groups, note)
    first = TrainConfig.of(**values)
    return [first.model_copy(update={"seed": first.seed + k}) for k in range(job.seeds)]


def _parent_settings(job: Job) -> dict[str, Any]:
    """Return the settings of the run that is cloned; hyperparameters only of the same algorithm."""
    if job.teacher is not None:
        from racer.api.run import find_run
        from racer.training.teacher import student_settings

        return student_settings(find_run(job.teacher), job.checkpoint)
    if job.clone is None:
        return {}
    from racer.api.run import find_run
    from racer.training.clone import inherited, parent_config

    parent = parent_config(find_run(job.clone), job.checkpoint, allow_pickle=job.allow_pickle)
    return inherited(parent, job.settings.get("algo"))


def _read_config_file(name: str | None, note: Callable[[str], None]) -> dict[str, Any]:
    """Return the settings of a TOML file, checked so that its name is in the message."""
    from racer.training.config import TrainConfig, read_config, without_former

    if name is None:
        return {}
    values = without_former(read_config(Path(name)), lambda text: note(f"{name}: {text}"))
    try:
        TrainConfig.of(**values)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None
    return values


def _read_file(job: Job) -> dict[str, Any]:
    from racer.algorithms.hyperparameters import read_hyperparameters

    return read_hyperparameters(job.hyperparameter_file) if job.hyperparameter_file else {}


def _settle(
    algo: str, groups: list[Mapping[str, Any]], note: Callable[[str], None]
) -> dict[str, Any]:
    """Return the hyperparameters that were given, under their first names, the strongest last."""
    from racer.algorithms.hyperparameter_table import BY_NAME
    from racer.algorithms.hyperparameters import resolve

    settings, notes = resolve(algo, *groups)
    for text in notes:
        note(text)
    mentioned = {BY_NAME[key].name for group in groups for key in group if key in BY_NAME}
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return {name: value for name, value in values.items() if name in mentioned}


def run_folders(job: Job, configs: "list[TrainConfig]") -> list[Path]:
    """Return the folder of each training: ``NAME``, or ``NAME-s0``, ``NAME-s1`` … for several.

    Raises:
        RunError: if one is there already and must not be replaced, or there can be none.
        ConfigError: if the name is no name of a folder.
    """
    runs = Path(job.runs_dir).expanduser()
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{runs}: no folder for runs can be made: {error.strerror}") from error
    name = job.name
    if name is None:
        stem = f"{Path(configs[0].reward).stem}-{configs[0].algo}"
        if job.clone is not None:
            stem = f"{Path(job.clone).stem}-clone"
        name = _unused_name(runs, stem)
    elif name in ("", ".", "..") or Path(name).name != name:
        raise ConfigError(f"--name: expected the name of a folder in {runs}, got '{name}'")
    if len(configs) == 1:
        folders = [runs / name]
    else:
        folders = [runs / f"{name}-s{config.seed}" for config in configs]
    for folder in folders:
        if folder.exists() and not job.force:
            raise RunError(
                f"{folder}: already there: choose another --name, or replace it with --force"
            )
    return folders


def _unused_name(runs: Path, stem: str) -> str:
    """Return ``stem-001``, or the next number that neither a run nor a group of seeds has."""
    taken = {path.name for path in runs.iterdir()} if runs.is_dir() else set()
    number = 1
    while any(name.startswith(f"{stem}-{number:03d}") for name in taken):
        number += 1
    return f"{stem}-{number:03d}"


def make_requests(job: Job, note: Callable[[str], None]) -> list[TrainRequest]:
    """Return the trainings of a job.

    Args:
        job: what the command line said.
        note: called with each remark a user should read.

    Raises:
        RacerError: if a setting cannot be used, or a run is there already.
    """
    from racer.storage.lock import check_unlocked

    if job.resume is not None:
        from racer.api.run import find_run

        return [
            TrainRequest(
                str(find_run(job.resume)),
                resume=True,
                more_steps=job.more_steps,
                anyway=job.anyway,
                figures=job.figures,
                film=job.film,
            )
        ]
    configs = make_configs(job, note)
    folders = run_folders(job, configs)
    for folder in folders:
        check_unlocked(folder)
    names = tuple(str(folder) for folder in folders)
    return [
        TrainRequest(
            name,
            config.model_dump(),
            force=job.force,
            seeds=names if len(names) > 1 else (),
            clone=job.clone,
            checkpoint=job.checkpoint,
            allow_pickle=job.allow_pickle,
            figures=job.figures,
            film=job.film,
        )
        for name, config in zip(names, configs, strict=True)
    ]
