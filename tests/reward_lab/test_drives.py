"""The scripted drivers do what they are called for, and their rows are those of a real world."""

import numpy as np
import pytest

from racer.env import Scenario
from racer.kernels import layout
from racer.optimal import reference, standing_time
from racer.reward import load_reward
from racer.reward_lab.coverage import LineWatcher, file_of
from racer.reward_lab.driven_calls import Caller, call_all
from racer.reward_lab.drives import Drives, record_drives
from racer.reward_lab.scripted import DRIVERS, LABELS, ActionLimits
from racer.vehicle import ContinuousActions, DiscreteActions, vehicle


def episodes(drives: Drives, driver: str):
    return [one for one in drives.episodes if one.driver == driver]


@pytest.fixture
def drives(few_drives) -> Drives:
    return record_drives(Scenario.of("reinvent_2018", None))


@pytest.mark.parametrize("track", ["reinvent_2018", "hairpins", "tightrope", "straight"])
def test_the_clean_laps_are_finished_and_clean_on_every_kind_of_track(track, few_drives):
    drives = record_drives(Scenario.of(track, None))
    clean = "middle" if episodes(drives, "middle") else "fast"
    for one in [*episodes(drives, clean), *episodes(drives, "slow"), *episodes(drives, "inside")]:
        assert one.end_reason == "lap_complete"
        inside = one.rows[:, layout.M_PROGRESS] < 0.9  # an open track's end has no road behind it
        assert one.rows[inside][5:, layout.WHEELS_ON].all()


@pytest.mark.parametrize("reverse", [False, True])
def test_the_fast_lap_is_the_reference_where_there_is_one(reverse, few_drives):
    scenario = Scenario.of("reinvent_2018", None, reverse=reverse)
    drives, lap = record_drives(scenario), reference(scenario.track, vehicle("deepracer"), 2.0)
    fast, middle = (episodes(drives, name)[0].lap_time for name in ("fast", "middle"))
    assert fast == pytest.approx(standing_time(lap), rel=0.05)
    assert fast < 0.75 * middle


@pytest.mark.parametrize(
    ("track", "actions"),
    [
        ("straight", DiscreteActions.from_grid()),
        ("oval", DiscreteActions.from_grid(max_speed=0.8)),  # no reference is so slow
        ("reinvent_2018", DiscreteActions.from_grid(12.0)),  # its curves are too tight for these
    ],
)
def test_elsewhere_the_fast_lap_is_driven_in_the_middle(track, actions, few_drives):
    drives = record_drives(Scenario.of(track, None, actions=actions))
    assert episodes(drives, "fast")
    assert not episodes(drives, "middle")


def test_each_driver_ends_as_its_name_says(drives):
    ends = {driver: {one.end_reason for one in episodes(drives, driver)} for driver in DRIVERS}
    assert ends["parked"] == {"immobilized"}
    assert ends["reversing"] == ends["wrong_way"] == {"reversed"}
    assert ends["leaving"] == ends["straight"] == {"off_track"}
    assert ends["zigzag"] == {"lap_complete"}
    times = {name: episodes(drives, name)[0].lap_time for name in ("fast", "zigzag", "slow")}
    assert times["fast"] < times["zigzag"] < times["slow"]


def test_who_leaves_late_has_driven_a_quarter_or_half_of_the_lap_before(drives):
    there = {
        driver: [one.completion for one in episodes(drives, driver) if not one.is_other_way]
        for driver in ("leaving", "quarter", "half")
    }
    assert all(5.0 < percent < 15.0 for percent in there["leaving"])
    assert all(25.0 < percent < 35.0 for percent in there["quarter"])
    assert all(50.0 < percent < 60.0 for percent in there["half"])


def test_who_starts_backwards_has_negative_progress_across_the_seam(drives):
    first = episodes(drives, "reversing")[0]
    assert first.start == 0
    assert first.rows[-1, layout.M_PROGRESS] < -0.02
    assert first.rows[-1, layout.ALONG] > 0.9 * drives.facts[0].length


def test_a_parked_car_does_not_move_whatever_it_is_told(drives):
    for driver in ("parked", "blocked"):
        for one in episodes(drives, driver):
            assert np.ptp(one.rows[:, [layout.NOSE_X, layout.NOSE_Y]], axis=0).max() == 0.0
    assert episodes(drives, "blocked")[0].rows[0, layout.M_SPEED] == 2.0


def test_a_zigzag_goes_to_both_sides_and_a_cutter_off_the_road_with_some_wheels(drives):
    lateral = episodes(drives, "zigzag")[0].rows[:, layout.LATERAL]
    assert lateral.min() < -0.1
    assert lateral.max() > 0.1
    cutting = episodes(drives, "cutting")[0].rows
    assert 0.02 < 1.0 - cutting[:, layout.WHEELS_ON].mean() < 0.4


def test_a_spinning_car_turns_round_on_a_wide_road(few_drives):
    one = episodes(record_drives(Scenario.of("boulevard", None)), "spinning")[0]
    assert np.abs(np.diff(np.unwrap(one.rows[:, layout.M_HEADING]))).sum() > np.pi


@pytest.mark.parametrize(
    "actions",
    [
        DiscreteActions.from_list([(-10.0, 0.8), (25.0, 1.2)]),
        ContinuousActions.from_degrees((-20.0, 30.0), (0.3, 3.0)),
    ],
)
def test_commands_stay_within_the_action_space(actions, few_drives):
    limits = ActionLimits.of(actions)
    for one in record_drives(Scenario.of("oval", None, actions=actions)).episodes:
        assert np.all(one.rows[:, layout.M_STEERING] >= limits.right - 1e-12)
        assert np.all(one.rows[:, layout.M_STEERING] <= limits.left + 1e-12)
        assert np.all(one.rows[:, layout.M_SPEED] >= limits.slow)
        assert np.all(one.rows[:, layout.M_SPEED] <= limits.fast)


def test_untrained_cars_take_actions_of_the_space_itself(drives):
    speeds = {*episodes(drives, "untrained")[0].rows[:, layout.M_SPEED]}
    assert speeds <= {1.0, 2.0}


def test_every_car_makes_two_episodes_in_each_direction(drives):
    for driver in LABELS:
        own = episodes(drives, driver)
        assert [(one.is_other_way, one.number) for one in own] == [
            (False, 0), (False, 1), (True, 0), (True, 1),
        ]  # fmt: skip
        assert all(one.rows[0, layout.M_STEPS] == 2.0 for one in own)


def test_several_starts_are_recorded_across_the_seam():
    drives = record_drives(Scenario.of("reinvent_2018", None))
    fast = [one for one in episodes(drives, "fast") if not one.is_other_way]
    assert {one.start for one in fast} == {0, 1, 2, 3}
    crossing = [np.ptp(one.rows[:, layout.ALONG]) for one in fast]
    assert min(crossing) > 0.95 * drives.facts[0].length
    assert 10_000 < drives.n_states < 20_000


def test_the_same_drives_are_recorded_once(few_drives):
    first = record_drives(Scenario.of("oval", "center_line"))
    assert record_drives(Scenario.of("oval", "speed")) is first
    assert record_drives(Scenario.of("oval", "speed", reverse=True)) is not first


def test_rewards_equal_those_of_a_world_that_pays_while_it_drives(few_drives):
    """The slow way: the commands that were recorded, driven again in a world with the reward."""
    scenario = Scenario.of("reinvent_2018", "smooth_driver")  # remembers the step before
    drives = record_drives(scenario)
    source = load_reward("smooth_driver")
    log = call_all(Caller(source, drives.facts), drives, LineWatcher(file_of(source)))
    for driver in ("fast", "zigzag", "leaving"):
        own = [k for k, one in enumerate(drives.episodes)
               if one.driver == driver and not one.is_other_way]  # fmt: skip
        world = scenario.world(1, starts=np.zeros(1))
        world.reward = scenario.reward_runner(1, seed=0)
        for position in own:
            for row, paid in zip(
                drives.episodes[position].rows, log.rewards[position], strict=True
            ):
                world.step(row[[layout.M_STEERING]], row[[layout.M_SPEED]])
                assert np.array_equal(world.measured[0], row, equal_nan=True)
                assert world.rewards[0] == paid
            world.start(np.zeros(1, np.int64))
