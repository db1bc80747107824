"""The physical car's throttle: a parabola over the ratio to the largest speed."""

import numpy as np

from racer.vehicle.throttle import share_of_speed, throttle


def test_half_speed_is_80_percent_and_the_unit_does_not_matter():
    np.testing.assert_allclose(throttle([1.0, 2.0]), [0.8, 1.0])
    np.testing.assert_allclose(throttle([0.5, 1.0]), throttle([2.0, 4.0]))


def test_the_inverse_finds_the_ratio_for_a_throttle():
    wanted = np.linspace(0.0, 1.0, 11)
    shares = share_of_speed(wanted)
    np.testing.assert_allclose(throttle(np.append(shares, 1.0))[:-1], wanted, atol=1e-12)
    np.testing.assert_allclose(share_of_speed(0.8), 0.5)
