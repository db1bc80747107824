"""Replaying actions with the car and with two published models of the real simulator's car.

The published models stand beside the car as measures: the constants come from fits to more traces
of the version 6 simulator than the project has, so they carry knowledge of those.

``REFIT``
    lags, a dead time, a curvature that fades with speed, a hard cap of the lateral acceleration.
``FOUR_WHEELS``
    four sliding wheels, steered and driven alike: each is pushed along and across itself by a
    friction that grows with its slip up to a limit, solved implicitly. Four substeps belong to its
    constants. It needs about 1,200 operations a control step, six times as many as the car.

A model's state is a car's state with one more column, the speed to the left.
"""

import math
from typing import NamedTuple

import numpy as np

from racer.kernels._jit import jit
from racer.kernels.layout import (
    COMMANDED_SPEED,
    COMMANDED_STEERING,
    HEADING,
    SPEED,
    STATE_SIZE,
    STEERING,
    YAW_RATE,
    Bytes,
    Floats,
    Integers,
    X,
    Y,
)
from racer.kernels.vehicle import advance, vehicle_from_row
from racer.vehicle.params import DEEPRACER

CAR, REFIT, FOUR_WHEELS = 0, 1, 2
SIDEWAYS = STATE_SIZE  # speed of the centre of mass to the left (m/s)
N_SUBSTEPS = 4

REAR, FRONT, WHEELBASE = DEEPRACER.rear_x, DEEPRACER.front_x, DEEPRACER.wheelbase
REAR_HALF_TRACK, FRONT_HALF_TRACK = DEEPRACER.rear_half_track, DEEPRACER.front_half_track
NOSE = DEEPRACER.nose_x


class Refit(NamedTuple):
    """The published refit of lags and a fading curvature."""

    dead_time: float = 0.043  # (s)
    steering_lag: float = 0.152  # (s)
    speed_lag: float = 0.025  # (s)
    acceleration_limit: float = 12.0  # (m/s2)
    deceleration_limit: float = 9.5  # (m/s2)
    curvature_gain: float = 0.725
    fade: float = 0.061  # the curvature is divided by 1 + fade v^2 (s2/m2)
    rotation_x: float = -0.083  # (m)
    grip: float = 5.2  # cap of the lateral acceleration (m/s2)


class FourWheels(NamedTuple):
    """The published constants of the four wheels."""

    steering_dead_time: float = 0.0167  # (s)
    speed_dead_time: float = 0.0184  # (s)
    steering_lag: float = 0.141  # (s)
    rim_gain: float = 1.0244  # speed of the rims per speed commanded
    friction: float = 9.81  # friction coefficient times gravity (m/s2)
    slip_along: float = 0.3155  # slip at which the friction is 71 % of its limit (m/s)
    slip_across: float = 0.182  # the same across the wheel (m/s)
    yaw_inertia: float = 0.0129  # radius of gyration squared (m2)
    center_x: float = 0.032  # centre of mass ahead of the base link (m)


@jit
def _command(
    state: Floats, column: int, command: float, dead_time: float, h: float, i: int
) -> float:
    """Return the command that acts in substep i: the new one, the one before, or a mixture."""
    old = min(max(dead_time / h - i, 0.0), 1.0)
    return old * state[column] + (1.0 - old) * command


@jit
def _move_refit(
    state: Floats, car: Floats, steering_command: float, speed_command: float, dt: float, n: int
) -> None:
    """Move the published refit by a control step; ``car`` is a row of ``Refit``."""
    dead_time, steering_lag, speed_lag, rise, fall, gain, fade, arm, grip = car
    h = dt / n
    for i in range(n):
        gap = _command(state, COMMANDED_STEERING, steering_command, dead_time, h, i)
        gap -= state[STEERING]
        turned = gap * (1.0 - math.exp(-h / steering_lag))
        gap = _command(state, COMMANDED_SPEED, speed_command, dead_time, h, i) - state[SPEED]
        gained = min(max(gap * (1.0 - math.exp(-h / speed_lag)), -fall * h), rise * h)
        steering, speed = state[STEERING] + 0.5 * turned, state[SPEED] + 0.5 * gained
        curvature = gain * math.tan(steering) / WHEELBASE / (1.0 + fade * speed * speed)
        rate = min(max(curvature * speed, -grip / max(speed, 1e-9)), grip / max(speed, 1e-9))
        state[STEERING] += turned
        state[SPEED] += gained
        _move_point(state, arm, speed, 0.0, rate, h)
    state[COMMANDED_STEERING], state[COMMANDED_SPEED] = steering_command, speed_command


@jit
def _move_point(
    state: Floats, arm: float, ahead: float, left: float, rate: float, h: float
) -> None:
    """Turn the car at a rate (rad/s) while the point ``arm`` ahead moves at two speeds (m/s)."""
    x = state[X] + arm * math.cos(state[HEADING])
    y = state[Y] + arm * math.sin(state[HEADING])
    middle = state[HEADING] + 0.5 * h * rate
    x += h * (ahead * math.cos(middle) - left * math.sin(middle))
    y += h * (ahead * math.sin(middle) + left * math.cos(middle))
    state[HEADING] += h * rate
    state[YAW_RATE] = rate
    state[X] = x - arm * math.cos(state[HEADING])
    state[Y] = y - arm * math.sin(state[HEADING])


@jit
def _move_four_wheels(
    state: Floats, car: Floats, steering_command: float, speed_command: float, dt: float, n: int
) -> None:
    """Move the four wheels by a control step; ``car`` is a row of ``FourWheels``."""
    steering_dead_time, speed_dead_time, lag, rim_gain = car[0], car[1], car[2], car[3]
    h = dt / n
    share = 1.0 - math.exp(-h / lag)
    for i in range(n):
        command = _command(state, COMMANDED_STEERING, steering_command, steering_dead_time, h, i)
        turned = (command - state[STEERING]) * share
        steering = state[STEERING] + turned * (1.0 / share - lag / h)
        rim = rim_gain * _command(state, COMMANDED_SPEED, speed_command, speed_dead_time, h, i)
        ahead, left, rate = _solve_four_wheels(state, car, steering, rim, h)
        state[STEERING] += turned
        state[SPEED], state[SIDEWAYS] = ahead, left
        _move_point(state, car[8], ahead, left, rate, h)
    state[COMMANDED_STEERING], state[COMMANDED_SPEED] = steering_command, speed_command


@jit
def _solve_four_wheels(
    state: Floats, car: Floats, steering: float, rim: float, h: float
) -> tuple[float, float, float]:
    """Return the speeds ahead and to the left (m/s) and the yaw rate (rad/s) after a substep.

    The implicit Euler step is made linear: a wheel's friction is its slip at the end times the
    ratio of force to slip at the beginning.
    """
    friction, slip_along, slip_across, inertia, center = car[4], car[5], car[6], car[7], car[8]
    load_front = (center - REAR) / WHEELBASE
    speeds = np.array([state[SPEED], state[SIDEWAYS], state[YAW_RATE]])
    matrix = np.eye(3)
    matrix[0, 1], matrix[1, 0] = -h * speeds[2], h * speeds[2]  # the frame turns
    right = speeds.copy()
    for wheel in range(4):
        is_front = wheel >= 2
        x = (FRONT if is_front else REAR) - center
        y = (FRONT_HALF_TRACK if is_front else REAR_HALF_TRACK) * (1.0 if wheel % 2 else -1.0)
        load = 0.5 * (load_front if is_front else 1.0 - load_front)
        cosine, sine = (math.cos(steering), math.sin(steering)) if is_front else (1.0, 0.0)
        # the wheel's speeds along and across itself are these rows times the car's speeds
        along = np.array([cosine, sine, x * sine - y * cosine])
        across = np.array([-sine, cosine, x * cosine + y * sine])
        slip = (along * speeds).sum() - rim
        push = h * friction * load / math.sqrt(slip * slip + slip_along * slip_along)
        slip = (across * speeds).sum()
        hold = h * friction * load / math.sqrt(slip * slip + slip_across * slip_across)
        for i in range(3):
            weight = 1.0 if i < 2 else 1.0 / inertia
            right[i] += weight * push * along[i] * rim
            for j in range(3):
                matrix[i, j] += weight * (push * along[i] * along[j] + hold * across[i] * across[j])
    solved = np.linalg.solve(matrix, right)
    return solved[0], solved[1], solved[2]


@jit
def move(
    kind: int, state: Floats, row: Floats, steering: float, speed: float, dt: float, n: int
) -> None:
    """Move a model by a control step, in place.

    Args:
        kind: CAR, REFIT or FOUR_WHEELS.
        state: (STATE_SIZE + 1,), overwritten.
        row: the model's constants.
        steering: command (rad).
        speed: command (m/s).
        dt: duration of the step (s).
        n: substeps.
    """
    if kind == CAR:
        advance(state, vehicle_from_row(row), steering, speed, dt, n)
    elif kind == REFIT:
        _move_refit(state, row, steering, speed, dt, n)
    else:
        _move_four_wheels(state, row, steering, speed, dt, n)


@jit
def states_along(
    kind: int, row: Floats, action: Floats, dt: Floats, is_first: Bytes, n: int
) -> Floats:
    """Return the model's state in every row, driven along a whole trace, (n_rows, STATE_SIZE + 1).

    At a reset the car stops, but its wheels stay turned.

    Args:
        kind: of the model.
        row: the model's constants.
        action: (n_rows, 2) steering (rad) and speed (m/s).
        dt: (n_rows,) durations (s).
        is_first: (n_rows,) 1 where an episode begins.
        n: substeps.
    """
    states = np.zeros((len(dt), STATE_SIZE + 1))
    state = np.zeros(STATE_SIZE + 1)
    for k in range(len(dt)):
        if is_first[k]:
            for column in (SPEED, SIDEWAYS, YAW_RATE, COMMANDED_STEERING, COMMANDED_SPEED):
                state[column] = 0.0
        states[k] = state
        move(kind, state, row, action[k, 0], action[k, 1], dt[k], n)
    return states


@jit
def states_after(
    kind: int,
    row: Floats,
    action: Floats,
    dt: Floats,
    starts: Integers,
    initial: Floats,
    warm_up: int,
    n: int,
) -> Floats:
    """Return the model's states at the starts of windows, after a warm-up along the actions before.

    Args:
        kind: of the model.
        row: the model's constants.
        action: (n_rows, 2) steering (rad) and speed (m/s).
        dt: (n_rows,) durations (s).
        starts: (n_windows,) rows.
        initial: (n_windows, 3) speed (m/s), steering (rad) and yaw rate (rad/s) before the warm-up.
        warm_up: control steps.
        n: substeps.

    Returns:
        (n_rows, STATE_SIZE + 1), zero but at the starts.
    """
    states = np.zeros((len(dt), STATE_SIZE + 1))
    for window in range(len(starts)):
        start = starts[window]
        state = states[start]
        begin = start - warm_up
        state[SPEED], state[STEERING], state[YAW_RATE] = initial[window]
        state[COMMANDED_STEERING], state[COMMANDED_SPEED] = action[begin - 1]
        for k in range(begin, start):
            move(kind, state, row, action[k, 0], action[k, 1], dt[k], n)
    return states


@jit
def window_errors(
    kind: int,
    row: Floats,
    states: Floats,
    pose: Floats,
    action: Floats,
    dt: Floats,
    starts: Integers,
    horizon: int,
    n: int,
) -> Floats:
    """Return the distance of the noses after each step of each window, (n_windows, horizon) (m).

    Args:
        kind: of the model.
        row: the model's constants.
        states: (n_rows, STATE_SIZE + 1) the model's states at the starts; their poses are ignored.
        pose: (n_rows, 3) logged x and y of the nose (m) and heading (rad).
        action: (n_rows, 2) steering (rad) and speed (m/s).
        dt: (n_rows,) durations (s).
        starts: (n_windows,) rows.
        horizon: control steps.
        n: substeps.
    """
    errors = np.empty((len(starts), horizon))
    for window in range(len(starts)):
        start = starts[window]
        state = states[start].copy()
        heading = pose[start, 2]
        state[X] = pose[start, 0] - NOSE * math.cos(heading)
        state[Y] = pose[start, 1] - NOSE * math.sin(heading)
        state[HEADING] = heading
        for i in range(horizon):
            k = start + i
            move(kind, state, row, action[k, 0], action[k, 1], dt[k], n)
            x = state[X] + NOSE * math.cos(state[HEADING])
            y = state[Y] + NOSE * math.sin(state[HEADING])
            errors[window, i] = math.hypot(x - pose[k + 1, 0], y - pose[k + 1, 1])
    return errors
