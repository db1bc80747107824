import numpy as np
import pytest
from scipy import stats

from racer.studies.seed_statistics import FEWEST_FOR_INTERVAL, beats, beats_interval, bootstrap

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
