"""From what a verb was told to trainings: checked settings, and folders of runs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.cli.options import RunFolderOptions, TrainingOptions, check_seeds
from racer.errors import ConfigError, RunError

MakeRequests = Callable[[Callable[[str], None]], "list[TrainRequest]"]
"""Returns the trainings to do; is given what takes remarks. It may raise a RacerError."""

if TYPE_CHECKING:
    from racer.api.training_jobs import TrainRequest
    from racer.config.train_config import TrainConfig


def make_requests(
    settings: Mapping[str, Any],
    where: RunFolderOptions,
    training: TrainingOptions,
    note: Callable[[str], None],
    *,
    base: Mapping[str, Any] | None = None,
    seeds: int = 1,
    stem: str | None = None,
    **parent: Any,
) -> "list[TrainRequest]":
    """Return one or several new trainings.

    Args:
        settings: as ``make_config`` takes them.
        where: the runs go.
        training: what is drawn.
        note: called with each remark a user should read.
        base: settings of a run to begin with.
        seeds: how many trainings, with successive seeds.
        stem: of the folder's name where the user gives none; by default from the settings.
        parent: fields of ``TrainRequest`` about a run whose weights the training begins with.

    Raises:
        RacerError: if a file or a value cannot be used, or a run is there already.
    """
    from racer.api.training_jobs import TrainRequest
    from racer.config.parse import make_config
    from racer.storage.lock import check_unlocked

    check_seeds(seeds)
    config = make_config(base, on_note=note, **settings)
    folders = run_folders(where, config, seeds, stem)
    for folder in folders:
        check_unlocked(folder)
    names = tuple(str(folder) for folder in folders)
    return [
        TrainRequest(
            name,
            {**config.model_dump(), "seed": config.seed + k},
            force=where.force,
            figures=training.figures,
            film=training.film,
            seeds=names if len(names) > 1 else (),
            **parent,
        )
        for k, name in enumerate(names)
    ]


def run_folders(
    where: RunFolderOptions, config: "TrainConfig", seeds: int = 1, stem: str | None = None
) -> list[Path]:
    """Return the folder of each training: ``NAME``, or ``NAME-s0``, ``NAME-s1`` … for several.

    That of a name which the user does not give is made, so that nobody else takes it.

    Args:
        where: as the user says.
        config: of the first training.
        seeds: how many there are.
        stem: of the name where the user gives none.

    Raises:
        RunError: if one is there already and must not be replaced, or there can be none.
        ConfigError: if the name is no name of a folder.
    """
    runs = where.runs_dir.expanduser()
    from racer.runs.run_folder import reserve_name

    name, is_reserved = where.name, where.name is None
    endings = [""] if seeds == 1 else [f"-s{config.seed + k}" for k in range(seeds)]
    try:
        runs.mkdir(parents=True, exist_ok=True)
        if name is None:
            stem = stem or f"{Path(config.reward).stem}-{config.algo}"
            name = reserve_name(runs, stem, endings[0])
    except OSError as error:
        raise RunError(f"{runs}: no folder for runs can be made: {error.strerror}") from error
    if name in ("", ".", "..") or Path(name).name != name:
        raise ConfigError(f"--name: expected the name of a folder in {runs}, got '{name}'")
    folders = [runs / f"{name}{ending}" for ending in endings]
    for folder in folders:
        if folder.exists() and not where.force and not is_reserved:
            raise RunError(
                f"{folder}: already there: choose another --name, or replace it with --force"
            )
    return folders
