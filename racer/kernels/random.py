"""Counter-based random numbers: number ``counter`` of the stream of (seed, car).

There is no hidden state: a number depends on its seed, its car and its counter, whatever the
number of cars. The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014, figure 16). Plain numpy on whole arrays,
whose unsigned integers wrap around silently, as the mixing needs.
"""

import numpy as np
from numpy.typing import NDArray

from racer.kernels.layout import Floats, Integers

Words = NDArray[np.uint64]

_GAMMA = np.array([0x9E3779B97F4A7C15], np.uint64)
_MIX_1 = np.array([0xBF58476D1CE4E5B9], np.uint64)
_MIX_2 = np.array([0x94D049BB133111EB], np.uint64)


def _mix(words: Words) -> Words:
    """Return the 64 bits of each word, well mixed."""
    words = (words ^ (words >> np.uint64(30))) * _MIX_1
    words = (words ^ (words >> np.uint64(27))) * _MIX_2
    return words ^ (words >> np.uint64(31))


def stream_keys(seed: int | Words, cars: Integers) -> Words:
    """Return the key of each car's stream.

    Args:
        seed: the seed of the run, >= 0; or (n,) keys, for streams within streams.
        cars: (n,) indices of cars, >= 0.
    """
    of_seed = _mix(np.atleast_1d(np.asarray(seed, np.uint64)) * _GAMMA + _GAMMA)
    return _mix(of_seed ^ (cars.astype(np.uint64) * _MIX_1 + _GAMMA))


def uniforms(keys: Words, counter: int | Integers) -> Floats:
    """Return number ``counter`` of each stream, uniform in [0, 1).

    Args:
        keys: (n,) or (n, 1).
        counter: one for all, or any shape that goes with that of the keys, which is returned.
    """
    words = _mix(keys + np.atleast_1d(np.asarray(counter, np.uint64)) * _GAMMA)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
