"""Batches of observations, which are one array (or tensor), or a dict of them for a Dict space."""

from typing import Any

import numpy as np

from racer.sensors.observations import Observations, each

MAX_FORWARD = 8192
"""Steps that pass through a network at once; more would only cost memory, above all of images."""


def rows(observations: Any, chosen: Any) -> Any:
    """Return some rows of a batch.

    Args:
        observations: (N, ...) array or tensor, or a dict of them.
        chosen: a slice, or indices; of an array, indices give a copy.
    """
    return each(lambda values: values[chosen], observations)


def n_rows(observations: Any) -> int:
    """Return the number of rows of a batch."""
    if isinstance(observations, dict):
        return len(next(iter(observations.values())))
    return len(observations)


def stack(observations: list[Any]) -> Observations:
    """Return single observations as one batch."""
    if isinstance(observations[0], dict):
        return {key: np.stack([obs[key] for obs in observations]) for key in observations[0]}
    return np.stack(observations)


def concatenate(batches: list[Any]) -> Observations:
    """Return several batches of arrays as one."""
    if isinstance(batches[0], dict):
        return {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0]}
    return np.concatenate(batches)


def parts(n: int) -> list[slice]:
    """Return slices that cover n rows, each at most ``MAX_FORWARD`` long."""
    return [slice(start, start + MAX_FORWARD) for start in range(0, n, MAX_FORWARD)]
