"""What a car's camera sees of the ground: a pinhole looks at a texture of the track.

A row of the image sees a straight piece of the ground, and equal steps along the row are equal
steps on the ground, because the camera does not roll. So a row costs a few multiplications, and a
pixel two additions and two look-ups: the texel under it, and its colour.

A texel holds no colour but a code of what it is made of. The colours of the codes are a palette,
and every car may have its own.
"""

import math
from typing import NamedTuple

import numpy as np

from racer.kernels._jit import inlined, jit
from racer.kernels.layout import HEADING, Bytes, Floats, Integers, Singles, X, Y
from racer.kernels.looks import EFFECT_SIZE
from racer.kernels.shade import is_shaded, light_of_row, lit

# columns of cameras (n_cars, CAMERA_SIZE) float64: how each car's camera is mounted
CAMERA_X = 0  # ahead of the base link (m)
CAMERA_Y = 1  # left of the base link (m)
CAMERA_HEIGHT = 2  # above the ground (m)
CAMERA_PITCH = 3  # downwards (rad)
CAMERA_YAW = 4  # to the left of the car's heading (rad)
CAMERA_FOV = 5  # horizontal field of view (rad)
CAMERA_SIZE = 6

GROUND = 0
"""The code of ground and nothing else, which lies around every texture."""
SKY = 255
"""The code of what is above the horizon; textures hold smaller ones."""

Row = tuple[int, int, int, int, int, int]

_FAR = 60.0  # the ground beyond is the horizon (m)
_SHARPNESS = 0.75  # side of a texel, in widths of a pixel on the ground: smaller is sharper
_MOST_SAMPLES = 2  # of a pixel, one behind the other: it sees further ahead than across
_BITS = 20  # of the fraction of a texel's coordinate
_ONE = 1 << _BITS


class GroundTextures(NamedTuple):
    """The ground of one or more tracks as textures of codes, each level twice as coarse.

    Track ``t`` has the levels ``t * n_levels`` to ``(t + 1) * n_levels``. Row r, column c of a
    level lies at ``origin + (c + ½, r + ½) * texel`` (m).
    """

    codes: Bytes  # (n_texels,) all levels end to end, row after row
    levels: Integers  # (n_tracks * n_levels, 3) first texel, columns and rows of each level
    texels: Floats  # (n_tracks * n_levels,) side of a texel (m)
    origins: Floats  # (n_tracks, 2) corner of all levels (m)


@jit
def render_ground(
    frames: Bytes,
    first_channel: int,
    cars: Integers,
    eyes: Floats,
    track_index: Integers,
    textures: GroundTextures,
    cameras: Floats,
    palettes: Bytes,
    effects: Floats,
) -> None:
    """Draw what the cameras of some cars see.

    The pinhole looks along its axis; pixel (column u, row v) of W × H looks along
    (u + ½ − W/2, v + ½ − H/2, f) to the right, down and ahead, f = W/2 / tan(field of view / 2)
    (Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 6.1).

    Args:
        frames: (n_cars, n_channels, H, W), the channels from ``first_channel`` are overwritten.
        first_channel: where this picture's channels begin.
        cars: (k,) the cars to draw for.
        eyes: (n_cars, 3 or more) X, Y and HEADING of each car, in these columns: of its state, or
            where it was when its picture was taken.
        track_index: (n_cars,) the track of each car.
        textures: of the tracks.
        cameras: (n_cars or 1, CAMERA_SIZE); one row is everybody's.
        palettes: (n_cars or 1, channels of a picture, 256) the colour of each code.
        effects: (n_cars, EFFECT_SIZE) shadows and texture of the ground; (0, EFFECT_SIZE): none.
    """
    width = frames.shape[3]
    n_levels = textures.levels.shape[0] // textures.origins.shape[0]
    samples = np.empty((palettes.shape[1], _MOST_SAMPLES, width), np.uint8)
    light, none = np.empty(width, np.float32), np.zeros(EFFECT_SIZE)
    has_effects = effects.shape[0] > 0
    for i in cars:
        camera = cameras[i % cameras.shape[0]]
        palette = palettes[i % palettes.shape[0]]
        t = track_index[i]
        _draw(
            frames[i],
            first_channel,
            eyes[i],
            textures.codes,
            textures.levels[t * n_levels : (t + 1) * n_levels],
            textures.texels[t * n_levels : (t + 1) * n_levels],
            textures.origins[t],
            camera,
            palette,
            samples,
            light if has_effects and is_shaded(effects[i]) else light[:0],
            effects[i] if has_effects else none,
        )


@inlined
def look_of(pose: Floats, camera: Floats) -> tuple[float, float, float]:
    """Return where a car's camera is, x and y (m), and in which direction it looks (rad).

    Args:
        pose: X, Y and HEADING of the car, in these columns.
        camera: (CAMERA_SIZE,).
    """
    cos, sin = math.cos(pose[HEADING]), math.sin(pose[HEADING])
    return (
        pose[X] + cos * camera[CAMERA_X] - sin * camera[CAMERA_Y],
        pose[Y] + sin * camera[CAMERA_X] + cos * camera[CAMERA_Y],
        pose[HEADING] + camera[CAMERA_YAW],
    )


@jit
def _draw(
    frame: Bytes,
    first_channel: int,
    eye: Floats,
    texture: Bytes,
    levels: Integers,
    texels: Floats,
    origin: Floats,
    camera: Floats,
    palette: Bytes,
    samples: Bytes,
    light: Singles,
    effect: Floats,
) -> None:
    """Draw one picture; ``samples`` (channels, 2, W) and ``light`` (W or 0,) are used as space."""
    height, width = frame.shape[1], frame.shape[2]
    focal = 0.5 * width / math.tan(0.5 * camera[CAMERA_FOV])
    eye_x, eye_y, look = look_of(eye, camera)
    eye_x, eye_y = eye_x - origin[0], eye_y - origin[1]
    cos, sin = math.cos(look), math.sin(look)
    cos_pitch, sin_pitch = math.cos(camera[CAMERA_PITCH]), math.sin(camera[CAMERA_PITCH])
    above = camera[CAMERA_HEIGHT]
    for v in range(height):
        down_here = (v + 0.5 - 0.5 * height) / focal
        sinking = sin_pitch + down_here * cos_pitch
        if above * (cos_pitch - down_here * sin_pitch) > _FAR * sinking:  # above the horizon
            for c in range(palette.shape[0]):
                frame[first_channel + c, v, :] = palette[c, SKY]
            continue
        level, n_samples = _sampling(texels, above, sinking, focal)
        first, columns, rows = levels[level]
        shrink = 1.0 / texels[level]
        for k in range(n_samples):
            down = (v + (k + 0.5) / n_samples - 0.5 * height) / focal
            slant = above / max(sin_pitch + down * cos_pitch, above / _FAR)
            ahead = slant * (cos_pitch - down * sin_pitch)
            step = slant / focal  # metres a pixel, to the right
            across = step * (0.5 - 0.5 * width)
            where = _row_of_texels(
                (eye_x + cos * ahead + sin * across) * shrink,
                (eye_y + sin * ahead - cos * across) * shrink,
                sin * step * shrink,
                -cos * step * shrink,
                columns,
                rows,
                width,
            )
            for c in range(palette.shape[0]):
                row = frame[first_channel + c, v] if n_samples == 1 else samples[c, k]
                _copy_row(row, texture, first, columns, where, palette[c])
        if n_samples > 1:
            for c in range(palette.shape[0]):
                _average(frame[first_channel + c, v], samples[c])
        if light.shape[0] > 0:
            at = _Row(eye_x, eye_y, cos, sin, above / sinking, cos_pitch - down_here * sin_pitch)
            _light_row(frame[first_channel : first_channel + palette.shape[0], v], light, effect,
                       at, focal, min(sinking, 1.0))  # fmt: skip


class _Row(NamedTuple):
    """Where a row of pixels looks at the ground."""

    eye_x: float  # the camera (m)
    eye_y: float  # (m)
    cos: float  # of its direction
    sin: float
    slant: float  # to the ground below the camera's axis, along the axis (m)
    ahead: float  # along the ground per slant


@inlined
def _light_row(
    pixels: Bytes, light: Singles, effect: Floats, at: _Row, focal: float, slope: float
) -> None:
    """Multiply a row of pixels (channels, W) by the light on the ground.

    Args:
        pixels: changed in place.
        light: (W,) space.
        effect: (EFFECT_SIZE,).
        at: where the row looks.
        focal: of the camera (pixels).
        slope: at which the ground is seen, 1 from above.
    """
    step = at.slant / focal
    ahead, across = at.slant * at.ahead, step * (0.5 - 0.5 * light.shape[0])
    x = at.eye_x + at.cos * ahead + at.sin * across
    y = at.eye_y + at.sin * ahead - at.cos * across
    light_of_row(light, effect, x, y, at.sin * step, -at.cos * step, step / slope)
    for c in range(pixels.shape[0]):
        lit(pixels[c], light)


@inlined
def _sampling(texels: Floats, above: float, sinking: float, focal: float) -> tuple[int, int]:
    """Return the level of the texture that a row of pixels looks at, and how often it does.

    A pixel is ``across`` wide on the ground, and ``along`` long: longer by the slope at which it is
    seen. Texels as wide as the pixel, looked at several times along it, are its average.
    """
    across = above / (sinking * focal)
    along = across / min(sinking, 1.0)
    level = 0
    wanted = max(_SHARPNESS * across, along / (2.0 * _MOST_SAMPLES))
    while level + 1 < texels.shape[0] and texels[level + 1] <= 1.414 * wanted:
        level += 1
    ratio = along / (1.5 * max(texels[level], across))
    return level, 1 if ratio < 1.5 else _MOST_SAMPLES


@inlined
def _row_of_texels(
    at_x: float, at_y: float, step_x: float, step_y: float, columns: int, rows: int, n: int
) -> Row:
    """Return where a row of ``n`` pixels is in a texture.

    Args:
        at_x: under the first pixel (texels).
        at_y: under the first pixel (texels).
        step_x: from one pixel to the next (texels).
        step_y: from one pixel to the next (texels).
        columns: of the texture.
        rows: of the texture.
        n: pixels.

    Returns:
        The first pixel in the texture and the end of them; x and y under that pixel, and the steps
        to the next, in parts of a texel.
    """
    first_x, end_x = _within(at_x, step_x, columns, n)
    first_y, end_y = _within(at_y, step_y, rows, n)
    first = max(first_x, first_y)
    end = max(min(end_x, end_y), first)
    return (
        first,
        end,
        int((at_x + first * step_x) * _ONE),
        int((at_y + first * step_y) * _ONE),
        int(step_x * _ONE),
        int(step_y * _ONE),
    )


@inlined
def _copy_row(
    pixels: Bytes, texture: Bytes, start: int, columns: int, row: Row, palette: Bytes
) -> None:
    """Write the colours under a row of pixels; beyond its edges a texture is all ground.

    Args:
        pixels: (W,), overwritten.
        texture: (n_texels,) codes.
        start: where the level begins in it.
        columns: of the level.
        row: as ``_row_of_texels`` returns it.
        palette: (256,) the colour of each code.
    """
    first, end, x, y, dx, dy = row
    ground = palette[GROUND]
    pixels[:first] = ground
    pixels[end:] = ground
    for u in range(first, end):
        # an index that may be negative would be tested before each look-up
        at = np.uint64(start + (y >> _BITS) * columns + (x >> _BITS))
        pixels[u] = palette[texture[at]]
        x += dx
        y += dy


@inlined
def _within(at: float, step: float, size: int, n: int) -> tuple[int, int]:
    """Return the pixels of a row that lie in a texture, one texel from its edges: first and end."""
    low, high = 1.0, size - 2.0
    if abs(step) * n < 1e-6:
        return (0, n) if low <= at < high else (0, 0)
    first, last = (low - at) / step, (high - at) / step
    if first > last:
        first, last = last, first
    return math.ceil(min(max(first, 0.0), n)), math.ceil(min(max(last, 0.0), n))


@inlined
def _average(pixels: Bytes, samples: Bytes) -> None:
    """Write the means of two samples (2, W), rounded."""
    one = np.uint16(1)
    for u in range(pixels.shape[0]):
        both = np.uint16(np.uint16(samples[0, u]) + np.uint16(samples[1, u]))
        pixels[u] = np.uint8(np.uint16(both + one) >> one)
