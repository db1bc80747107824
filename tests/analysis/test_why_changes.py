import numpy as np
import pytest

from racer.analysis.why.changes import LEAST_LENGTH, find_changes


def test_a_step_is_found_where_it_is_with_its_levels():
    (change,) = find_changes([0.1] * 10 + [0.9] * 8)
    assert change.index == 10
    assert (change.before, change.after) == pytest.approx((0.1, 0.9))
    assert change.size == pytest.approx(0.8)


def test_a_rise_and_a_fall_are_two_changes_in_order():
    rng = np.random.default_rng(0)
    curve = np.repeat([0.0, 1.0, 0.2], [20, 15, 25]) + 0.05 * rng.standard_normal(60)
    changes = find_changes(curve, least=0.2)
    assert [change.index for change in changes] == [20, 35]
    assert [change.size > 0 for change in changes] == [True, False]


def test_small_changes_are_left_out_and_the_levels_beside_them_joined():
    curve = np.repeat([0.0, 0.1, 1.0], 10)
    (change,) = find_changes(curve, least=0.3)
    assert change.index == 20
    assert change.before == pytest.approx(0.05)


def test_noise_alone_has_a_change_in_fewer_than_five_of_a_hundred_curves():
    rng = np.random.default_rng(1)
    alarms = sum(bool(find_changes(rng.standard_normal(60))) for _ in range(400))
    assert alarms < 20


def test_a_change_of_three_spreads_is_nearly_always_found_within_two_points():
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(100):
        changes = find_changes(np.repeat([0.0, 3.0], 20) + rng.standard_normal(40), least=1.5)
        found += any(abs(change.index - 20) <= 2 for change in changes)
    assert found >= 95


def test_the_first_cut_is_the_best_of_all_cuts():
    rng = np.random.default_rng(3)
    curve = np.repeat([0.0, 2.0], [13, 27]) + 0.3 * rng.standard_normal(40)
    costs = {
        k: curve[:k].var() * k + curve[k:].var() * (40 - k)
        for k in range(LEAST_LENGTH, 41 - LEAST_LENGTH)
    }
    (change,) = find_changes(curve, least=1.0)
    assert change.index == min(costs, key=costs.get)


@pytest.mark.parametrize("curve", [[], [1.0], [0.0, 1.0, 0.0, 1.0, 0.0], [0.5] * 30])
def test_curves_too_short_or_without_any_change_have_none(curve):
    assert find_changes(curve) == []
