"""``racer plot``: the figures of one run, or of several together."""

from pathlib import Path
from typing import Annotated

import typer

from racer.cli.options import AsJson
from racer.cli.output import escape, print_json, print_note, say
from racer.cli.table import print_table
from racer.errors import ConfigError


def plot(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN... [saliency]",
            help="Folders or names of runs; saliency after a run that drives by its camera draws "
            "which pixels decide.",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Draw this picture only; may be repeated. --list has all.", metavar="NAME"
        ),
    ] = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="List the pictures, and when each helps.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where to; by default the run's folder, for several runs plots/.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw learning curves, laps by speed and by reward, actions used, where cars left the track.

    Runs that differ only in their seed are drawn as one group, with a band.
    With --kind, single pictures, each with a sentence on what was found.
    """  # fmt: skip
    from racer import api

    runs = runs or []
    if show_list:
        _print_list(as_json=as_json)
        return
    if not runs:
        raise ConfigError("plot: expected at least one run, got none")
    if len(runs) > 1 and runs[-1] == "saliency" and not Path("saliency").exists():
        if len(runs) > 2:
            raise ConfigError("saliency: expected one run before it, got several")
        runs, kind = runs[:1], [*(kind or []), "saliency"]
    if kind:
        found = api.plot_kinds(runs, kind, output, on_note=print_note)
    else:
        found = dict.fromkeys(api.plot(runs, output, on_note=print_note), "")
    if as_json:
        told = {str(path): sentence for path, sentence in found.items() if sentence}
        print_json({"figures": [str(path) for path in found], **({"found": told} if told else {})})
        return
    for path, sentence in found.items():
        print(path)
        if sentence:
            say(f"  {escape(sentence)}")


def _print_list(*, as_json: bool) -> None:
    """Print the pictures, and when each helps."""
    from racer import api

    known = api.kinds()
    if as_json:
        print_json(known)
        return
    print_table(["kind", "helps to see"], [[name, helps] for name, helps in known.items()],
                left=("kind", "helps to see"))  # fmt: skip
