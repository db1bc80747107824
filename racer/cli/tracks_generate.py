"""``racer tracks generate``: new tracks as files, each drawn from its seed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from racer.cli.options import OUTPUT_PANEL, AsJson
from racer.cli.output import escape, say
from racer.cli.tracks_view import listed_facts, print_tracks
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.track import Track

_SUFFIX = ".toml"


def generate(
    seed: Annotated[int, typer.Option(help="Of the first track; the next ones follow.")] = 0,
    count: Annotated[int, typer.Option(help="How many tracks: seeds SEED, SEED + 1, …")] = 1,
    length: Annotated[
        float | None, typer.Option(help="Of the lap (m); by default drawn, 16 to 35.")
    ] = None,
    width: Annotated[
        float | None, typer.Option(help="Of the road (m); 0.76 by default, as re:Invent 2018.")
    ] = None,
    difficulty: Annotated[
        str | None, typer.Option(help="easy, medium or hard; by default drawn.")
    ] = None,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="A folder, or for one track a .toml file.",
                     rich_help_panel=OUTPUT_PANEL),
    ] = Path(),
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw all side by side: .png, .pdf or .svg.",
                     rich_help_panel=OUTPUT_PANEL),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace files that are there already.",
                     rich_help_panel=OUTPUT_PANEL),
    ] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make new tracks, each from its seed: the same seed is the same track.

    Without any file, [bold]--track generated:17[/] is the track of seed 17.
    """
    from racer.storage.durable import write_atomically
    from racer.track import load_track
    from racer.track.generate import WIDTH, generate_drawing, toml_text, track_of

    if count < 1:
        raise ConfigError(f"count must be 1 or more, got {count}")
    paths = _paths(output, seed, count)
    if not force:
        _refuse_to_replace(paths)
    drawings = [
        generate_drawing(
            each, length=length, width=WIDTH if width is None else width, difficulty=difficulty
        )
        for each in range(seed, seed + count)
    ]
    if picture is not None:
        _draw(
            [track_of(one, path.stem) for one, path in zip(drawings, paths, strict=True)], picture
        )
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    for path, drawing in zip(paths, drawings, strict=True):
        write_atomically(path, toml_text(drawing).encode())
    print_tracks([listed_facts(load_track(path)) for path in paths], as_json=as_json)
    if as_json:
        return
    if picture is not None:
        say(f"picture: {escape(str(picture))}")
    say(f"Drive on it: racer train --track {escape(str(paths[0]))}")


def _paths(output: Path, seed: int, count: int) -> list[Path]:
    """Return the files to write: the one that was named, or one a seed in a folder.

    Raises:
        ConfigError: if the output fits neither.
    """
    output = output.expanduser()
    if output.suffix.lower() == _SUFFIX and not output.is_dir():
        if count > 1:
            raise ConfigError(f"{output}: a folder is needed for {count} tracks, got a file's name")
        return [output]
    if output.is_file():
        raise ConfigError(f"{output}: expected a folder or a name ending in {_SUFFIX}, got a file")
    return [output / f"generated_{each}{_SUFFIX}" for each in range(seed, seed + count)]


def _refuse_to_replace(paths: list[Path]) -> None:
    """Raise an error if one of the files is there already."""
    for path in paths:
        if path.exists():
            raise ConfigError(f"{path}: already there: choose another --output, or use --force")


def _draw(tracks: list["Track"], picture: Path) -> None:
    """Write a picture of all tracks."""
    from racer.analysis.figures import save_figure
    from racer.analysis.track_sheet import track_sheet

    title = f"{len(tracks)} generated tracks" if len(tracks) > 1 else "A generated track"
    save_figure(track_sheet(tracks, title=title), picture)
