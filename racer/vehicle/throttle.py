"""What the physical car makes of a speed: a share of its throttle, whatever the unit was."""

import numpy as np
from numpy.typing import ArrayLike

from racer.kernels.layout import Floats

_HALF = 0.8  # throttle at half the largest speed
_SLOPE = 4.0 * _HALF - 1.0  # of the parabola through (0, 0), (1/2, _HALF) and (1, 1), at 0


def throttle(speed: ArrayLike) -> Floats:
    """Return the throttle of speeds of one action space, 0 to 1 of what the driver allows.

    The car divides by the largest speed and takes the parabola through (0, 0), (1/2, 0.8) and
    (1, 1): so only ratios of speeds matter (``ctrl_pkg`` of the car's software).

    Args:
        speed: (n,) (m/s).
    """
    share = np.asarray(speed, np.float64) / np.max(speed)
    found: Floats = _SLOPE * share + (1.0 - _SLOPE) * share**2
    return found


def share_of_speed(wanted: ArrayLike) -> Floats:
    """Return which share of the largest speed gives a throttle: the inverse of ``throttle``.

    Args:
        wanted: (n,) throttles, 0 to 1.
    """
    fall = _SLOPE - 1.0
    root = np.sqrt(_SLOPE**2 - 4.0 * fall * np.asarray(wanted, np.float64))
    found: Floats = (_SLOPE - root) / (2.0 * fall)
    return found
