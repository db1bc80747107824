"""No way of alternating commands turns a car more than its grip lets it turn steadily."""

import itertools
import math

import numpy as np
import pytest

from racer.kernels.layout import HEADING, SPEED, STATE_SIZE, X, Y
from racer.kernels.vehicle import advance
from racer.vehicle import VEHICLES

DT = 1.0 / 15.0
GRIPPING = [name for name, car in VEHICLES.items() if math.isfinite(car.grip)]
GRAVITY = 9.81
SETTLING, MEASURED = 36, 12  # control steps; whole periods of 1 to 4


def mean_lateral(car, degrees, speeds):
    """Return the mean lateral acceleration of periodic commands, once they have settled (m/s2).

    Mean speed along the path times mean rate of turn, both of the rotation centre.
    """
    state = np.zeros(STATE_SIZE)
    state[SPEED] = speeds[0]
    distance = turned = 0.0
    for k in range(SETTLING + MEASURED):
        before = state.copy()
        steering = math.radians(degrees[k % len(degrees)])
        advance(state, car, steering, speeds[k % len(speeds)], DT, 4)
        if k < SETTLING:
            continue
        turn = math.remainder(state[HEADING] - before[HEADING], 2.0 * math.pi)
        ends = [
            row[[X, Y]]
            + car.rotation_x * np.array([math.cos(row[HEADING]), math.sin(row[HEADING])])
            for row in (before, state)
        ]
        distance += math.dist(*ends) / np.sinc(turn / (2.0 * math.pi))  # the arc of that chord
        turned += turn
    return distance * abs(turned) / (MEASURED * DT) ** 2


def largest_steady(car):
    grid = itertools.product((10.0, 15.0, 20.0, 25.0, 30.0), (1.0, 2.0, 3.0, 4.0))
    return max(mean_lateral(car, [angle], [speed]) for angle, speed in grid)


def patterns(n, seed):
    """Yield angles (degrees) and speeds (m/s) of periods of one to four steps."""
    yield from (([30.0], speeds) for speeds in ([4, 2], [4, 4, 1], [4, 1], [4, 1, 4, 3], [3, 1.5]))
    rng = np.random.default_rng(seed)
    for _ in range(n):
        period = rng.integers(1, 5)
        speeds = rng.choice([rng.uniform(0.1, 4.0, period), rng.choice([0.1, 1, 2, 3, 4], period)])
        is_constant = rng.random() < 0.5
        yield [rng.uniform(5, 30)] if is_constant else rng.uniform(-30, 30, period), speeds


@pytest.mark.parametrize("name", GRIPPING)
def test_a_periodic_command_turns_a_car_no_more_than_the_best_steady_one(name):
    car = VEHICLES[name]
    limit = min(1.05 * largest_steady(car), GRAVITY)
    for degrees, speeds in patterns(150, seed=len(name)):
        found = mean_lateral(car, degrees, speeds)
        assert found <= limit, f"{found:.2f} > {limit:.2f} m/s2 with {degrees} deg, {speeds} m/s"


@pytest.mark.parametrize("name", GRIPPING)
def test_a_steady_curve_comes_near_the_grip_and_stays_below_gravity(name):
    car = VEHICLES[name]
    assert 0.95 * car.grip < largest_steady(car) < min(car.grip, GRAVITY)
