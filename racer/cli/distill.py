"""``racer distill``: a new run whose car learns to drive from pictures as another one does."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer.cli.clone import From, Parent, check_from
from racer.cli.make_requests import make_requests
from racer.cli.options import RunFolderOptions, TrainingOptions
from racer.cli.setting_options import training_options
from racer.cli.train import run_requests
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.api.training_jobs import TrainRequest

Algo = Annotated[
    str | None,
    typer.Option("--algo", hidden=True, help="A student always learns with dagger."),
]


@training_options(without=("reward",))
def distill(
    run: Parent,
    which: From = "best",
    algo: Algo = None,
    *,
    settings: dict[str, Any],
    where: RunFolderOptions,
    training: TrainingOptions,
) -> None:
    """Teach a car to drive from its camera as another run drives.

    The student drives, the teacher says at each step what it would have
    done (DAgger). Track, car, actions and reward function are the
    teacher's. The student's run is a run like any other.
    """
    check_from(which)
    if algo not in (None, "dagger"):
        raise ConfigError(f"--algo: a student learns with dagger, got '{algo}'")

    def make(note: Callable[[str], None]) -> "list[TrainRequest]":
        from racer.runs.listing import find_run
        from racer.training.inheritance import student_settings

        base = student_settings(find_run(run), which, note)
        return make_requests(settings, where, training, note, base=base)

    raise typer.Exit(run_requests(make, training))
