"""``racer tracks``: the shipped tracks as a table, one track as a map, new ones."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer.cli.options import AsJson
from racer.cli.output import DASH, number, print_json, print_table, say
from racer.cli.tracks_generate import generate

if TYPE_CHECKING:
    from racer.track import Track

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


def print_tracks(facts: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print what ``describe`` said of several tracks, as a table or as JSON."""
    if as_json:
        print_json(facts)
        return
    print_table(
        ["track", "length", "width", "tightest", "turns", "driven", "about"],
        [_row(fact) for fact in facts],
        left=("track", "width", "driven", "about"),
    )


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
        ("length", number(fact["length"], 2, "m")), ("width", _width(fact)),
        ("tightest radius", number(fact["tightest_radius"], 2, "m")),
        ("turns", str(fact["turns"])), ("driven", fact["direction"]),
        ("waypoints", str(fact["waypoints"])), ("map", fact.get("map", "")),
    ]  # fmt: skip
    print_table(
        ["track", fact["name"]], [row for row in rows if row[1]], left=("track", fact["name"])
    )
    if output is None:
        say(f"Draw it: racer tracks show {track} -o map.png")


def listed_facts(track: "Track") -> dict[str, Any]:
    """Return what the lists say of a track, as plain data: lengths in metres."""
    radius = track.tightest_radius
    direction = "counter-clockwise" if track.is_ccw else "clockwise"
    return {
        "name": track.name,
        "title": track.title,
        "description": track.description,
        "length": track.length,
        "width": track.width,
        "min_width": track.min_width,
        "max_width": track.max_width,
        "tightest_radius": radius if math.isfinite(radius) else None,
        "turns": track.n_turns,
        "waypoints": len(track.center),
        "is_loop": track.is_loop,
        "direction": direction if track.is_loop else "from end to end",
        "is_reversed": track.is_reversed,
        "file": str(track.source) if track.source else "",
    }


def _row(fact: dict[str, Any]) -> list[str]:
    return [
        fact["name"], number(fact["length"], 1, "m"), _width(fact),
        number(fact["tightest_radius"], 2, "m"), str(fact["turns"]),
        fact["direction"], fact["description"] or fact["title"] or DASH,
    ]  # fmt: skip


def _width(fact: dict[str, Any]) -> str:
    """Return the width, or its range where it changes by a centimetre or more."""
    low, high = fact["min_width"], fact["max_width"]
    return f"{low:.2f}–{high:.2f} m" if high - low >= 0.01 else f"{fact['width']:.2f} m"
