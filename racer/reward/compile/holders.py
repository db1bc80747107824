"""What a reward function keeps between calls: entries of dicts and lists, attributes, globals.

Each entry that the function assigns to is a *slot*: two numbers a car, a tag for the Python type
and a value. Slots are copied to the real objects before Python calls the function for a car, and
back from them afterwards.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from racer.kernels.layout import Floats
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.runtime import MAX_INT
from racer.reward.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    NP_BOOL,
    NP_FLOAT,
    Number,
    Type,
    join,
    lift,
    widened,
)

TAGS = {NONE: 1, BOOL: 2, INT: 3, FLOAT: 4, NP_FLOAT: 5, NP_BOOL: 6}
"""What the tag of a slot says; 0: there is no such entry."""

_MAKERS: dict[int, Any] = {2: bool, 3: int, 4: float, 5: np.float64, 6: np.bool_}
_TAG_OF = {type(None): 1, bool: 2, int: 3, float: 4, np.float64: 5, np.bool_: 6}

ABSENT: Any = type("Absent", (), {})()
"""Stands for an entry that is not there."""

Kind = Literal["item", "attribute"]


def read(holder: Any, kind: Kind, key: Any) -> Any:
    """Return an entry of an object, or ``ABSENT``."""
    if kind == "attribute":
        return getattr(holder, key, ABSENT)
    try:
        return holder[key]
    except (KeyError, IndexError):
        return ABSENT


@dataclass
class Slot:
    """One entry that the program assigns to."""

    holder: Any
    """The dict, list, instance, class or function."""
    kind: Kind
    key: Any
    label: str
    """What it is called in messages."""
    index: int
    """The first of its two places in the memory of a car."""
    initial: Any
    """The entry after the file was executed, or ``ABSENT``."""
    type: Type | None = None
    """What it can hold; None until something is known."""

    def __post_init__(self) -> None:
        """Begin with the type of the initial entry."""
        if self.initial is not ABSENT:
            self.widen(lift(self.initial).type)

    @property
    def number(self) -> Number:
        """The type of what it holds."""
        assert isinstance(self.type, Number)
        return self.type

    def widen(self, to: Type) -> bool:
        """Let it hold one more type; return whether that is new.

        Raises:
            CannotCompile: if the type is not that of a number.
        """
        if not isinstance(to, Number):
            raise CannotCompile(f"'{self.label}' keeps {to}: only numbers are kept")
        wider = widened(to if self.type is None else join(self.type, to))
        changed, self.type = wider != self.type, wider
        return changed

    def takes(self, entry: Any) -> bool:
        """Return whether compiled code has a place for an entry, or ``ABSENT``."""
        if entry is ABSENT:
            return self.initial is ABSENT
        tag = _TAG_OF.get(type(entry))
        if tag == TAGS[INT] and abs(entry) > MAX_INT:
            return False
        return tag in {TAGS[atom] for atom in self.number.atoms}

    def encode(self, entry: Any, row: Floats) -> None:
        """Write an entry that it takes to a car's memory."""
        tag = 0 if entry is ABSENT else _TAG_OF[type(entry)]
        row[self.index] = tag
        row[self.index + 1] = float(entry) if tag > 1 else 0.0

    def restore(self, row: Floats) -> None:
        """Copy a car's memory to the entry of the real object."""
        tag, number = int(row[self.index]), float(row[self.index + 1])
        if tag == 0:
            self.write(ABSENT)
        else:
            self.write(None if tag == 1 else _MAKERS[tag](number))

    def read(self) -> Any:
        """Return the entry of the real object, or ``ABSENT``."""
        return read(self.holder, self.kind, self.key)

    def write(self, entry: Any) -> None:
        """Set the entry of the real object, or remove it."""
        if entry is ABSENT:
            self._remove()
        elif self.kind == "attribute":
            setattr(self.holder, self.key, entry)
        else:
            self.holder[self.key] = entry

    def _remove(self) -> None:
        if self.kind == "item" and self.key in self.holder:
            del self.holder[self.key]
        elif self.kind == "attribute" and self.key in vars(self.holder):
            delattr(self.holder, self.key)

    def tag_of(self, stored: Number) -> int:
        """Return the tag of a number that is stored and not None.

        Raises:
            CannotCompile: if it may be a numpy number or not: they behave differently later.
        """
        atoms = stored.atoms - {NONE}
        if len(atoms) == 1:
            return TAGS[next(iter(atoms))]
        if {NP_FLOAT, NP_BOOL} & atoms:
            raise CannotCompile(f"'{self.label}' keeps what may be a numpy number: use float()")
        return TAGS[FLOAT if FLOAT in atoms else INT]
