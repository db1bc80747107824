"""``racer resume``: goes on with a training that was stopped."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from racer.cli.options import TrainingOptions, with_option_classes
from racer.cli.train import run_requests
from racer.run_files import RUNS
from racer.store.address import is_address

if TYPE_CHECKING:
    from racer.api.training_jobs import TrainRequest


@with_option_classes
def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, name or address.")],
    steps: Annotated[
        int | None,
        typer.Option(
            help="Environment steps to drive from where it stands; by default the rest of its "
            "budget."
        ),
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway",
            help="Go on with a reward function that remembers nothing, where what it kept could "
            "not be saved.",
        ),
    ] = False,
    *,
    training: TrainingOptions,
) -> None:
    """Go on with a training that was stopped: by Ctrl-C, a kill, a full disk, a power cut.

    It ends as if it had never been stopped: the same weights and the same
    episodes, byte for byte. What was driven after the last checkpoint is
    driven again.
    """

    def make(_: Callable[[str], None]) -> "list[TrainRequest]":
        from racer.api.training_jobs import TrainRequest
        from racer.runs.listing import find_run

        folder = fetched(run) if is_address(run) else find_run(run)
        return [
            TrainRequest(
                str(folder),
                resume=True,
                more_steps=steps,
                anyway=anyway,
                figures=training.figures,
                film=training.film,
            )
        ]

    raise typer.Exit(run_requests(make, training))


def fetched(url: str) -> Path:
    """Return a new folder below ``runs/`` with all of a published run, to go on with."""
    from racer.store.address import address_of
    from racer.store.fetch import fetch_whole

    folder = RUNS / address_of(url).name
    fetch_whole(url, folder)
    return folder
