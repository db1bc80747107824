"""Gives each car its own stream of Python's and numpy's global random numbers.

Reward functions may call ``random.random()`` or ``numpy.random.rand()``. These generators belong to
the process; with many cars in it a car would get other numbers than alone. So both are exchanged
for each call, within ``kept_global_state`` for the batch.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random.mtrand import get_bit_generator, set_bit_generator


class RandomStream:
    """The state of both global generators for one car: a context in which they are the car's.

    Of numpy's generator the whole bit generator is exchanged, which takes a thousandth of the time
    of copying its state. With it goes the second of the two normal numbers that numpy draws at a
    time, if it was not used in the same call.
    """

    def __init__(self, seed: int, car: int) -> None:
        """Begin the stream of a car.

        Args:
            seed: not negative.
            car: index of the car; the stream depends on nothing else.
        """
        self._python = random.Random(f"reward {seed} {car}").getstate()
        self._bits = np.random.MT19937(np.random.SeedSequence([seed, car]))

    def __enter__(self) -> None:
        random.setstate(self._python)
        set_bit_generator(self._bits)

    def __exit__(self, *_: object) -> None:
        self._python = random.getstate()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of both generators as plain data and arrays."""
        version, words, gauss = self._python
        found: Any = self._bits.state["state"]
        return {
            "python": [version, np.array(words, np.int64), gauss],
            "numpy": [found["key"].astype(np.int64), int(found["pos"])],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` returned."""
        version, words, gauss = state["python"]
        self._python = (version, tuple(words.tolist()), gauss)
        key, pos = state["numpy"]
        self._bits.state = {
            "bit_generator": "MT19937",
            "state": {"key": key.astype(np.uint32), "pos": pos},
        }

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, called with this stream."""

        def call(*arguments: Any) -> Any:
            with self:
                return function(*arguments)

        return call


@contextmanager
def kept_global_state() -> Iterator[None]:
    """Leave the process's own random numbers as they were."""
    python = random.getstate()
    bits = get_bit_generator()
    numpy = np.random.get_state(legacy=False)  # noqa: NPY002  the generator users' files draw from
    try:
        yield
    finally:
        random.setstate(python)
        set_bit_generator(bits)
        np.random.set_state(numpy)  # noqa: NPY002
