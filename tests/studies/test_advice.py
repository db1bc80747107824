import numpy as np
import pytest

from racer.studies.advice import fewest_seeds, more_seeds
from racer.studies.closed_testing import closed_p_values


def one_view(values):
    return np.asarray([values], np.float64)


def test_a_clear_tendency_wants_few_more_seeds():
    few = more_seeds(
        one_view([5, 7, 8, 9, 10]), one_view([1, 2, 3, 4, 7]), level=0.01, confidence=0.8
    )
    assert few is not None
    assert 1 <= few <= 10


def test_equal_samples_want_more_than_anybody_would_train():
    equal = one_view(range(10))
    assert more_seeds(equal, equal, level=0.05, confidence=0.8) is None


def test_more_tests_more_confidence_and_smaller_differences_want_more_seeds():
    base, small, large = (one_view(np.arange(30) + by) for by in (0.0, 4.5, 6.0))
    few = more_seeds(large, base, level=0.002, confidence=0.6, most=1000)
    for other in (
        more_seeds(large, base, level=0.0001, confidence=0.6, most=1000),
        more_seeds(large, base, level=0.002, confidence=0.95, most=1000),
        more_seeds(small, base, level=0.002, confidence=0.6, most=1000),
    ):
        assert few < other


def test_the_advice_is_the_same_each_time_and_keeps_the_seeds_that_are_there():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.0, 1.0, (2, 8)), rng.normal(0.8, 1.0, (2, 8))
    first = more_seeds(a, b, level=0.02, confidence=0.7)
    assert first == more_seeds(a, b, level=0.02, confidence=0.7)


@pytest.mark.parametrize("n_groups", [2, 3, 4, 6])
def test_with_the_fewest_seeds_that_can_be_clear_a_perfect_order_is(n_groups):
    n = max(5, fewest_seeds(n_groups, 0.05))
    values = [one_view(np.arange(n) / n + 10.0 * k) for k in range(n_groups)]
    assert max(closed_p_values(values).values()) <= 0.05


def test_it_takes_four_seeds_for_two_functions_and_more_for_very_many():
    assert fewest_seeds(2, 0.05) == 4
    assert fewest_seeds(12, 0.05) > fewest_seeds(6, 0.05)
    assert fewest_seeds(12, 0.05, is_against_one=True) <= fewest_seeds(12, 0.05)
