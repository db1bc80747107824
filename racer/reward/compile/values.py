"""What the compiler knows of a value: its static type, and the code that computes it.

A type says which Python types a value can have when the program runs. Numbers of several Python
types share one representation where no operation that the compiler takes can tell them apart; an
operation that could is refused, or decided by Python itself (racer.reward.compile.runtime).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np

from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.runtime import MAX_INT

NONE, BOOL, INT, FLOAT = "None", "bool", "int", "float"
NP_BOOL, NP_FLOAT = "numpy.bool", "numpy.float64"
REALS = frozenset({FLOAT, NP_FLOAT})
TRUTHS = frozenset({BOOL, NP_BOOL})
WHOLES = frozenset({BOOL, INT})

_NONE_CODE = "(True, 0.0)"

UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda _: "UNKNOWN"})()
"""Stands for a constant that is not known."""


@dataclass(frozen=True)
class Number:
    """A number or truth value, or None."""

    atoms: frozenset[str]
    """The Python types that it can have."""
    constant: Any = UNKNOWN
    """The value, if it is a known bool or int."""

    def __str__(self) -> str:
        """Return ``float or None``."""
        return " or ".join(sorted(self.atoms))


@dataclass(frozen=True)
class Group:
    """A tuple or list of known length; lists made in a call are never changed."""

    items: "tuple[Type, ...]"
    is_list: bool

    def __str__(self) -> str:
        """Return ``a list of 2``."""
        return f"a {'list' if self.is_list else 'tuple'} of {len(self.items)}"


@dataclass(frozen=True)
class Static:
    """An object that is known: a function, a module, a table of constants, a text."""

    key: object
    thing: Any = field(compare=False)

    def __str__(self) -> str:
        """Return ``'left'`` or ``a dict``."""
        return repr(self.thing) if isinstance(self.thing, str) else f"a {kind_of(self.thing)}"


@dataclass(frozen=True)
class Waypoints:
    """The list ``params['waypoints']``."""

    def __str__(self) -> str:
        """Return the name of the list."""
        return "the waypoints"


@dataclass(frozen=True)
class ParamsDict:
    """The dict that the reward function gets."""

    def __str__(self) -> str:
        """Return the name of the dict."""
        return "the params"


Type = Number | Group | Static | Waypoints | ParamsDict


@dataclass(frozen=True)
class Value:
    """An expression of the program."""

    type: Type
    code: str
    """Python source that computes it; of known objects, waypoints and params a placeholder."""
    constant: Any = UNKNOWN
    """The value, if it is a known bool, int or float."""
    parts: "tuple[Value, ...] | None" = None
    """The items, if it is a group that was written out."""


def kind_of(thing: object) -> str:
    """Return what an object is called in messages."""
    return type(thing).__name__.replace("builtin_function_or_method", "function")


def number(*atoms: str) -> Number:
    """Return the type of numbers that can have some Python types."""
    return Number(frozenset(atoms))


def value(code: str, *atoms: str) -> Value:
    """Return an expression that gives a number of one of some Python types."""
    return Value(number(*atoms), code)


def static(thing: object) -> Value:
    """Return a known object."""
    key = ("text", thing) if isinstance(thing, str) else id(thing)
    return Value(Static(key, thing), "0")


def constant(thing: Any) -> Value:
    """Return a known None, bool, int, float, ``numpy.bool`` or ``numpy.float64``.

    Raises:
        CannotCompile: if it is an integer of more than 53 bits.
    """
    if thing is None:
        return value(_NONE_CODE, NONE)
    if isinstance(thing, np.bool_):
        return value(repr(bool(thing)), NP_BOOL)
    if isinstance(thing, np.float64):
        return value(_literal(float(thing)), NP_FLOAT)
    if isinstance(thing, bool):
        return Value(Number(frozenset({BOOL}), thing), repr(thing), thing)
    if isinstance(thing, int):
        if abs(thing) > MAX_INT:
            raise CannotCompile("an integer of more than 53 bits")
        return Value(Number(frozenset({INT}), thing), f"({thing})", thing)
    return Value(number(FLOAT), _literal(thing), thing)


def is_none(given: Value) -> bool:
    """Return whether a value is the constant None."""
    return given.code == _NONE_CODE


def _literal(number: float) -> str:
    """Return a float as source."""
    if math.isfinite(number):
        return f"({number!r})"
    return "nan" if math.isnan(number) else "inf" if number > 0.0 else "(-inf)"


def lift(thing: Any) -> Value:
    """Return an object of the user's module as an expression."""
    if type(thing) in (type(None), bool, int, float, np.bool_, np.float64):
        return constant(thing)
    return static(thing)


def group(items: Sequence[Value], *, is_list: bool) -> Value:
    """Return a tuple or list that is written out."""
    code = f"({''.join(f'{item.code}, ' for item in items)})"
    return Value(Group(tuple(item.type for item in items), is_list), code, parts=tuple(items))


def as_group(given: Value) -> Value:
    """Return a tuple or list of constants as a group of its items; anything else as it is."""
    if isinstance(given.type, Static) and isinstance(given.type.thing, tuple | list):
        thing = given.type.thing
        return group([lift(item) for item in thing], is_list=isinstance(thing, list))
    return given


def item(given: Value, place: int) -> Value:
    """Return an item of a group."""
    assert isinstance(given.type, Group)
    if given.parts is not None:
        return given.parts[place]
    return Value(given.type.items[place], f"{given.code}[{place}]")


def join(a: Type, b: Type) -> Type:
    """Return the type of what can be either.

    Raises:
        CannotCompile: if the two have nothing in common.
    """
    if a == b:
        return a
    match a, b:
        case Number(), Number():
            return Number(a.atoms | b.atoms)
        case Group(), Group() if len(a.items) == len(b.items) and a.is_list == b.is_list:
            return Group(tuple(map(join, a.items, b.items)), a.is_list)
        case Static(), Group():
            return join(as_group(Value(a, "0")).type, b) if _is_table(a) else _mixed(a, b)
        case Group(), Static():
            return join(b, a) if _is_table(b) else _mixed(a, b)
        case Static(), Static() if _is_table(a) and _is_table(b):
            return join(as_group(Value(a, "0")).type, as_group(Value(b, "0")).type)
    return _mixed(a, b)


def _is_table(of: Static) -> bool:
    return isinstance(of.thing, tuple | list)


def _mixed(a: Type, b: Type) -> Type:
    raise CannotCompile(f"one name for {a} and for {b}")


def join_all(types: Sequence[Type]) -> Type:
    """Return the type of what can be any of some."""
    return reduce(join, types)


def widened(of: Type) -> Type:
    """Return a type that forgets the values of constants."""
    match of:
        case Number():
            return Number(of.atoms)
        case Group():
            return Group(tuple(map(widened, of.items)), of.is_list)
    return of


# --- representations: how a number lies in a variable of compiled code ---------------------------


def representation(of: Number) -> str:
    """Return ``b`` (bool), ``i`` (int64) or ``f`` (float64); after ``?``: (is_none, number)."""
    rest = of.atoms - {NONE}
    if not rest:
        return "?f"
    if NONE not in of.atoms:
        return "b" if rest <= TRUTHS else "i" if rest <= WHOLES else "f"
    return "?b" if rest <= TRUTHS else "?i" if rest <= WHOLES else "?f"


_CONVERSIONS = {"bi": "int({})", "bf": "({} * 1.0)", "if": "float({})"}
_MAYBE = {"i": "maybe_int({})", "f": "maybe_float({})"}


def convert(given: Value, to: Type) -> str:
    """Return code for a value in the representation of a wider type."""
    match given.type, to:
        case Number(), Number():
            return _convert_number(given, given.type, to)
        case Static(), Group():
            return convert(as_group(given), to)
        case Group(), Group():
            if given.parts is None and given.type == to:
                return given.code
            parts = map(convert, _items(given, given.type), to.items)
            return f"({''.join(f'{part}, ' for part in parts)})"
    return "0"  # known objects have no place in compiled code


def _items(given: Value, of: Group) -> list[Value]:
    """Return the items of a group, which must be a name if it is not written out."""
    return [item(given, place) for place in range(len(of.items))]


def _convert_number(given: Value, of: Number, to: Number) -> str:
    old, new = representation(of), representation(to)
    if is_none(given):
        return zero(new)
    if old == new:
        return given.code
    if old[0] != "?" and new[0] == "?":
        return f"(False, {_convert_plain(given.code, old, new[1:])})"
    if old[0] == "?":
        return _MAYBE[new[-1]].format(given.code)
    return _convert_plain(given.code, old, new)


def _convert_plain(code: str, old: str, new: str) -> str:
    return code if old == new else _CONVERSIONS[old + new].format(code)


def zero(of: str) -> str:
    """Return code for some value of a representation."""
    if of[0] == "?":
        return f"(True, {zero(of[1:])})"
    return {"b": "False", "i": "0", "f": "0.0"}[of]


def is_passed(of: Type) -> bool:
    """Return whether a value of this type exists in compiled code; known objects do not."""
    return isinstance(of, Number | Group)


def blank(of: Type) -> str:
    """Return code for some value of a type: what a variable holds before it is bound."""
    match of:
        case Number():
            return zero(representation(of))
        case Group():
            return f"({''.join(f'{blank(one)}, ' for one in of.items)})"
    return "0"


def needed(given: Value) -> Value:
    """Return a value as a number that is not None: where it is None, Python decides.

    Raises:
        CannotCompile: if it is no number.
    """
    if not isinstance(given.type, Number):
        raise CannotCompile(f"arithmetic on {given.type}")
    if NONE not in given.type.atoms:
        return given
    rest = given.type.atoms - {NONE} or frozenset({FLOAT})
    return replace(given, type=Number(rest), code=f"required({given.code})")


def as_real(given: Value) -> str:
    """Return code for a number as float64."""
    known = needed(given)
    return convert(known, number(FLOAT))
