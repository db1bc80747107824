"""What camera and light do to a whole picture: a gradient of light, blur, and noise."""

import math

import numpy as np

from racer.kernels import looks
from racer.kernels._jit import inlined, jit
from racer.kernels.layout import Bytes, Floats, Integers, Singles

NOISE_BITS = 16
"""Pictures begin at one of 2 ** NOISE_BITS places of the table of noise."""

_MOST_PASSES = 12
_NOISE: Singles = (
    np.random.default_rng(20181129).normal(size=(1 << NOISE_BITS) + 1024).astype(np.float32)
)


@jit
def expose(
    frames: Bytes, first_channel: int, n_channels: int, cars: Integers, effects: Floats,
    seeds: Integers,
) -> None:  # fmt: skip
    """Spoil the pictures of some cars: blur them, then light them unevenly, then add noise.

    Args:
        frames: (n_cars, n_channels, H, W) with H, W up to 1024; some channels are changed in place.
        first_channel: where the pictures' channels begin.
        n_channels: of a picture.
        cars: (k,) the cars.
        effects: (n_cars, EFFECT_SIZE).
        seeds: (n_cars,) of the noise, in [0, 2 ** NOISE_BITS): equal ones give equal noise.
    """
    height, width = frames.shape[2], frames.shape[3]
    above, current = np.empty(width, np.uint8), np.empty(width, np.uint8)
    columns = np.empty(width, np.float32)
    for i in cars:
        effect = effects[i]
        variance = (effect[looks.BLUR] * width) ** 2
        slope_x, slope_y = effect[looks.GRADIENT_X], effect[looks.GRADIENT_Y]
        is_uneven = slope_x != 0.0 or slope_y != 0.0 or effect[looks.NOISE] != 0.0
        for u in range(width):
            columns[u] = np.float32(slope_x * ((2 * u + 1) / width - 1.0))
        place = seeds[i]
        for c in range(first_channel, first_channel + n_channels):
            if variance > 1e-4:
                _blur(frames[i, c], variance, above, current)
            if not is_uneven:
                continue
            for v in range(height):
                # the multiplier and increment of Knuth's MMIX would not fit: those of Numerical
                # Recipes (Press et al., 3rd edition, section 7.1, "ranqd1")
                place = (place * 1664525 + 1013904223) & 0xFFFFFFFF
                base = np.float32(1.0 + slope_y * ((2 * v + 1) / height - 1.0))
                first = place >> (32 - NOISE_BITS)
                noise = _NOISE[first : first + width]
                _expose_row(frames[i, c, v], columns, base, noise, np.float32(effect[looks.NOISE]))


@inlined
def _expose_row(
    pixels: Bytes, columns: Singles, base: np.float32, noise: Singles, deviation: np.float32
) -> None:
    """Multiply a row of pixels (W,) by its light, and add noise, in place."""
    none, half, most = np.float32(0.0), np.float32(0.5), np.float32(255.0)
    for u in range(pixels.shape[0]):
        light = max(base + columns[u], none)
        value = np.float32(pixels[u]) * light + noise[u] * deviation + half
        pixels[u] = np.uint8(min(max(value, none), most))


@jit
def _blur(picture: Bytes, variance: float, above: Bytes, current: Bytes) -> None:
    """Spread each pixel of a picture (H, W) over its neighbours, as a Gaussian does.

    One pass mixes (w, 1 − 2w, w), which has the variance 2w, across and along; wider ones are
    several passes, whose variances add up.

    Args:
        picture: changed in place.
        variance: of the spread, each way (pixels²).
        above: (W,) space.
        current: (W,) space.
    """
    n_passes = min(math.ceil(1.5 * variance), _MOST_PASSES)
    side = np.float32(min(0.5 * variance / n_passes, 1.0 / 3.0))
    height = picture.shape[0]
    for _ in range(n_passes):
        for v in range(height):
            _mix(picture[v], current, side)
        _copy(picture[0], above)
        for v in range(height):
            _mix_rows(picture[v], above, picture[min(v + 1, height - 1)], side)


@inlined
def _mix(row: Bytes, copy: Bytes, side: np.float32) -> None:
    """Mix each pixel of a row (W,) with its neighbours; ``copy`` (W,) is space."""
    _copy(row, copy)
    middle, half = np.float32(1.0) - side - side, np.float32(0.5)
    last = row.shape[0] - 1
    for u in range(1, last):
        beside = np.float32(copy[u - 1]) + np.float32(copy[u + 1])
        row[u] = np.uint8(middle * np.float32(copy[u]) + side * beside + half)
    keep = np.float32(1.0) - side  # beyond the edges there is what is on them
    row[0] = np.uint8(keep * np.float32(copy[0]) + side * np.float32(copy[1]) + half)
    row[last] = np.uint8(keep * np.float32(copy[last]) + side * np.float32(copy[last - 1]) + half)


@inlined
def _mix_rows(row: Bytes, above: Bytes, below: Bytes, side: np.float32) -> None:
    """Mix a row of pixels (W,) with the ones above and below it; ``above`` becomes what it was."""
    middle, half = np.float32(1.0) - side - side, np.float32(0.5)
    for u in range(row.shape[0]):
        here = row[u]
        beside = np.float32(above[u]) + np.float32(below[u])
        row[u] = np.uint8(middle * np.float32(here) + side * beside + half)
        above[u] = here


@inlined
def _copy(row: Bytes, copy: Bytes) -> None:
    """Copy a row of pixels (W,): a loop is faster here than an assignment to a slice."""
    for u in range(row.shape[0]):
        copy[u] = row[u]
