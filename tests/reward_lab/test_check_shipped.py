"""The shipped examples: each is caught for what its docstring says, and for nothing else."""

import pytest

from racer.env import Scenario
from racer.reward import reward_names
from racer.reward_lab import check
from racer.vehicle import ContinuousActions, DiscreteActions

SHIPPED = {
    "center_line": {"slow-lap-pays"},
    "follow_heading": {"slow-lap-pays", "never-ran"},
    "goal_only": {"one-event"},
    "look_ahead": {"slow-lap-pays"},
    "prevent_zigzag": {"slow-lap-pays"},
    "progress_per_step": {"never-ran"},
    "racing_line": {"never-ran"},
    "slow_lap_loophole": {"slow-lap-pays"},
    "smooth_driver": {"slow-lap-pays"},
    "speed": set(),
    "stay_inside": {"slow-lap-pays"},
}
"""What each is caught for. ``never-ran`` are guards: against open tracks, against a next lap."""


def test_every_shipped_example_has_its_line_in_the_table():
    assert set(reward_names()) == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_is_caught_for_what_its_docstring_says_and_nothing_else(name):
    found = check(Scenario.of("reinvent_2018", name), seconds=None)
    assert set(found.codes) == SHIPPED[name]
    assert found.n_states > 10_000
    assert found.exit_status == int(bool(SHIPPED[name] - {"never-ran"}))


ACTIONS = {
    "up to 2 m/s": DiscreteActions.from_grid(),
    "up to 4 m/s": DiscreteActions.from_grid(max_speed=4.0, speed_granularity=3),
    "continuous": ContinuousActions.from_degrees((-30.0, 30.0), (0.5, 4.0)),
}
TRACKS = ("bowtie", "circle", "hairpins", "hill_climb", "oval", "tightrope")


EACH_ONCE = [pytest.param(track, [*ACTIONS][k % 3]) for k, track in enumerate(TRACKS)]
"""Every track, and every kind of actions twice."""
OTHERS = [
    pytest.param(track, actions, marks=pytest.mark.long)
    for k, track in enumerate(TRACKS)
    for actions in ACTIONS
    if actions != [*ACTIONS][k % 3]
]


@pytest.mark.slow
@pytest.mark.parametrize(("track", "actions"), [*EACH_ONCE, *OTHERS])
def test_who_pays_for_the_way_gained_is_never_warned_of(track, actions, few_drives):
    for name in ("progress_per_step", "racing_line"):
        found = check(Scenario.of(track, name, actions=ACTIONS[actions]), seconds=0.0)
        assert found.exit_status == 0, [one.message for one in found.findings]


def test_with_one_speed_there_is_no_slow_lap_to_warn_of():
    actions = DiscreteActions.from_grid(max_speed=1.0, speed_granularity=1)
    found = check(Scenario.of("reinvent_2018", "center_line", actions=actions), seconds=None)
    assert found.exit_status == 0
    assert found.lineup["slow"].lap_time == pytest.approx(found.lineup["middle"].lap_time, rel=0.05)


def test_the_discount_factor_decides_between_the_slow_lap_and_the_fast_one():
    scenario = Scenario.of("reinvent_2018", "center_line")
    far, near = (check(scenario, discount_factor=gamma, seconds=None) for gamma in (1.0, 0.9))
    assert far.lineup["slow"].discounted == far.lineup["slow"].undiscounted == 260.0
    assert near.lineup["slow"].discounted == pytest.approx(10.0, rel=1e-3)  # 1 / (1 - 0.9)
    assert far.discount_factor == 1.0


def test_a_reversed_track_is_named_and_driven_that_way():
    found = check(Scenario.of("reinvent_2018", "speed", reverse=True), seconds=0.0)
    assert found.track == "reinvent_2018 (reversed)"
    assert found.codes == ()


def test_an_open_track_is_checked_like_a_loop():
    found = check(Scenario.of("straight", "progress_per_step"), seconds=None)
    assert found.lineup["fast"].finish_rate == 1.0
    assert found.exit_status == 0
