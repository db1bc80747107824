"""The ground of a track as a texture: what the camera looks at.

A texel holds a code of its mix of materials: how many ninths of it are road, white border and
orange dash; the rest is ground. So thin lines fade where texels grow, and colours are chosen later.
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from racer.kernels.camera import SKY, GroundTextures
from racer.kernels.layout import Bytes, Floats
from racer.track import Track
from racer.track.arrays import road_polygon

_GROUND, _ROAD, _BORDER, _DASH = range(4)
"""What the ground is made of; the sky is not of it."""

BORDER_WIDTH = 0.05
"""Width of the white lines, on the road along its borders (m)."""
DASH_WIDTH = 0.03
"""Width of the dashes of the centre line (m)."""
DASH_LENGTH = 0.15
"""Length of a dash, and about that of the gap after it (m)."""

_PARTS = 9  # a texel is mixed of so many equal parts
_MARGIN = 1.0  # ground around the road (m)
_MAX_TEXELS = 3_000_000  # of the finest level of a track
_N_LEVELS = 7


def _mixtures() -> NDArray[np.int64]:
    """Return every mix as parts of each material, (n_codes, 4): code by code."""
    parts = [
        (_PARTS - road - border - dash, road, border, dash)
        for road in range(_PARTS + 1)
        for border in range(_PARTS + 1 - road)
        for dash in range(_PARTS + 1 - road - border)
    ]
    return np.array(parts, np.int64)


MIXTURES: NDArray[np.int64] = _mixtures()
"""(n_codes, 4) ninths of each material, code by code."""

_CODES = np.zeros((_PARTS + 1) ** 3, np.uint8)
_CODES[np.cumsum(MIXTURES[:, 1:], axis=1) @ [(_PARTS + 1) ** 2, _PARTS + 1, 1]] = np.arange(
    len(MIXTURES)
)


def make_palette(colors: Floats, sky: Floats) -> Bytes:
    """Return the colour of every code: the mean of the colours of what it is made of.

    Args:
        colors: (..., 4, channels) colour of each of ``MATERIALS``, 0 to 255.
        sky: (..., channels).

    Returns:
        (..., channels, 256).
    """
    mixed = np.moveaxis((MIXTURES / _PARTS) @ colors, -1, -2)
    palette = np.zeros((*mixed.shape[:-1], 256), np.uint8)
    palette[..., : len(MIXTURES)] = np.clip(np.rint(mixed), 0, 255)
    palette[..., SKY] = np.clip(np.rint(sky), 0, 255)
    return palette


@lru_cache(maxsize=8)
def ground_textures(tracks: tuple[Track, ...], texel: float) -> GroundTextures:
    """Return the textures of some tracks.

    Args:
        tracks: at least one.
        texel: side of a texel of the finest level (m); more for a track that is too large.
    """
    parts = [_texture(track, texel) for track in tracks]
    levels, n_texels = [], 0
    for codes, level, *_ in parts:
        levels.append(level + np.array([n_texels, 0, 0]))
        n_texels += len(codes)
    textures = GroundTextures(
        codes=np.concatenate([codes for codes, *_ in parts]),
        levels=np.concatenate(levels),
        texels=np.concatenate([texels for _, _, texels, _ in parts]),
        origins=np.stack([origin for *_, origin in parts]),
    )
    for array in textures:
        array.setflags(write=False)
    return textures


@lru_cache(maxsize=64)
def _texture(track: Track, texel: float) -> tuple[Bytes, NDArray[np.int64], Floats, Floats]:
    """Return the codes of all levels of a track, where they lie, their texels, and the corner."""
    lines = np.concatenate((track.inner, track.outer))
    low, high = lines.min(axis=0) - _MARGIN, lines.max(axis=0) + _MARGIN
    size = high - low
    texel = max(texel, float(np.sqrt(size.prod() / _MAX_TEXELS)))
    block = 2 ** (_N_LEVELS - 1)
    columns, rows = (int(-(-side // (texel * block))) * block for side in size)
    drawn = _draw(track, low, texel / 2, columns * 2, rows * 2)
    is_part = np.stack([drawn == _ROAD, (drawn == _ROAD) | (drawn == _BORDER), drawn != _GROUND])
    sums = _halved(is_part.astype(np.uint16))
    codes, levels, first = [], [], 0
    for k in range(_N_LEVELS):
        codes.append(_coded(sums, 4 ** (k + 1)).ravel())
        levels.append((first, sums.shape[2], sums.shape[1]))
        first += codes[-1].size
        if k + 1 < _N_LEVELS:
            sums = _halved(sums)
    texels = np.array([texel * 2.0**k for k in range(_N_LEVELS)])
    return np.concatenate(codes), np.array(levels, np.int64), texels, np.array(low, np.float64)


def _draw(track: Track, corner: Floats, texel: float, columns: int, rows: int) -> Bytes:
    """Return the number of the material of each texel, (rows, columns), row 0 at the lowest y."""
    image = Image.new("L", (columns, rows), 0)
    pen = ImageDraw.Draw(image)

    def fill(rings: Iterable[Floats], material: int) -> None:
        for ring in rings:
            # ``Image`` fills what an outline touches: half a pixel beyond it all around
            for part in _polygons(shapely.Polygon(ring).buffer(-0.5 * texel)):
                points = shapely.get_coordinates(part.exterior)
                pixels = ((points - corner) / texel - 0.5).tolist()  # whole in a pixel's middle
                pen.polygon([(x, y) for x, y in pixels], fill=material)

    road = shapely.make_valid(road_polygon(track.inner, track.outer, is_loop=track.is_loop))
    parts, between = _polygons(road), _polygons(road.buffer(-BORDER_WIDTH))
    fill((_points(part.exterior) for part in parts), _BORDER)
    fill((_points(part.exterior) for part in between), _ROAD)
    fill((_points(hole) for part in between for hole in part.interiors), _BORDER)
    fill((_points(hole) for part in parts for hole in part.interiors), _GROUND)
    fill(_dashes(track), _DASH)
    return np.asarray(image)


def _polygons(shape: shapely.Geometry) -> list[shapely.Polygon]:
    """Return the polygons of a shape that may hold other things too."""
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]


def _points(ring: shapely.LinearRing) -> Floats:
    """Return the points of a ring, (n, 2)."""
    points: Floats = shapely.get_coordinates(ring)
    return points


def _dashes(track: Track) -> list[Floats]:
    """Return the outlines of the dashes of the centre line, each (n, 2) (m)."""
    n = max(round(track.length / (2.0 * DASH_LENGTH)), 1)
    period = track.length / n
    outlines = []
    for k in range(n):
        s = k * period + np.linspace(0.0, DASH_LENGTH, 4)
        left = track.position(s, 0.5 * DASH_WIDTH)
        right = track.position(s[::-1], -0.5 * DASH_WIDTH)
        outlines.append(np.concatenate((left, right)))
    return outlines


def _halved(shares: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the sums of blocks of 2 × 2 of the last two axes."""
    wide = shares[..., ::2, :] + shares[..., 1::2, :]
    return wide[..., ::2] + wide[..., 1::2]


def _coded(sums: NDArray[np.uint16], n_samples: int) -> Bytes:
    """Return the codes of texels.

    Args:
        sums: (3, rows, columns) how many samples of a texel are of road, of road or border, and of
            road, border or dash. Sums are rounded to parts, not shares, so that the parts of a
            texel never exceed the whole.
        n_samples: of a texel.
    """
    parts = np.rint(np.arange(n_samples + 1) * (_PARTS / n_samples)).astype(np.uint16)
    base = _PARTS + 1
    return _CODES[(parts[sums[0]] * base + parts[sums[1]]) * base + parts[sums[2]]]
