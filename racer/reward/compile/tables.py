"""Constant lists of numbers, or of rows of numbers, as arrays of compiled code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.values import (
    Group,
    Number,
    Type,
    Value,
    as_group,
    join_all,
    lift,
    representation,
    widened,
)

_MAX_CELLS = 20_000
"""Numbers in a table; larger ones take too long to compile."""

_WRAPPED = {"b": "({} != 0.0)", "i": "int({})", "f": "{}"}
"""A float64 of a table as a number, by its representation."""


@dataclass(frozen=True)
class Table:
    """A constant list of numbers, or of rows of numbers."""

    name: str
    """Name of the array in compiled code."""
    definition: str
    """Source that makes the array."""
    item: Number | Group
    """Type of an item: a number or a row."""

    def cell(self, place: str) -> Value:
        """Return the item at a place that code computes; it must be in range."""
        if isinstance(self.item, Number):
            return _number(f"{self.name}[{place}]", self.item)
        cells = [
            _number(f"{self.name}[{place}, {column}]", of)
            for column, of in enumerate(self.item.items)
        ]
        code = f"({''.join(f'{cell.code}, ' for cell in cells)})"
        return Value(self.item, code, parts=tuple(cells))


def make_table(name: str, thing: Sequence[Any]) -> Table:
    """Return a constant sequence as a table.

    Raises:
        CannotCompile: if it is no regular table of numbers.
    """
    items = [as_group(lift(one)) for one in thing]
    n_cells = sum(1 if one.parts is None else len(one.parts) for one in items)
    if not 0 < n_cells <= _MAX_CELLS:
        raise CannotCompile(f"a table of {n_cells} numbers")
    of = widened(join_all([one.type for one in items]))
    columns = of.items if isinstance(of, Group) else (of,)
    if not columns or not all(
        isinstance(one, Number) and representation(one) in "bif" for one in columns
    ):
        raise CannotCompile("a table that does not hold numbers or rows of numbers")
    assert isinstance(of, Number | Group)
    rows = [one.parts or (one,) for one in items]
    cells = ",".join(f"[{','.join(_literal(cell) for cell in row)}]" for row in rows)
    flat = "[:, 0].copy()" if isinstance(of, Number) else ""
    return Table(name, f"{name} = np.array([{cells}]){flat}", of)


def _literal(cell: Value) -> str:
    """Return the number that a cell of a table holds, as a float."""
    if isinstance(cell.constant, bool | int | float):
        return repr(float(cell.constant))
    raise CannotCompile("a table that holds numpy numbers")


def _number(code: str, of: Type) -> Value:
    assert isinstance(of, Number)
    return Value(of, _WRAPPED[representation(of)].format(code))
