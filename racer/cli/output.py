"""What the command line writes: tables, numbers, JSON and one-line errors.

Results go to stdout; progress, notes and errors to stderr. With ``--json`` nothing but JSON goes to
stdout. NO_COLOR and terminals without colours are respected by rich.
"""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box, markup
from rich.console import Console
from rich.table import Table

from racer.errors import one_line
from racer.naming import printable

PIPE_WIDTH = 1000
"""Columns of a table that goes to a file or another program: rows are not wrapped there."""

DASH = "–"  # where there is no value


def console(*, stderr: bool = False) -> Console:
    """Return a console on stdout or stderr, as they are now."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False)
    if not made.is_terminal:
        made.width = PIPE_WIDTH
    return made


def escape(text: str) -> str:
    """Return text of users and files so that neither rich nor the terminal reads orders in it."""
    return markup.escape(printable(text))


def say(text: str = "", *, stderr: bool = False) -> None:
    """Print a line of rich markup; text from elsewhere must be escaped."""
    console(stderr=stderr).print(text, soft_wrap=True)


def print_json(content: Any) -> None:
    """Print plain data as JSON; what JSON has no number for (nan, inf) becomes null."""
    sys.stdout.write(json.dumps(_plain(content), indent=1, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str | None = None,
    left: Sequence[str] = (),
    made: Console | None = None,
) -> None:
    """Print a table.

    Args:
        columns: headings; numbers are right-aligned under them.
        rows: the cells as plain text.
        title: a line above.
        left: headings of the columns that hold words.
        made: where to, if not stdout.
    """
    heading = None if title is None else escape(title)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=heading, title_justify="left")
    for name in columns:
        words = name in left
        table.add_column(
            escape(name), justify="left" if words else "right", overflow="fold", no_wrap=not words
        )
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    (made or console()).print(table)


def print_error(error: BaseException) -> None:
    """Print ``error: …`` on stderr, in one line."""
    say(f"[bold red]error:[/] {escape(one_line(error))}", stderr=True)


def print_note(text: str) -> None:
    """Print ``note: …`` on stderr."""
    say(f"[yellow]note:[/] {escape(text)}", stderr=True)


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """Return a number as text, with a dash for None and values that are not finite."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{value:.{digits}f}" + (f" {unit}" if unit else "")


def percent(fraction: float | None, digits: int = 0) -> str:
    """Return a fraction as percent, with a dash for None."""
    return number(None if fraction is None else 100.0 * fraction, digits, "%")


def count(value: int) -> str:
    """Return a whole number with commas."""
    return f"{value:,}"
