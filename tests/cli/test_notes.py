"""What a command points out before it trains."""

from racer.api.training_jobs import beyond_limits
from racer.vehicle import DiscreteActions, vehicle


def test_commands_beyond_the_car_are_pointed_out():
    car = vehicle("deepracer", speed_max=4.0, steering_limit=0.524)
    assert beyond_limits(DiscreteActions.from_grid(), car) == []
    lines = beyond_limits(DiscreteActions.from_grid(max_speed=5.0), car)
    assert lines == ["speeds above 4 m/s are commanded, but the car goes no faster"]
    tight = vehicle("deepracer", steering_limit=0.35)
    lines = beyond_limits(DiscreteActions.from_grid(), tight)
    assert lines == ["angles above 20° are commanded, but the car steers no further"]
