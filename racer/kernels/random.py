"""Counter-based random numbers: number ``counter`` of the stream of (seed, car).

There is no hidden state: a number depends on its seed, its car and its counter, whatever the
number of cars. The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014, figure 16).
"""

import numpy as np

from racer.kernels._jit import jit

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31, _SHIFT_11 = (np.uint64(n) for n in (30, 27, 31, 11))
_TO_UNIT = 2.0**-53


@jit
def _mix(z: np.uint64) -> np.uint64:
    """Return the 64 bits of ``z``, well mixed."""
    z = (z ^ (z >> _SHIFT_30)) * _MIX_1
    z = (z ^ (z >> _SHIFT_27)) * _MIX_2
    return z ^ (z >> _SHIFT_31)


@jit
def stream_key(seed: int, car: int) -> np.uint64:
    """Return the key of the stream of one car.

    Args:
        seed: the seed of the run, >= 0.
        car: index of the car, >= 0.
    """
    return _mix(_mix(np.uint64(seed) * _GAMMA + _GAMMA) ^ (np.uint64(car) * _MIX_1 + _GAMMA))


@jit
def uniform(key: np.uint64, counter: int) -> float:
    """Return number ``counter`` of a stream, uniform in [0, 1)."""
    return float(_mix(key + np.uint64(counter) * _GAMMA) >> _SHIFT_11) * _TO_UNIT
