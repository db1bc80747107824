"""``racer watch``: the film of a lap, or a reward function that is tried at each save."""

from pathlib import Path
from typing import Annotated, Any

import typer

from racer.cli.evaluate import Checkpoint, Line
from racer.cli.options import AsJson, RewardTimeout
from racer.cli.output import print_json, print_note
from racer.cli.setting_options import DRIVE, training_options, words_given
from racer.errors import ConfigError

LIVE_PANEL = "Live"

Who = Annotated[
    str,
    typer.Argument(metavar="RUN|DRIVER|FILE", help="A run's folder or name, a checkpoint file, "
                   "a driver (pure-pursuit, reference, random); with --live a reward "
                   "function's file."),
]  # fmt: skip


@training_options(without=("reward",))
def watch(
    who: Who,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Check, train and draw a reward function at each save.",
            rich_help_panel=LIVE_PANEL,
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The film, a .gif; by default lap.gif beside the run. "
            "With --live: the folder, live/NAME-001 by default.",
        ),
    ] = None,
    trial: Annotated[
        int | None, typer.Option(help="Which trial; by default the fastest lap.")
    ] = None,
    camera: Annotated[
        bool,
        typer.Option("--camera", help="Show what the car sees, and what it thinks of doing."),
    ] = False,
    checkpoint: Checkpoint = "best",
    line: Line = None,
    versions: Annotated[
        int | None,
        typer.Option(
            help="End after so many versions; by default never.", rich_help_panel=LIVE_PANEL
        ),
    ] = None,
    reward_timeout: RewardTimeout = 10.0,
    as_json: AsJson = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Film a lap of a trained car or a built-in driver; or try a reward function while you edit it.

    With --live, edit FILE in your own editor: each time you save, it is
    checked, trained for a few seconds and drawn on a page that stays fresh
    in your browser: its lap, its curves beside the last version's, and what
    it would pay the scripted drivers. A version is trained for at most 3
    seconds and 50000 steps; with --steps, --minutes or --until-finish for
    that, and for nothing else.
    """
    if live:
        if as_json or camera or line or trial is not None:
            raise ConfigError("--live draws a page: leave out --json, --camera, --line, --trial")
        from racer.cli.live import watch_live

        raise typer.Exit(
            watch_live(
                who,
                settings=settings,
                output=output,
                reward_timeout=reward_timeout,
                stop_after=versions,
            )
        )
    words = words_given(settings, DRIVE) + (["--versions"] if versions is not None else [])
    if words:
        raise ConfigError(f"without --live nothing is trained: leave out {', '.join(words)}")
    from racer import api

    film = api.watch(
        who,
        output,
        trial=trial,
        camera=camera,
        checkpoint=checkpoint,
        line=line,
        on_note=print_note,
        **settings,
    )
    if as_json:
        print_json({"film": str(film)})
    else:
        print(film)
