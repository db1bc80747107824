"""Light on the ground: bands of shadow and a spotty texture, fixed to the world.

Both are patterns that repeat, looked up at steps of one pixel along a row of the image. Where a
pixel is longer than a spot or a shadow they fade to their mean, as they would in its average.
"""

import math

import numpy as np

from racer.kernels import looks
from racer.kernels._jit import inlined
from racer.kernels.layout import Bytes, Floats, Singles

SPOTS = 8.0
"""A spot is so many texels of the pattern wide."""

_SIDE_BITS = 7
_SIDE = 1 << _SIDE_BITS  # texels of the texture's pattern, each way
_BITS = 16  # of the fraction of a coordinate
_ONE = 1 << _BITS
_STEPS = 256  # of a period of the shadows
_DARK = 0.4  # share of a period that is in shadow
_SOFT = 0.08  # share of a period in which a shadow begins, and ends
_FADING = 0.25  # a pixel as long as this share of a period sees less of the shadows


def _spots() -> Singles:
    """Return a smooth pattern that repeats: (_SIDE²,), mean 0, standard deviation 1."""
    noise = np.random.default_rng(20181128).normal(size=(_SIDE, _SIDE))
    for axis in (0, 1):
        for shift in (1, 2, 4):  # a running mean of eight texels
            noise = noise + np.roll(noise, shift, axis)
    flat = np.clip((noise - noise.mean()) / noise.std(), -2.5, 2.5)
    return flat.astype(np.float32).ravel()


def _bands() -> Singles:
    """Return how much of a shadow is at each step of a period: (_STEPS,), 0 to 1."""
    at = np.arange(_STEPS) / _STEPS
    profile = np.clip(np.minimum(at, _DARK - at) / _SOFT, 0.0, 1.0)
    return profile.astype(np.float32)


_TEXTURE = _spots()
_SHADOW = _bands()
_MEAN_SHADOW = np.float32(_bands().mean())


@inlined
def is_shaded(effect: Floats) -> bool:
    """Whether there are shadows or a texture among the effects (EFFECT_SIZE,) of a car."""
    return effect[looks.SHADOW_DEPTH] != 0.0 or effect[looks.TEXTURE_DEPTH] != 0.0


@inlined
def light_of_row(
    light: Singles, effect: Floats, x: float, y: float, step_x: float, step_y: float, along: float
) -> None:
    """Write how much light there is on the ground under a row of pixels, two by two the same.

    Args:
        light: (W,) overwritten; 1 is as without shadows and texture.
        effect: (EFFECT_SIZE,).
        x: of the ground under the first pixel's middle (m).
        y: likewise (m).
        step_x: from one pixel to the next (m).
        step_y: likewise (m).
        along: how long a pixel is on the ground, away from the camera (m).
    """
    per_metre = SPOTS / effect[looks.TEXTURE_SPOT]
    fine = min(1.0, effect[looks.TEXTURE_SPOT] / (2.0 * along))
    depth = np.float32(effect[looks.TEXTURE_DEPTH] * fine)
    tx = int((x * per_metre + effect[looks.TEXTURE_X] * _SIDE) * _ONE)
    ty = int((y * per_metre + effect[looks.TEXTURE_Y] * _SIDE) * _ONE)
    dtx, dty = int(2.0 * step_x * per_metre * _ONE), int(2.0 * step_y * per_metre * _ONE)

    direction = effect[looks.SHADOW_DIRECTION]
    cos, sin = math.cos(direction), math.sin(direction)
    per_period = _STEPS / effect[looks.SHADOW_PERIOD]
    at = int(((x * cos + y * sin) * per_period + effect[looks.SHADOW_PHASE] * _STEPS) * _ONE)
    step = int(2.0 * (step_x * cos + step_y * sin) * per_period * _ONE)
    sharp = np.float32(min(1.0, _FADING * effect[looks.SHADOW_PERIOD] / along))
    dark = np.float32(effect[looks.SHADOW_DEPTH])
    mean = _MEAN_SHADOW * (np.float32(1.0) - sharp)
    one = np.float32(1.0)
    last = light.shape[0] - 1
    for u in range(0, last + 1, 2):
        texel = np.uint64((((ty >> _BITS) & (_SIDE - 1)) << _SIDE_BITS) + (tx >> _BITS & _SIDE - 1))
        band = np.uint64((at >> _BITS) & (_STEPS - 1))
        lit = one - dark * (mean + sharp * _SHADOW[band])
        light[u] = light[min(u + 1, last)] = max(
            lit * (one + depth * _TEXTURE[texel]), np.float32(0.0)
        )
        tx += dtx
        ty += dty
        at += step


@inlined
def lit(pixels: Bytes, light: Singles) -> None:
    """Multiply a row of pixels (W,) by its light (W,), in place."""
    half, most = np.float32(0.5), np.float32(255.0)
    for u in range(pixels.shape[0]):
        pixels[u] = np.uint8(min(np.float32(pixels[u]) * light[u] + half, most))
