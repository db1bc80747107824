from fractions import Fraction

import numpy as np
import pytest

from racer.kernels.polygon import is_between, side_of_line


def exact_side(ax, ay, bx, by, x, y):
    """The same with fractions, which do not round."""
    ax, ay, bx, by, x, y = map(Fraction, (ax, ay, bx, by, x, y))
    determinant = (ax - x) * (by - y) - (ay - y) * (bx - x)
    return (determinant > 0) - (determinant < 0)


def test_left_is_positive_right_is_negative_and_on_the_line_is_zero():
    assert side_of_line(0.0, 0.0, 1.0, 0.0, 0.5, 0.1) == 1
    assert side_of_line(0.0, 0.0, 1.0, 0.0, 0.5, -0.1) == -1
    assert side_of_line(0.0, 0.0, 1.0, 0.0, 7.0, 0.0) == 0


def test_the_side_of_a_random_point_is_that_of_exact_arithmetic():
    for row in np.random.default_rng(2).uniform(-5.0, 5.0, (300, 6)).tolist():
        assert side_of_line(*row) == exact_side(*row)


def test_the_side_of_points_a_rounding_error_from_the_line_is_that_of_exact_arithmetic():
    rng = np.random.default_rng(3)
    seen = set()
    for ax, ay, bx, by, part in rng.uniform(0.0, 9.0, (1000, 5)).tolist():
        x, y = ax + part * (bx - ax), ay + part * (by - ay)
        x = np.nextafter(x, rng.choice((-np.inf, x, np.inf)))
        side = side_of_line(ax, ay, bx, by, float(x), y)
        assert side == exact_side(ax, ay, bx, by, float(x), y)
        seen.add(side)
    assert {-1, 1} <= seen


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_points_exactly_on_a_slanted_line_are_on_it(step):
    ax, ay, dx, dy = 0.1, 0.3, 0.25, 0.5  # powers of two: the sums are exact
    assert side_of_line(ax, ay, ax + 4 * dx, ay + 4 * dy, ax + step * dx, ay + step * dy) == (
        exact_side(ax, ay, ax + 4 * dx, ay + 4 * dy, ax + step * dx, ay + step * dy)
    )
    assert side_of_line(0.0, 0.0, 4 * dx, 4 * dy, step * dx, step * dy) == 0


def test_a_point_on_the_line_is_between_its_ends_or_not():
    assert is_between(0.0, 0.0, 2.0, 1.0, 1.0, 0.5)
    assert is_between(2.0, 1.0, 0.0, 0.0, 2.0, 1.0)
    assert not is_between(0.0, 0.0, 2.0, 1.0, 4.0, 2.0)
    assert not is_between(0.0, 0.0, 0.0, 1.0, 0.0, -0.1)
