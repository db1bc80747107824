from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from racer.studies import closed_testing
from racer.studies.closed_testing import closed_p_values, holm, subset_p_value


def groups(*rows):
    return [np.atleast_2d(np.asarray(row, np.float64)) for row in rows]


def normal(rng, means, n=6):
    return [rng.normal(mean, 1.0, (1, n)) for mean in means]


def set_partitions(names):
    if not names:
        yield []
        return
    first, *rest = names
    for partition in set_partitions(rest):
        yield [[first], *partition]
        for k, block in enumerate(partition):
            yield [*partition[:k], [first, *block], *partition[k + 1 :]]


# --- one hypothesis ---


def test_two_small_groups_are_dealt_in_every_way():
    # of the 252 ways to deal five and five, only this one and its mirror are so far apart
    assert subset_p_value(groups(range(5), range(10, 15))) == pytest.approx(2 / 252)


def test_of_two_groups_the_p_value_is_that_of_scipys_permutation_test():
    rng = np.random.default_rng(0)
    for _ in range(5):
        a, b = rng.normal(0, 1, 5), rng.normal(1, 1, 6)

        def difference(x, y):
            return abs(x.mean() - y.mean())

        theirs = stats.permutation_test(
            (a, b), difference, n_resamples=np.inf, alternative="greater", vectorized=False
        )
        # Welch's t orders the deals of two groups nearly as the difference of means does
        assert subset_p_value(groups(a, b)) == pytest.approx(theirs.pvalue, abs=0.02)


def test_equal_values_are_no_evidence():
    assert subset_p_value(groups([1.0] * 5, [1.0] * 5, [1.0] * 5)) == 1.0


def test_equal_groups_are_called_different_in_at_most_one_case_of_twenty():
    rng = np.random.default_rng(3)
    for draw in (lambda size: rng.normal(size=size), lambda size: rng.choice(3, size=size)):
        sets = [[draw((2, 5)).astype(float) for _ in range(3)] for _ in range(400)]
        alarms = sum(subset_p_value(one) <= 0.05 for one in sets)
        assert stats.binomtest(alarms, 400, 0.05, alternative="greater").pvalue > 0.01


def test_a_second_view_finds_what_the_first_does_not_see():
    same = np.zeros(6)
    one, two = np.stack([same, np.arange(6.0)]), np.stack([same, np.arange(6.0) + 20])
    assert subset_p_value([one, two]) <= 0.01
    assert subset_p_value([one[:1], two[:1]]) == 1.0


def test_the_answer_is_the_same_each_time_and_whoever_comes_first():
    rng = np.random.default_rng(5)
    a, b, c = normal(rng, [0.0, 1.0, 2.0], n=8)
    first = closed_p_values([a, b, c])
    assert first == closed_p_values([a, b, c])
    assert closed_p_values([a, b])[0, 1] == pytest.approx(closed_p_values([b, a])[0, 1], abs=0.01)


# --- all pairs ---


@pytest.mark.parametrize("n_groups", [2, 3, 4, 5])
def test_a_pairs_p_value_is_the_largest_of_all_partitions_that_call_it_equal(n_groups):
    rng = np.random.default_rng(n_groups)
    values = normal(rng, rng.normal(0.0, 1.5, n_groups))
    found = closed_p_values(values)
    tests = {
        block: subset_p_value([values[i] for i in block])
        for size in range(2, n_groups + 1)
        for block in combinations(range(n_groups), size)
    }
    for pair in combinations(range(n_groups), 2):
        largest = 0.0
        for partition in set_partitions(list(range(n_groups))):
            blocks = [tuple(sorted(block)) for block in partition if len(block) > 1]
            if any(set(pair) <= set(block) for block in blocks):
                smallest = min(tests[block] for block in blocks)
                largest = max(largest, 1.0 - (1.0 - smallest) ** len(blocks))
        assert found[pair] == pytest.approx(largest, abs=1e-12)


def test_no_pair_is_clearer_among_others_than_alone():
    rng = np.random.default_rng(8)
    values = normal(rng, [0.0, 1.0, 3.0, 3.0])
    for (i, j), p in closed_p_values(values).items():
        assert p >= subset_p_value([values[i], values[j]])


def test_with_some_groups_equal_those_are_called_different_in_at_most_one_case_of_twenty():
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(200):
        found = closed_p_values(normal(rng, [0.0, 0.0, 0.0, 6.0], n=5))
        alarms += min(found[0, 1], found[0, 2], found[1, 2]) <= 0.05
        assert max(found[0, 3], found[1, 3], found[2, 3]) <= 0.05
    assert stats.binomtest(alarms, 200, 0.05, alternative="greater").pvalue > 0.01


def test_against_one_group_there_are_fewer_hypotheses_and_more_is_found():
    rng = np.random.default_rng(11)
    values = normal(rng, [0.0, 0.4, 0.8, 1.8])
    found, everything = closed_p_values(values, reference=0), closed_p_values(values)
    assert set(found) == {(0, 1), (0, 2), (0, 3)}
    assert found[0, 3] <= everything[0, 3]


def test_where_nothing_is_clear_it_may_stop_at_once():
    rng = np.random.default_rng(2)
    values = normal(rng, [0.0] * 4)
    quick = closed_p_values(values, give_up_above=0.05)
    assert set(quick.values()) == {subset_p_value(values)}
    assert min(closed_p_values(values).values()) >= min(quick.values())


def test_of_very_many_groups_the_pairs_are_corrected_by_holm(monkeypatch):
    monkeypatch.setattr(closed_testing, "MOST_GROUPS", 2)
    rng = np.random.default_rng(6)
    values = normal(rng, [0.0, 2.0, 4.0])
    alone = {pair: subset_p_value([values[i] for i in pair]) for pair in combinations(range(3), 2)}
    assert closed_p_values(values) == holm(alone)


def test_holm_multiplies_the_smallest_by_all_and_the_largest_by_one():
    pairs = list(combinations(range(4), 2))
    # by hand: 5 x 0.001, 4 x 0.008, 3 x 0.039, and then the larger ones are held up by that
    found = holm(dict(zip(pairs, [0.001, 0.008, 0.039, 0.041, 0.042], strict=False)))
    assert list(found.values()) == pytest.approx([0.005, 0.032, 0.117, 0.117, 0.117])
    assert holm({}) == {}
