"""``racer watch``: the film of a lap."""

from pathlib import Path
from typing import Annotated

import typer

from racer.cli.evaluate import Checkpoint, Who
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


def watch(
    who: Who,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The film, a .gif; by default lap.gif beside the run."),
    ] = None,
    track: TrackName = None,
    track_scale: TrackScale = None,
    reverse: Reverse = None,
    trial: Annotated[
        int | None, typer.Option(help="Which trial; by default the fastest lap.")
    ] = None,
    checkpoint: Checkpoint = "best",
    vehicle: Vehicle = None,
    max_speed: MaxSpeed = None,
    speed_granularity: SpeedGranularity = None,
    max_steering: MaxSteering = None,
    steering_granularity: SteeringGranularity = None,
    action_space: ActionSpace = None,
    as_json: AsJson = False,
) -> None:
    """Film a lap of a trained car or a built-in driver."""
    from racer import api

    film = api.watch(
        who,
        output,
        trial=trial,
        checkpoint=checkpoint,
        actions=make_actions(
            max_speed, speed_granularity, max_steering, steering_granularity, action_space
        ),
        **given(track=track, track_scale=track_scale, reverse=reverse, vehicle=vehicle),
    )
    if as_json:
        print_json({"film": str(film)})
    else:
        print(film)
