"""``racer attach``: shows a training that another process does."""

from typing import Annotated

import typer

from racer.cli.interruption import Stopped, one_interruption
from racer.cli.options import AsJson, Quiet


def attach(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or name.")],
    stop: Annotated[
        bool, typer.Option("--stop", help="End the training properly: it is evaluated and saved.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Show the training of another terminal, or one that was detached.

    It looks as racer train does. Ctrl-C leaves, and the training goes on.
    """
    from racer.cli.detach import attach_to
    from racer.cli.train import print_results
    from racer.cli.train_parent import Follower
    from racer.cli.train_view import TrainView
    from racer.runs.listing import find_run

    view = TrainView(quiet=quiet)
    follower, folder = Follower(view), find_run(run)
    try:
        with one_interruption(), view:
            attach_to(folder, follower, stop=stop)
    except Stopped:
        view.note(f"the training goes on; racer attach {run} shows it again")
        return
    if follower.failure is not None:
        follower.say_failure()
        raise typer.Exit(1)
    print_results(follower.results, quiet=quiet, as_json=as_json)
