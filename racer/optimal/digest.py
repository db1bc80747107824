"""Digests of what a computed lap belongs to: a track, a car, and the car's equations."""

import hashlib

import numpy as np

from racer.kernels.layout import VehicleParams
from racer.kernels.vehicle import EQUATIONS
from racer.track import Track

_PER_METRE = 10_000  # coordinates are compared to a tenth of a millimetre
_OFFSET = 0.2371  # no drawn coordinate lies where this rounding changes: machines agree


def track_digest(track: Track) -> str:
    """Return a digest of a track's lines in the order they are driven."""
    digest = hashlib.sha256()
    for line in (track.center, track.inner, track.outer):
        digest.update(np.floor(line * _PER_METRE + _OFFSET).astype(np.int64).tobytes())
        digest.update(b"|")
    return digest.hexdigest()[:16]


def car_digest(car: VehicleParams) -> str:
    """Return a digest of a car's parameters and of the version of its equations."""
    values = " ".join(f"{value:.9g}" for value in car)
    return hashlib.sha256(f"{EQUATIONS} {values}".encode()).hexdigest()[:16]
