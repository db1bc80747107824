"""Options that several verbs share, and what they mean together."""

from pathlib import Path
from typing import Annotated, Any

import typer

TRACK_PANEL = "Track"
ACTION_PANEL = "Car and actions"
OUTPUT_PANEL = "Output"

TrackName = Annotated[
    str | None,
    typer.Option("--track", "-t", help="A shipped track, or a .toml, .npy or .csv file.",
                 rich_help_panel=TRACK_PANEL, metavar="NAME|FILE"),
]  # fmt: skip
TrackScale = Annotated[
    float | None,
    typer.Option("--track-scale", help="Multiply all lengths of the track, for example 0.1.",
                 rich_help_panel=TRACK_PANEL),
]  # fmt: skip
Reverse = Annotated[
    bool | None,
    typer.Option("--reverse/--no-reverse", help="Drive the track the other way round.",
                 rich_help_panel=TRACK_PANEL, show_default=False),
]  # fmt: skip
Vehicle = Annotated[
    str | None,
    typer.Option(help="Preset of the car: deepracer, deepracer_v4 or ideal.",
                 rich_help_panel=ACTION_PANEL),
]  # fmt: skip
MaxSpeed = Annotated[
    float | None, typer.Option(help="Highest speed (m/s).", rich_help_panel=ACTION_PANEL)
]
SpeedGranularity = Annotated[
    int | None,
    typer.Option(help="How many speeds: 1, 2 or 3.", rich_help_panel=ACTION_PANEL),
]
MaxSteering = Annotated[
    float | None,
    typer.Option(help="Largest steering angle (degrees).", rich_help_panel=ACTION_PANEL),
]
SteeringGranularity = Annotated[
    int | None,
    typer.Option(help="How many steering angles: 3, 5 or 7.", rich_help_panel=ACTION_PANEL),
]
ActionSpace = Annotated[
    Path | None,
    typer.Option(help="A DeepRacer model_metadata.json, in place of the four numbers.",
                 rich_help_panel=ACTION_PANEL, metavar="FILE"),
]  # fmt: skip
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else on stdout.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip


def given(**values: Any) -> dict[str, Any]:
    """Return the options that were given: those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
