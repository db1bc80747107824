"""``racer train --detach``: the training goes on when who started it is gone."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from racer.api.training_jobs import TrainRequest
from racer.cli.make_requests import MakeRequests
from racer.cli.options import TrainingOptions
from racer.cli.output import escape, print_json, print_note, say
from racer.cli.train_parent import Follower, Supervisor
from racer.cli.train_view import TrainView
from racer.errors import RunError
from racer.jobs.attach import Attachment, private_folder
from racer.jobs.executor import Listener

_LOG = "log.txt"  # what the process that goes on writes before anybody hears it


def detach(make: MakeRequests, training: TrainingOptions) -> int:
    """Start trainings in a process of its own; return when the first one has made a step.

    Args:
        make: returns the trainings to do.
        training: how it is told.

    Returns:
        the exit status: 0, or 1 if it failed so soon.

    Raises:
        RacerError: if a setting cannot be used, or nobody could attach.
    """
    folder = private_folder()
    requests = [asdict(request) for request in make(print_note)]
    what = {"requests": requests, "reward_timeout": training.reward_timeout}
    process = _start({**what, "store": training.store}, folder)
    follower = Follower(TrainView(quiet=True))
    _wait_for_a_step(follower, folder, process)
    if follower.failure is not None:
        follower.say_failure()
        return 1
    run = str(follower.folder)
    if training.as_json:
        print_json({"folder": run, "pid": process.pid})
    elif training.quiet:
        typer.echo(run)
    else:
        say(f"[bold]run[/]  {escape(run)}: the training goes on by itself")
        say(escape(f"attach with: racer attach {run}"))
        say(escape(f"end it with: racer attach {run} --stop"))
    return 0


def _start(what: dict[str, Any], folder: Path) -> "subprocess.Popen[bytes]":
    """Start the process that goes on, in a session of its own."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; sys.argv[:] = {sys.argv!r}; "
        f"from racer.cli.detach import main; main({str(folder)!r})"
    )
    with (folder / _LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdin is not None
    process.stdin.write(json.dumps(what).encode())
    process.stdin.close()
    return process


def _wait_for_a_step(follower: Follower, folder: Path, process: "subprocess.Popen[bytes]") -> None:
    """Follow until the first step of the training, or its end.

    Raises:
        RunError: if the process ends without a word.
    """
    attached = Attachment.when_served(folder, lambda: process.poll() is not None)
    if attached is None:
        said = (folder / _LOG).read_text("utf-8", errors="replace").strip()
        shutil.rmtree(folder, ignore_errors=True)
        raise RunError(f"the training could not be started: {said[-300:] or 'no word why'}")
    for _ in attached.follow(follower):
        if follower.is_training or follower.failure is not None:
            break
    attached.leave()


def main(folder: str) -> None:
    """Train what stdin says, and serve whoever attaches.

    Args:
        folder: for the socket.
    """
    what = json.load(sys.stdin)
    requests = [TrainRequest(**{**one, "seeds": tuple(one["seeds"])}) for one in what["requests"]]
    view, timeout = TrainView(quiet=True), what["reward_timeout"]
    sys.exit(Supervisor(lambda _: requests, view, timeout, Path(folder), what["store"]).run())


def attach_to(run: Path, follower: Listener, *, stop: bool) -> None:
    """Follow a training until it ends.

    Args:
        run: its folder.
        follower: is told what happens.
        stop: have it end properly.

    Raises:
        RunError: if nobody trains it.
    """
    attached = Attachment.of_run(run)
    try:
        if stop:
            attached.stop()
        for _ in attached.follow(follower):
            pass
    finally:
        attached.leave()
