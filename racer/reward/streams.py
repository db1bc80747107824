"""Gives each car its own stream of Python's and numpy's global random numbers.

Reward functions may call ``random.random()`` or ``numpy.random.rand()``. These generators belong to
the process; with many cars in it a car would get other numbers than alone. So the state of both is
exchanged before and after each call.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class RandomStream:
    """The state of both global generators for one car: a context in which they are the car's."""

    def __init__(self, seed: int, car: int) -> None:
        """Begin the stream of a car.

        Args:
            seed: not negative.
            car: index of the car; the stream depends on nothing else.
        """
        self._python = random.Random(f"reward {seed} {car}").getstate()
        bits = np.random.MT19937(np.random.SeedSequence([seed, car]))
        self._numpy: Any = {**bits.state, "has_gauss": 0, "gauss": 0.0}

    def __enter__(self) -> None:
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002  the generator that users' files draw from

    def __exit__(self, *_: object) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state(legacy=False)  # noqa: NPY002

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, called with this stream."""

        def call(*arguments: Any) -> Any:
            with self:
                return function(*arguments)

        return call


@contextmanager
def kept_global_state() -> Iterator[None]:
    """Leave the process's own random numbers as they were."""
    python, numpy = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
