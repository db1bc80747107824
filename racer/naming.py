"""How names stand in a file, and in a line of text: those of several tracks, and of strangers.

For one track everything is as if there could be no others: files hold its name, and only of several
a list of names.
"""

import re
from collections.abc import Iterable, Sequence

GENERATED = "generated:"
"""What a track is called that has no file: ``generated:17`` is drawn from seed 17."""

_NUMBERED = re.compile(r"generated[:_](\d+)(.*)")  # as it is typed, and the track's own name
_LEAST = 3  # so many successive seeds are written as a range


def one_or_list(values: Sequence[str]) -> str | list[str]:
    """Return what there is one of a track as files keep it: of one track the value, else a list."""
    return values[0] if len(values) == 1 else list(values)


def as_list(kept: str | Sequence[str]) -> list[str]:
    """Return what ``one_or_list`` was given."""
    return [kept] if isinstance(kept, str) else list(kept)


def in_one_line(names: Iterable[str]) -> str:
    """Return names as a text: ``oval, generated:1-7``; successive seeds are drawn together."""
    runs: list[list[str]] = []
    for name in names:
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(part for run in runs for part in _written(run))


def _follows(before: str, name: str) -> bool:
    """Return whether two names are those of successive seeds."""
    first, second = _NUMBERED.fullmatch(before), _NUMBERED.fullmatch(name)
    if first is None or second is None or first[2] != second[2]:
        return False
    return int(second[1]) == int(first[1]) + 1


def _written(run: list[str]) -> list[str]:
    """Return a row of successive seeds as one range, if it is long enough."""
    last = _NUMBERED.fullmatch(run[-1])
    if len(run) < _LEAST or last is None:
        return run
    first = run[0].removesuffix(last[2])
    return [f"{first}-{last[1]}{last[2]}"]


_ORDERS = {  # a terminal obeys them: colours, the cursor, the clipboard, the order of letters
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for code in (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F),
                 *range(0x2066, 0x206A))
}  # fmt: skip


def printable(text: str) -> str:
    """Return text that a terminal shows as it is, with its control characters as codes."""
    return text.translate(_ORDERS)
