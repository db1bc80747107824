"""``racer tracks``: the shipped tracks as a table, one track as a map, new ones."""

from pathlib import Path
from typing import Annotated

import typer

from racer.cli.options import AsJson
from racer.cli.output import number, print_json, print_table, say
from racer.cli.tracks_generate import generate
from racer.cli.tracks_view import listed_facts, print_tracks, width_text

tracks_app = typer.Typer(
    help="List the shipped tracks, draw one, make new ones.", invoke_without_command=True
)
tracks_app.command()(generate)


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
    scale: Annotated[float, typer.Option(help="Multiply all lengths.")] = 1.0,
    reverse: Annotated[bool, typer.Option("--reverse", help="Drive it the other way.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what there is to know about a track, and draw its map."""
    from racer.track import load_track

    loaded = load_track(track, reverse=reverse, scale=scale)
    fact = listed_facts(loaded)
    if output is not None:
        from racer.analysis.figures import save_figure, track_map

        fact["map"] = str(save_figure(track_map(loaded), output))
    if as_json:
        print_json(fact)
        return
    rows = [
        ("file", fact["file"]), ("title", fact["title"]), ("about", fact["description"]),
        ("length", number(fact["length"], 2, "m")), ("width", width_text(fact)),
        ("tightest radius", number(fact["tightest_radius"], 2, "m")),
        ("turns", str(fact["turns"])), ("driven", fact["direction"]),
        ("waypoints", str(fact["waypoints"])), ("map", fact.get("map", "")),
    ]  # fmt: skip
    print_table(
        ["track", fact["name"]], [row for row in rows if row[1]], left=("track", fact["name"])
    )
    if output is None:
        say(f"Draw it: racer tracks show {track} -o map.png")
