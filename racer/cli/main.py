"""The command ``racer``: finds the verb, and turns every user's error into one line.

Importing this module must stay cheap, for ``racer --help``: the verbs' modules import typer, and
the simulator inside their functions.
"""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from racer.cache import user_cache
from racer.cli.actions import actions
from racer.cli.attach import attach
from racer.cli.clone import clone
from racer.cli.compare import compare
from racer.cli.distill import distill
from racer.cli.evaluate import evaluate
from racer.cli.export import export
from racer.cli.import_logs import import_logs
from racer.cli.output import print_error
from racer.cli.plot import plot
from racer.cli.publishing import publish
from racer.cli.resume import resume
from racer.cli.reward import reward_app
from racer.cli.robustness import robustness
from racer.cli.runs import rm, runs, show
from racer.cli.sweep import sweep
from racer.cli.tracks import tracks_app
from racer.cli.train import train
from racer.cli.tune import tune
from racer.cli.watch import watch
from racer.cli.why import why
from racer.errors import RacerError

app = typer.Typer(
    name="racer",
    help="Write a reward function, train a car that laps, see how it learned.",
    epilog="Begin with: racer train",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train)
app.command()(resume)
app.command()(publish)
app.command()(clone)
app.command()(distill)
app.command()(attach)
app.command()(evaluate)
app.command()(robustness)
app.command()(watch)
app.command()(plot)
app.command()(export)
app.command("import")(import_logs)
app.command()(compare)
app.command()(sweep)
app.command()(tune)
app.command()(why)
app.command()(runs)
app.command()(show)
app.command()(rm)
app.add_typer(tracks_app, name="tracks")
app.command()(actions)
app.add_typer(reward_app, name="reward")


def _print_version(wanted: bool) -> None:
    if wanted:
        from racer.runs.provenance import own_version

        print(own_version() or "run from its sources, not installed")
        raise typer.Exit


@app.callback()
def _racer(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error. Works with every verb.")
    ] = False,
) -> None:
    """Hold the options of all verbs; ``main`` has looked for --debug already."""


def main() -> None:
    """Run the command line and exit with its status.

    Status: 0 done, 1 an error (one line on stderr), 2 wrong usage, 130 interrupted by Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ° must not fail where there is only ASCII
    with suppress(RuntimeError):  # torch makes a folder when it is imported: not in TMPDIR
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(user_cache() / "torchinductor"))
    is_closed = sys.stdout is None  # by who started this process: racer tracks >&-
    if is_closed:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    status = run(sys.argv[1:])
    if is_closed:
        print_error(OSError("stdout is closed: nothing can be printed"))
        status = status or 1
    try:
        sys.stdout.flush()
    except OSError as error:
        # what is left to write would fail once more when Python exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # a reader that has seen enough, as head does
            print_error(error)
        status = status or 1
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; every error of a user is one line on stderr.

    Args:
        arguments: the words after ``racer``. With ``--debug`` anywhere among them, errors are
            raised and not printed.
    """
    words = [word for word in arguments if word != "--debug"]
    try:
        app(words, prog_name="racer")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:  # typer was still putting the command together
        return 130
    except (RacerError, OSError) as error:
        if len(words) < len(arguments):
            raise
        print_error(error)
        return 1
    return 0
