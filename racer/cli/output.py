"""What the command line writes: sentences, numbers, JSON and one-line errors.

Results go to stdout; progress, notes and errors to stderr. With ``--json`` nothing but JSON goes to
stdout. NO_COLOR and terminals without colours are respected by rich.
"""

import json
import math
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

from rich import markup
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from racer.errors import one_line
from racer.naming import printable

PIPE_WIDTH = 1000
"""Letters of a line that goes to a file or another program, if COLUMNS says nothing else."""

DASH = "–"  # where there is no value


def console(*, stderr: bool = False) -> Console:
    """Return a console on stdout or stderr, as they are now.

    COLUMNS says how wide a terminal is, and results that are piped; piped errors stay one line.
    """
    made = Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False)
    if not made.is_terminal and (stderr or not os.environ.get("COLUMNS", "").isdigit()):
        made.width = PIPE_WIDTH
    return made


def escape(text: str) -> str:
    """Return text of users and files so that neither rich nor the terminal reads orders in it."""
    return markup.escape(printable(text))


def say(text: str = "", *, stderr: bool = False, hang: int = 0) -> None:
    """Print a line of rich markup on stdout or stderr, see ``tell``."""
    tell(console(stderr=stderr), text, hang=hang)


def tell(made: Console, text: str, *, hang: int = 0) -> None:
    """Print a line of rich markup, wrapped between words where it is too long.

    A word that is longer than the line stays whole: a path can be copied.

    Args:
        made: where to.
        text: the line; text from elsewhere must be escaped.
        hang: by how many letters the lines below the first are indented; at least as the first.
    """
    lines = []
    for line in Text.from_markup(text, emoji=False).split("\n", allow_blank=True):
        plain = line.plain
        indent = max(hang, len(plain) - len(plain.lstrip()))
        for k, part in enumerate(line.divide(_breaks(plain, made.width, indent))):
            part.rstrip()
            lines.append(Text(" " * indent).append_text(part) if k else part)
    made.print(Text("\n").join(lines), soft_wrap=True)  # at once: a bar stays below all of it


def say_command(text: str) -> None:
    """Print a command to be copied: it stays one line, however long."""
    console().print(f"  {escape(text)}", soft_wrap=True)


def _breaks(plain: str, width: int, indent: int) -> Iterator[int]:
    """Yield where a line is broken, so that no part is wider than ``width`` if words allow it."""
    used = 0
    for word in re.finditer(r"\s*\S+", plain):
        wide = cell_len(word.group())
        bare = word.group().lstrip()
        if used > indent and used + wide > width:
            yield word.end() - len(bare)
            used, wide = indent, cell_len(bare)
        used += wide


def labelled(label: str, text: str, width: int = 14, *, made: Console | None = None) -> None:
    """Print a text behind its label, below which nothing else stands.

    Args:
        label: in bold; plain text, like the other one.
        text: what is said.
        width: letters of the column of labels.
        made: where to, if not stdout.
    """
    tell(made or console(), f"[bold]{escape(label):<{width}}[/]{escape(text)}", hang=width)


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
