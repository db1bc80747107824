"""The builtins that compiled code may call."""

import ast
import builtins
import sys
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np

from racer.reward.compile import arithmetic
from racer.reward.compile.frame import Frame, thing_of
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    NP_BOOL,
    NP_FLOAT,
    UNKNOWN,
    WHOLES,
    Group,
    Number,
    Static,
    Value,
    Waypoints,
    as_real,
    constant,
    convert,
    is_none,
    item,
    join_all,
    needed,
    number,
    value,
    widened,
)

Arguments = list[Value]
Keywords = dict[str, Value]
Handler = Callable[[Frame, Arguments, Keywords], Value]

_MAX_DIGITS = 15


def plain(name: str, n_arguments: int, make: Callable[..., Value]) -> Handler:
    """Return the handler of a function that takes some arguments and no keywords."""

    def handle(_: Frame, arguments: Arguments, keywords: Keywords) -> Value:
        if len(arguments) != n_arguments or keywords:
            raise CannotCompile(f"{name}() with other arguments than it takes here")
        return make(*arguments)

    return handle


def _abs(x: Value) -> Value:
    x = needed(x)
    assert isinstance(x.type, Number)
    if x.constant is not UNKNOWN:
        return constant(abs(x.constant))
    if x.type.atoms <= WHOLES:
        return value(f"abs({convert(x, number(INT))})", INT)
    if NP_BOOL in x.type.atoms:
        raise CannotCompile("abs() of a comparison")
    atoms = {INT if one == BOOL else one for one in x.type.atoms}
    return value(f"abs({as_real(x)})", *atoms)


def _float(x: Value) -> Value:
    text = thing_of(x)
    if isinstance(text, str):
        try:
            return constant(float(text))
        except ValueError as error:
            raise CannotCompile(f"float({text!r:.30})") from error
    return value(as_real(x), FLOAT)


def _int(x: Value) -> Value:
    x = needed(x)
    assert isinstance(x.type, Number)
    if x.type.atoms <= WHOLES | {NP_BOOL} and NP_BOOL not in x.type.atoms:
        return value(convert(x, number(INT)), INT)
    return value(f"to_int({as_real(x)})", INT)


def _bool(x: Value) -> Value:
    return arithmetic.truthy(x)


def _round(_: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    arguments = [*arguments, *(keywords[name] for name in ("ndigits",) if name in keywords)]
    if not 1 <= len(arguments) <= 2 or {*keywords} - {"ndigits"}:
        raise CannotCompile("round() with other arguments than it takes here")
    x = needed(arguments[0])
    assert isinstance(x.type, Number)
    if NP_BOOL in x.type.atoms:
        raise CannotCompile("round() of a comparison")
    if len(arguments) == 1 or is_none(arguments[1]):
        if x.type.atoms <= WHOLES:
            return value(convert(x, number(INT)), INT)
        return value(f"round_int({as_real(x)})", INT)
    digits = arguments[1].constant
    if type(digits) is not int or not 0 <= digits <= _MAX_DIGITS:
        raise CannotCompile("round() to what is no constant number of digits")
    if x.type.atoms <= WHOLES:
        return value(convert(x, number(INT)), INT)
    if x.type.atoms & WHOLES:
        raise CannotCompile("round() of what may be a whole number or not")
    return value(f"round_to({as_real(x)}, {10.0**digits!r})", *x.type.atoms)


def _extreme(kind: str, frame: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    """Return ``max`` or ``min`` of some numbers."""
    if keywords:
        raise CannotCompile(f"{kind}() with {', '.join(keywords)}")
    if len(arguments) == 1:
        arguments = members(frame, arguments[0])
    if not arguments:
        raise CannotCompile(f"{kind}() of nothing")
    arguments = [needed(one) for one in arguments]
    if all(one.constant is not UNKNOWN for one in arguments):
        return constant(getattr(builtins, kind)(one.constant for one in arguments))
    shared = widened(join_all([one.type for one in arguments]))
    assert isinstance(shared, Number)
    function = "larger" if kind == "max" else "smaller"
    codes = [convert(one, shared) for one in arguments]
    return Value(shared, reduce(lambda a, b: f"{function}({a}, {b})", codes))


def members(frame: Frame, given: Value) -> list[Value]:
    """Return the items of a short list or tuple."""
    given = frame.as_group(given)
    of = given.type
    if not isinstance(of, Group):
        raise CannotCompile(f"min, max or sum of {of}")
    if given.parts is None and not given.code.isidentifier():
        given = frame.hoisted(given)
    return [item(given, place) for place in range(len(of.items))]


def _sum(frame: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    if len(arguments) != 1 or keywords:
        raise CannotCompile("sum() with other arguments than it takes here")
    numbers = [needed(one) for one in members(frame, arguments[0])]
    total = constant(0)
    for one in numbers:
        check_sum(one)
        total = arithmetic.binary(ast.Add, total, one)
    return total


def check_sum(given: Value) -> None:
    """Check that ``sum`` adds a number as ``+`` does: from Python 3.12 on it does not for floats.

    Raises:
        CannotCompile: if it may be a float there.
    """
    is_whole = isinstance(given.type, Number) and given.type.atoms <= WHOLES
    if sys.version_info >= (3, 12) and not is_whole:
        raise CannotCompile("sum() of floats, which Python 3.12 adds in a way of its own")


def _len(frame: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    if len(arguments) != 1 or keywords:
        raise CannotCompile("len() with other arguments than it takes")
    match arguments[0].type:
        case Waypoints():
            return value("wn", INT)
        case Group(items):
            return constant(len(items))
        case Static(thing=list() | tuple() | dict() | set() | frozenset() | range() as thing):
            frame.use_whole(thing)
            return constant(len(thing))
    raise CannotCompile(f"len() of {arguments[0].type}")


def _pow(base: Value, exponent: Value) -> Value:
    return arithmetic.binary(ast.Pow, base, exponent)


def _made(kind: Any, frame: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    """Return ``list(...)``, ``range(...)`` and the like of constants."""
    things = [one.constant if one.constant is not UNKNOWN else thing_of(one) for one in arguments]
    if keywords or not things or any(one is None or isinstance(one, str) for one in things):
        raise CannotCompile(f"{kind.__name__}() of what is no constant")
    if not all(isinstance(one, int | list | tuple | range | set | frozenset) for one in things):
        raise CannotCompile(f"{kind.__name__}() of {arguments[0].type}")
    for one in things:
        frame.use_whole(one)
    key = (kind, *(one if isinstance(one, int) else id(one) for one in things))
    try:
        return frame.program.derived(key, lambda: kind(*things))
    except (TypeError, ValueError, OverflowError) as error:
        raise CannotCompile(f"{kind.__name__}(): {error}") from error


def _isinstance(_: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    """Return ``isinstance(x, ...)`` where the type of x is known for sure."""
    if len(arguments) == 2 and not keywords and isinstance(arguments[0].type, Number):
        atoms, wanted = arguments[0].type.atoms, thing_of(arguments[1])
        if isinstance(wanted, type | tuple):
            answers = {issubclass(_PYTHON[atom], wanted) for atom in atoms}
            if len(answers) == 1:
                return constant(answers.pop())
    raise CannotCompile("isinstance() of what may be one or the other")


_PYTHON: dict[str, type] = {
    NONE: type(None),
    BOOL: bool,
    INT: int,
    FLOAT: float,
    NP_BOOL: np.bool_,
    NP_FLOAT: np.float64,
}


BUILTINS: dict[Any, Handler] = {
    abs: plain("abs", 1, _abs),
    float: plain("float", 1, _float),
    int: plain("int", 1, _int),
    bool: plain("bool", 1, _bool),
    pow: plain("pow", 2, _pow),
    round: _round,
    max: partial(_extreme, "max"),
    min: partial(_extreme, "min"),
    sum: _sum,
    len: _len,
    isinstance: _isinstance,
    **{kind: partial(_made, kind) for kind in (range, list, tuple, set, frozenset)},
}
"""What to do at a call, by the builtin that is called."""
