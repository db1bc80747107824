"""The figures of a comparison as rows of text."""

import pytest

from racer.studies.comparison_table import MEASURES, TextTable, reward_table, seed_table
from racer.studies.scores import Condition, FailedTraining, Scores, SeedScore

MAIN = Condition("vpg, oval", "vpg", "oval")


def score(reward, seed, finish_rate, lap_time=None, **changes):
    figures = {
        "completion": 100.0 * finish_rate, "best_lap_time": lap_time, "race_time": lap_time,
        "off_tracks": 0.0, "steering_change": 0.0, "steps_to_first_lap": None,
        "steps_to_finish": None, "last_finish_rate": finish_rate,
    }  # fmt: skip
    return SeedScore(
        reward=reward, condition=MAIN.name, seed=seed, finish_rate=finish_rate, lap_time=lap_time,
        **{**figures, **changes},
    )  # fmt: skip


@pytest.fixture
def scores():
    found = [score("a", seed, 1.0, 10.0 + seed, steps_to_first_lap=2_000) for seed in (0, 1, 2)]
    found += [score("a", 3, 0.5, 5.0), score("b", 0, 0.0)]
    failures = (
        FailedTraining("b", "vpg", 1, "b.py:1: no"),
        FailedTraining("b", "ppo", 2, "other learner"),
    )
    return Scores(("a", "b", "c"), (MAIN,), (0, 1, 2, 3), 1_000, tuple(found), failures)


def cell(scores, reward, measure):
    table = reward_table(scores, MAIN)
    row = next(row for row in table.rows if row[0] == reward)
    return row[table.columns.index(measure)]


def test_the_lap_time_is_the_median_of_the_seeds_that_finish(scores):
    assert cell(scores, "a", "seeds that finish") == "3/4 (30–95 %)"
    assert cell(scores, "a", "lap time") == "11.00 s (3)"
    assert cell(scores, "a", "race time") == "10.5 s"
    assert cell(scores, "a", "laps finished") == "88 %"
    assert cell(scores, "a", "first lap") == "2k (3)"


def test_what_there_is_not_is_a_dash(scores):
    assert cell(scores, "b", "lap time") == "–"
    assert cell(scores, "b", "first lap") == "–"
    table = reward_table(scores, MAIN)
    assert table.rows[2] == ("c", *["–"] * (len(table.columns) - 1))


def test_the_ratio_to_the_limit_has_a_column_where_it_is_known(scores):
    assert "× limit" not in reward_table(scores, MAIN).columns
    seeds = [score("a", seed, 1.0, 10.0, ratio=1.5 + 0.1 * seed) for seed in range(3)]
    known = Scores(("a",), (MAIN,), (0, 1, 2), 1_000, tuple(seeds))
    assert cell(known, "a", "× limit") == "1.60 ×"
    assert len(reward_table(known, MAIN).columns) == len(MEASURES) + 1


def test_five_seeds_have_an_interval(scores):
    seeds = [score("a", seed, 1.0, 10.0 + seed) for seed in range(5)]
    five = Scores(("a",), (MAIN,), tuple(range(5)), 1_000, tuple(seeds))
    assert cell(five, "a", "lap time") == "12.00 [10.00, 14.00] s"
    assert cell(five, "a", "laps finished") == "100 %"


def test_every_seed_is_shown_and_failures_too(scores):
    table = seed_table(scores, MAIN)
    assert table.columns == ("reward", "s0", "s1", "s2", "s3")
    assert table.rows == (
        ("a", "100", "100", "100", "50"),
        ("b", "0", "failed", "–", "–"),
        ("c", "–", "–", "–", "–"),
    )


def test_a_wide_table_comes_in_parts_that_fit_and_lose_nothing():
    table = TextTable("t", ("name", "one", "two", "three"), (("x", "1", "22", "333333"),))
    assert table.split(100) == [table]
    parts = table.split(16)
    assert [part.columns for part in parts] == [("name", "one", "two"), ("name", "three")]
    assert [part.columns for part in table.split(1)] == [
        ("name", "one"), ("name", "two"), ("name", "three"),
    ]  # fmt: skip
    lines = table.text(16).splitlines()
    assert max(map(len, lines)) == 16
    assert lines == [
        "t", "", "name   one   two", "----   ---   ---", "x        1    22",
        "", "name    three", "----   ------", "x      333333",
    ]  # fmt: skip
