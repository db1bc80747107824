"""The proof that a comparison is honest, on trainings that benchmarks/honesty.py has kept."""

import importlib.util
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from racer.studies import pairs
from racer.studies.closed_testing import subset_p_value
from racer.studies.seed_statistics import bootstrap

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "honesty.py"

RESAMPLES = 2_000
ALLOWED = 0.05


def load_benchmark():
    spec = importlib.util.spec_from_file_location("honesty_benchmark", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


honesty = load_benchmark()
LEARNED, HALF = honesty.LEARNED.name, honesty.HALF_LEARNED.name
STAY_INSIDE, PROGRESS, GOAL = (setting.name for setting in honesty.OTHERS)


@pytest.fixture(scope="module")
def pools():
    return honesty.load()


@pytest.fixture(scope="module")
def pools_before():
    """Trainings with the car of before: its grip could be cheated."""
    return honesty.load(honesty.DATA.with_name("honesty_before.json"))


def test_the_kept_trainings_are_those_that_the_settings_name(pools):
    assert {name: len(pool) for name, pool in pools.items()} == {
        setting.name: setting.n_seeds for setting in honesty.SETTINGS
    }
    for pool in pools.values():
        assert len(pool) >= 60
        assert [score.seed for score in pool] == list(range(len(pool)))


def test_in_one_setting_nearly_all_learn_in_another_a_part_and_in_another_hardly_any(pools):
    rate = {name: np.mean([s.succeeded for s in pool]) for name, pool in pools.items()}
    assert rate[LEARNED] > 0.95
    assert 0.4 < rate[HALF] < 0.8
    assert rate[GOAL] < 0.1


def test_no_seed_is_on_two_sides(pools):
    groups = honesty.draw(pools[HALF], 20, 4, np.random.default_rng(0))
    drawn = [score.seed for group in groups.values() for score in group]
    assert len(groups) == 4
    assert len(drawn) == len(set(drawn)) == 80


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "resamples"),
    [(10, 300), *(pytest.param(n, RESAMPLES, marks=pytest.mark.long) for n in (5, 10, 20))],
)
def test_a_function_against_itself_rarely_gets_a_verdict(pools, n, resamples):
    rate = honesty.false_alarms(pools[HALF], n, resamples=resamples)
    assert rate.lower_bound <= ALLOWED
    assert rate.hits > 0  # nor does a comparison that never decides count as honest


@pytest.mark.slow
@pytest.mark.parametrize("resamples", [200, pytest.param(RESAMPLES, marks=pytest.mark.long)])
def test_among_four_equal_functions_there_is_rarely_any_verdict(pools, resamples):
    rate = honesty.false_alarms(pools[LEARNED], 10, k=4, resamples=resamples)
    assert rate.lower_bound <= ALLOWED


def test_a_really_worse_function_is_found(pools):
    found, wrong = honesty.power(pools[LEARNED], pools[GOAL], 10, resamples=100)
    assert found.value >= 0.95
    assert wrong.hits == 0
    found, wrong = honesty.power(pools[PROGRESS], pools[LEARNED], 20, resamples=100)
    assert found.value >= 0.9
    assert wrong.hits == 0


def test_half_a_lap_time_is_nearly_always_clear_with_five_seeds_among_five_functions(pools):
    others = (pools[PROGRESS], pools[HALF], pools[STAY_INSIDE])
    twice_as_fast = honesty.halved(pools[LEARNED])
    found, wrong = honesty.power(twice_as_fast, pools[LEARNED], 5, among=others, resamples=60)
    assert found.value >= 0.95
    assert wrong.hits == 0


def test_laps_of_12_and_of_16_seconds_are_told_apart_more_often_than_by_two_tests(pools_before):
    for n, least in ((5, 0.38), (10, 0.78)):
        found, _ = honesty.power(pools_before[PROGRESS], pools_before[LEARNED], n, resamples=400)
        assert found.value >= least


def test_the_proof_fails_without_the_correction_for_many_pairs(pools, monkeypatch):
    def each_pair_alone(groups, **_):
        pairs_of = combinations(range(len(groups)), 2)
        return {(i, j): subset_p_value([groups[i], groups[j]]) for i, j in pairs_of}

    monkeypatch.setattr(pairs, "closed_p_values", each_pair_alone)
    rate = honesty.false_alarms(pools[LEARNED], 10, k=4, resamples=100)
    assert rate.lower_bound > ALLOWED


def test_the_proof_fails_for_bootstrap_intervals_in_place_of_tests(pools, monkeypatch):
    def by_interval(groups, **_):
        interval = bootstrap(groups[0][0] - groups[1][0], np.mean)
        return {(0, 1): 1.0 if interval.low <= 0 <= interval.high else 0.0}

    monkeypatch.setattr(pairs, "closed_p_values", by_interval)
    rate = honesty.false_alarms(pools[HALF], 5, resamples=400)
    assert rate.lower_bound > ALLOWED


def test_the_proof_fails_when_trials_are_pooled_over_seeds(pools, monkeypatch):
    def twenty_trials_a_seed(groups, **_):
        # as if each were a seed of its own
        return {(0, 1): subset_p_value([np.repeat(group, 20, axis=1) for group in groups])}

    monkeypatch.setattr(pairs, "closed_p_values", twenty_trials_a_seed)
    rate = honesty.false_alarms(pools[HALF], 10, resamples=40)
    assert rate.lower_bound > ALLOWED


def test_the_lower_bound_of_a_rate_is_wilsons_one_sided_one():
    rate = honesty.Rate(115, 2_000)
    assert rate.value == 0.0575
    assert 0.045 < rate.lower_bound < 0.05  # 115 of 2,000 may still be 5 %
    assert honesty.Rate(130, 2_000).lower_bound > 0.05


def test_a_written_file_reads_back(tmp_path):
    path = tmp_path / "data" / "kept.json"
    rows = [[0, 1.0, 100.0, 12.3456789, 12.5], [1, 0.0, 12.5, None, None]]
    honesty.write(path, {"date": "2026-01-01"}, {"one": rows, "two": rows[:1]})
    pools = honesty.load(path)
    assert [len(pool) for pool in pools.values()] == [2, 1]
    assert pools["one"][0].lap_time == 12.345679
    assert pools["one"][1].race_time is None
