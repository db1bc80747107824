"""The arithmetic of compiled code equals Python's wherever it answers."""

import math
from fractions import Fraction

import numpy as np
import pytest

from racer.kernels._jit import fma, jit
from racer.reward.compile import reals
from racer.reward.compile import runtime as R  # noqa: N812  reads like a library

SCRATCH = np.array([0.0, 2.0, 0.5])


def answer(function, *arguments):
    """Return what a function answers; None where it leaves the answer to Python."""
    try:
        with np.errstate(all="ignore"):  # as the runner does, for where nothing is compiled
            return function(*arguments)
    except (R.NeedsPython, ArithmeticError, ValueError):
        return None


def equal(a: float, b: float) -> bool:
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def numbers_of(n: int, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=n) * 10.0 ** rng.uniform(-12, 12, n)
    edges = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-320, 1e308, -1e308, math.inf, -math.inf, math.nan, 3.0]
    return [*drawn.tolist(), *edges, *np.round(rng.normal(size=n // 4) * 20).tolist()]


def raised(a: float, b: float) -> float:
    return reals.power(a, b, SCRATCH)


PAIRS = [
    (reals.modulo, lambda a, b: a % b),
    (reals.floor_divide, lambda a, b: a // b),
    (reals.divide, lambda a, b: a / b),
    (reals.remainder, math.fmod),
    (reals.hypotenuse, math.hypot),
    (raised, lambda a, b: a**b),
    (reals.larger, max),
    (reals.smaller, min),
]


@pytest.mark.parametrize(("compiled", "python"), PAIRS, ids=lambda one: one.__name__)
def test_a_function_of_two_numbers_equals_pythons(compiled, python):
    n_answers = 0
    for a, b in zip(numbers_of(1500, 1), reversed(numbers_of(1500, 2)), strict=True):
        found = answer(compiled, a, b)
        if found is not None:
            n_answers += 1
            expected = python(a, b)
            assert equal(found, expected) or (found != found and expected != expected), (a, b)
    assert n_answers > 300


ONES = [
    (lambda x: reals.square(x, SCRATCH), lambda x: x**2),
    (lambda x: reals.root(x, SCRATCH), lambda x: x**0.5),
    (reals.square_root, math.sqrt),
    (reals.logarithm, math.log),
    (reals.to_degrees, math.degrees),
    (reals.to_radians, math.radians),
    (reals.to_int, int),
    (reals.floor_int, math.floor),
    (reals.ceil_int, math.ceil),
    (reals.round_int, round),
    (lambda x: reals.round_to(x, 100.0), lambda x: round(x, 2)),
    (lambda x: reals.round_to(x, 1.0), lambda x: round(x, 0)),
]


@pytest.mark.parametrize("number", range(len(ONES)))
def test_a_function_of_one_number_equals_pythons(number):
    compiled, python = ONES[number]
    n_answers = 0
    for x in numbers_of(1500, number):
        found = answer(compiled, x)
        if found is not None and x == x and not math.isinf(x):
            n_answers += 1
            assert equal(found, python(x)), x
    assert n_answers > 300


def test_squares_and_roots_equal_those_of_libm_bit_by_bit():
    @jit
    def both(numbers, scratch, squares, roots):
        for i in range(len(numbers)):
            squares[i] = reals.square(numbers[i], scratch)
            roots[i] = reals.root(numbers[i], scratch)

    numbers = np.random.default_rng(0).uniform(0.01, 100.0, 20_000)
    squares, roots = np.empty_like(numbers), np.empty_like(numbers)
    both(numbers, SCRATCH, squares, roots)
    assert squares.tolist() == [x**2 for x in numbers.tolist()]
    assert roots.tolist() == [x**0.5 for x in numbers.tolist()]


def test_whole_numbers_equal_pythons():
    numbers = [*range(-9, 10), 97, -64, 2**31, 2**52, -(2**53), 2**53]
    functions = [
        (R.floor_divide_int, lambda a, b: a // b),
        (R.modulo_int, lambda a, b: a % b),
        (R.multiply_int, lambda a, b: a * b),
    ]
    for compiled, python in functions:
        for a in numbers:
            for b in numbers:
                found = answer(compiled, a, b)
                assert found is None or found == python(a, b)
                assert (found is not None) or b == 0 or abs(python(a, b)) > R.MAX_INT


@pytest.mark.parametrize("base", [-2, -1, 0, 1, 2, 3, 10])
def test_powers_of_whole_numbers_equal_pythons(base):
    for exponent in [*range(70), 1000, 1001]:
        found = answer(R.power_int, base, exponent)
        assert (found == base**exponent) if found is not None else abs(base**exponent) > R.MAX_INT


def test_ranges_equal_pythons():
    for start in (-3, 0, 2):
        for stop in (-4, 0, 3, 9):
            for step in (-3, -1, 1, 2, 5):
                known = range(start, stop, step)
                n = R.range_length(start, stop, step)
                assert n == len(known)
                for value in (-4, -3, 0, 1, 2.0, 2.5, 8, math.nan):
                    found = answer(R.in_range, value, start, n, step)
                    assert found == (value in known) or (found is None and math.isnan(value))
    assert answer(R.range_length, 0, 5, 0) is None


@pytest.mark.parametrize(
    ("index", "n"), [(0, 3), (2, 3), (-1, 3), (-3, 3), (3, 3), (-4, 3), (0, 0)]
)
def test_an_index_counts_from_the_end_or_is_left_to_python(index, n):
    known = [*range(n)]
    expected = known[index] if -n <= index < n else None
    assert answer(R.index_in, index, n) == expected


def test_isclose_equals_pythons():
    numbers = [0.0, 1.0, 1.0 + 1e-10, 1.1, -1.0, math.inf, -math.inf, math.nan]
    for a in numbers:
        for b in numbers:
            for relative, absolute in ((1e-9, 0.0), (0.2, 0.0), (0.0, 0.2)):
                known = math.isclose(a, b, rel_tol=relative, abs_tol=absolute)
                assert reals.is_close(a, b, relative, absolute) == known
    assert answer(reals.is_close, 1.0, 1.0, -1.0, 0.0) is None


def test_fma_rounds_once():
    @jit
    def compiled(a, b, c):
        return fma(a, b, c)

    rng = np.random.default_rng(3)
    for a, b in rng.normal(size=(200, 2)).tolist():
        exact = Fraction(a) * Fraction(b) - Fraction(a * b)
        assert compiled(a, b, -(a * b)) == float(exact)
