import math

import numpy as np
import pytest

from racer.kernels.angles import wrap_to_pi


@pytest.mark.parametrize(
    ("angle", "wrapped"),
    [
        (0.0, 0.0),
        (math.pi, math.pi),
        (-math.pi, math.pi),
        (3.0 * math.pi, math.pi),
        (1.5 * math.pi, -0.5 * math.pi),
        (-1.5 * math.pi, 0.5 * math.pi),
        (0.25 + 2.0 * math.pi, 0.25),
    ],
)
def test_known_angles_are_wrapped_to_known_angles(angle, wrapped):
    assert wrap_to_pi(angle) == pytest.approx(wrapped, abs=1e-15)


def test_a_wrapped_angle_is_the_same_direction_within_minus_pi_and_pi():
    angles = np.random.default_rng(0).uniform(-50.0, 50.0, 2000)
    for angle in angles:
        wrapped = wrap_to_pi(angle)
        assert -math.pi < wrapped <= math.pi
        assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=1e-13)
        assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=1e-13)


def test_an_angle_in_range_comes_back_unchanged():
    for angle in np.random.default_rng(1).uniform(-math.pi, math.pi, 200):
        assert wrap_to_pi(angle) == angle


def test_angles_next_to_every_seam_stay_in_the_half_open_interval():
    for turns in range(-20, 21):
        seam = turns * math.pi
        for angle in (np.nextafter(seam, -100.0), seam, np.nextafter(seam, 100.0)):
            assert -math.pi < wrap_to_pi(angle) <= math.pi
