"""Observations of many cars: one array, or a dict of arrays where several sensors observe."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Observations = NDArray[Any] | dict[str, NDArray[Any]]
"""A batch of observations, first axis the cars."""


def each(function: Callable[[Any], Any], observations: Any) -> Any:
    """Return what a function makes of the array, or of each array of a dict."""
    if isinstance(observations, dict):
        return {name: function(array) for name, array in observations.items()}
    return function(observations)


def copied(observations: Any) -> Any:
    """Return a copy of observations."""
    return each(np.array, observations)


def row_of(observations: Observations, i: int) -> Any:
    """Return a copy of the observation of car i."""
    return each(lambda array: array[i].copy(), observations)
