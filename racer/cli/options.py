"""Options that several verbs share, and what they mean together."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from racer.algorithms.known import choices
from racer.cli.output import print_error, print_note
from racer.errors import ConfigError

TRACK_PANEL = "Track"
ACTION_PANEL = "Car and actions"
SENSOR_PANEL = "What the car sees"
OUTPUT_PANEL = "Output"
TRAINING_PANEL = "Training"


def refuse_former(what: str, advice: str) -> NoReturn:
    """Refuse what only older versions had, in a line and with the status of wrong usage."""
    text = f"{what} is gone: reward functions are no longer compiled; {advice}"
    print_error(ConfigError(text))
    raise typer.Exit(2)


def _former_compile(wanted: bool | None) -> None:
    """Say that an option of older versions has no effect, or refuse it."""
    if wanted:
        refuse_former("--compile", "leave it out")
    if wanted is not None:
        print_note("reward functions are no longer compiled: --no-compile has no effect")


Algo = Annotated[
    str | None,
    typer.Option(help=f"{choices()}.", rich_help_panel=TRAINING_PANEL),
]  # fmt: skip
Seed = Annotated[
    int | None,
    typer.Option(help="The first seed: everything random follows from it; 0 by default.",
                 rich_help_panel=TRAINING_PANEL),
]  # fmt: skip
StudySteps = Annotated[
    int | None,
    typer.Option("--steps", help="Environment steps of each training; by default as racer train.",
                 rich_help_panel=TRAINING_PANEL),
]  # fmt: skip
Jobs = Annotated[
    int | None,
    typer.Option(help="Trainings at the same time; one a processor by default.",
                 rich_help_panel=TRAINING_PANEL),
]  # fmt: skip
NEnvs = Annotated[
    int | None,
    typer.Option(help="Cars that drive at the same time; 64 by default.",
                 rich_help_panel=TRAINING_PANEL),
]  # fmt: skip
ConfigFile = Annotated[
    Path | None,
    typer.Option(help="A .toml file with settings of racer train; options win over it.",
                 rich_help_panel=TRAINING_PANEL, metavar="FILE"),
]  # fmt: skip
HyperparameterFile = Annotated[
    Path | None,
    typer.Option("--hyperparameters", help="DeepRacer's hyperparameters.json, or a .toml file.",
                 rich_help_panel=TRAINING_PANEL, metavar="FILE"),
]  # fmt: skip
FormerCompile = Annotated[
    bool | None,
    typer.Option("--compile/--no-compile", callback=_former_compile, hidden=True),
]
"""Of older versions: scripts that say --no-compile still run."""
RewardTimeout = Annotated[
    float,
    typer.Option(help="Seconds a call of a reward function may take.",
                 rich_help_panel=TRAINING_PANEL),
]  # fmt: skip

TrackName = Annotated[
    str | None,
    typer.Option("--track", "-t",
                 help="A shipped track, generated:SEED, or a .toml, .npy or .csv file.",
                 rich_help_panel=TRACK_PANEL, metavar="NAME|FILE"),
]  # fmt: skip
TrackNames = Annotated[
    list[str] | None,
    typer.Option("--track", "-t",
                 help="A shipped track, generated:SEED, or a .toml, .npy or .csv file. Repeat it "
                 "for several, or generated:1-7: each episode draws one.",
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
Observe = Annotated[
    str | None,
    typer.Option(help="What the car sees: state, camera, lidar, or several as camera+state.",
                 rich_help_panel=SENSOR_PANEL),
]  # fmt: skip
ImageSize = Annotated[
    str | None,
    typer.Option(help="Of the camera, in pixels; 64x48 by default, the real one's is 160x120.",
                 rich_help_panel=SENSOR_PANEL, metavar="WxH"),
]  # fmt: skip
Rgb = Annotated[
    bool | None,
    typer.Option("--rgb/--grey", help="Colours of the camera; grey by default.",
                 rich_help_panel=SENSOR_PANEL, show_default=False),
]  # fmt: skip
FrameStack = Annotated[
    int | None,
    typer.Option(help="How many of the last pictures the car sees; 1 by default.",
                 rich_help_panel=SENSOR_PANEL),
]  # fmt: skip
Randomize = Annotated[
    str | None,
    typer.Option(help="Random elements: a strength for all as 1.0, grip=0.5,brightness=1, or a "
                 ".toml file.", rich_help_panel=SENSOR_PANEL, metavar="STRENGTH"),
]  # fmt: skip
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else on stdout.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Figures = Annotated[
    bool, typer.Option("--figures/--no-figures", help="Draw the report at the end.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Film = Annotated[
    bool, typer.Option("--film/--no-film", help="Film the best lap at the end.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print errors and the run's folder only.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip


def given(**values: Any) -> dict[str, Any]:
    """Return the options that were given: those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
