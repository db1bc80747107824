"""The line-up: sums with known answers, and who is called worse than whom."""

import numpy as np
import pytest

from racer.env import Scenario
from racer.reward_lab import Lineup, Standing
from racer.reward_lab.drives import record_drives
from racer.reward_lab.lineup import judge_lineup, reckon_lineup
from racer.reward_lab.scripted import DRIVERS, LABELS


def standing(driver: str, discounted: float, undiscounted: float | None = None, **facts):
    times = {"fast": 10.0, "inside": 9.5, "cutting": 9.0, "zigzag": 13.0, "slow": 18.0}
    time = times.get(driver)
    values = {
        "driver": driver,
        "label": LABELS[driver],
        "finish_rate": 0.0 if time is None else 1.0,
        "completion": 5.0 if time is None else 100.0,
        "lap_time": time,
        "steps": 100.0,
        "end_reason": "lap_complete",
        "discounted": discounted,
        "undiscounted": discounted if undiscounted is None else undiscounted,
        "per_step": discounted / 100.0,
    }
    return Standing(**{**values, **facts})


def findings(*standings: Standing):
    by_name = {one.driver: one for one in standings}
    shown = sorted(
        (one for one in standings if one.driver in DRIVERS),
        key=lambda one: one.rank,
        reverse=True,
    )
    lineup = Lineup("my", "oval", 0.99, tuple(shown))
    return judge_lineup(lineup, by_name)


def test_nothing_is_said_if_better_drivers_are_paid_more():
    assert findings(standing("fast", 10), standing("slow", 8), standing("parked", 1)) == []


def test_differences_of_two_percent_are_none():
    assert findings(standing("fast", 100), standing("slow", 101.9), standing("parked", 101)) == []
    assert len(findings(standing("fast", 100), standing("slow", 103))) == 1


def test_a_slow_lap_that_is_paid_more_is_told_with_both_ratios():
    (found,) = findings(standing("fast", 50, 100), standing("slow", 90, 180))
    assert found.code == "slow-lap-pays"
    assert found.message.startswith(
        "the slow lap is paid 1.80 times the fast lap at discount factor 0.99 (1.80 times the fast "
        "lap undiscounted): it pays by the step"
    )


def test_an_order_that_only_the_discount_factor_makes_right_is_a_note():
    (found,) = findings(standing("fast", 50, 100), standing("slow", 40, 150))
    assert (found.severity, found.code) == ("note", "slow-lap-pays-undiscounted")
    assert "only the discount factor of 0.99 makes the fast lap worth more" in found.message


def test_a_larger_sum_that_the_discount_factor_does_not_make_up_for_is_a_warning():
    (found,) = findings(standing("fast", 50, 100), standing("slow", 50, 150))
    assert (found.severity, found.code) == ("warning", "slow-lap-pays")


def test_what_the_discount_factor_makes_up_for_is_said_of_the_driver_that_it_is_true_of():
    lower, inside = standing("fast", 38, 90), standing("inside", 50, 100)
    (found,) = findings(lower, inside, standing("slow", 40, 150))
    assert found.message == (
        "only the discount factor of 0.99 makes the fast lap on the inside worth more than the "
        "slow lap (50 against 40), which is paid 1.50 times the fast lap on the inside undiscounted"
    )
    (found,) = findings(standing("fast", 45, 90), inside, standing("slow", 40, 150))
    assert "makes the fast lap worth more than the slow lap (45 against 40)" in found.message


def test_a_lap_that_costs_on_the_way_and_pays_at_the_end_is_no_way_to_a_first_lap():
    fast, early = standing("fast", 370), standing("leaving", -17)
    (found,) = findings(fast, early, standing("quarter", -42))
    assert (found.severity, found.code) == ("warning", "ending-early-pays")
    assert "leaving the road at once is paid -17" in found.message
    assert findings(fast, early, standing("quarter", -10)) == []


def test_distance_from_the_middle_that_is_paid_is_not_taken_for_way_lost():
    back = standing("reversing", 1, per_step=0.09)
    fast, slow = standing("fast", 8, 18, per_step=0.1), standing("slow", 4, 9)
    assert findings(fast, slow, back, standing("blocked", 0, per_step=0.0)) == []


def test_a_slow_lap_is_measured_by_the_best_paid_line():
    assert findings(standing("fast", 50), standing("inside", 80), standing("slow", 70)) == []


def test_laps_that_take_as_long_are_not_compared():
    assert findings(standing("fast", 50), standing("slow", 90, lap_time=10.5)) == []


def test_a_faster_line_over_the_border_makes_no_lap_slow():
    same = standing("slow", 50, lap_time=10.0)
    assert findings(standing("fast", 50), standing("cutting", 20, lap_time=8.0), same) == []


def test_weaving_that_pays_is_told_with_the_slow_lap_or_alone():
    fast, slow, zigzag = standing("fast", 50), standing("slow", 90), standing("zigzag", 70)
    (found,) = findings(fast, slow, zigzag)
    assert "; so is zigzag: it pays by the step" in found.message
    (found,) = findings(fast, standing("slow", 20), zigzag)
    assert found.code == "zigzag-lap-pays"


def test_one_failure_that_pays_is_named_and_many_are_gathered():
    fast = standing("fast", -50)
    (found,) = findings(fast, standing("parked", -10))
    assert found.code == "parked-pays"
    assert "parked is paid more than a fast lap: -10 against -50" in found.message
    (found,) = findings(fast, *(standing(one, -9) for one in ("parked", "leaving", "spinning")))
    assert found.code == "ending-early-pays"


def test_a_failure_that_pays_by_its_sum_is_told_with_the_sums():
    (found,) = findings(standing("fast", 50, 80), standing("spinning", 49.5, 120))
    assert found.message == (
        "spinning is paid more than a fast lap: 120 against 80 undiscounted, and discount factor "
        "0.99 does not make up for it"
    )


def test_failures_are_not_compared_with_each_other():
    assert findings(standing("fast", 50), standing("parked", 1), standing("leaving", 20)) == []


def test_way_lost_that_is_paid_like_way_gained_is_told():
    fast, back = standing("fast", 100), standing("reversing", 20, per_step=0.9)
    (found,) = findings(fast, back, standing("blocked", 0, per_step=0.0))
    assert found.code == "backwards-pays"
    # paid for being where it is, not for going there
    assert findings(fast, back, standing("blocked", 90, per_step=0.9)) == []


def test_without_a_clean_lap_nothing_is_compared_and_it_is_said():
    (found,) = findings(standing("fast", 5, finish_rate=0.0, lap_time=None), standing("parked", 9))
    assert (found.severity, found.code) == ("note", "no-clean-lap")


def test_returns_are_those_of_one_attempt_from_its_first_step(few_drives):
    drives = record_drives(Scenario.of("oval", None))
    rewards = {k: np.ones(len(one.rows)) for k, one in enumerate(drives.episodes)}
    lineup, standings = reckon_lineup("my", "oval", drives, rewards, 0.9)
    assert lineup is not None
    for one in standings.values():
        assert one.undiscounted == one.steps
        assert one.discounted == pytest.approx((1.0 - 0.9**one.steps) / 0.1)
        assert one.per_step == 1.0
    best = [one.driver for one in lineup.standings][:5]
    assert best == ["fast", "cutting", "middle", "zigzag", "slow"]


def test_a_driver_whose_call_failed_has_no_row_and_without_the_fast_lap_there_is_no_line_up(
    few_drives,
):
    drives = record_drives(Scenario.of("oval", None))
    rewards = {k: np.ones(len(one.rows)) for k, one in enumerate(drives.episodes)}
    for position, one in enumerate(drives.episodes):
        if one.driver == "parked":
            rewards[position][3] = np.nan
    lineup, _ = reckon_lineup("my", "oval", drives, rewards, 0.9)
    assert "parked" not in [one.driver for one in lineup.standings]
    rewards = {
        k: paid * (np.nan if drives.episodes[k].driver == "fast" else 1.0)
        for k, paid in rewards.items()
    }
    assert reckon_lineup("my", "oval", drives, rewards, 0.9)[0] is None
