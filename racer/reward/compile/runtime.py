"""Python's arithmetic for compiled reward functions.

Compiled code works on float64, int64 and bool. Wherever Python would raise an exception, make an
integer longer than 53 bits or return another type, the functions here raise ``NeedsPython``: then
the user's function itself is called for that car, and whatever it does is what happens. So these
functions need not know about exceptions, complex numbers or numpy's infinities.

They are plain Python as well (``NUMBA_DISABLE_JIT=1``).
"""

import math

import numpy as np

from racer.kernels._jit import fma, inlined
from racer.kernels.layout import Floats

MAX_INT = 2**53
"""Largest whole number in size that compiled code keeps: up to here a float64 is exact."""

MAX_WORK = 1_000_000
"""Rounds of loops that a compiled call may make; one that makes more is called in Python."""

_MAX_EXACT = 2.0**53
_MAX_FLOAT = 1.7976931348623157e308
_DEGREES = 180.0 / math.pi  # as math.degrees and numpy.degrees multiply
_RADIANS = math.pi / 180.0
_COMMAND_DECIMALS = 1e10  # steering commands are rounded as in racer.reward.params
_ROUND_LIMIT = 2.0**36  # up to here a scaled number is known to about 1e-5
_ROUND_MARGIN = 1e-4  # nearer to a half than this, only the decimal digits decide
_TINY, _HUGE = 1e-140, 1e140  # sizes whose squares are normal numbers
_HALF_SPACING = 1.1102230246251568e-16  # a little more than half the distance of floats, relative
_SMALL, _LARGE = 1e-20, 1e20  # results of which the following holds
_SURE = 0.486  # of that distance: glibc's pow errs by at most 0.513 there (e_pow.c: 0.511 of exp)

WORK, TWO, HALF, HEAD = range(4)
"""The first items of the scratch memory of a call: rounds of loops made, 2.0 and 0.5."""

STRAY = WORK
"""The first item of what is kept for a car: 1 if only Python can go on with it."""


class NeedsPython(Exception):  # noqa: N818  no error: the interpreter decides
    """A compiled call cannot know what Python would do."""


# --- values that may be None: (is_none, number) --------------------------------------------------


@inlined
def required(value: tuple[bool, float]) -> float:
    """Return the number of a value that may be None, where None would be a TypeError."""
    if value[0]:
        raise NeedsPython
    return value[1]


@inlined
def truth_of(value: tuple[bool, float]) -> bool:
    """Return whether a value that may be None counts as true."""
    return not value[0] and value[1] != 0


@inlined
def maybe_float(value: tuple[bool, float]) -> tuple[bool, float]:
    """Return a value that may be None with a float."""
    return value[0], value[1] * 1.0


@inlined
def maybe_int(value: tuple[bool, float]) -> tuple[bool, int]:
    """Return a value that may be None with an integer."""
    return value[0], int(value[1])


@inlined
def equal_or_none(value: tuple[bool, float], number: float) -> bool:
    """Return whether a value that may be None equals a number."""
    return not value[0] and value[1] == number


@inlined
def bound(is_bound: bool) -> bool:
    """Return True; reading a variable or an entry that is not there is an error in Python."""
    if not is_bound:
        raise NeedsPython
    return True


# --- whole numbers -------------------------------------------------------------------------------


@inlined
def small(value: int) -> int:
    """Return a whole number that compiled code may keep."""
    if value > MAX_INT or value < -MAX_INT:
        raise NeedsPython
    return value


@inlined
def multiply_int(a: int, b: int) -> int:
    """Return ``a * b``."""
    if not abs(float(a) * float(b)) <= _MAX_EXACT:
        raise NeedsPython
    return a * b


@inlined
def floor_divide_int(a: int, b: int) -> int:
    """Return ``a // b``, rounded down as in Python."""
    if b == 0:
        raise NeedsPython
    return a // b


@inlined
def modulo_int(a: int, b: int) -> int:
    """Return ``a % b``, with the sign of ``b`` as in Python."""
    if b == 0:
        raise NeedsPython
    return a % b


@inlined
def power_int(base: int, exponent: int) -> int:
    """Return ``base ** exponent`` for an exponent of 0 or more."""
    result = 1
    if exponent > 64 and (base > 1 or base < -1):
        raise NeedsPython
    for _ in range(min(exponent, 64 + exponent % 2)):  # larger exponents: of 0, 1 or -1
        result = multiply_int(result, base)
    return result


@inlined
def index_in(index: int, n: int) -> int:
    """Return the place of an index in a sequence of n items; negative ones count from the end."""
    place = index + n if index < 0 else index
    if place < 0 or place >= n:
        raise NeedsPython
    return place


@inlined
def range_length(start: int, stop: int, step: int) -> int:
    """Return ``len(range(start, stop, step))``."""
    if step == 0:
        raise NeedsPython
    if step > 0:
        return max(0, (stop - start + step - 1) // step)
    return max(0, (start - stop - step - 1) // -step)


@inlined
def in_range(value: float, start: int, n: int, step: int) -> bool:
    """Return whether a number is in the range of n items from ``start`` on."""
    rounds = (value - start) / step
    return rounds == math.floor(rounds) and 0 <= rounds < n and start + rounds * step == value


# --- real numbers --------------------------------------------------------------------------------


@inlined
def whole_or_real(value: float) -> float:
    """Return a float64 that stands for an int or a float, where both would print alike."""
    if not abs(value) <= _MAX_EXACT or (value == 0.0 and math.copysign(1.0, value) < 0.0):
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
def is_sure(rounded: float, rest: float, slope: float) -> bool:
    """Return whether libm must round as the processor did: the exact result is not near a half.

    Args:
        rounded: the result.
        rest: by how much it misses, times the slope.
        slope: see there; it spares a division.
    """
    spacing = (rounded + rounded * _HALF_SPACING) - rounded
    # one branch instead of three: this stands in inner loops
    return (abs(rest) <= _SURE * spacing * slope) & (rounded < _LARGE) & (rounded > _SMALL)


@inlined
def square(x: float, scratch: Floats) -> float:
    """Return ``x ** 2``.

    Python calls libm's pow, which rounds nearly always as ``x * x`` does, and only in doubt is
    called here too. The exponent comes from memory, or the compiler would multiply again.
    """
    product = x * x
    if is_sure(product, fma(x, x, -product), 1.0):
        return product
    return power(x, scratch[TWO])


@inlined
def root(x: float, scratch: Floats) -> float:
    """Return ``x ** 0.5``; see ``square``."""
    if not _SMALL < x < _LARGE:
        return power(x, scratch[HALF])
    result = math.sqrt(x)
    if is_sure(result, fma(-result, result, x), 2.0 * result):
        return result
    return power(x, scratch[HALF])


@inlined
def power(base: float, exponent: float) -> float:
    """Return ``base ** exponent``; of a negative base only for a whole exponent."""
    if not abs(base) <= _MAX_FLOAT or not abs(exponent) <= _MAX_FLOAT:
        raise NeedsPython
    if base < 0.0 and exponent != np.floor(exponent):
        raise NeedsPython
    if base == 0.0 and exponent < 0.0:
        raise NeedsPython
    return finite(math.pow(base, exponent))


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
    if not abs(x) <= _MAX_EXACT:
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


# --- params, tables and loops --------------------------------------------------------------------


@inlined
def command_degrees(angle: float) -> float:
    """Return a commanded angle (rad) in degrees, rounded as ``racer.reward.params`` does."""
    return np.rint(angle * _DEGREES * _COMMAND_DECIMALS) / _COMMAND_DECIMALS


@inlined
def point(waypoints: Floats, begin: int, n: int, index: int) -> tuple[float, float]:
    """Return ``waypoints[index]`` of the track whose n waypoints begin at a row."""
    place = begin + index_in(index, n)
    return waypoints[place, 0], waypoints[place, 1]


@inlined
def waypoint(waypoints: Floats, begin: int, place: int) -> tuple[float, float]:
    """Return the waypoint at a place that is in range."""
    return waypoints[begin + place, 0], waypoints[begin + place, 1]


@inlined
def among(values: Floats, x: float) -> bool:
    """Return whether a number is in a table of numbers."""
    for value in values:  # noqa: SIM110  a loop is what compiles best
        if value == x:
            return True
    return False


@inlined
def work(scratch: Floats, rounds: int) -> int:
    """Return the rounds of a loop; a call that makes too many belongs into Python.

    There the call is announced to whoever watches for endless loops.

    Args:
        scratch: of this call; it counts the rounds.
        rounds: of the loop that begins.
    """
    scratch[WORK] += rounds
    if scratch[WORK] > MAX_WORK:
        raise NeedsPython
    return rounds
