"""The presets against real traces, by the measure of benchmarks/car_measure.py."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from racer.kernels.layout import HEADING, SPEED, STATE_SIZE, YAW_RATE, X, Y
from racer.kernels.vehicle import advance
from racer.vehicle.params import VEHICLES
from tests.conftest import REFERENCE_DATA

ROOT = Path(__file__).resolve().parents[2]
LOGS = REFERENCE_DATA / "logs"
BENCHMARKS = ROOT / "benchmarks"
V6 = (
    "v6_training/training-simtrace/0-iteration.csv",
    "v6_training/training-simtrace/1-iteration.csv",
)
V4 = "v4_reinvent_base/training-simtrace/0-iteration.csv"
V4_TRAINED = "v4_reinvent_base/training-simtrace/20-iteration.csv"
V4_FAST = "v4_red_star_pro/worker-0.log"
V5 = ("v5_FS_June2020/worker-0.log", "v5_FS_June2020/worker-1.log")

needs_logs = pytest.mark.usefixtures("reference_data")


@pytest.fixture(scope="module")
def benchmarks():
    """The measure, the models and the drives: scripts that import each other by their names."""
    names = ("car_kernels", "car_drives", "car_measure")
    sys.path.insert(0, str(BENCHMARKS))
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    sys.path.remove(str(BENCHMARKS))
    for name in names:
        del sys.modules[name]


def median(benchmarks, model, file, warm_up="yaw"):
    step = None if file.startswith("v6") else 1.0 / 15.0
    trace = benchmarks.car_measure.read_trace(LOGS / file, step)
    return np.median(benchmarks.car_measure.errors(model, trace, warm_up)[:, -1])


@needs_logs
def test_the_traces_have_the_windows_that_the_docs_count(benchmarks):
    files = (*V6, V4, V4_TRAINED, V4_FAST, *V5)
    counts = [len(benchmarks.car_measure.read_trace(LOGS / file).starts) for file in files]
    assert counts == [21, 124, 126, 1877, 6340, 2919, 3337]


@needs_logs
@pytest.mark.parametrize(
    ("warm_up", "limits"),
    [("yaw", (0.117, 0.089)), ("straight", (0.13, 0.092)), ("whole log", (0.13, 0.09))],
)
def test_the_default_car_stays_near_the_version_6_traces(benchmarks, warm_up, limits):
    for file, limit in zip(V6, limits, strict=True):
        assert median(benchmarks, VEHICLES["deepracer"], file, warm_up) < limit
        assert median(benchmarks, VEHICLES["ideal"], file, warm_up) > 0.2


@needs_logs
def test_the_four_wheels_and_the_refit_have_the_errors_that_the_docs_state(benchmarks):
    wheels, refit = benchmarks.car_kernels.FourWheels(), benchmarks.car_kernels.Refit()
    assert median(benchmarks, wheels, V6[1]) == pytest.approx(0.082, abs=5e-4)
    assert median(benchmarks, refit, V6[1]) == pytest.approx(0.122, abs=5e-4)


@needs_logs
def test_the_version_4_car_stays_near_the_version_4_traces_slow_and_fast(benchmarks):
    car = VEHICLES["deepracer_v4"]
    assert median(benchmarks, car, V4) < 0.14
    assert median(benchmarks, car, V4_TRAINED, "whole log") < 0.092
    assert median(benchmarks, car, V4_FAST, "whole log") < 0.142
    assert median(benchmarks, VEHICLES["ideal"], V4) > 0.6


@needs_logs
def test_the_version_5_car_stays_near_the_version_5_traces(benchmarks):
    for file in V5:
        assert median(benchmarks, VEHICLES["deepracer_v5"], file) < 0.15
        assert median(benchmarks, VEHICLES["deepracer"], file) > 0.6


def four_wheels_drive(benchmarks, steering, speed, n_steps):
    """Return the state of the four wheels after a constant command."""
    kernels = benchmarks.car_kernels
    state = np.zeros(kernels.SIDEWAYS + 1)
    row = np.array(kernels.FourWheels())
    for _ in range(n_steps):
        kernels.move(kernels.FOUR_WHEELS, state, row, steering, speed, 1.0 / 15.0, 4)
    return state


def car_drive(steering, speed, n_steps):
    """Return the state of the default car after a constant command."""
    state = np.zeros(STATE_SIZE)
    for _ in range(n_steps):
        advance(state, VEHICLES["deepracer"], steering, speed, 1.0 / 15.0, 4)
    return state


@pytest.mark.parametrize("speed", [1.0, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("steering", [0.1, 0.25])
def test_in_a_steady_curve_the_default_car_turns_like_the_four_wheels(benchmarks, speed, steering):
    wheels, car = four_wheels_drive(benchmarks, steering, speed, 40), car_drive(steering, speed, 40)
    assert car[YAW_RATE] == pytest.approx(wheels[YAW_RATE], rel=0.1)
    assert car[SPEED] == pytest.approx(wheels[SPEED], rel=0.05)


def test_the_four_wheels_drive_mirrored_paths_and_straight_ones(benchmarks):
    left, right = (four_wheels_drive(benchmarks, angle, 2.0, 15) for angle in (0.3, -0.3))
    assert left[[X, SPEED]] == pytest.approx(right[[X, SPEED]], rel=1e-12)
    assert left[[Y, HEADING, YAW_RATE]] == pytest.approx(-right[[Y, HEADING, YAW_RATE]], rel=1e-9)
    straight = four_wheels_drive(benchmarks, 0.0, 2.0, 30)
    assert straight[[Y, HEADING, YAW_RATE]] == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    assert straight[SPEED] == pytest.approx(2.0 * 1.0244, rel=1e-6)  # that of the rims


def test_in_a_slow_curve_the_four_wheels_turn_as_their_forces_balance(benchmarks):
    wheels = benchmarks.car_kernels.FourWheels()
    car = VEHICLES["deepracer"]
    # small slips: moment of the side forces = moment of the scrubbing wheels about the centre
    across, along = wheels.friction / wheels.slip_across, wheels.friction / wheels.slip_along
    front, rear = car.front_x - wheels.center_x, wheels.center_x - car.rear_x
    load = rear / car.wheelbase
    tracks = load * car.front_half_track**2 + (1.0 - load) * car.rear_half_track**2
    # the arms of the two axles carry the same load, so the side forces alone would not slip
    scrub = along * tracks / (across * load * front * car.wheelbase)
    steering, speed = 0.01, 0.2
    state = four_wheels_drive(benchmarks, steering, speed, 60)
    expected = state[SPEED] * steering / (car.wheelbase * (1.0 + scrub))
    assert state[YAW_RATE] == pytest.approx(expected, rel=0.02)
