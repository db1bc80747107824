import numpy as np
import pytest
from scipy import stats

from racer.studies.seed_statistics import (
    FEWEST_FOR_INTERVAL,
    MOST_EXACT,
    Sample,
    _rank_p,
    _success_table,
    beats,
    beats_interval,
    bootstrap,
    holm,
    more_seeds,
    rank_test,
    smallest_p,
    success_test,
)


def sample(ranks, succeeded=None):
    ranks = np.asarray(ranks, np.float64)
    good = np.ones(len(ranks), np.bool_) if succeeded is None else np.asarray(succeeded, np.bool_)
    return Sample(ranks, good)


# --- the rank test ---


def test_without_ties_the_rank_test_is_scipys_exact_one():
    rng = np.random.default_rng(0)
    for n, m in ((5, 5), (6, 9), (20, 20)):
        a, b = rng.normal(0, 1, n), rng.normal(0.7, 1, m)
        assert rank_test(a, b) == stats.mannwhitneyu(a, b, method="exact").pvalue


@pytest.mark.parametrize("levels", [2, 3, 6])
@pytest.mark.parametrize(("n", "m"), [(5, 5), (4, 7)])
def test_with_ties_the_rank_test_equals_a_count_of_all_permutations(n, m, levels):
    rng = np.random.default_rng(levels)
    a, b = rng.integers(levels, size=n), rng.integers(levels, size=m)

    def rank_sum(x, y):
        return stats.rankdata(np.concatenate([x, y]))[: len(x)].sum()

    counted = stats.permutation_test((a, b), rank_sum, n_resamples=np.inf, vectorized=False)
    assert rank_test(a, b) == pytest.approx(counted.pvalue, abs=1e-12)


def test_the_count_with_ties_equals_the_exact_one_where_a_tie_does_not_matter():
    a, b = [1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 9.0]
    assert rank_test(a, b) == pytest.approx(2 / 252)


def test_the_rank_test_does_not_depend_on_the_order_of_the_two():
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = rng.integers(4, size=8), rng.integers(4, size=6)
        assert rank_test(a, b) == pytest.approx(rank_test(b, a), abs=1e-12)


@pytest.mark.parametrize(("a", "b"), [([], [1.0]), ([2.0] * 5, [2.0] * 7), ([1.0], [])])
def test_where_nothing_can_differ_the_p_value_is_one(a, b):
    assert rank_test(a, b) == 1.0


def test_with_very_many_seeds_the_rank_test_is_the_normal_approximation():
    rng = np.random.default_rng(1)
    a, b = rng.integers(9, size=MOST_EXACT + 1), rng.integers(9, size=MOST_EXACT + 1)
    expected = stats.mannwhitneyu(a, b, method="asymptotic").pvalue
    assert rank_test(a, b) == expected
    exact = rank_test(a[:-1], b[:-1])
    nearby = stats.mannwhitneyu(a[:-1], b[:-1], method="asymptotic").pvalue
    assert exact == pytest.approx(nearby, abs=0.005)


def test_with_heavy_ties_equal_samples_differ_in_at_most_5_percent():
    # scores of trainings that fail now and then: most seeds share one value
    rng = np.random.default_rng(7)
    shares = [0.2, 0.1, 0.1, 0.6]
    alarms = 0
    for _ in range(2_000):
        a, b = rng.choice(4, size=(2, 10), p=shares)
        alarms += rank_test(a, b) <= 0.05
    assert alarms / 2_000 <= 0.05


# --- P(A beats B) ---


def test_p_of_beating_counts_won_pairs_and_half_of_the_ties():
    assert beats([1, 2], [0, 2]) == (1 + 0 + 1 + 0.5) / 4
    assert beats([3, 4], [1, 2]) == 1.0
    assert beats([1, 1], [1, 1]) == 0.5


def test_p_of_beating_is_the_statistic_of_the_mann_whitney_test():
    rng = np.random.default_rng(0)
    a, b = rng.integers(5, size=8), rng.integers(5, size=11)
    assert beats(a, b) == pytest.approx(stats.mannwhitneyu(a, b).statistic / 88)


def test_the_interval_holds_the_value_and_mirrors_with_it():
    for p in (0.0, 0.1, 0.5, 0.93, 1.0):
        low, high = beats_interval(p, 8, 12)
        assert 0 <= low <= p <= high <= 1
        assert beats_interval(1 - p, 12, 8) == pytest.approx((1 - high, 1 - low), abs=1e-6)


def test_the_interval_solves_newcombes_equation():
    p, n, m, z = 0.8, 10, 14, 1.959964
    for theta in beats_interval(p, n, m):
        shape = (1 - theta) / (2 - theta) + theta / (1 + theta)
        variance = theta * (1 - theta) * (1 + (12 - 1) * shape) / (n * m)
        assert abs(p - theta) == pytest.approx(z * np.sqrt(variance), abs=1e-6)


def test_five_clean_wins_do_not_prove_that_one_always_wins():
    low, high = beats_interval(1.0, 5, 5)
    assert 0.5 < low < 0.75
    assert high == 1.0


@pytest.mark.parametrize(("n", "shift"), [(5, 0.0), (10, 1.0), (10, 2.0)])
def test_the_interval_covers_the_truth_about_95_times_in_100(n, shift):
    rng = np.random.default_rng(n)
    truth = stats.norm.cdf(shift / np.sqrt(2))
    covered = 0
    for _ in range(1_500):
        low, high = beats_interval(beats(rng.normal(shift, 1, n), rng.normal(0, 1, n)), n, n)
        covered += low <= truth <= high
    assert 0.93 <= covered / 1_500 <= 0.995


# --- success ---


def test_the_success_test_is_fishers():
    # Fisher's tea: 3 of 4 cups right against 1 of 4, two-sided
    assert success_test(3, 4, 1, 4) == pytest.approx(0.48571, abs=1e-5)
    assert success_test(9, 10, 9, 10) == 1.0


@pytest.mark.parametrize("n", [5, 12])
def test_the_table_of_all_successes_equals_scipys_test(n):
    table = _success_table(n)
    for i in range(n + 1):
        for j in range(n + 1):
            assert table[i, j] == pytest.approx(success_test(i, n, j, n), abs=1e-12)


def test_four_seeds_a_side_can_never_be_clear_among_two_tests():
    assert smallest_p(4, 4) * 2 > 0.05
    assert smallest_p(5, 5) * 2 < 0.05
    assert smallest_p(5, 5) == pytest.approx(2 / 252)


# --- many tests ---


def test_holm_multiplies_the_smallest_by_all_and_the_largest_by_one():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_adjusted_p_values_never_exceed_one_nor_turn_round():
    rng = np.random.default_rng(0)
    p = rng.random(12).tolist()
    adjusted = holm(p)
    order = np.argsort(p)
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)
    assert max(adjusted) <= 1
    assert holm([]) == []


def test_an_adjusted_p_value_is_at_least_that_of_every_smaller_one():
    # by hand: 5 x 0.001, 4 x 0.008, 3 x 0.039, and then the larger ones are held up by that
    assert holm([0.001, 0.008, 0.039, 0.041, 0.042]) == pytest.approx(
        [0.005, 0.032, 0.117, 0.117, 0.117]
    )


# --- intervals for display ---


def test_the_bootstrap_is_the_same_each_time_and_holds_the_value():
    values = [15.2, 14.9, 16.1, 15.5, 13.8, 15.8]
    first, again = bootstrap(values), bootstrap(values)
    assert first == again
    assert first.value == np.median(values)
    assert first.low < first.value < first.high


def test_the_bootstrap_of_a_mean_is_near_scipys():
    values = np.random.default_rng(0).normal(10, 2, 12)
    ours = bootstrap(values, np.mean)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.06)


def test_few_values_have_no_interval():
    estimate = bootstrap([1.0] * (FEWEST_FOR_INTERVAL - 1))
    assert estimate.value == 1.0
    assert estimate.low is estimate.high is None


# --- how many more ---


def test_a_clear_tendency_wants_few_more_seeds():
    few = more_seeds(sample([5, 7, 8, 9, 10]), sample([1, 2, 3, 4, 6]), n_tests=2)
    assert few is not None
    assert 1 <= few <= 10


def test_equal_samples_want_more_than_anybody_would_train():
    assert more_seeds(sample(range(10)), sample(range(10)), n_tests=2) is None


def test_more_tests_and_smaller_differences_want_more_seeds():
    base, small, large = np.arange(30), np.arange(30) + 9.5, np.arange(30) + 14.5
    few = more_seeds(sample(large), sample(base), n_tests=2, most=400)
    assert few is not None
    many = more_seeds(sample(small), sample(base), n_tests=2, most=400)
    corrected = more_seeds(sample(large), sample(base), n_tests=12, most=400)
    assert few <= many
    assert few <= corrected


def test_the_answer_is_the_same_each_time_and_whichever_comes_first():
    a, b = sample([2, 4, 5, 7, 9, 10]), sample([1, 3, 3, 6, 8, 8])
    first = more_seeds(a, b, n_tests=2)
    assert first == more_seeds(a, b, n_tests=2)
    assert (first is None) == (more_seeds(b, a, n_tests=2) is None)


def test_successes_alone_can_settle_it():
    # equal places, but one half of the second fails: Fisher's test will see it
    a = sample([1] * 10, [True] * 10)
    b = sample([1] * 10, [True] * 5 + [False] * 5)
    assert more_seeds(a, b, n_tests=2) is not None


def test_the_planned_p_values_are_near_the_exact_ones():
    rng = np.random.default_rng(5)
    for _ in range(20):
        a, b = rng.integers(6, size=(2, 20))
        counts = [np.bincount(x, minlength=6)[None] for x in (a, b)]
        assert _rank_p(*counts, 20)[0] == pytest.approx(rank_test(a, b), abs=0.03)


# --- rliable as an oracle ---


def test_rliable_agrees_on_the_probability_of_improvement():
    metrics = pytest.importorskip("rliable.metrics", reason="rliable is an oracle of the dev extra")
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 12), rng.normal(0, 1, 12)
    assert beats(a, b) == pytest.approx(metrics.probability_of_improvement(a[:, None], b[:, None]))
