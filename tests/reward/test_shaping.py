import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from racer.reward.shaping import angle_difference, ramp, tolerance

numbers = st.floats(-1e6, 1e6)
shapes = st.sampled_from(["linear", "bell", "long"])
EPS = np.finfo(float).eps


@pytest.mark.parametrize(
    ("x", "value"),
    [(1.0, 1.0), (2.0, 1.0), (1.5, 1.0), (1.0 - EPS, 0.0), (2.0 + 2 * EPS, 0.0), (-9.0, 0.0)],
)
def test_without_a_margin_it_is_all_inside_and_nothing_outside(x, value):
    assert tolerance(x, 1.0, 2.0) == value


@pytest.mark.parametrize("shape", ["linear", "bell", "long"])
@pytest.mark.parametrize("at_margin", [0.01, 0.1, 0.5, 0.9])
def test_at_one_margin_the_given_value_is_left_on_both_sides(shape, at_margin):
    for x in (-0.5, 3.5):
        value = tolerance(x, 0.0, 3.0, 0.5, at_margin=at_margin, shape=shape)
        assert value == pytest.approx(at_margin, abs=1e-12)


def test_known_values_at_half_and_two_margins():
    assert tolerance(0.5, 0, 0, 1, shape="linear") == pytest.approx(0.55)
    assert tolerance(2.0, 0, 0, 1, shape="linear") == 0.0
    assert tolerance(1.0, 0, 0, 1, at_margin=0.0, shape="linear") == 0.0
    assert tolerance(0.5, 0, 0, 1, shape="bell") == pytest.approx(0.1**0.25)
    assert tolerance(2.0, 0, 0, 1, shape="bell") == pytest.approx(0.1**4)
    assert tolerance(0.5, 0, 0, 1, shape="long") == pytest.approx(1 / (1 + 9 / 4))
    assert tolerance(2.0, 0, 0, 1, shape="long") == pytest.approx(1 / 37)


def test_an_end_can_be_open():
    assert tolerance(1e9, 2.0, math.inf, 1.0) == 1.0
    assert tolerance(1.0, 2.0, math.inf, 1.0) == pytest.approx(0.1)
    assert tolerance(math.inf, 0.0, 1.0, 1.0) == 0.0


@settings(deadline=None, derandomize=True)
@given(numbers, numbers, numbers, st.floats(1e-3, 1e3), shapes)
def test_it_lies_between_0_and_1_and_falls_with_the_distance(x, a, b, margin, shape):
    low, high = min(a, b), max(a, b)
    value = tolerance(x, low, high, margin, shape=shape)
    assert 0.0 <= value <= 1.0
    further = x + margin if x > high else x - margin
    if not low <= x <= high:
        assert tolerance(further, low, high, margin, shape=shape) <= value


@settings(deadline=None, derandomize=True)
@given(numbers, st.floats(0, 1e3), st.floats(1e-3, 1e3), shapes)
def test_both_sides_are_alike(x, half_width, margin, shape):
    left = tolerance(-x, -half_width, half_width, margin, shape=shape)
    assert left == tolerance(x, -half_width, half_width, margin, shape=shape)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 2, "high": 1}, "expected low <= high, got low 2 and high 1"),
        ({"low": math.nan, "high": 1}, "expected low <= high, got low nan"),
        ({"margin": -1}, "margin must not be negative, got -1"),
        ({"shape": "round"}, "unknown shape 'round', known: bell, linear, long"),
        ({"at_margin": 0}, "at_margin must lie between 0 and 1, got 0"),
        ({"at_margin": 1.0, "shape": "linear"}, "at_margin must lie between 0 and 1, got 1.0"),
    ],
)
def test_a_bad_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=f"tolerance: {message}"):
        tolerance(**{"x": 0.0, "low": 0.0, "high": 1.0, "margin": 1.0} | arguments)


@pytest.mark.parametrize(
    ("x", "start", "end", "value"),
    [(-1, 0, 2, 0), (0, 0, 2, 0), (1, 0, 2, 0.5), (2, 0, 2, 1), (5, 0, 2, 1),
     (0, 2, 0, 1), (0.5, 2, 0, 0.75), (3, 2, 0, 0)],
)  # fmt: skip
def test_a_ramp_is_straight_between_its_ends(x, start, end, value):
    assert ramp(x, start, end) == value


def test_a_ramp_needs_two_ends():
    with pytest.raises(ValueError, match="ramp: start and end must differ, both are 1"):
        ramp(0, 1, 1)


@pytest.mark.parametrize(
    ("a", "b", "difference"),
    [(10, 0, 10), (0, 10, -10), (179, -179, -2), (-179, 179, 2), (180, 0, 180), (0, 180, 180),
     (350, 10, -20), (720, 0, 0), (-180, 180, 0), (90, -180, -90)],
)  # fmt: skip
def test_angles_differ_the_short_way_round(a, b, difference):
    assert angle_difference(a, b) == difference


def test_a_reward_function_may_use_the_helpers(source, drive_laps):
    text = (
        "from racer.reward.shaping import tolerance\n"
        "def reward_function(params):\n"
        "    return tolerance(params['distance_from_center'], 0.0, 0.1, margin=0.2)\n"
    )
    rewards = drive_laps(source(text), 2)
    assert rewards.max() == 1.0
    assert 0.0 < rewards.min() < 0.1
