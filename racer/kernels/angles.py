"""Angles: the one place that wraps them."""

import math

from racer.kernels._jit import jit

TWO_PI = 2.0 * math.pi


@jit
def wrap_to_pi(angle: float) -> float:
    """Return the same direction as an angle in (-pi, pi] (rad).

    Args:
        angle: any finite angle (rad).
    """
    if -math.pi < angle <= math.pi:
        return angle
    turns = math.ceil((angle - math.pi) / TWO_PI)
    wrapped = angle - TWO_PI * turns
    # rounding can leave the result one turn off the half-open interval, by less than 1e-15 turns
    if wrapped <= -math.pi:
        return wrapped + TWO_PI
    if wrapped > math.pi:
        return wrapped - TWO_PI
    return wrapped
