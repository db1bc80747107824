"""``racer distill``: a new run whose car learns to drive from pictures as another one does."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from racer.cli.clone import From, Parent, with_options_of_train
from racer.cli.options import Observe
from racer.cli.train import run_job
from racer.cli.train_job import make_job
from racer.errors import ConfigError

Algo = Annotated[
    str | None,
    typer.Option("--algo", hidden=True, help="A student always learns with dagger."),
]


@with_options_of_train
def distill(
    run: Parent,
    which: From = "best",
    observe: Observe = None,
    algo: Algo = None,
    **options: Any,
) -> None:
    """Teach a car to drive from its camera as another run drives.

    The student drives, the teacher says at each step what it would have
    done (DAgger). Track, car, actions and reward function are the
    teacher's. The student's run is a run like any other.
    """
    if which not in ("best", "last"):
        raise ConfigError(f"--from: must be best or last, got '{which}'")
    if algo not in (None, "dagger"):
        raise ConfigError(f"--algo: a student learns with dagger, got '{algo}'")
    from racer.cli.hyperparameters import pop_hyperparameters

    hyperparameters = pop_hyperparameters(options)
    output = {name: options.pop(name) for name in ("reward_timeout", "quiet", "as_json")}
    job = make_job(observe=observe, seeds=1, hyperparameters=hyperparameters, **options)
    job = replace(job, teacher=run, checkpoint=which)
    raise typer.Exit(run_job(job, output.pop("reward_timeout"), **output))
