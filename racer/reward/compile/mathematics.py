"""The functions that compiled code may call: builtins, ``math``, ``numpy`` on single numbers."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from racer.reward.compile.frame import Frame
from racer.reward.compile.library import BUILTINS, Arguments, Handler, Keywords, members, plain
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    TRUTHS,
    WHOLES,
    Number,
    Value,
    as_real,
    constant,
    convert,
    needed,
    number,
    value,
)


def _of_one(code: str, atom: str = FLOAT) -> Callable[[Value], Value]:
    return lambda x: value(code.format(as_real(x)), atom)


def _of_two(code: str, atom: str = FLOAT) -> Callable[[Value, Value], Value]:
    return lambda x, y: value(code.format(as_real(x), as_real(y)), atom)


def _floor(name: str, x: Value) -> Value:
    x = needed(x)
    assert isinstance(x.type, Number)
    if x.type.atoms <= WHOLES:
        return value(convert(x, number(INT)), INT)
    return value(f"{name}({as_real(x)})", INT)


def _log(_: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    if not 1 <= len(arguments) <= 2 or keywords:
        raise CannotCompile("log() with other arguments than it takes")
    codes = [f"logarithm({as_real(one)})" for one in arguments]
    return value(codes[0] if len(codes) == 1 else f"divide({codes[0]}, {codes[1]})", FLOAT)


def _hypot(frame: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    return plain("hypot", 2, _of_two("hypotenuse({}, {})"))(frame, arguments, keywords)


def _dist(frame: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    """Return ``math.dist(p, q)`` of two points of the plane."""
    if len(arguments) != 2 or keywords:
        raise CannotCompile("dist() with other arguments than it takes")
    points = [members(frame, one) for one in arguments]
    if any(len(point) != 2 for point in points):
        raise CannotCompile("dist() of points that are not of the plane")
    (x0, y0), (x1, y1) = points
    dx, dy = f"({as_real(x0)} - {as_real(x1)})", f"({as_real(y0)} - {as_real(y1)})"
    return value(f"hypotenuse({dx}, {dy})", FLOAT)


def _is_close(_: Frame, arguments: Arguments, keywords: Keywords) -> Value:
    if len(arguments) != 2 or {*keywords} - {"rel_tol", "abs_tol"}:
        raise CannotCompile("isclose() with other arguments than it takes")
    relative = keywords.get("rel_tol", constant(1e-9))
    absolute = keywords.get("abs_tol", constant(0.0))
    codes = [as_real(one) for one in (*arguments, relative, absolute)]
    return value(f"is_close({', '.join(codes)})", BOOL)


_UNARY_MATH = ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"]


_UNARY_MATH += ["asinh", "acosh", "atanh", "exp", "expm1", "log1p", "log2", "log10"]


_MATH: dict[Any, Handler] = {
    **{
        getattr(math, name): plain(name, 1, _of_one(f"finite(math.{name}({{}}))"))
        for name in _UNARY_MATH
    },
    math.sqrt: plain("sqrt", 1, _of_one("square_root({})")),
    math.fabs: plain("fabs", 1, _of_one("abs({})")),
    math.degrees: plain("degrees", 1, _of_one("to_degrees({})")),
    math.radians: plain("radians", 1, _of_one("to_radians({})")),
    math.isnan: plain("isnan", 1, _of_one("math.isnan({})", BOOL)),
    math.isinf: plain("isinf", 1, _of_one("math.isinf({})", BOOL)),
    math.isfinite: plain("isfinite", 1, _of_one("math.isfinite({})", BOOL)),
    math.floor: plain("floor", 1, partial(_floor, "floor_int")),
    math.ceil: plain("ceil", 1, partial(_floor, "ceil_int")),
    math.trunc: plain("trunc", 1, partial(_floor, "to_int")),
    math.atan2: plain("atan2", 2, _of_two("finite(math.atan2({}, {}))")),
    math.copysign: plain("copysign", 2, _of_two("math.copysign({}, {})")),
    math.fmod: plain("fmod", 2, _of_two("remainder({}, {})")),
    math.pow: plain("pow", 2, lambda x, y: value(_power_code(x, y), FLOAT)),
    math.log: _log,
    math.hypot: _hypot,
    math.dist: _dist,
    math.isclose: _is_close,
}


def _power_code(x: Value, y: Value) -> str:
    if y.constant in (2, 0.5):
        return f"{'square' if y.constant == 2 else 'root'}({as_real(x)}, S)"
    return f"power({as_real(x)}, {as_real(y)}, S)"


def _numpy(code: str, n_arguments: int = 1, *, exact: bool = False) -> Handler:
    """Return the handler of a function of numpy on real numbers.

    Args:
        code: with a place for each argument.
        n_arguments: how many.
        exact: numpy's result has the same bits; else it may differ in the last ones.
    """

    def handle(frame: Frame, arguments: Arguments, keywords: Keywords) -> Value:
        if len(arguments) != n_arguments or keywords:
            raise CannotCompile("a function of numpy with other arguments than it takes here")
        known = [needed(one) for one in arguments]
        if any(isinstance(one.type, Number) and one.type.atoms & TRUTHS for one in known):
            raise CannotCompile("a function of numpy of a truth value")
        frame.program.inexact |= not exact
        return value(code.format(*map(as_real, known)), NP_FLOAT)

    return handle


_NUMPY_NAMES = {"sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos"}


_NUMPY_NAMES |= {"arctan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "exp": "exp"}


_NUMPY_NAMES |= {"expm1": "expm1", "log1p": "log1p", "log2": "log2", "log10": "log10"}


_NUMPY: dict[Any, Handler] = {
    **{
        getattr(np, name): _numpy(f"finite(math.{known}({{}}))")
        for name, known in _NUMPY_NAMES.items()
    },
    np.sqrt: _numpy("square_root({})", exact=True),
    np.log: _numpy("logarithm({})"),
    np.arctan2: _numpy("finite(math.atan2({}, {}))", 2),
    np.hypot: _numpy("hypotenuse({}, {})", 2),
    np.degrees: _numpy("to_degrees({})", exact=True),
    np.rad2deg: _numpy("to_degrees({})", exact=True),
    np.radians: _numpy("to_radians({})", exact=True),
    np.deg2rad: _numpy("to_radians({})", exact=True),
}

LIBRARY: dict[Any, Handler] = {**BUILTINS, **_MATH, **_NUMPY}
"""What to do at a call, by the function that is called."""
