"""``racer clone``: a new run that starts from the weights of another one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer.cli.evaluate import AllowPickle
from racer.cli.make_requests import make_requests
from racer.cli.options import RunFolderOptions, TrainingOptions
from racer.cli.setting_options import training_options
from racer.cli.train import run_requests
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.api.training_jobs import TrainRequest

Parent = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder or name, or a checkpoint file.")
]
From = Annotated[str, typer.Option("--from", help="Of the run: best or last.", metavar="best|last")]


@training_options()
def clone(
    run: Parent,
    which: From = "best",
    allow_pickle: AllowPickle = False,
    *,
    settings: dict[str, Any],
    where: RunFolderOptions,
    training: TrainingOptions,
) -> None:
    """Train a new run that starts from the weights of another one.

    Settings are those of the other run, and whatever you give is changed:
    the reward function, the track, the hyperparameters. The action space
    and the network must fit the weights. run.json says where it came from.
    """
    check_from(which)

    def make(note: Callable[[str], None]) -> "list[TrainRequest]":
        from racer.runs.listing import find_run
        from racer.training.inheritance import inherited, parent_config

        parent = parent_config(
            find_run(run),
            which,
            reward=settings.get("reward"),
            allow_pickle=allow_pickle,
            on_note=note,
        )
        return make_requests(
            settings,
            where,
            training,
            note,
            base=inherited(parent, settings.get("algo")),
            stem=f"{Path(run).stem}-clone",
            clone=run,
            checkpoint=which,
            allow_pickle=allow_pickle,
        )

    raise typer.Exit(run_requests(make, training))


def check_from(which: str) -> None:
    """Refuse what is no checkpoint of a run.

    Raises:
        ConfigError: if it is neither best nor last.
    """
    if which not in ("best", "last"):
        raise ConfigError(f"--from: must be best or last, got '{which}'")
