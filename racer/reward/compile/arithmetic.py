"""Operators: which Python type each result can have, and code that gives the same value."""

import ast
import operator
from collections.abc import Callable
from itertools import product
from typing import Any

from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    NP_BOOL,
    NP_FLOAT,
    REALS,
    TRUTHS,
    UNKNOWN,
    WHOLES,
    Group,
    Number,
    ParamsDict,
    Static,
    Value,
    Waypoints,
    as_group,
    as_real,
    constant,
    convert,
    is_none,
    item,
    needed,
    number,
    representation,
    value,
)

_FOLDED: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

_WHOLE: dict[type[ast.operator], str] = {
    ast.Add: "small({} + {})",
    ast.Sub: "small({} - {})",
    ast.Mult: "multiply_int({}, {})",
    ast.FloorDiv: "floor_divide_int({}, {})",
    ast.Mod: "modulo_int({}, {})",
    ast.Pow: "power_int({}, {})",
}

_REAL: dict[type[ast.operator], str] = {
    ast.Add: "({} + {})",
    ast.Sub: "({} - {})",
    ast.Mult: "({} * {})",
    ast.Div: "divide({}, {})",
    ast.FloorDiv: "floor_divide({}, {})",
    ast.Mod: "modulo({}, {})",
    ast.Pow: "power({}, {}, S)",
}

_BITWISE: dict[type[ast.operator], str] = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}

_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def known(thing: object) -> Value | None:
    """Return the result of folding constants as an expression; None if it is not to be folded."""
    if type(thing) in (bool, int, float):
        return constant(thing)
    return None


def binary(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """Return ``left op right`` for two numbers.

    Raises:
        CannotCompile: if the operator or the Python types are not understood.
    """
    left, right = needed(left), needed(right)
    if (folded := _fold(kind, left, right)) is not None:
        return folded
    assert isinstance(left.type, Number)
    assert isinstance(right.type, Number)
    a, b = left.type.atoms, right.type.atoms
    if kind in _BITWISE:
        return _bitwise(kind, left, right)
    if kind not in _REAL:
        raise CannotCompile(f"the operator {kind.__name__}")
    if a <= WHOLES and b <= WHOLES and kind is not ast.Div:
        if kind is not ast.Pow:
            return value(_WHOLE[kind].format(_whole(left), _whole(right)), INT)
        if right.constant is not UNKNOWN and right.constant >= 0:
            return value(_WHOLE[kind].format(_whole(left), _whole(right)), INT)
    return _real(kind, left, right)


def _fold(kind: type[ast.AST], left: Value, right: Value) -> Value | None:
    """Return the result of an operator on two constants; None if it is left to run time."""
    if left.constant is UNKNOWN or right.constant is UNKNOWN or kind not in _FOLDED:
        return None
    if kind is ast.Pow and not (abs(left.constant) <= 1e6 and abs(right.constant) <= 64):
        return None
    try:
        return known(_FOLDED[kind](left.constant, right.constant))
    except (ArithmeticError, CannotCompile):
        return None


def _whole(given: Value) -> str:
    return convert(given, number(INT))


def _real(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """Return an operator on two numbers of which one at least may be real."""
    atoms = result_atoms(kind, left, right)
    a, b = as_real(left), as_real(right)
    if kind is ast.Pow and right.constant in (2, 0.5):
        code = f"square({a}, S)" if right.constant == 2 else f"root({a}, S)"
    else:
        code = _REAL[kind].format(a, b)
    if INT in atoms:
        code = f"whole_or_real({code})"
    return value(code, *atoms)


def result_atoms(kind: type[ast.operator], left: Value, right: Value) -> frozenset[str]:
    """Return the Python types that the result of an operator can have.

    Raises:
        CannotCompile: if numpy's truth values are calculated with, whose types are their own.
    """
    assert isinstance(left.type, Number)
    assert isinstance(right.type, Number)
    atoms = set()
    for pair in product(left.type.atoms, right.type.atoms):
        if NP_BOOL in pair and not REALS & {*pair}:
            raise CannotCompile("arithmetic on a comparison with a numpy number")
        if NP_FLOAT in pair or NP_BOOL in pair:
            atoms.add(NP_FLOAT)
        elif FLOAT in pair or kind is ast.Div:
            atoms.add(FLOAT)
        else:
            atoms.update((INT, FLOAT) if kind is ast.Pow else (INT,))
    return frozenset(atoms)


def _bitwise(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """Return ``&``, ``|`` or ``^`` of truth values or of whole numbers."""
    assert isinstance(left.type, Number)
    assert isinstance(right.type, Number)
    atoms = left.type.atoms | right.type.atoms
    if atoms <= TRUTHS:
        return value(f"({left.code} {_BITWISE[kind]} {right.code})", *atoms)
    if atoms == {INT}:
        return value(f"({_whole(left)} {_BITWISE[kind]} {_whole(right)})", INT)
    raise CannotCompile("a bit operation on what may be no whole number")


def unary(kind: type[ast.unaryop], given: Value) -> Value:
    """Return ``-x``, ``+x`` or ``not x``."""
    if kind is ast.Not:
        truth = truthy(given)
        if truth.constant is not UNKNOWN:
            return constant(not truth.constant)
        return value(f"(not {truth.code})", BOOL)
    given = needed(given)
    assert isinstance(given.type, Number)
    atoms = given.type.atoms
    if kind is ast.Invert or NP_BOOL in atoms:
        raise CannotCompile("an operator on a truth value or on bits")
    if given.constant is not UNKNOWN:
        return constant(-given.constant if kind is ast.USub else +given.constant)
    sign = "-" if kind is ast.USub else "+"
    if atoms <= WHOLES:
        return value(f"({sign}{_whole(given)})", INT)
    code, atoms = f"({sign}{as_real(given)})", atoms & REALS | ({INT} if atoms & WHOLES else set())
    return value(f"whole_or_real({code})" if INT in atoms else code, *atoms)


def truthy(given: Value) -> Value:
    """Return whether a value counts as true, as a truth value."""
    match given.type:
        case Static(thing=thing):
            return constant(bool(thing))
        case ParamsDict():
            return constant(True)
        case Waypoints():
            return value("(wn > 0)", BOOL)
        case Group(items):
            if given.parts is not None or not items:
                return constant(bool(items))
            return value(f"(len({given.code}) > 0)", BOOL)
    return _truth_of_number(given, given.type)


def _truth_of_number(given: Value, of: Number) -> Value:
    if given.constant is not UNKNOWN:
        return constant(bool(given.constant))
    if is_none(given):
        return constant(False)
    if NONE in of.atoms:
        return value(f"truth_of({given.code})", BOOL)
    code = given.code if representation(of) == "b" else f"({given.code} != 0)"
    return value(code, BOOL)


def compare(kind: type[ast.cmpop], left: Value, right: Value) -> Value:
    """Return a comparison of two values.

    Raises:
        CannotCompile: if it is not understood, or might not give a plain truth value.
    """
    if kind in (ast.Is, ast.IsNot):
        return _identical(left, right, negated=kind is ast.IsNot)
    left, right = _alike(left, right)
    match left.type, right.type:
        case Static(), Static():
            if isinstance(left.type.thing, str) and isinstance(right.type.thing, str):
                return constant(_FOLDED[kind](left.type.thing, right.type.thing))
        case Group(), Group() if kind in (ast.Eq, ast.NotEq):
            return _compare_groups(kind, left, right, left.type, right.type)
        case Number(), Number():
            return _compare_numbers(kind, left, right, left.type, right.type)
    if kind in (ast.Eq, ast.NotEq) and _never_equal(left) != _never_equal(right):
        return constant(kind is ast.NotEq)
    raise CannotCompile(f"a comparison of {left.type} with {right.type}")


def _never_equal(given: Value) -> bool:
    """Return whether a value is a text, which equals no number or group."""
    return isinstance(given.type, Static) and isinstance(given.type.thing, str)


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Return two values, a table of constants as a group where the other is one."""
    if isinstance(left.type, Group):
        return left, as_group(right)
    if isinstance(right.type, Group):
        return as_group(left), right
    return left, right


def _compare_numbers(
    kind: type[ast.cmpop], left: Value, right: Value, a: Number, b: Number
) -> Value:
    if (folded := _fold(kind, left, right)) is not None:
        return folded
    if kind in (ast.Eq, ast.NotEq) and NONE in a.atoms | b.atoms:
        return _equal_or_none(left, right, a, b, negated=kind is ast.NotEq)
    left, right = needed(left), needed(right)
    assert isinstance(left.type, Number)
    assert isinstance(right.type, Number)
    atoms = {
        NP_BOOL if {NP_FLOAT, NP_BOOL} & {*pair} else BOOL
        for pair in product(left.type.atoms, right.type.atoms)
    }
    both = left.type.atoms | right.type.atoms
    as_common = _whole if both <= WHOLES else as_real
    return value(f"({as_common(left)} {_COMPARED[kind]} {as_common(right)})", *atoms)


def _equal_or_none(left: Value, right: Value, a: Number, b: Number, *, negated: bool) -> Value:
    """Return ``==`` where a side may be None."""
    if a.atoms == {NONE} or b.atoms == {NONE}:
        return _identical(left, right, negated=negated)
    if NONE in a.atoms and NONE in b.atoms:
        raise CannotCompile("a comparison of two values that may both be None")
    if {NP_FLOAT, NP_BOOL} & (a.atoms | b.atoms):
        raise CannotCompile("a comparison of None with a numpy number")
    maybe, other = (left, right) if NONE in a.atoms else (right, left)
    code = f"equal_or_none({convert(maybe, number(NONE, FLOAT))}, {as_real(other)})"
    return value(f"(not {code})" if negated else code, BOOL)


def _compare_groups(kind: type[ast.cmpop], left: Value, right: Value, a: Group, b: Group) -> Value:
    if a.is_list != b.is_list or len(a.items) != len(b.items):
        return constant(kind is ast.NotEq)
    pairs = [(item(left, place), item(right, place)) for place in range(len(a.items))]
    same = [truthy(compare(ast.Eq, *pair)).code for pair in pairs]
    code = f"({' and '.join(same) or 'True'})"
    return value(f"(not {code})" if kind is ast.NotEq else code, BOOL)


def _identical(left: Value, right: Value, *, negated: bool) -> Value:
    """Return ``is`` where it asks for None, or for a truth value."""
    if _is_none(left):
        left, right = right, left
    if _is_none(right):
        code = _none_test(left)
        if code in ("True", "False"):
            return constant((code == "True") != negated)
        return value(f"(not {code})" if negated else code, BOOL)
    if _is_bool(left) and _is_bool(right):
        return compare(ast.NotEq if negated else ast.Eq, left, right)
    raise CannotCompile("'is' between values")


def _is_bool(given: Value) -> bool:
    return isinstance(given.type, Number) and given.type.atoms == {BOOL}


def _is_none(given: Value) -> bool:
    return isinstance(given.type, Number) and given.type.atoms == {NONE}


def _none_test(given: Value) -> str:
    """Return code that tells whether a value is None."""
    if not isinstance(given.type, Number) or NONE not in given.type.atoms:
        return "False"
    return "True" if is_none(given) else f"({given.code})[0]"
