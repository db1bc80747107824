"""Cars: presets with the source of each number, and cars of one's own made from them."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from racer import defaults
from racer.errors import ConfigError, unknown_name
from racer.kernels.layout import VehicleParams

DEEPRACER = VehicleParams(
    # geometry: the simulator's vehicle description, deepracer_single_cam.urdf
    wheelbase=0.163974,
    rear_x=-0.081663,
    front_x=0.082311,
    rear_half_track=0.08105,
    front_half_track=0.079601,
    nose_x=0.14,  # the simulator's reward code: x and y are 0.14 m ahead of the base link
    # limits of the simulator's controller
    steering_limit=math.radians(30.0),
    speed_min=0.1,
    speed_max=4.0,
    # motion: fitted by benchmarks/fidelity.py on both traces of v6_training and on drives of a
    # published model of four sliding wheels, whose constants come from more such traces
    dead_time=0.0322,
    steering_lag=0.162,
    speed_lag=0.0234,
    acceleration_limit=9.91,
    deceleration_limit=10.8,
    speed_gain=1.026,
    curvature_gain=0.633,
    rotation_x=-0.094,
    grip=8.09,  # of the four wheels; the traces do not resolve it
    scrub=0.278,
    steering_loss=0.333,
    braking_loss=6.0,  # as of the other versions: so it turns no tighter than they while it brakes
)

DEEPRACER_V5 = DEEPRACER._replace(
    # motion: fitted by benchmarks/fidelity.py on both traces of v5_FS_June2020 and v5_objects
    dead_time=0.0833,  # more than a control step; held while the others were fitted
    steering_lag=0.0,  # a fit leaves it at zero
    speed_lag=0.164,
    acceleration_limit=4.35,
    deceleration_limit=6.2,
    speed_gain=0.928,
    curvature_gain=0.554,
    rotation_x=-0.0597,
    grip=2.78,
    scrub=1.0,  # the largest that was allowed, as of braking_loss; more gains nothing elsewhere
    steering_loss=0.0,
    braking_loss=6.0,
)

DEEPRACER_V4 = DEEPRACER._replace(
    # motion: fitted by benchmarks/fidelity.py on a slow and a fast trace of version 4 together
    # (v4_reinvent_base, 20-iteration.csv; v4_red_star_pro)
    dead_time=0.007,
    steering_lag=0.499,
    speed_lag=0.172,
    acceleration_limit=3.56,
    deceleration_limit=5.32,
    speed_gain=1.033,
    curvature_gain=0.893,
    rotation_x=-0.064,
    grip=3.03,
    scrub=0.0,  # its motor is too gentle to make the wheels spin
    steering_loss=0.31,
    braking_loss=6.0,
)

IDEAL = DEEPRACER._replace(
    # the kinematic bicycle: it does at once what it is told, and turns about its rear axle
    dead_time=0.0,
    steering_lag=0.0,
    speed_lag=0.0,
    acceleration_limit=math.inf,
    deceleration_limit=math.inf,
    speed_gain=1.0,
    curvature_gain=1.0,
    rotation_x=-0.081663,
    grip=math.inf,
    scrub=0.0,
    steering_loss=0.0,
    braking_loss=0.0,
)


VEHICLES: Mapping[str, VehicleParams] = MappingProxyType(
    {
        "deepracer": DEEPRACER,
        "deepracer_v5": DEEPRACER_V5,
        "deepracer_v4": DEEPRACER_V4,
        "ideal": IDEAL,
    }
)

_POSITIVE = (
    "wheelbase",
    "rear_half_track",
    "front_half_track",
    "steering_limit",
    "speed_max",
    "acceleration_limit",
    "deceleration_limit",
    "speed_gain",
    "curvature_gain",
    "grip",
)
_NOT_NEGATIVE = (
    "speed_min",
    "dead_time",
    "steering_lag",
    "speed_lag",
    "scrub",
    "steering_loss",
    "braking_loss",
)
_MAY_BE_INFINITE = ("acceleration_limit", "deceleration_limit", "grip")


def vehicle(car: str | VehicleParams = defaults.VEHICLE, **overrides: float) -> VehicleParams:
    """Return a car: a preset or given parameters, with some of them changed, checked.

    Args:
        car: the name of a preset in ``VEHICLES``, or a car's parameters.
        **overrides: fields of ``VehicleParams`` with their new values (SI units and radians).

    Raises:
        ConfigError: if the preset or a field is unknown, or a value is out of range.
    """
    if isinstance(car, str):
        if car not in VEHICLES:
            raise ConfigError(unknown_name("vehicle", car, list(VEHICLES)))
        name, params = car, VEHICLES[car]
    else:
        name, params = "vehicle", car
    for field in overrides:
        if field not in VehicleParams._fields:
            message = unknown_name("field", field, list(VehicleParams._fields))
            raise ConfigError(f"{name}: {message}")
    changed = params._replace(**overrides)
    _check(changed, name)
    return VehicleParams(*(float(value) for value in changed))


def _check(params: VehicleParams, name: str) -> None:
    """Raise ConfigError if a value is out of range."""
    for field, value in params._asdict().items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"{name}: {field} must be a number, got {value!r}")
        if math.isnan(value) or (math.isinf(value) and field not in _MAY_BE_INFINITE):
            raise ConfigError(f"{name}: {field} must be finite, got {value}")
        if field in _POSITIVE and value <= 0.0:
            raise ConfigError(f"{name}: {field} must be positive, got {value}")
        if field in _NOT_NEGATIVE and value < 0.0:
            raise ConfigError(f"{name}: {field} must not be negative, got {value}")
    if params.speed_min > params.speed_max:
        raise ConfigError(
            f"{name}: speed_min must be at most speed_max ({params.speed_max}), "
            f"got {params.speed_min}"
        )
    if params.steering_limit >= math.pi / 2:
        raise ConfigError(
            f"{name}: steering_limit must be below pi / 2 rad, got {params.steering_limit}"
        )


def commands_in_effect(car: VehicleParams, control_dt: float) -> int:
    """Return how many of the last commands say, with the next one, how a car moves on: 1 or 2.

    Args:
        car: the car.
        control_dt: duration of a control step (s).

    Raises:
        ConfigError: if it is more: the car remembers two.
    """
    if car.dead_time > 2.0 * control_dt * (1.0 + 1e-9):
        raise ConfigError(
            f"vehicle: dead_time must be at most two control steps "
            f"({2.0 * control_dt:.3g} s), got {car.dead_time}"
        )
    return 2 if car.dead_time > control_dt else 1


def n_substeps(control_dt: float, physics_dt: float) -> int:
    """Return how many physics steps make a control step.

    Args:
        control_dt: duration of a control step (s).
        physics_dt: duration of a physics step (s).

    Raises:
        ConfigError: if a duration is not positive, or the one is no whole multiple of the other.
    """
    for name, value in (("control_dt", control_dt), ("physics_dt", physics_dt)):
        if not (math.isfinite(value) and value > 0.0):
            raise ConfigError(f"{name} must be positive, got {value}")
    count = round(control_dt / physics_dt)
    if count < 1 or abs(count * physics_dt - control_dt) > 1e-9 * control_dt:
        raise ConfigError(
            f"control_dt ({control_dt:g} s) must be a whole multiple of "
            f"physics_dt ({physics_dt:g} s)"
        )
    return count
