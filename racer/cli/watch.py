"""``racer watch``: the film of a lap, or a reward function that is tried at each save."""

from pathlib import Path
from typing import Annotated

import typer

from racer.algorithms.known import choices
from racer.cli.evaluate import Checkpoint
from racer.cli.options import (
    ActionSpace,
    AsJson,
    MaxSpeed,
    MaxSteering,
    Reverse,
    SpeedGranularity,
    SteeringGranularity,
    TrackName,
    TrackScale,
    Vehicle,
    given,
)
from racer.cli.output import print_json
from racer.cli.settings import make_actions
from racer.errors import ConfigError

LIVE_PANEL = "Live"

Who = Annotated[
    str,
    typer.Argument(metavar="RUN|DRIVER|FILE", help="A run's folder or name, a checkpoint file, "
                   "a driver (pure-pursuit, random); with --live a reward function's file."),
]  # fmt: skip


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
    track: TrackName = None,
    track_scale: TrackScale = None,
    reverse: Reverse = None,
    trial: Annotated[
        int | None, typer.Option(help="Which trial; by default the fastest lap.")
    ] = None,
    camera: Annotated[
        bool,
        typer.Option("--camera", help="Show what the car sees, and what it thinks of doing."),
    ] = False,
    checkpoint: Checkpoint = "best",
    vehicle: Vehicle = None,
    max_speed: MaxSpeed = None,
    speed_granularity: SpeedGranularity = None,
    max_steering: MaxSteering = None,
    steering_granularity: SteeringGranularity = None,
    action_space: ActionSpace = None,
    algo: Annotated[
        str | None, typer.Option(help=f"{choices()}.", rich_help_panel=LIVE_PANEL)
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            help="Training steps of a version; 50000 by default.", rich_help_panel=LIVE_PANEL
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same for all versions.", rich_help_panel=LIVE_PANEL)
    ] = None,
    versions: Annotated[
        int | None,
        typer.Option(
            help="End after so many versions; by default never.", rich_help_panel=LIVE_PANEL
        ),
    ] = None,
    reward_timeout: Annotated[
        float,
        typer.Option(
            help="Seconds a call of the reward function may take.", rich_help_panel=LIVE_PANEL
        ),
    ] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Film a lap of a trained car or a built-in driver; or try a reward function while you edit it.

    With --live, edit FILE in your own editor: each time you save, it is
    checked, trained for a few seconds and drawn on a page that stays fresh
    in your browser: its lap, its curves beside the last version's, and what
    it would pay the scripted drivers.
    """
    values = given(track=track, track_scale=track_scale, reverse=reverse, vehicle=vehicle)
    learning = given(algo=algo, steps=steps, seed=seed)
    if live:
        if as_json or camera or trial is not None:
            raise ConfigError("--live draws a page: leave out --json, --camera and --trial")
        from racer.cli.live import watch_live

        numbers = given(
            max_speed=max_speed, speed_granularity=speed_granularity, max_steering=max_steering,
            steering_granularity=steering_granularity,
            action_space=None if action_space is None else str(action_space),
        )  # fmt: skip
        raise typer.Exit(
            watch_live(
                who,
                settings={**values, **learning},
                actions=numbers,
                output=output,
                reward_timeout=reward_timeout,
                stop_after=versions,
            )
        )
    if learning or versions is not None:
        raise ConfigError("--algo, --steps, --seed and --versions belong to --live")
    from racer import api

    film = api.watch(
        who,
        output,
        trial=trial,
        camera=camera,
        checkpoint=checkpoint,
        actions=make_actions(
            max_speed, speed_granularity, max_steering, steering_granularity, action_space
        ),
        **values,
    )
    if as_json:
        print_json({"film": str(film)})
    else:
        print(film)
