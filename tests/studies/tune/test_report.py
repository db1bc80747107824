"""The report of a search shows what its records say."""

import pytest

from racer.studies.scores import SeedScore
from racer.studies.tune.records import SearchResult, TrialRecord
from racer.studies.tune.tuning_figures import importances, tuning_figures
from racer.studies.tune.tuning_report import write_tune_report
from racer.studies.tune.tuning_table import trial_table


def seed(number, rate, race):
    return SeedScore(
        "r", "c", number, rate, 100 * rate, race, race, race, 0.0, 0.0, None, None, rate
    )


def trial(number, *, state="complete"):
    rate = 1.0 if number % 2 else 0.5
    params = {"learning_rate": 10 ** (-4 + 0.1 * number), "baseline": ["value", "<b>"][number % 2]}
    return TrialRecord(number, params, state, (seed(0, rate, 12.0 + number), seed(1, rate, 13.0)))


@pytest.fixture
def result(tmp_path):
    trials = (*(trial(k) for k in range(14)), trial(14, state="pruned"))
    return SearchResult(
        tmp_path, trials, ("learning_rate", "baseline"), frozenset({"learning_rate"}),
        is_sweep=False, steps=1000, scores=None, verdicts=None, best=trials[1], settings_file=None,
        unproven_file=None, sentence="Not <confirmed>.",
    )  # fmt: skip


def test_the_table_has_the_best_first_and_the_defaults_always(result):
    table = trial_table(result, most=3)
    assert [row[0] for row in table.rows] == ["trial 1", "trial 3", "trial 5", "defaults"]
    assert "15 trials (1 given up early)" in table.title


def test_what_makes_the_difference_is_the_most_important(result):
    found = importances(result.ranked(), result.searched, lambda one: one.race_time)
    assert max(found, key=found.__getitem__) == "learning_rate"
    assert sum(found.values()) == pytest.approx(1.0)


def test_importance_is_of_the_best_trials_and_not_of_the_worst():
    trials = []
    for k in range(60):
        is_bad = k in (50, 52, 54, 56, 58)
        rate = 0.0 if is_bad else 0.3 + 0.01 * k
        params = {"learning_rate": 0.001 * (k + 1), "baseline": "none" if is_bad else "value"}
        trials.append(TrialRecord(k, params, "complete", (seed(0, rate, 12.0),)))
    found = importances(trials, ("learning_rate", "baseline"), lambda one: one.finish_rate)
    assert found["learning_rate"] > found["baseline"]


def test_of_few_or_equal_trials_no_importance_is_told(result):
    names = result.searched
    assert importances(result.ranked()[:5], names, lambda one: one.race_time) == {}
    assert importances(result.ranked(), names, lambda one: 1.0) == {}


def test_the_report_is_written_with_its_figures_and_everything_is_escaped(result):
    report, *figures = write_tune_report(result)
    text = report.read_text()
    assert "Not &lt;confirmed&gt;." in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert {path.stem for path in figures} == {"slices", "history", "importance"}
    assert all(path.stat().st_size > 5000 for path in figures)


def test_a_sweep_shows_its_seeds_and_no_history(result):
    sweep = SearchResult(**{**vars(result), "is_sweep": True})
    assert [one.name for one in tuning_figures(sweep)] == ["slices"]
    assert len(trial_table(sweep).rows) == 15
