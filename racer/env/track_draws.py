"""Which track an episode is driven on, where there are several."""

import numpy as np

from racer.kernels.layout import Integers
from racer.kernels.random import Words, stream_keys, uniforms

_DOMAIN = 0x5452414B  # keeps these streams apart from others of the same seed


def drawn_tracks(seed: int | Words, cars: Integers, episodes: Integers, n_tracks: int) -> Integers:
    """Return the track of each car's episode, each of them with the same probability.

    It follows from the seed, the car and the number of its episode alone: it does not depend on
    the number of cars, and need not be saved.

    Args:
        seed: of the run, >= 0; or (n,) one a car.
        cars: (n,) indices of the cars.
        episodes: (n,) of each car, from 0.
        n_tracks: how many tracks there are.

    Returns:
        (n,) in 0 … n_tracks - 1.
    """
    numbers = uniforms(stream_keys(seed + _DOMAIN, cars), episodes)
    return (numbers * n_tracks).astype(np.int64)
