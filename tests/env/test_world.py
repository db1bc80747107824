"""The order of a step, the ends of an episode, starts, resets: known answers in simple worlds."""

import math

import numpy as np
import pytest

from racer.env import RuleSettings, World, evaluation_starts, training_starts
from racer.errors import ConfigError
from racer.kernels import layout as L  # noqa: N812
from racer.kernels.world import lap_progress
from racer.vehicle import vehicle

DT = 1.0 / 15.0


def drive(world, steering, speed, n_steps):
    """Step n times with constant commands."""
    for _ in range(n_steps):
        world.step(np.full(world.n_cars, float(steering)), np.full(world.n_cars, float(speed)))


def drive_to_end(world, steering, speed, limit=2000):
    for n in range(1, limit):
        drive(world, steering, speed, 1)
        if world.terminated[0] or world.truncated[0]:
            return n
    raise AssertionError("the episode did not end")


def status(world):
    return int(world.measured[0, L.STATUS])


@pytest.mark.parametrize(
    ("fraction", "start", "before", "progress"),
    [
        (0.30, 0.20, 0.05, 0.10),  # plain
        (0.10, 0.80, 0.25, 0.30),  # over the seam
        (0.20, 0.20, 0.0, 0.0),  # exactly at the start: 0 → 1 → back to 0
        (0.19, 0.20, 0.0, -0.01),  # behind the start
        (0.21, 0.20, 0.99, 1.01),  # over the line: past 1, capped later
        (0.15, 0.20, -0.10, -0.05),  # backwards over the line stays negative
        (0.70, 0.20, 0.02, 0.50),  # a jump of less than half a lap is believed
    ],
)
def test_progress_follows_the_simulators_corrections(fraction, start, before, progress):
    assert lap_progress(fraction, start, before) == pytest.approx(progress, abs=1e-12)


def test_the_first_step_sees_steps_2_and_the_car_at_rest_at_its_start(straight):
    world = World(straight)
    assert world.here[0, L.STATUS] == L.PREPARE
    drive(world, 0.0, 1.0, 1)
    assert world.measured[0, L.M_STEPS] == 2.0
    assert world.measured[0, L.NOSE_X] == pytest.approx(0.14)
    assert world.measured[0, L.M_PROGRESS] == pytest.approx(0.14 / 6.0)
    assert world.measured[0, L.CAR_SPEED] == 0.0
    assert world.measured[0, L.M_SPEED] == 1.0


def test_steps_begin_at_1_for_files_of_2019(straight):
    world = World(straight, rules=RuleSettings(first_steps=1))
    drive(world, 0.0, 1.0, 1)
    assert world.measured[0, L.M_STEPS] == 1.0


def test_the_reward_sees_the_state_before_its_action_and_the_action(straight):
    seen = []

    def reward(measured, running, rewards):
        seen.append(measured[0].copy())
        rewards[running] = 1.0

    world = World(straight, vehicle="ideal", reward=reward)
    drive(world, 0.0, 1.5, 3)
    assert [row[L.M_SPEED] for row in seen] == [1.5, 1.5, 1.5]
    xs = [row[L.NOSE_X] for row in seen]
    assert xs == pytest.approx([0.14, 0.14 + 0.1, 0.14 + 0.2])
    assert world.returns[0] == 3.0


def test_an_ideal_car_laps_a_straight_in_distance_over_speed(straight):
    world = World(straight, vehicle="ideal")
    n_steps = drive_to_end(world, 0.0, 1.37)
    assert status(world) == L.LAP_COMPLETE
    assert world.terminated[0]
    assert world.measured[0, L.M_PROGRESS] == 1.0
    assert world.measured[0, L.LAP_TIME] == pytest.approx((6.0 - 0.14) / 1.37, abs=1e-9)
    assert (n_steps - 2) * DT < world.measured[0, L.LAP_TIME] <= (n_steps - 1) * DT


def test_the_lap_time_on_a_loop_is_interpolated_inside_the_step(circle):
    car = vehicle("ideal")
    world = World(circle, vehicle=car)
    # the rear axle follows a circle of its own; its nose needs one turn less the first 0.14 m
    rear_radius = math.sqrt(2.0**2 - (car.nose_x - car.rotation_x) ** 2)
    steering = math.atan(car.wheelbase / rear_radius)
    drive_to_end(world, steering, 1.0)
    assert status(world) == L.LAP_COMPLETE
    turn = 2.0 * math.pi - 0.14 / 2.0
    assert world.measured[0, L.LAP_TIME] == pytest.approx(turn * rear_radius, rel=0.02)
    assert (world.measured[0, L.LAP_TIME] / DT) % 1.0 > 1e-6


def test_a_terminated_car_stays_in_the_state_it_was_judged_in(straight):
    world = World(straight, vehicle="ideal")
    drive_to_end(world, 0.5, 1.0)
    assert status(world) == L.OFF_TRACK
    assert world.measured[0, L.IS_OFFTRACK] == 1.0
    assert np.array_equal(world.measured[0], world.here[0], equal_nan=True)
    assert abs(world.measured[0, L.NOSE_Y]) > 0.4


def test_a_car_out_of_time_is_truncated_and_still_advances(straight):
    world = World(straight, vehicle="ideal", rules=RuleSettings(max_seconds=10 * DT))
    n_steps = drive_to_end(world, 0.0, 1.0)
    assert n_steps == 10
    assert status(world) == L.TIME_UP
    assert world.truncated[0]
    assert not world.terminated[0]
    assert world.here[0, L.NOSE_X] - world.measured[0, L.NOSE_X] == pytest.approx(DT)


def test_the_time_limit_is_four_laps_at_one_metre_a_second_by_default(straight):
    assert World(straight).max_steps[0] == round(4 * 6.0 * 15)


def test_a_car_that_stands_still_for_15_steps_is_immobilized(straight):
    world = World(straight, vehicle=vehicle("ideal", speed_min=0.0))
    assert drive_to_end(world, 0.0, 0.0) == 15
    assert status(world) == L.IMMOBILIZED


def test_a_car_that_drives_backwards_for_15_steps_is_reversed(circle):
    world = World(circle, vehicle="ideal")
    drive(world, math.atan(0.163974 / 2.0), 1.0, 30)
    world.state[0, L.HEADING] += math.pi
    n_steps = drive_to_end(world, -math.atan(0.163974 / 2.0), 1.0)
    assert status(world) == L.REVERSED
    assert n_steps == 16  # the first step is judged before the car has moved backwards


def test_wheels_decide_what_is_off_track_not_the_nose(straight):
    world = World(straight, vehicle="ideal")
    world.state[0, L.Y] = 0.4  # left wheels out, right wheels in
    drive(world, 0.0, 0.1, 1)  # measured where it started
    drive(world, 0.0, 0.1, 1)
    assert world.measured[0, L.WHEELS_ON] == 0.0
    assert world.measured[0, L.IS_OFFTRACK] == 0.0
    assert not world.terminated[0]
    world.state[0, L.Y] = 0.4 + 0.0811  # beyond the half track: the last wheel has left
    drive(world, 0.0, 0.1, 2)
    assert world.measured[0, L.IS_OFFTRACK] == 1.0


def test_left_is_left_and_lateral_is_positive_there(straight, circle):
    for track in (straight, circle):
        world = World(track)
        heading = world.state[0, L.HEADING]
        world.state[0, L.X] -= 0.2 * math.sin(heading)
        world.state[0, L.Y] += 0.2 * math.cos(heading)
        drive(world, 0.0, 0.1, 2)
        assert world.measured[0, L.LATERAL] == pytest.approx(0.2, abs=0.01)
        assert world.measured[0, L.DISTANCE] == pytest.approx(0.2, abs=0.01)
        assert world.measured[0, L.IS_LEFT] == 1.0


def test_left_stays_left_when_a_track_is_driven_the_other_way(circle):
    world = World(circle.reversed())
    heading = world.state[0, L.HEADING]
    assert heading == pytest.approx(-math.pi / 2, abs=0.02)
    world.state[0, L.X] -= 0.2 * math.sin(heading)
    world.state[0, L.Y] += 0.2 * math.cos(heading)
    drive(world, 0.0, 0.1, 2)
    assert world.measured[0, L.LATERAL] == pytest.approx(0.2, abs=0.01)
    assert world.measured[0, L.IS_LEFT] == 1.0


def test_training_starts_rotate_by_a_twentieth_of_the_lap_and_cars_are_staggered(circle):
    world = World(circle, n_cars=3)
    first = world.state[:, L.START].copy()
    assert first[0] == 0.0
    assert first == pytest.approx(training_starts(5)[:3])
    world.start(np.arange(3))
    assert (world.state[:, L.START] - first) % 1.0 == pytest.approx([0.05] * 3)
    world.restart()
    assert np.array_equal(world.state[:, L.START], first)


def test_training_starts_are_well_spread_for_any_number_of_cars():
    for n in (2, 5, 64, 1000):
        gaps = np.diff(np.sort(np.append(training_starts(n), 1.0)))
        assert gaps.max() < 2.7 / n


def test_evaluation_starts_are_evenly_spaced_from_the_line():
    assert evaluation_starts(4).tolist() == [0.0, 0.25, 0.5, 0.75]


def test_open_tracks_always_start_at_their_beginning(straight):
    world = World(straight, n_cars=5)
    assert world.state[:, L.START].tolist() == [0.0] * 5


def test_a_reset_puts_the_car_back_on_the_nearer_lane_and_lets_it_wait(straight):
    rules = RuleSettings(max_resets=1, off_track_penalty=2.0)
    world = World(straight, vehicle="ideal", rules=rules)
    calls = []
    world.reward = lambda measured, running, rewards: calls.append(len(running))
    while status(world) != L.OFF_TRACK:
        drive(world, 0.3, 1.0, 1)
    assert not world.terminated[0]
    left_at = world.state[0, L.PROGRESS_BEFORE] * 6.0
    assert world.state[0, L.X] == pytest.approx(left_at)
    assert world.state[0, L.Y] == pytest.approx(0.2)  # half way to the left border, where it left
    assert world.state[0, L.SPEED] == 0.0
    n_calls = len(calls)
    for _ in range(30):
        drive(world, 0.0, 1.0, 1)
        assert status(world) == L.PAUSE
    assert sum(calls[n_calls:]) == 0  # the reward function is not called while the car waits
    assert world.state[0, L.X] == pytest.approx(left_at)
    drive(world, 0.0, 1.0, 2)
    assert status(world) == L.IN_PROGRESS
    assert world.state[0, L.X] > left_at
    drive_to_end(world, 0.0, 1.0)
    assert status(world) == L.LAP_COMPLETE
    assert world.state[0, L.PENALTY_TIME] == pytest.approx(2.0)
    assert world.measured[0, L.LAP_TIME] > 2.0 + (6.0 - 0.14) / 1.0 - 0.3


def test_after_the_last_reset_leaving_the_track_ends_the_episode(straight):
    world = World(straight, vehicle="ideal", rules=RuleSettings(max_resets=1, off_track_penalty=0))
    drive_to_end(world, 0.5, 1.0)
    assert status(world) == L.OFF_TRACK
    assert world.state[0, L.RESETS] == 1.0


def test_frozen_cars_do_not_move_are_not_rewarded_and_do_not_end(circle):
    world = World(circle, n_cars=4, reward=lambda m, running, r: r.__setitem__(running, 1.0))
    drive(world, 0.0, 1.0, 3)
    before, seen = world.state.copy(), world.observation.copy()
    world.set_active(np.array([True, False, True, False]))
    drive(world, 0.0, 1.0, 20)
    assert np.array_equal(world.state[[1, 3], : L.ACTIVE], before[[1, 3], : L.ACTIVE])
    assert np.array_equal(world.observation[[1, 3]], seen[[1, 3]])
    assert world.rewards.tolist() == [1.0, 0.0, 1.0, 0.0]
    assert not world.terminated[[1, 3]].any()
    world.set_active(np.ones(4, np.bool_))
    drive(world, 0.0, 1.0, 1)
    assert (world.state[[1, 3], L.STEPS] == before[[1, 3], L.STEPS] + 1).all()


def test_cars_on_several_tracks_share_one_world(straight, circle):
    index = np.array([0, 1, 0, 1])
    world = World([straight, circle], n_cars=4, track_index=index)
    alone = [
        World(track, starts=world.starts[i : i + 1]) for i, track in ((0, straight), (1, circle))
    ]
    for _ in range(25):
        drive(world, 0.1, 1.0, 1)
        for one in alone:
            drive(one, 0.1, 1.0, 1)
    for i, one in enumerate(alone):
        assert np.array_equal(world.state[i], one.state[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"control_dt": 0.1, "physics_dt": 0.03}, "whole multiple"),
        ({"max_seconds": -1.0}, "max_seconds: must be positive, got -1.0"),
        ({"max_resets": -1}, "max_resets: must be 0 or more, got -1"),
        ({"off_track_penalty": -2.0}, "off_track_penalty"),
        ({"first_steps": 3}, "first_steps: must be 1 or 2, got 3"),
    ],
)
def test_bad_rules_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        RuleSettings(**settings)


def test_unknown_rules_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="unknown rule 'max_second': did you mean 'max_seconds'"):
        RuleSettings.from_dict({"max_second": 3})


def test_a_world_needs_a_car_and_as_many_starts_as_cars(straight):
    with pytest.raises(ConfigError, match="n_cars: must be 1 or more, got 0"):
        World(straight, n_cars=0)
    with pytest.raises(ConfigError, match="starts: expected shape"):
        World(straight, n_cars=2, starts=np.zeros(3))
