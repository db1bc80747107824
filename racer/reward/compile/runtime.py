"""Python's arithmetic for compiled reward functions.

Compiled code works on float64, int64 and bool. Wherever Python would raise an exception, make an
integer longer than 53 bits or return another type, the functions here raise ``NeedsPython``: then
the user's function itself is called for that car, and whatever it does is what happens. So these
functions need not know about exceptions, complex numbers or numpy's infinities.

They are plain Python as well (``NUMBA_DISABLE_JIT=1``).
"""

import math

import numpy as np

from racer.kernels._jit import inlined
from racer.kernels.layout import Floats

MAX_INT = 2**53
"""Largest whole number in size that compiled code keeps: up to here a float64 is exact."""

MAX_WORK = 1_000_000
"""Rounds of loops that a compiled call may make; one that makes more is called in Python."""

MAX_EXACT = 2.0**53
"""The same, as a float."""

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
    if not abs(float(a) * float(b)) <= MAX_EXACT:
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


# --- params, tables and loops --------------------------------------------------------------------


@inlined
def waypoint(waypoints: Floats, begin: int, place: int) -> tuple[float, float]:
    """Return the waypoint at a place that is in range."""
    row = np.uint64(begin + place)  # an index that cannot be negative takes no test for it
    return waypoints[row, 0], waypoints[row, 1]


@inlined
def point(waypoints: Floats, begin: int, n: int, index: int) -> tuple[float, float]:
    """Return ``waypoints[index]`` of the track whose n waypoints begin at a row."""
    return waypoint(waypoints, begin, index_in(index, n))


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
