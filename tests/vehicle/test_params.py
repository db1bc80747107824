import math

import pytest

from racer.errors import ConfigError
from racer.kernels.layout import VehicleParams
from racer.vehicle.params import DEEPRACER, IDEAL, VEHICLES, n_substeps, vehicle


def test_the_default_is_the_deepracer():
    assert vehicle() == DEEPRACER == VEHICLES["deepracer"]


@pytest.mark.parametrize("name", sorted(VEHICLES))
def test_every_preset_passes_the_checks_and_has_the_deepracer_geometry(name):
    car = vehicle(name)
    assert car == VEHICLES[name]
    assert car[:6] == DEEPRACER[:6]
    assert car.front_x - car.rear_x == pytest.approx(car.wheelbase, abs=1e-12)


def test_the_default_has_every_effect_that_the_ideal_car_lacks():
    for field in ("dead_time", "steering_lag", "speed_lag", "scrub", "steering_loss"):
        assert getattr(DEEPRACER, field) > 0.0
        assert getattr(IDEAL, field) == 0.0
    for field in ("acceleration_limit", "deceleration_limit", "grip"):
        assert math.isfinite(getattr(DEEPRACER, field))
        assert math.isinf(getattr(IDEAL, field))


def test_only_random_elements_bias_the_steering():
    assert all(car.steering_bias == 0.0 for car in VEHICLES.values())


def test_fields_can_be_changed_by_name_and_are_floats():
    car = vehicle("ideal", speed_max=3)
    assert car == IDEAL._replace(speed_max=3.0)
    assert all(type(value) is float for value in car)
    assert vehicle(car, steering_lag=0.2).steering_lag == 0.2


def test_the_presets_cannot_be_changed():
    with pytest.raises(TypeError):
        VEHICLES["deepracer"] = IDEAL


def test_an_unknown_preset_lists_the_known_ones():
    message = "unknown vehicle 'deepraser': did you mean 'deepracer'? known: deepracer, "
    message += "deepracer_v4, deepracer_v5, ideal"
    with pytest.raises(ConfigError) as caught:
        vehicle("deepraser")
    assert str(caught.value) == message


def test_an_unknown_field_lists_the_known_ones():
    with pytest.raises(
        ConfigError, match="deepracer: unknown field 'gripp': did you mean 'grip'"
    ) as caught:
        vehicle(gripp=3.0)
    assert all(field in str(caught.value) for field in VehicleParams._fields)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("wheelbase", 0.0, "deepracer: wheelbase must be positive, got 0.0"),
        ("grip", -1.0, "deepracer: grip must be positive, got -1.0"),
        ("steering_lag", -0.1, "deepracer: steering_lag must not be negative, got -0.1"),
        ("scrub", -0.1, "deepracer: scrub must not be negative, got -0.1"),
        ("speed_lag", math.nan, "deepracer: speed_lag must be finite, got nan"),
        ("speed_max", math.inf, "deepracer: speed_max must be finite, got inf"),
        ("nose_x", "far", "deepracer: nose_x must be a number, got 'far'"),
        ("speed_min", 5.0, "deepracer: speed_min must be at most speed_max (4.0), got 5.0"),
        ("steering_limit", 2.0, "deepracer: steering_limit must be below pi / 2 rad, got 2.0"),
    ],
)
def test_a_bad_value_is_refused_by_name(field, value, message):
    with pytest.raises(ConfigError) as caught:
        vehicle(**{field: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("control_dt", "physics_dt", "count"),
    [(1 / 15, 1 / 60, 4), (1 / 15, 1 / 15, 1), (0.1, 0.02, 5), (1 / 15, 1 / 1500, 100)],
)
def test_substeps_are_counted(control_dt, physics_dt, count):
    assert n_substeps(control_dt, physics_dt) == count


@pytest.mark.parametrize(("control_dt", "physics_dt"), [(0.25, 0.1), (0.05, 0.1)])
def test_a_control_step_that_is_no_multiple_names_both_numbers(control_dt, physics_dt):
    with pytest.raises(ConfigError) as caught:
        n_substeps(control_dt, physics_dt)
    assert str(caught.value) == (
        f"control_dt ({control_dt:g} s) must be a whole multiple of physics_dt ({physics_dt:g} s)"
    )


@pytest.mark.parametrize(
    ("control_dt", "physics_dt", "message"),
    [
        (0.0, 0.1, "control_dt must be positive, got 0.0"),
        (0.1, -0.1, "physics_dt must be positive, got -0.1"),
        (math.nan, 0.1, "control_dt must be positive, got nan"),
    ],
)
def test_a_duration_must_be_positive(control_dt, physics_dt, message):
    with pytest.raises(ConfigError, match=message):
        n_substeps(control_dt, physics_dt)
