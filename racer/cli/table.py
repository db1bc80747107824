"""Tables that fit where they are printed: columns go by importance, and no word is broken.

A column of words wraps between words. Where there is still no room, columns are left out, the least
important first, and a line below says which; then names that are too long are shortened in their
middle, because what tells two names apart often stands at their end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from racer.cli.output import console, escape, say

if TYPE_CHECKING:
    from racer.studies.comparison_table import TextTable

GAP = 3
"""Letters between two columns."""
_EDGES = 2  # letters beside the first and the last column
_PROSE = 24  # a column of words that is narrower is hard to read
_NAME = 32  # letters of a name that columns of less weight make room for
_FEWEST = 8  # letters of a name, at the least

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Layout:
    """Which columns are shown, and how wide."""

    kept: tuple[int, ...]
    widths: tuple[int, ...]
    """Letters of each kept column."""


def print_table(
    columns: Sequence[str],
    rows: Rows,
    *,
    title: str | None = None,
    left: Sequence[str] = (),
    drop: Sequence[str] = (),
    made: Console | None = None,
) -> None:
    """Print a table.

    Args:
        columns: headings; numbers are right-aligned under them.
        rows: the cells as plain text.
        title: a line above.
        left: headings of the columns that hold words.
        drop: headings of the columns that may be left out where there is no room for them, the
            least important first.
        made: where to, if not stdout.
    """
    made = made or console()
    layout = fit(columns, rows, made.width, left=left, drop=drop)
    heading = None if title is None else escape(title)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=heading, title_justify="left")
    for k, width in zip(layout.kept, layout.widths, strict=True):
        justify = "left" if columns[k] in left else "right"
        table.add_column(escape(columns[k]), justify=justify, width=width)  # type: ignore[arg-type]
    for row in rows:
        cells = [_shortened(row[k], width) for k, width in zip(*_pairs(layout), strict=True)]
        table.add_row(*(escape(cell) for cell in cells))
    made.print(table)
    missing = [name for k, name in enumerate(columns) if k not in layout.kept]
    if missing:
        made.print(f"[dim]no room for: {escape(', '.join(missing))}[/]")


def print_text_table(table: "TextTable") -> None:
    """Print a table of a study: one that is too wide in parts, or without what weighs least."""
    say()
    if table.title:
        say(f"[bold]{escape(table.title)}[/]")
    names = table.columns
    if table.less:
        print_table(names, table.rows, left=names[:1], drop=table.less)
        return
    for part in table.split(console().width - _EDGES):
        print_table(part.columns, part.rows, left=part.columns[:1])


def fit(
    columns: Sequence[str],
    rows: Rows,
    room: int,
    *,
    left: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> Layout:
    """Choose columns and widths; the arguments are those of ``print_table``.

    Args:
        columns: see there.
        rows: see there.
        room: letters that a line may have.
        left: see there.
        drop: see there.
    """
    cells = [[name, *(row[k] for row in rows)] for k, name in enumerate(columns)]
    wanted = [max(map(cell_len, column)) for column in cells]
    least = [
        min(want, max(min(_longest_word(column), _NAME), _PROSE))
        if name in left
        else max(_longest_word(column[:1]), *map(cell_len, column[1:]), 0)
        for name, column, want in zip(columns, cells, wanted, strict=True)
    ]
    kept = [k for k, name in enumerate(columns) if name not in drop]
    for name in reversed(drop):
        if name in columns and _total(least, more := sorted([*kept, columns.index(name)])) <= room:
            kept = more
    widths = [least[k] for k in kept]
    _shrink(widths, [columns[k] in left for k in kept], room)
    _grow(widths, [wanted[k] for k in kept], room)
    return Layout(tuple(kept), tuple(widths))


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    """Return how wide a table of these columns is."""
    return sum(widths[k] for k in kept) + GAP * (len(kept) - 1) + _EDGES


def _shrink(widths: list[int], is_words: Sequence[bool], room: int) -> None:
    """Take letters from the widest columns of words, until the table fits or they are short."""
    words = [k for k, one in enumerate(is_words) if one]
    while words and _total(widths, range(len(widths))) > room:
        widest = max(words, key=widths.__getitem__)
        if widths[widest] <= _FEWEST:
            return
        widths[widest] -= 1


def _grow(widths: list[int], wanted: Sequence[int], room: int) -> None:
    """Give the letters that are left to the columns that want more, in turn."""
    spare = room - _total(widths, range(len(widths)))
    while spare > 0:
        hungry = [k for k, width in enumerate(widths) if width < wanted[k]]
        if not hungry:
            return
        for k in hungry[:spare]:
            widths[k] += 1
        spare -= min(len(hungry), spare)


def _pairs(layout: Layout) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return layout.kept, layout.widths


def _longest_word(texts: Sequence[str]) -> int:
    return max((cell_len(word) for text in texts for word in text.split()), default=0)


def _shortened(text: str, width: int) -> str:
    """Return a cell whose words all fit."""
    if _longest_word([text]) <= width:
        return text
    return " ".join(short_name(word, width) for word in text.split())


def short_name(name: str, width: int) -> str:
    """Return a name in at most so many letters: ``center_line…2018-12``."""
    if len(name) <= width:
        return name
    tail = (width - 1) // 3
    return f"{name[: width - 1 - tail]}…{name[len(name) - tail :]}"
