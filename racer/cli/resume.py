"""``racer resume``: goes on with a training that was stopped."""

from typing import Annotated

import typer

from racer.cli.options import (
    AsJson,
    Figures,
    Film,
    Quiet,
    RewardTimeout,
)
from racer.cli.train import run_job
from racer.cli.train_job import Job


def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or name.")],
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
    reward_timeout: RewardTimeout = 10.0,
    figures: Figures = True,
    film: Film = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a training that was stopped: by Ctrl-C, a kill, a full disk, a power cut.

    It ends as if it had never been stopped: the same weights and the same
    episodes, byte for byte. What was driven after the last checkpoint is
    driven again.
    """
    job = Job(
        settings={}, resume=run, more_steps=steps, anyway=anyway, figures=figures, film=film,
    )  # fmt: skip
    raise typer.Exit(run_job(job, reward_timeout, quiet=quiet, as_json=as_json))
