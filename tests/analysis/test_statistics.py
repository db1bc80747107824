import numpy as np
import pytest

from racer.analysis.statistics import (
    MIN_SEEDS_FOR_PERCENTILES,
    align,
    band,
    per_update,
)

NAN = np.nan


def test_the_mean_of_an_update_is_that_of_its_episodes_at_its_last_step():
    steps, means = per_update([0, 0, 1, 1, 1], [10, 25, 30, 50, 45], [1.0, 3.0, 4.0, 5.0, 9.0])
    assert steps.tolist() == [25, 50]
    assert means.tolist() == [2.0, 6.0]


def test_updates_come_in_order_even_if_episodes_are_written_mixed():
    steps, means = per_update([2, 0, 2, 0], [40, 10, 50, 20], [5.0, 1.0, 7.0, 3.0])
    assert steps.tolist() == [20, 50]
    assert means.tolist() == [2.0, 6.0]


def test_values_that_are_nan_are_left_out_and_an_update_without_any_is_nan():
    _, medians = per_update([0, 0, 0, 1], [1, 2, 3, 4], [9.0, NAN, 7.0, NAN], np.median)
    np.testing.assert_array_equal(medians, [8.0, NAN])


def test_no_episodes_give_no_updates():
    steps, means = per_update([], [], [])
    assert len(steps) == len(means) == 0


def test_aligned_curves_run_straight_between_points_and_are_unknown_outside():
    axis, values = align([([10, 30], [1.0, 3.0]), ([20, 40], [0.0, 8.0])])
    assert axis.tolist() == [10, 20, 30, 40]
    np.testing.assert_array_equal(values, [[1, 2, 3, NAN], [NAN, 0, 4, 8]])


def test_a_held_curve_keeps_its_last_value():
    _, values = align([([10, 30], [1.0, 3.0])], [5, 10, 29, 30, 31], hold=True)
    np.testing.assert_array_equal(values, [[NAN, 1, 1, 3, NAN]])


def test_a_curve_without_values_aligns_to_nan():
    axis, values = align([([10, 20], [1.0, 2.0]), ([10, 20], [NAN, NAN]), ([], [])])
    np.testing.assert_array_equal(values[1:], np.full((2, len(axis)), NAN))


def test_a_gap_in_a_curve_is_bridged():
    _, values = align([([0, 10, 20], [0.0, NAN, 4.0])], [10])
    assert values.tolist() == [[2.0]]


def test_no_curves_align_to_nothing():
    axis, values = align([])
    assert axis.shape == (0,)
    assert values.shape == (0, 0)


def test_the_band_of_few_seeds_reaches_from_the_lowest_to_the_highest():
    result = band([[1.0, 5.0], [2.0, 6.0], [9.0, 4.0]])
    assert result.center.tolist() == [4, 5]
    assert result.low.tolist() == [1, 4]
    assert result.high.tolist() == [9, 6]
    assert result.edges == "lowest to highest"


def test_the_band_of_many_seeds_leaves_out_the_extremes():
    result = band(np.arange(MIN_SEEDS_FOR_PERCENTILES + 1.0)[:, None])
    assert (result.low[0], result.center[0], result.high[0]) == (1, 5, 9)
    assert result.edges == "10th to 90th percentile"


@pytest.mark.parametrize("n_seeds", [3, 12])
def test_where_a_seed_has_no_value_the_band_has_none(n_seeds):
    values = np.ones((n_seeds, 2))
    values[1, 0] = NAN
    result = band(values)
    for line in (result.center, result.low, result.high):
        np.testing.assert_array_equal(line, [NAN, 1])
