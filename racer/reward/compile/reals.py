"""Python's arithmetic on real numbers, for compiled reward functions.

What it does not know it leaves to Python, as ``racer.reward.compile.runtime`` explains.
"""

import math

import numpy as np

from racer.kernels._jit import fma, inlined, jit
from racer.kernels.layout import Floats
from racer.reward.compile.runtime import HALF, MAX_EXACT, TWO, NeedsPython

_MAX_FLOAT = 1.7976931348623157e308
_DEGREES = 180.0 / math.pi  # as math.degrees and numpy.degrees multiply
_RADIANS = math.pi / 180.0
_COMMAND_DECIMALS = 1e10  # steering commands are rounded as in racer.reward.params
_ROUND_LIMIT = 2.0**36  # up to here a scaled number is known to about 1e-5
_ROUND_MARGIN = 1e-4  # nearer to a half than this, only the decimal digits decide
_DOUBLED = 1e300  # numbers up to this can be doubled and halved again
_TINY, _HUGE = 1e-140, 1e140  # sizes whose squares are normal numbers
_DOUBT = 1.027
# glibc's pow errs by less than 0.5 + 0.013 of the spacing of floats (e_pow.c: 0.511 in its last
# step, and as good as nothing before it for numbers up to 1e10); 0.5 / 1.027 = 0.5 - 0.013


@inlined
def whole_or_real(value: float) -> float:
    """Return a float64 that stands for an int or a float, where both would print alike."""
    if not abs(value) <= MAX_EXACT or (value == 0.0 and math.copysign(1.0, value) < 0.0):
        raise NeedsPython
    return value


@inlined
def finite(value: float) -> float:
    """Return the result of a function of ``math``, which raises where it is not finite."""
    if not abs(value) <= _MAX_FLOAT:
        raise NeedsPython
    return value


@inlined
def divide(a: float, b: float) -> float:
    """Return ``a / b``."""
    if b == 0.0:
        raise NeedsPython
    return a / b


@inlined
def modulo(a: float, b: float) -> float:
    """Return ``a % b``, with the sign of ``b`` as in Python."""
    if b == 0.0 or not abs(a) <= _MAX_FLOAT or not abs(b) <= _MAX_FLOAT:
        raise NeedsPython
    rest = np.fmod(a, b)
    if rest == 0.0:
        return math.copysign(0.0, b)
    return rest + b if (b < 0.0) != (rest < 0.0) else rest


@inlined
def remainder(a: float, b: float) -> float:
    """Return ``math.fmod(a, b)``."""
    if b == 0.0 or not abs(a) <= _MAX_FLOAT or not abs(b) <= _MAX_FLOAT:
        raise NeedsPython
    return np.fmod(a, b)


@inlined
def floor_divide(a: float, b: float) -> float:
    """Return ``a // b`` (of CPython's floatobject.c: from the remainder, then to the nearest)."""
    if b == 0.0 or not abs(a) <= _MAX_FLOAT or not abs(b) <= _MAX_FLOAT:
        raise NeedsPython
    rest = np.fmod(a, b)
    quotient = (a - rest) / b
    if rest != 0.0 and (b < 0.0) != (rest < 0.0):
        quotient -= 1.0
    if quotient == 0.0:
        return math.copysign(0.0, a / b)
    floored = np.floor(quotient)
    return floored + 1.0 if quotient - floored > 0.5 else floored


@inlined
def square(x: float, scratch: Floats) -> float:
    """Return ``x ** 2``.

    Python calls libm's pow, which rounds as ``x * x`` does unless the exact result is next to the
    middle of two floats; then pow is called here too: if what the product lacks, made a little
    larger, would round it away.
    """
    product = x * x
    if product + fma(x, x, -product) * _DOUBT == product:
        return product
    return power(x, 2.0, scratch)


@inlined
def root(x: float, scratch: Floats) -> float:
    """Return ``x ** 0.5``; see ``square``."""
    if not _TINY < x < _HUGE:
        return power(x, 0.5, scratch)
    result = math.sqrt(x)
    if result + fma(-result, result, x) * (0.5 / result) * _DOUBT == result:
        return result
    return power(x, 0.5, scratch)


@jit
def power(base: float, exponent: float, scratch: Floats) -> float:
    """Return ``base ** exponent``; of a negative base only for a whole exponent.

    The processor's compiler knows other ways for constants (a division for -1, a product for 2)
    and would take them, so both numbers go through memory that it cannot see into.
    """
    if not abs(base) <= _DOUBLED or not abs(exponent) <= _DOUBLED:
        raise NeedsPython
    if base < 0.0 and exponent != np.floor(exponent):
        raise NeedsPython
    if base == 0.0 and exponent < 0.0:
        raise NeedsPython
    hidden = exponent * scratch[TWO] * scratch[HALF]  # times 1
    return finite(math.pow(base * scratch[TWO] * scratch[HALF], hidden))


@inlined
def square_root(x: float) -> float:
    """Return ``math.sqrt(x)``."""
    if not 0.0 <= x <= _MAX_FLOAT:
        raise NeedsPython
    return math.sqrt(x)


@inlined
def logarithm(x: float) -> float:
    """Return ``math.log(x)``."""
    if not 0.0 < x <= _MAX_FLOAT:
        raise NeedsPython
    return math.log(x)


@inlined
def hypotenuse(x: float, y: float) -> float:
    """Return ``math.hypot(x, y)``, rounded as well as CPython's.

    The root of the rounded sum of squares is corrected by one Newton step on the exact remainder:
    T. J. Dekker, "A floating-point technique for extending the available precision", 1971.
    """
    a, b = abs(x), abs(y)
    if a < b:
        a, b = b, a
    if not a <= _HUGE:
        raise NeedsPython
    if b < _TINY:
        if b != 0.0:
            raise NeedsPython
        return a
    whole = a * a
    part = b * b
    total = whole + part
    rest = (part - (total - whole)) + fma(a, a, -whole) + fma(b, b, -part)
    first = math.sqrt(total)
    return first + (fma(-first, first, total) + rest) / (2.0 * first)


@inlined
def to_int(x: float) -> int:
    """Return ``int(x)``: rounded towards zero."""
    if not abs(x) <= MAX_EXACT:
        raise NeedsPython
    return int(x)


@inlined
def floor_int(x: float) -> int:
    """Return ``math.floor(x)``."""
    return to_int(np.floor(x))


@inlined
def ceil_int(x: float) -> int:
    """Return ``math.ceil(x)``."""
    return to_int(np.ceil(x))


@inlined
def round_int(x: float) -> int:
    """Return ``round(x)``: to the nearest, of two to the even one."""
    return to_int(np.rint(x))


@inlined
def round_to(x: float, scale: float) -> float:
    """Return ``round(x, n)`` for a scale of 10 ** n, where no half is near."""
    scaled = x * scale
    if not abs(scaled) < _ROUND_LIMIT:
        raise NeedsPython
    if abs(scaled - np.floor(scaled) - 0.5) < _ROUND_MARGIN:
        raise NeedsPython
    return np.rint(scaled) / scale


@inlined
def larger(a: float, b: float) -> float:
    """Return ``max(a, b)``: the first, unless the second is larger."""
    return b if b > a else a


@inlined
def smaller(a: float, b: float) -> float:
    """Return ``min(a, b)``: the first, unless the second is smaller."""
    return b if b < a else a


@inlined
def is_close(a: float, b: float, relative: float, absolute: float) -> bool:
    """Return ``math.isclose(a, b, rel_tol=relative, abs_tol=absolute)``."""
    if not (relative >= 0.0 and absolute >= 0.0):
        raise NeedsPython
    if a == b:
        return True
    if not abs(a) <= _MAX_FLOAT or not abs(b) <= _MAX_FLOAT:
        return False
    difference = abs(b - a)
    return (
        difference <= abs(relative * b) or difference <= abs(relative * a) or difference <= absolute
    )


@inlined
def to_degrees(x: float) -> float:
    """Return ``math.degrees(x)``."""
    return x * _DEGREES


@inlined
def to_radians(x: float) -> float:
    """Return ``math.radians(x)``."""
    return x * _RADIANS


@inlined
def command_degrees(angle: float) -> float:
    """Return a commanded angle (rad) in degrees, rounded as ``racer.reward.params`` does."""
    return np.rint(angle * _DEGREES * _COMMAND_DECIMALS) / _COMMAND_DECIMALS
