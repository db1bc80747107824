import json
from dataclasses import replace

import numpy as np
import pytest

from racer.config.train_config import TrainConfig
from racer.errors import ConfigError
from racer.jobs import Listener, Report
from racer.studies import compare as compare_module
from racer.studies.plan import make_plan
from racer.studies.rounds import ROUNDS, level_of_look, progress
from racer.studies.runner import Runner
from racer.studies.scores import SeedScore
from racer.studies.training import Outcome
from racer.studies.until_clear import LOOKS, ROUND, add_look
from racer.studies.verdict import verdicts


def seed(reward, number, lap, condition="main"):
    return SeedScore(
        reward=reward, condition=condition, seed=number, finish_rate=1.0, completion=100.0,
        lap_time=lap, best_lap_time=lap, race_time=lap, off_tracks=0.0, steering_change=0.1,
        steps_to_first_lap=None, steps_to_finish=None, last_finish_rate=1.0,
    )  # fmt: skip


def group(reward, middle, n, spread=1.0, start=0):
    rng = np.random.default_rng([start, len(reward), ord(reward[0])])
    return [seed(reward, k, middle + spread * rng.normal()) for k in range(n)]


def test_all_looks_together_spend_at_most_the_level():
    assert sum(level_of_look(k) for k in range(1_000)) == pytest.approx(0.05)
    assert level_of_look(0) > level_of_look(1) > level_of_look(2)


def test_what_is_clear_at_the_first_look_wants_no_more_seeds():
    seeds = {"a": group("a", 8.0, 5), "b": group("b", 16.0, 5)}
    found = progress(seeds)
    assert found.is_over
    assert found.is_all_clear
    assert [look.decided for look in found.looks] == [(("a", "b"),)]
    assert set(found.wanted.values()) == {5}


def test_only_those_with_an_open_pair_get_more_seeds():
    seeds = {"a": group("a", 8.0, 5), "b": group("b", 16.0, 5), "c": group("c", 16.0, 5)}
    found = progress(seeds)
    assert not found.is_over
    assert found.wanted == {"a": 5, "b": 8, "c": 8}
    assert {pair.winner for pair in found.pairs} == {"a", None}


def test_the_same_scores_give_the_same_looks_and_seeds_of_an_unfinished_round_none():
    seeds = {"a": group("a", 15.0, 10), "b": group("b", 15.2, 11)}
    found = progress(seeds)
    assert [look.n_seeds for look in found.looks] == [{"a": 5, "b": 5}, {"a": 8, "b": 8}]
    assert progress(seeds) == found
    fewer = {name: scores[:8] for name, scores in seeds.items()}
    assert progress(fewer).looks == found.looks


def test_after_the_last_round_it_is_over_though_not_clear():
    seeds = {"a": group("a", 15.0, 12), "b": group("b", 15.0, 12)}
    found = progress(seeds, most=12)
    assert found.is_over
    assert not found.is_all_clear
    assert [max(look.n_seeds.values()) for look in found.looks] == [5, 8, 12]
    assert progress(seeds, most=10).looks[-1].n_seeds == {"a": 10, "b": 10}


def test_a_pair_that_was_clear_once_stays_clear():
    early = [8.0, 8.1, 8.2, 8.3, 8.4]
    seeds = {
        "a": [seed("a", k, lap) for k, lap in enumerate([*early, 30.0, 31.0, 32.0])],
        "b": group("b", 16.0, 8, 0.1),
        "c": group("c", 16.0, 8, 0.1),
    }
    found = progress(seeds)
    assert found.looks[0].decided == (("a", "b"), ("a", "c"))
    assert found.looks[1].n_seeds == {"a": 5, "b": 8, "c": 8}


@pytest.mark.slow
def test_equal_functions_are_told_apart_at_any_look_in_at_most_5_of_100_comparisons():
    rng = np.random.default_rng(0)
    alarms, n = 0, 120
    for _ in range(n):
        laps = np.exp(rng.normal(2.7, 0.2, (2, 18)))
        seeds = {
            name: [seed(name, k, float(lap)) for k, lap in enumerate(row)]
            for name, row in zip("ab", laps, strict=True)
        }
        alarms += any(look.decided for look in progress(seeds, most=18).looks)
    assert alarms <= 0.05 * n + 2.33 * np.sqrt(0.05 * 0.95 * n)


# --- as a comparison ---


class Heard(Listener):
    def __init__(self):
        self.rounds = []

    def hear(self, name, event):
        if isinstance(event, Report) and event.topic == ROUND:
            self.rounds.append(event.values)


@pytest.fixture
def trained(monkeypatch):
    """Trainings of a moment: lap times by reward function; the folders of those that were done."""
    laps, done = {"center_line": 16.0, "speed": 8.0, "stay_inside": 16.0}, []

    def run_all(self, trainings, folder, *, deadline=float("inf")):
        outcomes = {}
        for one in trainings:
            done.append(one.folder.name)
            rng = np.random.default_rng([one.seed, len(one.reward)])
            lap = laps[one.reward] + rng.normal()
            condition = f"{one.learner}, {next(iter(one.roads))}"
            outcomes[one.folder] = Outcome((seed(one.reward, one.seed, lap, condition),))
        return outcomes

    monkeypatch.setattr(Runner, "run_all", run_all)
    return done


def plan_of(seeds=18):
    config = TrainConfig.of(steps=2_000, track="oval")
    return make_plan(["center_line", "speed", "stay_inside"], config, seeds=seeds, until_clear=True)


def test_rounds_train_only_what_is_open_and_the_verdict_says_how_often_was_looked(
    trained, tmp_path
):
    heard = Heard()
    found = compare_module.run_plan(plan_of(), tmp_path, Runner(heard))
    n_trained = {name: sum(one.startswith(name) for one in trained) for name in ("speed", "center")}
    assert n_trained == {"speed": 5, "center": 18}
    assert len(trained) == len(set(trained))
    assert [one["trainings"] for one in heard.rounds] == [15, 6, 8, 12]
    assert "speed is better than" in heard.rounds[1]["said"]
    assert found.verdicts.sentence.count("speed") == 1
    (note,) = found.verdicts.notes
    assert note.startswith("looked after 5, 8, 12 and 18 seeds, which spent 4.1 of 5 %")
    looks = json.loads((tmp_path / LOOKS).read_text())["looks"]
    assert [look["n_seeds"]["speed"] for look in looks] == [5, 5, 5, 5]


def test_when_the_time_is_over_nothing_more_is_begun(trained, tmp_path):
    found = compare_module.run_plan(plan_of(), tmp_path, Runner(), timeout=0.0)
    assert found.scores.scores == ()
    assert trained == []


def test_other_tracks_and_too_few_seeds_are_refused():
    config = TrainConfig.of(steps=2_000, track="oval")
    for changes, message in (
        ({"seeds": 10, "also_track": ["kidney"]}, "until_clear: it goes by one track"),
        ({"seeds": 4}, "until_clear: expected at least 5 seeds, got 4"),
    ):
        with pytest.raises(ConfigError, match=message):
            make_plan(["center_line", "speed"], config, until_clear=True, **changes)


def test_further_looks_at_a_plain_comparison_are_said_beside_the_verdict(tmp_path):
    assert add_look(tmp_path, 5) == ()
    assert add_look(tmp_path, 5) == ()
    assert add_look(tmp_path, 10) == (5,)
    (tmp_path / LOOKS).write_text("{}")
    assert add_look(tmp_path, 20) == ()


def test_the_note_of_an_earlier_look_names_the_rule_that_counts_them():
    from racer.studies.scores import Condition, Scores

    scores = tuple(seed(name, k, 15.0 + k) for name in "ab" for k in range(10))
    whole = Scores(("a", "b"), (Condition("main", "vpg", "oval"),), tuple(range(10)), 9, scores)
    assert verdicts(whole).notes == ()
    (note,) = verdicts(replace(whole, earlier_looks=(5,))).notes
    assert note.startswith("looked at before with 5 seeds")


def test_the_rounds_begin_with_the_fewest_seeds_that_may_decide():
    assert ROUNDS[0] == 5
    assert list(ROUNDS) == sorted(ROUNDS)
