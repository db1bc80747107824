"""``racer export``: the policy of a run as a file that other programs take."""

from pathlib import Path
from typing import Annotated

import typer

from racer.cli.evaluate import Checkpoint
from racer.cli.export_deepracer import export_folder
from racer.cli.options import AsJson
from racer.cli.output import escape, print_json, print_note, say


def export(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's folder or name, or a checkpoint file.")
    ],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="As ONNX, the only form so far and the default.")
    ] = True,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="By default RUN/export."),
    ] = None,
    checkpoint: Checkpoint = "best",
    deepracer: Annotated[
        Path | None,
        typer.Option(
            "--deepracer",
            metavar="DIR",
            help="Not the policy but the whole run, as deepracer-for-cloud lays out a model: "
            "sim-traces, metrics, metadata, route.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(help="With --deepracer: deal episodes out among 1 to 10 workers.")
    ] = 1,
    sim_trace_log: Annotated[
        bool,
        typer.Option("--sim-trace-log", help="With --deepracer: SIM_TRACE_LOG lines as well."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the policy with its preprocessing as ONNX, and its model_metadata.json.

    The file is run once in onnxruntime on a drive and compared with the
    original. Needs the extra packages of racer[export].
    """
    from racer import api

    if deepracer is not None:
        export_folder(run, deepracer, workers=workers, with_text=sim_trace_log, as_json=as_json)
        return
    made = api.export(run, output, checkpoint=checkpoint, on_note=print_note)
    if as_json:
        print_json(made.to_dict())
        return
    say(f"[bold]model[/]     {escape(str(made.onnx))}")
    say(f"[bold]metadata[/]  {escape(str(made.metadata))}")
    inputs = ", ".join(
        f"{name} (n, {', '.join(map(str, shape))})" for name, shape in made.inputs.items()
    )
    say(f"takes {inputs}; logits as the original's to {made.largest_difference:.0e}")
    say(
        f"one car at a time: {made.frames_per_second:,.0f} frames a second in onnxruntime, "
        f"{made.torch_frames_per_second:,.0f} in torch"
    )
