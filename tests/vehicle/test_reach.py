"""What is pointed out about commands before anything is trained."""

import pytest

from racer.config.train_config import TrainConfig
from racer.vehicle import VEHICLES, DiscreteActions, vehicle
from racer.vehicle.reach import command_notes


def test_commands_beyond_the_car_are_pointed_out():
    car = vehicle("deepracer", steering_limit=0.524)
    assert command_notes(DiscreteActions.from_grid(), car) == []
    lines = command_notes(DiscreteActions.from_grid(max_speed=5.0), car)
    assert lines == ["speeds above 4 m/s are commanded, but the car goes no faster"]
    tight = vehicle("deepracer", steering_limit=0.35)
    lines = command_notes(DiscreteActions.from_grid(), tight)
    assert lines == ["angles above 20° are commanded, but the car steers no further"]


@pytest.mark.parametrize("speed", [2.5, 2.6, 4.0])
@pytest.mark.parametrize("name", sorted(VEHICLES))
def test_only_the_default_car_has_no_log_above_2_and_a_half_metres_a_second(name, speed):
    lines = TrainConfig.of(vehicle=name, actions={"max_speed": speed}).command_notes()
    says_so = name == "deepracer" and speed > 2.5
    assert len(lines) == says_so
    assert all("above 2.5 m/s are commanded, and no log of version 6 is faster" in x for x in lines)
