"""The car's equations (``racer/kernels/vehicle.py``) as symbols, per metre of the road.

The one place that knows CasADi. States and controls of a car on a line:

    n      offset of the rotation centre to the left of the line (m)
    alpha  heading less that of the line (rad)
    v      speed (m/s)
    d      angle of the front wheels (rad)
    rise   wanted increase of speed, before the limit (m/s2), at least 0: a control
    fall   wanted decrease of speed, likewise: a control
    u      commanded angle (rad): a control
"""

from typing import Any, NamedTuple

from racer.errors import MissingExtraError
from racer.kernels.layout import VehicleParams

_LEAST_LAG = 0.01  # a lag below this is taken as this: at once is no differential equation (s)
_GREATEST_RATE = 1e3  # a limit above this is none (m/s2)


class Rates(NamedTuple):
    """What the equations give at a place."""

    by_metre: Any
    """Derivatives of n, alpha, v and d by the arc length of the line."""
    seconds: Any
    """Time a metre of the line (s/m)."""
    speed_command: Any
    """The command that wants w (m/s)."""
    demand: Any
    """Lateral acceleration that is asked for, as a share of the grip; the car gives less."""


def casadi() -> Any:
    """Return the module CasADi.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        import casadi as module  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise MissingExtraError(
            'computing a limit needs CasADi: pip install "racer-rl[limit]"'
        ) from error
    return module


def usable(car: VehicleParams) -> VehicleParams:
    """Return a car without lags of 0 and infinite limits, which no differential equation has."""
    return car._replace(
        steering_lag=max(car.steering_lag, _LEAST_LAG),
        speed_lag=max(car.speed_lag, _LEAST_LAG),
        acceleration_limit=min(car.acceleration_limit, _GREATEST_RATE),
        deceleration_limit=min(car.deceleration_limit, _GREATEST_RATE),
    )


def rates(state: Any, control: Any, curvature: Any, car: VehicleParams) -> Rates:
    """Return the equations at a place of the line.

    Werling and others, "Optimal trajectory generation for dynamic street scenarios in a Frenet
    frame", ICRA 2010, has the first two lines; the others are the kernel's.

    Args:
        state: symbols of n, alpha, v and d.
        control: symbols of rise, fall and u.
        curvature: of the line (1/m).
        car: symbols of its ``usable`` parameters; the dead time is not in the equations.
    """
    ca = casadi()
    n, alpha, v, d = state
    rise, fall, u = control
    w = rise - fall
    # within 1 m/s2 of no change the two limits fade into one another: both are far away there
    more = car.deceleration_limit - car.acceleration_limit
    limit = car.acceleration_limit + more * 0.5 * (1.0 - ca.tanh(w))
    hold = 1.0 / ca.sqrt(1.0 + (w / limit) ** 2)
    bend = car.curvature_gain * ca.tan(d) / car.wheelbase
    bend *= (1.0 + car.scrub) / (1.0 + car.scrub * hold**3)
    # two controls for one: a maximum of the one and 0 would be a kink, on which solvers stick
    braking = hold * fall / car.deceleration_limit
    demand = v * v * bend / car.grip * (1.0 + car.braking_loss * d * d * braking)
    yaw_rate = v * bend / ca.sqrt(1.0 + demand**2)
    kept = car.speed_gain * (1.0 - car.steering_loss * d * d)
    along = v * ca.cos(alpha) / (1.0 - n * curvature)
    by_time = (
        v * ca.sin(alpha),
        yaw_rate,
        hold * w,
        (u + car.steering_bias - d) / car.steering_lag,
    )
    by_metre = [rate / along for rate in by_time]
    by_metre[1] -= curvature
    command = (v + w * car.speed_lag) / kept
    return Rates(by_metre, 1.0 / along, command, demand)


def excesses(
    state: Any, curvature: Any, widths: tuple[Any, Any], car: VehicleParams, side: int
) -> tuple[Any, Any]:
    """Return how far two wheel centres are beyond a border (m); negative: on the road.

    A lap counts while one wheel centre is on the road. Beyond the left border that is the rear or
    the front one of the right side.

    Args:
        state: symbols of n, alpha, v and d.
        curvature: of the line (1/m).
        widths: distance from the line to the border (m) beside the rear and the front wheels.
        car: symbols of its parameters.
        side: 1 for the left border, -1 for the right one.

    Returns:
        Of the rear and of the front wheel on the other side of the car.
    """
    ca = casadi()
    n, alpha, bend = side * state[0], side * state[1], side * curvature
    beyond = []
    for x, half_track, width in (
        (car.rear_x, car.rear_half_track, widths[0]),
        (car.front_x, car.front_half_track, widths[1]),
    ):
        ahead = x - car.rotation_x
        along = ahead * ca.cos(alpha) + half_track * ca.sin(alpha)
        beside = n + ahead * ca.sin(alpha) - half_track * ca.cos(alpha)
        # the line bends away by the second order of the distance
        beyond.append(beside - bend * along**2 / (2.0 * (1.0 - bend * beside)) - width)
    return beyond[0], beyond[1]


def reach(state: Any, curvature: Any, car: VehicleParams) -> Any:
    """Return how far along the line the nose is ahead of the rotation centre (m).

    Args:
        state: symbols of n, alpha, v and d.
        curvature: of the line there (1/m), not 0.
        car: symbols of its parameters.
    """
    ca = casadi()
    n, alpha = state[0], state[1]
    arm = car.nose_x - car.rotation_x
    ahead, beside = arm * ca.cos(alpha), n + arm * ca.sin(alpha)
    return ca.atan2(curvature * ahead, 1.0 - curvature * beside) / curvature
