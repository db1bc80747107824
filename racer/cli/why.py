"""``racer why``: when a training got worse, and the likely causes."""

from typing import TYPE_CHECKING, Annotated

import typer

from racer.cli.options import AsJson
from racer.cli.output import escape, print_json, say

if TYPE_CHECKING:
    from racer.analysis.why import Cause, Diagnosis


def why(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or name.")],
    as_json: AsJson = False,
) -> None:
    """Say why a training went wrong: when, likely causes with their evidence, one thing to change.

    Says that nothing is wrong where nothing is.
    """
    from racer import api

    diagnosis = api.why(run)
    if as_json:
        print_json(diagnosis.to_dict())
        return
    print_diagnosis(diagnosis)


def print_diagnosis(diagnosis: "Diagnosis") -> None:
    """Print a diagnosis."""
    say(f"[bold]{escape(diagnosis.run)}[/]: {escape(diagnosis.summary)}")
    if diagnosis.remark:
        say(f"By the way: {escape(diagnosis.remark)}")
    if diagnosis.verdict in ("healthy", "early"):
        return
    for event in diagnosis.events:
        say(f"  {escape(event)}")
    for number, cause in enumerate(diagnosis.causes, start=1):
        _print_cause(number, cause)
    say()
    if not diagnosis.causes:
        say(f"No cause stands out. Look at: racer plot {escape(diagnosis.run)}")
        return
    say(f"[bold]Change one thing:[/] {escape(diagnosis.causes[0].advice)}")
    if diagnosis.command:
        say(f"  {escape(diagnosis.command)}")


def _print_cause(number: int, cause: "Cause") -> None:
    word = "Most likely" if number == 1 else "Or"
    say()
    say(f"{number}. {word}: [bold]{escape(cause.title)}[/]")
    for line in cause.evidence:
        say(f"   - {escape(line)}")
