"""``racer robustness``: how often runs lap when something differs, and what breaks them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from racer.cli.interruption import Stopped, one_interruption
from racer.cli.options import OUTPUT_PANEL, AsJson, given
from racer.cli.output import print_json, print_note, say
from racer.config.declaration import TRACK
from racer.errors import ConfigError

QUICK_TRIALS, QUICK_UNSEEN = 20, 3
"""Laps of a condition, and roads that it never saw, with ``--quick``."""


def robustness(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Folders or names of runs, or checkpoint files; pure-pursuit, reference and "
            "random to compare with.",
        ),
    ],
    trials: Annotated[int | None, typer.Option(help="Laps of a condition; 100 by default.")] = None,
    strengths: Annotated[
        str | None,
        typer.Option(help="Of each random factor; 0.5,1,1.5 by default.", metavar="S,S,..."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="20 laps, strength 1, 3 roads.")] = False,
    unseen: Annotated[
        int | None,
        typer.Option(
            help="How many generated roads that it never saw; 10 by default.",
            rich_help_panel=TRACK,
        ),
    ] = None,
    track: Annotated[
        list[str] | None,
        typer.Option(
            "--track",
            "-t",
            help="Another road that it never saw: a name or a file. May be repeated.",
            rich_help_panel=TRACK,
            metavar="NAME|FILE",
        ),
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="best or last.", metavar="best|last")] = "best",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where to; by default the run's folder, for several runs robustness/.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find out whether it will drive outside: on its road and others, with what differs there.

    Each random factor alone and all together, at several strengths; then
    roads that it never saw. The starts are fixed, and all runs meet the
    same draws.
    """
    from racer import api
    from racer.api.robustness import N_UNSEEN, STRENGTHS, TRIALS
    from racer.cli.robustness_view import progress_bar, show_report

    settings: dict[str, Any] = {"trials": TRIALS, "strengths": STRENGTHS, "unseen": N_UNSEEN}
    if quick:
        settings = {"trials": QUICK_TRIALS, "strengths": (1.0,), "unseen": QUICK_UNSEEN}
    numbers = None if strengths is None else _numbers(strengths)
    settings |= given(trials=trials, strengths=numbers, unseen=unseen)
    try:
        with one_interruption(), progress_bar() as step:
            report = api.robustness(
                runs,
                **settings,
                tracks=track or (),
                checkpoint=checkpoint,
                output=output,
                on_progress=step,
                on_note=print_note,
            )
    except Stopped as stopped:
        say("interrupted: nothing was written", stderr=True)
        raise typer.Exit(128 + stopped.number) from None
    if as_json:
        print_json(report.to_dict())
    else:
        show_report(report)


def _numbers(text: str) -> tuple[float, ...]:
    """Return the numbers of ``0.5,1``.

    Raises:
        ConfigError: if they are none.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--strengths: expected numbers such as 0.5,1,1.5, got '{text}'"
        ) from error
