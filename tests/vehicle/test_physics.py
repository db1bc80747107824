"""What a run keeps of its car, and how it is told that another one moves otherwise."""

import json

import pytest

from racer.vehicle import VEHICLES, vehicle
from racer.vehicle.physics import physics_changes, physics_of


@pytest.mark.parametrize("name", sorted(VEHICLES))
def test_a_car_moves_as_it_did_after_it_was_written_down(name):
    kept = json.loads(json.dumps(physics_of(VEHICLES[name]), allow_nan=False))
    assert physics_changes(kept, VEHICLES[name]) == ""


def test_changed_parameters_are_named_with_both_values():
    kept = physics_of(vehicle("deepracer"))
    changes = physics_changes(kept, vehicle("deepracer", grip=4.0, scrub=0.5))
    assert changes == "grip 4, not 8.09; scrub 0.5, not 0.278"
    assert physics_changes(kept, VEHICLES["ideal"]).endswith("; and 9 more")


def test_a_parameter_that_a_run_did_not_know_is_a_change():
    kept = physics_of(vehicle("ideal"))
    del kept["vehicle"]["grip"]
    assert physics_changes(kept, vehicle("ideal", grip=4.0)) == "grip 4, not without limit"


@pytest.mark.parametrize("kept", [None, {**physics_of(VEHICLES["deepracer"]), "equations": 1}])
def test_other_equations_are_named_and_a_run_that_kept_none_had_the_first(kept):
    changes = physics_changes(kept, VEHICLES["deepracer"])
    assert changes == "version 2 of the car's equations, not 1"
