"""The car: how a command becomes motion, and where its wheels and its nose are.

The equations (steering d, speed v, yaw rate r; docs/car.md derives and measures them):

    steering   d' = (command + steering_bias - d) / steering_lag
    to reach   t = speed_gain command (1 - steering_loss d^2)
    speed      v' = hold (t - v) / speed_lag
    hold       1 / sqrt(1 + (wanted / limit)^2), where wanted is v' at hold 1: no limit is passed
    curvature  k = curvature_gain tan(d) / wheelbase (1 + scrub) / (1 + scrub hold^3)
    grip       g = grip / (1 + braking_loss b d^2), b = -v' / deceleration_limit while it brakes
    yaw rate   r = v k / sqrt(1 + (v^2 k / g)^2): the lateral acceleration v r is below the grip
    pose       the rotation centre moves along the heading

A command acts ``dead_time`` after it is given; until then those before it act, of which the car
remembers two. All wheels turn at one speed. So the car is slower than its wheels where the front
ones point aside, and in a curve they scrub, which resists the turn; while they spin to accelerate
or to brake they resist it less, by the slope of their friction, hold^3. That they spin adds nothing
to the grip, and while they brake the turned front ones push the car out of the curve. With no lags,
losses and scrub, all gains one, no limits and the rear axle as rotation centre this is the
kinematic bicycle (Rajamani, "Vehicle Dynamics and Control", section 2.2, with the reference point
on the rear axle).

A control step is cut into equal substeps. In each, the lags are solved exactly (that of the speed
far from its limits), and the rotation centre moves on the arc that belongs to the mean steering and
speed: a steady circle is exact with any number of substeps. In the substep in which the command
changes, each of the two commands counts by its share of the time.
"""

import math
from typing import NamedTuple

from racer.kernels._jit import inlined, jit
from racer.kernels.angles import wrap_to_pi
from racer.kernels.layout import (
    COMMANDED_SPEED,
    COMMANDED_STEERING,
    EARLIER_SPEED,
    EARLIER_STEERING,
    HEADING,
    SPEED,
    STEERING,
    YAW_RATE,
    Floats,
    VehicleParams,
    X,
    Y,
)

EQUATIONS = 2
"""Their version: another one where cars of equal parameters move otherwise.

With version 1 spinning wheels added grip, braking took none, and one command was remembered.
"""


@inlined
def vehicle_from_row(row: Floats) -> VehicleParams:
    """Return a car's parameters from its row.

    Args:
        row: (len(VehicleParams._fields),) in the order of the fields.
    """
    return VehicleParams(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        row[6],
        row[7],
        row[8],
        row[9],
        row[10],
        row[11],
        row[12],
        row[13],
        row[14],
        row[15],
        row[16],
        row[17],
        row[18],
        row[19],
        row[20],
        row[21],
    )


@jit
def place(state_row: Floats, x: float, y: float, heading: float) -> None:
    """Put a car somewhere: at rest, wheels straight, no command given.

    Args:
        state_row: (STATE_SIZE,) the car's state, overwritten in the columns of its body.
        x: base link (m).
        y: base link (m).
        heading: any angle (rad).
    """
    state_row[X] = x
    state_row[Y] = y
    state_row[HEADING] = wrap_to_pi(heading)
    state_row[SPEED] = 0.0
    state_row[STEERING] = 0.0
    state_row[YAW_RATE] = 0.0
    state_row[COMMANDED_STEERING] = 0.0
    state_row[COMMANDED_SPEED] = 0.0
    state_row[EARLIER_STEERING] = 0.0
    state_row[EARLIER_SPEED] = 0.0


class _Lag(NamedTuple):
    """A first-order lag over one substep."""

    share: float  # of the gap that is closed after the substep (0 to 1)
    mean: float  # of that change, the mean over the substep (1/2 to 1)


@inlined
def _lag(time_constant: float, h: float) -> _Lag:
    """Return the exact solution of a first-order lag for steps of ``h`` seconds.

    The gap closes by ``share = 1 - exp(-h / T)``; its mean over the step is
    ``1 - (T / h) share``, written as a fraction of the change.

    Args:
        time_constant: T (s); 0 closes the gap at once.
        h: duration of a substep (s).
    """
    if time_constant <= 0.0:
        return _Lag(1.0, 1.0)
    share = 1.0 - math.exp(-h / time_constant)
    if share < 1e-6:  # a lag so slow that the exact fraction would be lost in rounding
        return _Lag(share, 0.5)
    return _Lag(share, 1.0 / share - time_constant / h)


@inlined
def _sinc_cosine(angle: float) -> tuple[float, float]:
    """Return sin(angle) / angle and cos(angle) by their series.

    They err by less than 1e-15 up to a quarter of pi, 1e-10 up to half of pi, 1e-5 up to pi. The
    mere presence of a call to the library's functions makes the inner loop a quarter slower.
    """
    q = angle * angle  # the terms in pairs and fours: shorter chains of dependent operations
    q2 = q * q
    sinc = ((1.0 - q * (1 / 6)) + q2 * (1 / 120 - q * (1 / 5040))) + (q2 * q2) * (
        (1 / 362880 - q * (1 / 39916800)) + q2 * (1 / 6227020800 - q * (1 / 1307674368000))
    )
    cosine = ((1.0 - q * (1 / 2)) + q2 * (1 / 24 - q * (1 / 720))) + (q2 * q2) * (
        (1 / 40320 - q * (1 / 3628800)) + q2 * (1 / 479001600 - q * (1 / 87178291200))
    )
    return sinc, cosine


@inlined
def _curvature(
    steering: float, speed: float, hold: float, gain: float, scrub: float, grip: float
) -> float:
    """Return the curvature of the rotation centre's path (1/m), left positive.

    The module's formula with tan = sine / cosine, multiplied out so that it divides once.

    Args:
        steering: mean over the substep (rad), below pi / 2.
        speed: mean over the substep (m/s).
        hold: share of a wanted change of speed that comes about; 1 at a steady speed.
        gain: curvature gain per wheelbase, times 1 + scrub (1/m).
        scrub: of the car.
        grip: the inverse of the one that there is (s2/m).
    """
    sinc, cosine = _sinc_cosine(steering)
    wanted = gain * (steering * sinc)  # the curvature without limit, times the divisor
    divisor = cosine * (1.0 + (scrub * hold) * (hold * hold))
    lateral = (wanted * grip) * (speed * speed)
    return wanted / math.sqrt(divisor * divisor + lateral * lateral)


@inlined
def _hold(gap: float, fall: float, rise: float) -> float:
    """Return the share of a wanted change of speed that the wheels bring about.

    Args:
        gap: speed to reach less speed (m/s).
        fall: the wanted share of the gap per largest decrease in a substep (s/m).
        rise: the same per largest increase (s/m).
    """
    ratio = gap * (rise if gap > 0.0 else fall)
    return 1.0 / math.sqrt(1.0 + ratio * ratio)


@inlined
def advance(
    state_row: Floats,
    car: VehicleParams,
    steering_command: float,
    speed_command: float,
    control_dt: float,
    n_substeps: int,
) -> None:
    """Move one car by one control step, in place.

    The command is clipped to the car's limits and stored clipped; until the dead time is over
    the commands stored by the steps before act. A dead time of more than two control steps acts as
    two.

    Args:
        state_row: (STATE_SIZE,) the car's state; X to EARLIER_SPEED are read and overwritten.
            YAW_RATE becomes the mean of the last substep.
        car: the car.
        steering_command: (rad).
        speed_command: (m/s).
        control_dt: duration of the step (s).
        n_substeps: equal parts that it is cut into, at least 1.
    """
    new_steering = min(max(steering_command, -car.steering_limit), car.steering_limit)
    new_speed = min(max(speed_command, car.speed_min), car.speed_max)
    h, per_h = control_dt / n_substeps, n_substeps / control_dt
    steering_lag, speed_lag = _lag(car.steering_lag, h), _lag(car.speed_lag, h)
    fall = speed_lag.share * per_h / car.deceleration_limit
    rise = speed_lag.share * per_h / car.acceleration_limit
    loss, braking_loss = car.steering_loss, car.braking_loss
    scrub, ramp = car.scrub, speed_lag.mean - 0.5
    gain, inverse_grip = car.curvature_gain * (1.0 + scrub) / car.wheelbase, 1.0 / car.grip

    # in this step one command begins to act, and until then the one before it acts
    begins_steering, begins_speed = new_steering, new_speed
    acts_steering, acts_speed = state_row[COMMANDED_STEERING], state_row[COMMANDED_SPEED]
    dead_substeps = car.dead_time * per_h
    if dead_substeps > n_substeps:  # the new command acts in the next step at the earliest
        dead_substeps -= n_substeps
        begins_steering, begins_speed = acts_steering, acts_speed
        acts_steering, acts_speed = state_row[EARLIER_STEERING], state_row[EARLIER_SPEED]
    steering_back = acts_steering - begins_steering
    steering_goal = begins_steering + car.steering_bias
    target, old_target = car.speed_gain * begins_speed, car.speed_gain * acts_speed

    heading, speed, steering = state_row[HEADING], state_row[SPEED], state_row[STEERING]
    sine, cosine = math.sin(heading), math.cos(heading)
    x = state_row[X] + car.rotation_x * cosine  # the rotation centre, until the end
    y = state_row[Y] + car.rotation_x * sine
    turn = 0.0
    for i in range(n_substeps):
        old = min(max(dead_substeps - i, 0.0), 1.0)  # the share of the command before
        steering_change = (steering_goal + old * steering_back - steering) * steering_lag.share
        mean_steering = steering + steering_change * steering_lag.mean
        kept = 1.0 - loss * (steering * steering)  # of the speed
        gap = (old_target if old == 1.0 else target) * kept - speed
        hold = _hold(gap, fall, rise)
        braking = -gap * fall * hold  # the share of the largest deceleration, if positive
        # far from the limits the speed is the lag's exponential, at a limit it is a ramp
        speed_change = gap * speed_lag.share * hold
        mean_change = speed_change * (0.5 + hold * ramp)
        if 0.0 < old < 1.0:
            gap = old_target * kept - speed
            old_hold = _hold(gap, fall, rise)
            before = gap * speed_lag.share * old_hold
            speed_change += old * (before - speed_change)
            mean_change += old * (before * (0.5 + old_hold * ramp) - mean_change)
            braking -= old * (gap * fall * old_hold + braking)
            hold += old * (old_hold - hold)
        mean_speed = speed + mean_change
        distance = mean_speed * h
        per_grip = inverse_grip * (1.0 + braking_loss * (steering * steering) * max(braking, 0.0))
        turn = distance * _curvature(mean_steering, mean_speed, hold, gain, scrub, per_grip)
        # the chord of an arc points along the heading in the middle, and is shorter than the arc
        half = 0.5 * turn
        sinc, half_cosine = _sinc_cosine(half)
        half_sine = half * sinc
        chord = distance * sinc
        middle_cosine = cosine * half_cosine - sine * half_sine
        middle_sine = sine * half_cosine + cosine * half_sine
        x += chord * middle_cosine
        y += chord * middle_sine
        cosine = middle_cosine * half_cosine - middle_sine * half_sine
        sine = middle_sine * half_cosine + middle_cosine * half_sine
        heading += turn
        steering += steering_change
        speed += speed_change

    state_row[X] = x - car.rotation_x * cosine
    state_row[Y] = y - car.rotation_x * sine
    state_row[HEADING] = wrap_to_pi(heading)
    state_row[SPEED] = speed
    state_row[STEERING] = steering
    state_row[YAW_RATE] = turn * per_h
    state_row[EARLIER_STEERING] = state_row[COMMANDED_STEERING]
    state_row[EARLIER_SPEED] = state_row[COMMANDED_SPEED]
    state_row[COMMANDED_STEERING] = new_steering
    state_row[COMMANDED_SPEED] = new_speed


@inlined
def nose(car: VehicleParams, x: float, y: float, heading: float) -> tuple[float, float]:
    """Return the point that x and y of the reward params name (m, m).

    Args:
        car: the car.
        x: base link (m).
        y: base link (m).
        heading: (rad).
    """
    return x + car.nose_x * math.cos(heading), y + car.nose_x * math.sin(heading)


@inlined
def wheel_centers(
    car: VehicleParams, x: float, y: float, heading: float
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return x and y (m) of the left rear, left front, right rear and right front wheel centre.

    Args:
        car: the car.
        x: base link (m).
        y: base link (m).
        heading: (rad).
    """
    cosine, sine = math.cos(heading), math.sin(heading)
    rear_x, rear_y = x + car.rear_x * cosine, y + car.rear_x * sine
    front_x, front_y = x + car.front_x * cosine, y + car.front_x * sine
    rear_aside_x, rear_aside_y = -car.rear_half_track * sine, car.rear_half_track * cosine
    front_aside_x, front_aside_y = -car.front_half_track * sine, car.front_half_track * cosine
    return (
        rear_x + rear_aside_x,
        rear_y + rear_aside_y,
        front_x + front_aside_x,
        front_y + front_aside_y,
        rear_x - rear_aside_x,
        rear_y - rear_aside_y,
        front_x - front_aside_x,
        front_y - front_aside_y,
    )
