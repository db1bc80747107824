import itertools
import math

import numpy as np
import pytest

from racer.kernels.layout import (
    COMMANDED_SPEED,
    COMMANDED_STEERING,
    EARLIER_SPEED,
    EARLIER_STEERING,
    HEADING,
    SPEED,
    STATE_SIZE,
    STEERING,
    YAW_RATE,
    VehicleParams,
    X,
    Y,
)
from racer.kernels.vehicle import advance, nose, place, vehicle_from_row, wheel_centers
from racer.vehicle.params import DEEPRACER, VEHICLES, vehicle

DT = 1.0 / 15.0
IDEAL = vehicle("ideal")
COMMANDS = [COMMANDED_STEERING, COMMANDED_SPEED, EARLIER_STEERING, EARLIER_SPEED]
BODY = [X, Y, HEADING, SPEED, STEERING, YAW_RATE, *COMMANDS]


def at_rest(x=0.0, y=0.0, heading=0.0):
    state = np.zeros(STATE_SIZE)
    place(state, x, y, heading)
    return state


def drive(car, commands, state=None, n_substeps=4):
    """Return the states after each command, (n, STATE_SIZE)."""
    state = at_rest() if state is None else state.copy()
    states = []
    for steering, speed in commands:
        advance(state, car, steering, speed, DT, n_substeps)
        states.append(state.copy())
    return np.array(states)


def random_commands(n=40, seed=0):
    rng = np.random.default_rng(seed)
    return list(zip(rng.uniform(-0.5, 0.5, n), rng.uniform(0.5, 4.0, n), strict=True))


def slow_drive(car, commands, pieces=2000):
    """Return x, y, heading, speed, steering after the commands: Euler's method with tiny steps."""
    x = y = heading = speed = steering = 0.0
    h = DT / pieces
    for k in range(len(commands)):
        for i in range(pieces):
            acting = k + math.floor(((i + 0.5) * h - car.dead_time) / DT)
            wanted = commands[acting] if acting >= 0 else (0.0, 0.0)
            to_reach = car.speed_gain * wanted[1] * (1.0 - car.steering_loss * steering**2)
            rate = (to_reach - speed) / car.speed_lag
            limit = car.acceleration_limit if rate > 0.0 else car.deceleration_limit
            hold = 1.0 / math.sqrt(1.0 + (rate / limit) ** 2)
            curvature = car.curvature_gain * math.tan(steering) / car.wheelbase
            curvature *= (1.0 + car.scrub) / (1.0 + car.scrub * hold**3)
            rate_of_turn = speed * curvature
            braking = max(-hold * rate, 0.0) / car.deceleration_limit
            grip = car.grip / (1.0 + car.braking_loss * braking * steering**2)
            rate_of_turn /= math.sqrt(1.0 + (speed**2 * curvature / grip) ** 2)
            # the base link is the rotation centre's arm away, and swings with the heading
            x += h * (speed * math.cos(heading) + car.rotation_x * rate_of_turn * math.sin(heading))
            y += h * (speed * math.sin(heading) - car.rotation_x * rate_of_turn * math.cos(heading))
            heading += h * rate_of_turn
            goal = wanted[0] + car.steering_bias
            steering += h * (goal - steering) / car.steering_lag if car.steering_lag else 0.0
            steering = steering if car.steering_lag else goal
            speed += h * hold * rate
    return np.array([x, y, heading, speed, steering])


def test_a_row_becomes_the_car_it_came_from():
    for car in VEHICLES.values():
        assert vehicle_from_row(np.array(car)) == car
    row = np.arange(float(len(VehicleParams._fields)))
    assert tuple(vehicle_from_row(row)) == tuple(row)


def test_a_placed_car_is_at_rest_with_straight_wheels_and_no_command():
    state = np.full(STATE_SIZE, 7.0)
    place(state, 1.0, -2.0, 3.0 * math.pi)
    assert state[BODY] == pytest.approx([1.0, -2.0, math.pi] + [0.0] * 7, abs=1e-12)
    others = [i for i in range(STATE_SIZE) if i not in BODY]
    assert (state[others] == 7.0).all()


def test_an_ideal_car_drives_four_metres_in_two_seconds_at_two_metres_a_second():
    state = drive(IDEAL, [(0.0, 2.0)] * 30)[-1]
    assert state[X] == pytest.approx(4.0, abs=1e-12)
    assert state[[Y, HEADING, YAW_RATE]] == pytest.approx([0.0, 0.0, 0.0], abs=0.0)
    assert state[SPEED] == 2.0


@pytest.mark.parametrize("n_substeps", [1, 4])
@pytest.mark.parametrize("steering", [-0.5, -0.05, 0.3, 0.5])
def test_constant_steering_drives_a_circle_of_radius_wheelbase_over_tan(steering, n_substeps):
    radius = IDEAL.wheelbase / math.tan(steering)
    centre = np.array([IDEAL.rear_x, radius])  # left of the rear axle for positive steering
    states = drive(IDEAL, [(steering, 1.5)] * 60, n_substeps=n_substeps)
    rear = states[:, [X, Y]] + IDEAL.rear_x * np.stack(
        [np.cos(states[:, HEADING]), np.sin(states[:, HEADING])], axis=1
    )
    assert np.hypot(*(rear - centre).T) == pytest.approx(abs(radius), rel=1e-12)
    assert states[:, YAW_RATE] == pytest.approx(1.5 / radius, rel=1e-12)


def test_a_fast_turn_in_one_substep_stays_on_its_circle():
    steering = IDEAL.steering_limit
    radius = IDEAL.wheelbase / math.tan(steering)
    states = drive(IDEAL, [(steering, 4.0)] * 15, n_substeps=1)  # 0.94 rad a step
    turned = np.arange(1, 16) * 4.0 * DT / radius
    rear_x = IDEAL.rear_x + radius * np.sin(turned)
    assert states[:, X] + IDEAL.rear_x * np.cos(states[:, HEADING]) == pytest.approx(
        rear_x, abs=1e-12
    )


def test_a_bias_steers_like_commands_that_are_so_much_larger():
    commands = random_commands()
    biased = drive(IDEAL._replace(steering_bias=0.02), commands)
    moved = drive(IDEAL, [(angle + 0.02, speed) for angle, speed in commands])
    body = [X, Y, HEADING, SPEED, STEERING, YAW_RATE]
    assert biased[:, body] == pytest.approx(moved[:, body], abs=1e-12)
    assert biased[0, COMMANDED_STEERING] == commands[0][0]  # the command is what was told


def test_left_is_left():
    state = drive(DEEPRACER, [(0.3, 1.0)] * 10)[-1]
    assert state[Y] > 0.0
    assert state[HEADING] > 0.0
    assert state[YAW_RATE] > 0.0
    assert state[STEERING] > 0.0


def test_the_mirrored_commands_drive_the_mirrored_path_exactly():
    commands = random_commands()
    left = drive(DEEPRACER, commands)
    right = drive(DEEPRACER, [(-steering, speed) for steering, speed in commands])
    mirrored = [Y, HEADING, STEERING, YAW_RATE, COMMANDED_STEERING, EARLIER_STEERING]
    assert (left[:, mirrored] == -right[:, mirrored]).all()
    assert (left[:, [X, SPEED]] == right[:, [X, SPEED]]).all()


def test_a_drive_does_not_depend_on_where_it_begins():
    commands = random_commands()
    here = drive(DEEPRACER, commands)
    turn = 2.1
    there = drive(DEEPRACER, commands, at_rest(3.0, -1.0, turn))
    cosine, sine = math.cos(turn), math.sin(turn)
    assert there[:, X] == pytest.approx(3.0 + here[:, X] * cosine - here[:, Y] * sine, abs=1e-10)
    assert there[:, Y] == pytest.approx(-1.0 + here[:, X] * sine + here[:, Y] * cosine, abs=1e-10)


def test_the_steering_has_gone_63_percent_of_its_way_after_its_lag():
    car = vehicle("ideal", steering_lag=DT)
    steering = drive(car, [(0.4, 1.0)] * 3)[:, STEERING]
    assert steering / 0.4 == pytest.approx(1.0 - np.exp([-1.0, -2.0, -3.0]), rel=1e-12)


def test_the_speed_has_gone_63_percent_of_its_way_after_its_lag():
    car = vehicle("ideal", speed_lag=2.0 * DT)
    states = drive(car, [(0.0, 2.0)] * 4)
    assert states[1, SPEED] == pytest.approx(2.0 * (1.0 - math.exp(-1.0)), rel=1e-12)
    time = 4.0 * DT
    distance = 2.0 * (time - car.speed_lag * (1.0 - math.exp(-time / car.speed_lag)))
    assert states[3, X] == pytest.approx(distance, rel=1e-12)


def test_the_speed_changes_almost_at_its_limits_when_far_from_its_goal_and_never_faster():
    car = vehicle("ideal", acceleration_limit=3.0, deceleration_limit=6.0)
    up = drive(car, [(0.0, 4.0)] * 10)
    gained = np.diff(up[:, SPEED], prepend=0.0) / (3.0 * DT)
    assert (gained < 1.0).all()
    assert (gained > 0.999).all()
    assert up[-1, X] == pytest.approx(0.5 * 3.0 * (10 * DT) ** 2, rel=1e-3)
    lost = -np.diff(drive(car, [(0.0, 0.1)] * 3, up[-1])[:, SPEED], prepend=up[-1, SPEED])
    assert (lost < 6.0 * DT).all()
    assert (lost > 0.99 * 6.0 * DT).all()


def test_a_car_is_slower_where_its_wheels_point_aside():
    car = vehicle("ideal", steering_loss=0.4)
    assert drive(car, [(0.5, 2.0)] * 3)[-1, SPEED] == pytest.approx(2.0 * (1 - 0.4 * 0.25))
    assert drive(car, [(0.0, 2.0)] * 3)[-1, SPEED] == 2.0


def test_scrub_resists_a_turn_less_while_the_wheels_spin_and_not_more_at_a_steady_speed():
    limits = {"acceleration_limit": 10.0, "deceleration_limit": 10.0}
    plain, scrubbing = vehicle("ideal", **limits), vehicle("ideal", scrub=0.5, **limits)
    commands = [(0.1, 1.0)] * 10 + [(0.1, 4.0)]
    without, with_scrub = drive(plain, commands), drive(scrubbing, commands)
    assert with_scrub[-1, SPEED] == without[-1, SPEED]
    ratio = with_scrub[:, YAW_RATE] / without[:, YAW_RATE]
    assert ratio[9] == pytest.approx(1.0, abs=1e-6)
    assert 1.45 < ratio[10] < 1.5  # all of the resistance but hold^3 is gone


def test_spinning_wheels_add_nothing_to_the_grip():
    car = vehicle("ideal", grip=5.0, acceleration_limit=10.0, deceleration_limit=10.0, scrub=0.5)
    states = drive(car, [(0.5, 2.0)] * 10 + [(0.5, 4.0), (0.5, 1.0)] * 5, n_substeps=1024)
    lateral = states[:, SPEED] * states[:, YAW_RATE]
    assert (lateral < 5.0).all()
    assert lateral[9:].min() > 4.0


def test_braking_takes_grip_from_turned_wheels_and_accelerating_does_not():
    limits = {"acceleration_limit": 10.0, "deceleration_limit": 10.0, "grip": 5.0}
    plain, losing = vehicle("ideal", **limits), vehicle("ideal", braking_loss=4.0, **limits)
    commands = [(0.5, 2.0)] * 10 + [(0.5, 3.5)] * 10 + [(0.5, 0.5)]
    without, with_loss = drive(plain, commands), drive(losing, commands)
    assert (with_loss[:, SPEED] == without[:, SPEED]).all()
    ratio = with_loss[:, YAW_RATE] / without[:, YAW_RATE]
    assert ratio[:20] == pytest.approx(1.0, abs=1e-9)
    assert ratio[20] == pytest.approx(1.0 / (1.0 + 4.0 * 0.5**2), rel=0.05)  # far above the grip


def test_the_command_before_acts_until_the_dead_time_is_over():
    car = vehicle("ideal", dead_time=0.5 * DT)
    states = drive(car, [(0.0, 2.0), (0.0, 1.0)])
    assert states[0, X] == pytest.approx(0.5 * DT * 2.0, rel=1e-12)  # at rest, then 2 m/s
    assert states[1, X] - states[0, X] == pytest.approx(0.5 * DT * (2.0 + 1.0), rel=1e-12)


def test_a_dead_time_within_a_substep_shares_the_substep():
    car = vehicle("ideal", dead_time=0.3 * DT)
    assert drive(car, [(0.0, 2.0)])[0, X] == pytest.approx(0.7 * DT * 2.0, rel=1e-12)


@pytest.mark.parametrize(("steps", "speeds"), [(1.25, [0.0, 1.5, 1.25]), (2.0, [0.0, 0.0, 2.0])])
def test_a_dead_time_longer_than_a_step_waits_for_the_command_before_the_last(steps, speeds):
    car = vehicle("ideal", dead_time=steps * DT)
    states = drive(car, [(0.0, 2.0), (0.0, 1.0), (0.0, 3.0)])
    assert np.diff(states[:, X], prepend=0.0) / DT == pytest.approx(speeds, rel=1e-9)
    assert states[-1, COMMANDS] == pytest.approx([0.0, 3.0, 0.0, 1.0], abs=0.0)


def test_a_dead_time_longer_than_two_steps_acts_as_two():
    commands = random_commands(8)
    two, more = (drive(vehicle("ideal", dead_time=k * DT), commands) for k in (2.0, 3.5))
    assert (two == more).all()


def test_commands_are_clipped_to_the_limits_and_stored_clipped():
    state = drive(IDEAL, [(2.0, 9.0)])[-1]
    assert state[[STEERING, COMMANDED_STEERING]] == pytest.approx(IDEAL.steering_limit, abs=0.0)
    assert state[[SPEED, COMMANDED_SPEED]] == pytest.approx(IDEAL.speed_max, abs=0.0)
    state = drive(IDEAL, [(-2.0, 0.0)])[-1]
    assert state[COMMANDED_STEERING] == -IDEAL.steering_limit
    assert state[COMMANDED_SPEED] == IDEAL.speed_min


@pytest.mark.parametrize("name", ["deepracer", "deepracer_v5", "deepracer_v4"])
def test_at_a_steady_speed_the_lateral_acceleration_never_reaches_the_grip(name):
    car = VEHICLES[name]
    for speed in (1.0, 2.0, 4.0):
        states = drive(car, [(car.steering_limit, speed)] * 60)
        lateral = states[-1, SPEED] * states[-1, YAW_RATE]
        assert 0.0 < lateral < car.grip
    assert lateral > 0.95 * car.grip  # at 4 m/s and full steering it comes close


def test_steering_and_speed_stay_within_their_limits_whatever_is_asked():
    states = drive(DEEPRACER, [(4.0 * a, 3.0 * b) for a, b in random_commands(200, seed=3)])
    assert (np.abs(states[:, STEERING]) <= DEEPRACER.steering_limit).all()
    assert (states[:, SPEED] <= DEEPRACER.speed_gain * DEEPRACER.speed_max).all()
    assert (states[:, SPEED] >= 0.0).all()
    assert (np.abs(states[:, HEADING]) <= math.pi).all()


def test_the_rotation_centre_moves_along_the_heading():
    car = vehicle("ideal", rotation_x=-0.3)
    commands = [(0.3, 1.0)] * 4
    fine = drive(car, commands, n_substeps=2000)
    centre = fine[:, [X, Y]] - 0.3 * np.stack(
        [np.cos(fine[:, HEADING]), np.sin(fine[:, HEADING])], axis=1
    )
    chord = np.diff(centre, axis=0)
    middle = 0.5 * (fine[1:, HEADING] + fine[:-1, HEADING])
    assert np.arctan2(chord[:, 1], chord[:, 0]) == pytest.approx(middle, abs=1e-10)


@pytest.mark.parametrize(
    ("name", "bias"), [("deepracer", 0.0), ("deepracer_v5", 0.0), ("deepracer_v4", 0.05)]
)
def test_many_substeps_agree_with_a_plain_integration_in_tiny_steps(name, bias):
    car = vehicle(name, steering_bias=bias)
    commands = random_commands(8, seed=1)
    fast = drive(car, commands, n_substeps=256)[-1]
    slow = slow_drive(car, commands)
    assert fast[[X, Y, HEADING, SPEED, STEERING]] == pytest.approx(slow, abs=2e-3)


@pytest.mark.parametrize("name", ["deepracer", "deepracer_v5", "deepracer_v4"])
def test_smaller_substeps_converge(name):
    commands = random_commands(15, seed=2)
    exact = drive(VEHICLES[name], commands, n_substeps=1024)[-1]
    errors = [
        math.hypot(*(drive(VEHICLES[name], commands, n_substeps=n)[-1] - exact)[[X, Y]])
        for n in (1, 4, 16, 64)
    ]
    assert errors[1] < 0.01
    # a command that acts at once, from within a substep on, leaves an error of the first order
    factor = 0.5 if VEHICLES[name].steering_lag else 1.0
    assert all(fine < factor * coarse for coarse, fine in itertools.pairwise(errors))


def test_the_ideal_car_does_not_depend_on_the_number_of_substeps():
    commands = random_commands(15, seed=4)
    once, often = (drive(IDEAL, commands, n_substeps=n)[-1] for n in (1, 16))
    assert once[BODY] == pytest.approx(often[BODY], abs=1e-11)


def test_the_nose_and_the_wheels_are_where_the_geometry_says():
    assert nose(DEEPRACER, 0.0, 0.0, 0.0) == (0.14, 0.0)
    assert nose(DEEPRACER, 1.0, 2.0, math.pi / 2) == pytest.approx((1.0, 2.14), abs=1e-15)
    expected = (-0.081663, 0.08105, 0.082311, 0.079601, -0.081663, -0.08105, 0.082311, -0.079601)
    assert wheel_centers(DEEPRACER, 0.0, 0.0, 0.0) == pytest.approx(expected, abs=0.0)
    turned = np.array(wheel_centers(DEEPRACER, 1.0, 2.0, math.pi / 2)).reshape(4, 2)
    straight = np.array(expected).reshape(4, 2)
    assert turned[:, 0] == pytest.approx(1.0 - straight[:, 1], abs=1e-15)
    assert turned[:, 1] == pytest.approx(2.0 + straight[:, 0], abs=1e-15)
