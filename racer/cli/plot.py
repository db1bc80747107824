"""``racer plot``: the figures of one run, or of several together."""

from pathlib import Path
from typing import Annotated

import typer

from racer.cli.options import AsJson
from racer.cli.output import print_json, print_note
from racer.errors import ConfigError


def plot(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN... [saliency]",
            help="Folders or names of runs; saliency after a run that drives by its camera draws "
            "which pixels decide.",
        ),
    ],
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
    """
    from racer import api

    if len(runs) > 1 and runs[-1] == "saliency" and not Path("saliency").exists():
        if len(runs) > 2:
            raise ConfigError("saliency: expected one run before it, got several")
        written = [api.plot_saliency(runs[0], output, print_note)]
    else:
        written = api.plot(runs, output, on_note=print_note)
    if as_json:
        print_json({"figures": [str(path) for path in written]})
    else:
        for path in written:
            print(path)
