"""``racer tracks``: the shipped tracks as a table, one track as a map, new ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer import defaults
from racer.cli.options import AsJson
from racer.cli.output import number, print_json, say, say_command
from racer.cli.table import print_table
from racer.cli.tracks_generate import generate
from racer.cli.tracks_line import (
    MaxSpeed,
    Reverse,
    Scale,
    Vehicle,
    line,
    line_words,
    reference_line,
)
from racer.cli.tracks_view import listed_facts, print_tracks, width_text
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.track import Track

tracks_app = typer.Typer(
    help="List the shipped tracks, draw one, make new ones.", invoke_without_command=True
)
tracks_app.command()(generate)
tracks_app.command()(line)


@tracks_app.callback()
def list_tracks(context: typer.Context, as_json: AsJson = False) -> None:
    """List the shipped tracks; with [bold]show[/] draw one, also from your own file."""
    if context.invoked_subcommand is not None:
        return
    from racer.track import load_track, track_names

    print_tracks([listed_facts(load_track(name)) for name in track_names()], as_json=as_json)


@tracks_app.command()
def show(
    track: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A track or track file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to draw it: .png, .pdf or .svg.")
    ] = None,
    scale: Scale = 1.0,
    reverse: Reverse = False,
    line: Annotated[
        bool, typer.Option("--line", help="Draw the reference on it: a fast lap and its speeds.")
    ] = False,
    line_file: Annotated[
        Path | None,
        typer.Option(help="Draw this line on it: a .csv, .npy or .py with x, y and maybe speed."),
    ] = None,
    vehicle: Vehicle = defaults.VEHICLE,
    max_speed: MaxSpeed = None,
    as_json: AsJson = False,
) -> None:
    """Say what there is to know about a track, and draw its map."""
    from racer.track import load_track

    loaded = load_track(track, reverse=reverse, scale=scale)
    fact = listed_facts(loaded)
    if (line or line_file) and output is None:
        raise ConfigError("a line is drawn into a picture: name it with -o")
    if output is not None:
        from racer.analysis.figures import save_figure, track_map

        if line_file is not None:
            figure = _foreign_map(loaded, line_file, fact)
        elif line:
            figure = _reference_map(loaded, vehicle, max_speed, fact)
        else:
            figure = track_map(loaded)
        fact["map"] = str(save_figure(figure, output))
    if as_json:
        print_json(fact)
        return
    rows = [
        ("file", fact["file"]), ("title", fact["title"]), ("about", fact["description"]),
        ("length", number(fact["length"], 2, "m")), ("width", width_text(fact)),
        ("tightest radius", number(fact["tightest_radius"], 2, "m")),
        ("turns", str(fact["turns"])), ("driven", fact["direction"]),
        ("waypoints", str(fact["waypoints"])), ("line", fact.get("line", "")),
        ("map", fact.get("map", "")),
    ]  # fmt: skip
    print_table(
        ["track", fact["name"]], [row for row in rows if row[1]], left=("track", fact["name"])
    )
    if output is None:
        say("Draw it:")
        say_command(f"racer tracks show {track} -o map.png")


def _reference_map(track: "Track", car: str, max_speed: float | None, fact: dict[str, Any]) -> Any:
    """Draw the reference on a track; what it is goes into ``fact``."""
    from racer.analysis.line_figure import line_map

    found, about = reference_line(track, car, max_speed)
    fact["line"] = line_words(about)
    return line_map(track, found, fact["line"])


def _foreign_map(track: "Track", path: Path, fact: dict[str, Any]) -> Any:
    """Draw the line of a file on a track; what it is goes into ``fact``."""
    from racer.analysis.line_figure import line_map
    from racer.optimal.line_file import read_line

    found = read_line(path)
    found.check_on(track)
    fact["line"] = f"{path}: {len(found.points)} points"
    if found.time is not None:
        fact["line"] += f", {found.time[-1]:.2f} s at its speeds"
    return line_map(track, found, fact["line"])
