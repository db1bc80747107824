"""What older versions had: refused in a line, or taken with a note, so that scripts still run."""

import inspect
from typing import Annotated, NoReturn

import typer

from racer.cli.output import print_error, print_note
from racer.errors import ConfigError


def refuse_former(what: str, advice: str) -> NoReturn:
    """Refuse what only older versions had, in a line and with the status of wrong usage."""
    text = f"{what} is gone: reward functions are no longer compiled; {advice}"
    print_error(ConfigError(text))
    raise typer.Exit(2)


def _former_compile(wanted: bool | None) -> None:
    """Say that an option of older versions has no effect, or refuse it."""
    if wanted:
        refuse_former("--compile", "leave it out")
    if wanted is not None:
        print_note("reward functions are no longer compiled: --no-compile has no effect")


COMPILE_OPTION = inspect.Parameter(
    "former_compile",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        bool | None, typer.Option("--compile/--no-compile", callback=_former_compile, hidden=True)
    ],
)
"""The parameter of a verb that trains, for the option that has no effect any more."""
