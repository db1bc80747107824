import json
from dataclasses import replace

import numpy as np
import pytest

from racer.studies.pairs import rank_seeds, seed_views
from racer.studies.scores import Condition, FailedTraining, Scores, SeedScore
from racer.studies.verdict import hopeless_note, verdicts
from racer.studies.verdict_words import and_list, percent_text

MAIN = Condition("vpg, oval", "vpg", "oval")
OTHER = Condition("ppo, oval", "ppo", "oval")
THIRD = Condition("vpg, kidney", "vpg", "kidney", is_training_track=False)


def seed(reward, number, lap=15.0, rate=1.0, *, race=None, completion=None, condition=MAIN):
    """A seed that finishes a share of its laps in so many seconds."""
    return SeedScore(
        reward=reward,
        condition=condition.name,
        seed=number,
        finish_rate=rate,
        completion=100.0 * rate if completion is None else completion,
        lap_time=lap if rate > 0 else None,
        best_lap_time=None,
        race_time=lap if race is None else race,
        off_tracks=0.0,
        steering_change=0.1,
        steps_to_first_lap=None,
        steps_to_finish=None,
        last_finish_rate=rate,
    )


def seeds(reward, laps, failing=0, *, condition=MAIN):
    """One seed a lap time; the first few fail."""
    return [
        seed(reward, k, lap, 0.1 + 0.01 * k if k < failing else 1.0, condition=condition)
        for k, lap in enumerate(laps)
    ]


def spread(middle, n=10):
    """Return n different lap times around a middle one (s)."""
    return [middle + 0.1 * k - 0.05 * n for k in range(n)]


def scores(*groups, conditions=(MAIN,), failures=(), n_seeds=10, names=None):
    found = tuple(score for group in groups for score in group)
    names = names or tuple(dict.fromkeys(score.reward for score in found))
    return Scores(names, conditions, tuple(range(n_seeds)), 1000, found, tuple(failures))


def only(found):
    """The pair of a comparison of two."""
    (pair,) = found.conditions[0].pairs
    return pair


# --- the rank order of seeds ---


def test_seeds_are_ranked_by_laps_finished_then_race_time_then_completion():
    rising = [
        seed("a", 0, rate=0.0, race=None, completion=20.0),
        seed("a", 1, rate=0.0, completion=60.0),
        seed("a", 2, rate=0.0, race=40.0, completion=5.0),
        seed("a", 3, rate=0.5, race=90.0),
        seed("a", 4, rate=1.0, race=16.0),
        seed("a", 5, rate=1.0, race=15.0),
    ]
    rising[0] = replace(rising[0], race_time=None)
    rising[1] = replace(rising[1], race_time=None)
    assert rank_seeds({"a": rising}) == {"a": [0, 1, 2, 3, 4, 5]}


def test_equal_seeds_share_a_place_across_reward_functions():
    ranks = rank_seeds({"a": [seed("a", 0), seed("a", 1, 14.0)], "b": [seed("b", 0)]})
    assert ranks == {"a": [0, 1], "b": [0]}


# --- verdicts on a pair ---


def test_who_finishes_more_often_is_better_and_the_sentence_says_by_how_much():
    a = seeds("a", spread(15.0), failing=1)
    b = seeds("b", [lap + 0.03 for lap in spread(15.0)], failing=8)
    pair = only(verdicts(scores(a, b)))
    assert pair.winner == "a"
    assert pair.p_corrected == pair.p <= 0.05
    assert pair.sentence == (
        "a is better than b: its seeds beat the other's in 90 % of all duels. "
        "9/10 against 2/10 seeds finish; too few of b finish to compare lap times."
    )


def test_who_laps_faster_is_better_though_both_finish():
    a, b = seeds("a", spread(15.0)), seeds("b", spread(12.0))
    pair = only(verdicts(scores(a, b)))
    assert pair.winner == "b"
    assert pair.sentence == (
        "b is better than a: its seeds beat the other's in 100 % of all duels. "
        "10/10 against 10/10 seeds finish; they lap in 11.95 s against 14.95 s."
    )


def test_half_a_lap_time_is_clear_with_five_seeds_among_five_functions():
    laps = {"speed": 8.3, "b": 15.0, "c": 15.1, "d": 15.2, "e": 16.0}
    found = verdicts(scores(*(seeds(n, spread(t, 5)) for n, t in laps.items()), n_seeds=5))
    pair = found.conditions[0].pair("speed", "e")
    assert pair.winner == "speed"


def test_a_finished_lap_counts_before_any_race_time():
    views = seed_views({
        "a": [seed("a", 0, 60.0), seed("a", 1, 30.0)],
        "b": [seed("b", 0, 8.0, 0.9), seed("b", 1, 8.0, 0.2), seed("b", 2, 7.0, 0.2)],
    })  # fmt: skip
    for view in (0, 1):
        order = [*views["a"][view], *views["b"][view]]
        assert np.argsort(order).tolist() == [3, 4, 2, 0, 1]
    assert views["a"][2].tolist() == [-np.log(60.0), -np.log(30.0)]


def test_a_seed_that_never_finishes_a_race_counts_as_twice_the_longest():
    never = replace(seed("b", 0, rate=0.0, completion=20.0), race_time=None)
    views = seed_views({"a": [seed("a", 0, 20.0)], "b": [never]})
    assert views["b"][2].tolist() == [-np.log(40.0)]


def test_between_equal_ones_there_is_not_enough_evidence():
    a, b = seeds("a", spread(15.0)), seeds("b", spread(15.0))
    pair = only(verdicts(scores(a, b)))
    assert not pair.is_decided
    assert pair.more_seeds is None
    assert pair.beats == 0.5
    assert pair.sentence == "Not enough evidence between a and b."


def test_a_tendency_is_no_verdict_but_says_how_many_more_seeds_would_settle_it():
    a = seeds("a", [15.0, 14.0, 14.5, 13.9, 15.2, 14.4, 14.1, 15.9])
    b = seeds("b", [15.1, 14.9, 14.6, 15.5, 15.3, 14.3, 15.6, 16.0])
    pair = only(verdicts(scores(a, b, n_seeds=8)))
    assert not pair.is_decided
    assert pair.more_seeds is not None
    assert pair.sentence == (
        f"Not enough evidence between a and b; about {pair.more_seeds} more seeds of each would "
        "likely settle it."
    )


def test_returns_and_names_decide_nothing():
    a, b = seeds("a", spread(15.0), failing=2), seeds("b", spread(14.7))
    one, two = (only(verdicts(scores(*order))) for order in ((a, b), (b, a)))
    assert one.winner == two.winner
    assert one.beats == pytest.approx(1 - two.beats)
    assert one.p_corrected == pytest.approx(two.p_corrected, abs=0.01)


# --- few seeds ---


@pytest.mark.parametrize("n", [1, 4])
def test_from_fewer_than_five_seeds_there_is_no_verdict_however_clear(n):
    found = verdicts(
        scores(seeds("a", spread(10.0, n)), seeds("b", spread(20.0, n), failing=n), n_seeds=n)
    )
    pair = only(found)
    assert not pair.is_tested
    assert not pair.is_decided
    assert pair.beats_low is None
    word = "1 seed each" if n == 1 else "4 seeds each"
    assert found.sentence == (
        f"No verdict between a and b: {word} are too few, train at least 5 of each."
    )


def test_below_ten_seeds_a_verdict_is_weak_evidence():
    found = verdicts(scores(seeds("a", spread(10.0, 6)), seeds("b", spread(20.0, 6)), n_seeds=6))
    assert found.sentence.startswith("Weak evidence (6 seeds each): a is better than b")
    assert "fewer than 10 seeds: whatever is found is weak evidence" in found.notes


def test_it_is_said_before_and_after_when_so_few_seeds_cannot_settle_so_many_pairs():
    names = [chr(ord("a") + k) for k in range(11)]
    groups = [seeds(name, spread(10.0 + 5 * k, 5)) for k, name in enumerate(names)]
    found = verdicts(scores(*groups, n_seeds=5))
    assert not any(pair.is_decided for pair in found.conditions[0].pairs)
    assert (
        found.notes[-1]
        == hopeless_note(11, 5)
        == (
            "5 seeds each and 11 reward functions: no result could be clear among so many pairs; "
            "it takes 7 seeds, or fewer functions"
        )
    )
    assert hopeless_note(5, 5) is None
    assert "it takes 6 seeds" in hopeless_note(11, 5, is_against_one=True)


def test_seeds_that_are_missing_are_said_to_be():
    found = verdicts(scores(seeds("a", spread(10.0, 7)), seeds("b", spread(20.0, 10))))
    assert "a: 3 of 10 seeds are missing: all is provisional" in found.notes
    assert only(found).n_first == 7
    assert "(7 and 10 seeds)" in found.sentence


def test_a_reward_without_any_seed_gets_no_verdict():
    found = verdicts(scores(seeds("a", spread(10.0)), names=("a", "b")))
    pair = only(found)
    assert pair.beats is None
    assert "No verdict between a and b" in found.sentence


# --- failures ---


def test_a_reward_that_failed_with_one_seed_is_named_and_left_out():
    groups = [seeds("a", spread(15.0)), seeds("b", spread(12.0)), seeds("bad", spread(9.0, 9))]
    error = "bad.py:3: ZeroDivisionError: division by zero"
    found = verdicts(scores(*groups, failures=[FailedTraining("bad", "vpg", 4, error)]))
    assert found.conditions[0].left_out == {"bad": error}
    assert found.notes[0] == f"bad failed and is left out: {error}"
    assert found.conditions[0].order == ("b", "a")
    assert only(found).winner == "b"


def test_a_reward_that_failed_under_one_learner_still_takes_part_under_another():
    groups = [under(MAIN, 10, 15), under(OTHER, 10, 15), under(THIRD, 10, 15)]
    failures = [FailedTraining("b", "ppo", k, f"b.py:{k}: ValueError") for k in (3, 4)]
    found = verdicts(scores(*groups, conditions=(MAIN, OTHER, THIRD), failures=failures))
    assert found.notes == ("b failed under ppo and is left out: b.py:3: ValueError",)
    assert [list(one.left_out) for one in found.conditions] == [[], ["b"], []]
    assert found.sentence.endswith("1 of 1 other conditions agrees that a is better than b.")
    alone = verdicts(scores(*groups[:2], conditions=(MAIN, OTHER), failures=failures))
    assert alone.sentence.endswith("They were not compared under another condition.")


def test_when_all_but_one_failed_there_is_nothing_to_compare():
    failures = [FailedTraining("b", "vpg", 0, "b.py: no reward_function")]
    found = verdicts(scores(seeds("a", spread(15.0)), failures=failures, names=("a", "b")))
    assert found.sentence == "Nothing to compare: fewer than two reward functions were trained."
    assert found.conditions[0].pairs == ()


# --- several rewards ---


def test_of_several_rewards_the_sentence_says_who_beats_whom_and_what_is_open():
    groups = [
        seeds("slow", spread(20.0)),
        seeds("fast", spread(10.0)),
        seeds("also", [lap + 0.02 for lap in spread(10.0)]),
    ]
    found = verdicts(scores(*groups))
    assert found.conditions[0].order[-1] == "slow"
    assert found.sentence == (
        "fast and also are ahead, and cannot be told apart (9.9 to 10.0 s); slow third (19.9 s)."
    )


def test_each_of_a_clear_order_gets_its_place_with_lap_time_and_spread():
    lucky = [8.0, 8.4, 8.9, 9.3, 9.9, 10.3, 10.8, 11.2, 11.8, 12.4]
    groups = [
        seeds("middle", [lap + 4.0 for lap in lucky]),
        seeds("speed", spread(7.0)),
        seeds("slow", spread(24.0)),
    ]
    assert verdicts(scores(*groups)).sentence == (
        "speed is fastest (7.0 s, half the time of middle); middle second (14.1 s, 12.0 to 16.4: "
        "it depends on luck); slow third (23.9 s)."
    )


def test_where_seeds_fail_the_places_say_how_many_finish():
    groups = [
        seeds("safe", spread(16.0)),
        seeds("wild", spread(9.0), failing=7),
        seeds("never", spread(9.0), failing=10),
    ]
    found = verdicts(scores(*groups)).sentence
    assert found.startswith("safe is best (15.9 s")
    assert "wild" in found


def test_an_order_that_is_only_partly_clear_is_told_pair_by_pair():
    laps = {"a": 10.0, "b": 10.2, "c": 10.4}
    found = verdicts(scores(*(seeds(name, spread(lap)) for name, lap in laps.items()))).sentence
    assert found.startswith("a is better than c; not to be told apart are a and b, b and c.")


def test_the_p_values_are_corrected_for_all_pairs():
    a, b, third = seeds("a", spread(15.0)), seeds("b", spread(14.5)), seeds("c", spread(14.75))
    alone = only(verdicts(scores(a, b)))
    assert alone.p_corrected == alone.p
    among = verdicts(scores(b, a, third)).conditions[0].pair("b", "a")
    assert among.p == pytest.approx(alone.p, abs=0.01)
    assert among.p_corrected > among.p


# --- several conditions ---


def test_against_a_baseline_there_are_fewer_pairs_and_none_is_less_clear():
    groups = [seeds(name, spread(lap)) for name, lap in (("a", 15.0), ("b", 14.4), ("c", 14.6))]
    every = verdicts(scores(*groups)).conditions[0]
    found = verdicts(scores(*groups), baseline="a").conditions[0].pairs
    assert [(pair.first, pair.second) for pair in found] == [("a", "b"), ("a", "c")]
    for pair in found:
        assert pair.p_corrected <= every.pair(pair.first, pair.second).p_corrected + 0.005


def under(condition, a, b):
    return seeds("a", spread(a), condition=condition) + seeds("b", spread(b), condition=condition)


def test_other_conditions_are_asked_whether_they_agree():
    groups = [under(MAIN, 10, 15), under(OTHER, 10, 15), under(THIRD, 15, 10)]
    found = verdicts(scores(*groups, conditions=(MAIN, OTHER, THIRD)))
    assert found.sentence.startswith("Under vpg, oval: a is better than b")
    assert found.sentence.endswith(
        "1 of 2 other conditions agree that a is better than b, 1 says the opposite."
    )


def test_one_other_condition_agrees_in_the_singular():
    groups = [under(MAIN, 10, 15), under(OTHER, 10, 15)]
    found = verdicts(scores(*groups, conditions=(MAIN, OTHER)))
    assert found.sentence.endswith("1 of 1 other conditions agrees that a is better than b.")


def test_what_only_another_condition_shows_is_told_as_such():
    groups = [under(MAIN, 10, 10), under(OTHER, 10, 15)]
    found = verdicts(scores(*groups, conditions=(MAIN, OTHER)))
    assert "Under ppo, oval: a is better than b" in found.sentence
    neither = verdicts(scores(under(MAIN, 9, 9), under(OTHER, 9, 9), conditions=(MAIN, OTHER)))
    assert neither.sentence.endswith("Nor is there enough under another condition.")


def test_correction_stays_within_a_condition():
    groups = [under(MAIN, 10, 15), under(OTHER, 10, 15)]
    for one in verdicts(scores(*groups, conditions=(MAIN, OTHER))).conditions:
        assert one.pairs[0].p_corrected == one.pairs[0].p


# --- small things ---


def test_verdicts_are_plain_data():
    found = verdicts(scores(seeds("a", spread(15.0)), seeds("b", spread(12.0))))
    assert json.loads(json.dumps(found.to_dict()))["sentence"] == found.sentence


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.001, "1 %"), (0.5, "50 %"), (0.999, "99 %"), (1.0, "100 %")],
)
def test_percent_reaches_its_ends_only_where_it_is_exact(share, text):
    assert percent_text(share) == text


def test_a_list_ends_with_and():
    assert [and_list(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a", "a and b", "a, b and c"
    ]  # fmt: skip
