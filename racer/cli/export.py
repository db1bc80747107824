"""``racer export``: the policy of a run as a file that other programs, or a real car, take."""

from pathlib import Path
from typing import Annotated

import typer

from racer.cli.evaluate import Checkpoint
from racer.cli.export_deepracer import export_folder
from racer.cli.options import AsJson
from racer.cli.output import escape, percent, print_json, print_note, say
from racer.errors import ConfigError


def export(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's folder or name, or a checkpoint file.")
    ],
    onnx: Annotated[
        bool, typer.Option("--onnx", help="As ONNX, for other programs; the default.")
    ] = False,
    car: Annotated[
        bool, typer.Option("--car", help="As NAME.tar.gz, for the physical DeepRacer.")
    ] = False,
    sb3: Annotated[
        bool, typer.Option("--sb3", help="As a zip that Stable-Baselines3 opens without racer.")
    ] = False,
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
    """Write the policy with its preprocessing, and what its actions mean.

    The file is run once on a drive and compared with the original. ONNX
    needs the extra packages of racer-rl[export].
    """
    if deepracer is not None:
        if onnx or car or sb3 or output is not None:
            raise ConfigError("--deepracer DIR: takes neither --onnx, --car, --sb3 nor --output")
        export_folder(run, deepracer, workers=workers, with_text=sim_trace_log, as_json=as_json)
        return
    forms = {"--onnx": onnx, "--car": car, "--sb3": sb3}
    chosen = [name for name, is_meant in forms.items() if is_meant] or ["--onnx"]
    if len(chosen) > 1:
        raise ConfigError(f"export: expected one of {', '.join(forms)}, got {' and '.join(chosen)}")
    write = {"--onnx": _onnx, "--car": _car, "--sb3": _sb3}[chosen[0]]
    write(run, output, checkpoint, as_json=as_json)


def _onnx(run: str, output: Path | None, checkpoint: str, *, as_json: bool) -> None:
    from racer import api

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


def _car(run: str, output: Path | None, checkpoint: str, *, as_json: bool) -> None:
    from racer import api

    made = api.export_car(run, output, checkpoint=checkpoint, on_note=print_note)
    if as_json:
        print_json(made.to_dict())
        return
    width, height = made.image_size
    say(f"[bold]model[/]     {escape(str(made.archive))}")
    say(f"computes as the original to {made.largest_difference:.0e}")
    if made.grey_difference:
        same = ""
        if made.same_action is not None:
            same = f"; {percent(made.same_action)} of the steps have the same action"
        say(
            f"pictures of 160x120, reduced to {width}x{height}, differ from the simulator's by "
            f"{made.grey_difference:.1f} of 255{same}"
        )
    shares = ", ".join(f"{speed:g} m/s {percent(share)}" for speed, share in made.throttle)
    say(f"throttle on the car: {shares} of what its console allows")


def _sb3(run: str, output: Path | None, checkpoint: str, *, as_json: bool) -> None:
    from racer import api

    made = api.export_sb3(run, output, checkpoint=checkpoint, on_note=print_note)
    if as_json:
        print_json(made.to_dict())
        return
    say(f"[bold]model[/]     {escape(str(made.file))}")
    say(f"[bold]metadata[/]  {escape(str(made.metadata))}")
    say(f"stable_baselines3.{made.opens_with}.load opens it; it does as the original on a drive")
