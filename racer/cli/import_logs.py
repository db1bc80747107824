"""``racer import``: logs of the real DeepRacer's simulator as a run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from racer.cli.options import AsJson
from racer.cli.output import count, escape, number, print_json, print_note, say


def import_logs(
    logs: Annotated[
        list[Path],
        typer.Argument(
            metavar="LOGS...",
            help="Files, folders or .tar.gz archives of one training: sim-trace CSVs, texts with "
            "lines SIM_TRACE_LOG, whole model folders.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="RUN", help="The run's folder.")
    ],
    routes: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where the .npy routes lie: one is found by its name or length."
        ),
    ] = None,
    track: Annotated[
        Path | None, typer.Option("--track", "-t", metavar="FILE", help="The route itself.")
    ] = None,
    evaluation: Annotated[
        bool, typer.Option("--evaluation", help="All rows are those of an evaluation.")
    ] = False,
    episodes_per_iteration: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Of all workers, where the logs do not tell it; 20 by default.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a run of logs of the real DeepRacer: plot, runs, show, why and reward replay take it.

    What the logs do not tell is absent, and said.
    """  # fmt: skip
    from racer.deepracer.imported import ImportOptions
    from racer.deepracer.imported import import_logs as make_run

    options = ImportOptions(routes, track, evaluation, episodes_per_iteration, force)
    made = make_run(logs, output, options)
    if as_json:
        print_json(made)
        return
    for line in made["notes"]:
        print_note(line)
    _print(made)


def _print(made: dict[str, Any]) -> None:
    """Print what was read, a line each."""
    from racer.runs.record import read_run

    facts, episodes = made["imported"], read_run(made["folder"]).episodes
    times = episodes["lap_time"][episodes["status"] == "lap_complete"]
    best = f", best {number(float(times.min()), 2, 's')}" if len(times) else ""
    lines = {
        "run": made["folder"],
        "read": f"{count(facts['rows'])} rows, {count(made['episodes'])} training episodes, "
        f"{facts['iterations']} iterations, {facts['workers']} workers",
        "laps": f"{count(len(times))} finished in training{best}",
        "evaluation": _evaluation(made.get("evaluation")),
        "track": made["track"] or "no name in the logs",
        "route": facts["route"] or "",
        "replay": facts["steps"],
        "absent": ", ".join(facts["absent"]),
        "broken": f"{count(facts['broken'])} lines" if facts["broken"] else "",
    }
    for name, text in lines.items():
        if text:
            say(f"[bold]{name:<12}[/]{escape(str(text))}")
    for line in facts["broken_lines"]:
        say(f"  {escape(line)}")


def _evaluation(summary: dict[str, Any] | None) -> str:
    if summary is None:
        return ""
    return (
        f"{100 * summary['finish_rate']:.0f} % of {summary['trials']} trials finished, best lap "
        f"{number(summary['best_lap_time'], 2, 's')}"
    )
