"""The sensor ``camera``: what the DeepRacer's front camera sees, as small grey or RGB pictures."""

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from racer import defaults
from racer.errors import ConfigError
from racer.kernels import layout
from racer.kernels.camera import (
    CAMERA_FOV,
    CAMERA_HEIGHT,
    CAMERA_PITCH,
    CAMERA_SIZE,
    CAMERA_X,
    render_ground,
)
from racer.kernels.layout import Bytes, Floats, Integers
from racer.kernels.lens import expose
from racer.kernels.looks import EFFECT_SIZE
from racer.kernels.things import draw_things
from racer.sensors.base import View
from racer.sensors.ground import ground_textures, make_palette

LUMINANCE = (0.2989, 0.587, 0.114)
"""What red, green and blue add to grey, as in the real simulator."""

COLORS = {
    "ground": (96, 132, 84),
    "road": (58, 60, 64),
    "border": (235, 235, 235),
    "dash": (240, 150, 30),
    "sky": (178, 200, 222),
}
"""RGB of what there is to see, 0 to 255."""

MIN_SIDE, MAX_SIDE = 16, 640
"""Shortest and longest side of a picture (pixels); the real camera's is 640."""

_TEXEL = 0.6  # finest texel (m), times pixels a row: half a pixel's width at the lower edge


@dataclass(frozen=True)
class CameraSensor:
    """A pinhole at the real camera's place; each size shows the same view, averaged over pixels.

    DeepRacer's camera: 1.13 rad (64.7°) wide, 0.1453 m ahead of the base link, 0.1303 m above the
    ground, 15° down (its URDF and ``cameras/frustum.py``). The model sees 160×120 grey pictures.
    """

    width: int = defaults.IMAGE_SIZE[0]
    """(pixels)"""
    height: int = defaults.IMAGE_SIZE[1]
    """(pixels); pixels are square, so that another shape shows more or less sky and ground."""
    rgb: bool = False
    """Three colours in place of grey."""
    stack: int = 1
    """How many pictures, the oldest first; at a start all are the first."""

    def __post_init__(self) -> None:
        for name, low, high, unit in (
            ("width", MIN_SIDE, MAX_SIDE, "pixels"),
            ("height", MIN_SIDE, MAX_SIDE, "pixels"),
            ("stack", 1, 4, "pictures"),
        ):
            value: object = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ConfigError(f"camera: {name}: expected {low} to {high} {unit}, got {value!r}")
        if type(self.rgb) is not bool:
            raise ConfigError(f"camera: rgb: expected true or false, got {self.rgb!r}")

    @property
    def name(self) -> str:
        """The word that ``--observe`` takes."""
        return "camera"

    @property
    def n_channels(self) -> int:
        """Channels of one picture: 1 grey, or 3."""
        return 3 if self.rgb else 1

    def space(self) -> gym.spaces.Box:
        """Return Box(0, 255, (stack·channels, height, width), uint8)."""
        return gym.spaces.Box(0, 255, self._shape, np.uint8)

    def allocate(self, n_cars: int) -> Bytes:
        """Return zeros of shape (n_cars, stack·channels, height, width)."""
        return np.zeros((n_cars, *self._shape), np.uint8)

    def observe(self, view: View, cars: Integers, out: NDArray[Any]) -> None:
        """Write the pictures of the listed cars, except frozen ones."""
        newest = (self.stack - 1) * self.n_channels
        moved = cars[view.state[cars, layout.ACTIVE] != 0.0]
        if newest:
            out[moved, :newest] = out[moved, self.n_channels :]
        self._take(view, moved, out, newest)
        if newest:
            # the prepare step is the only one at which a car has made one step
            begun = cars[view.state[cars, layout.STEPS] == 1.0]
            pictures = out.reshape(len(out), self.stack, self.n_channels, *out.shape[2:])
            pictures[begun, :-1] = pictures[begun, -1:]

    def _take(self, view: View, cars: Integers, out: Bytes, newest: int) -> None:
        """Write the pictures that some cars see now, from the channel ``newest`` on."""
        looks = view.looks
        textures = ground_textures(view.roads, _TEXEL / self.width)
        if looks is None:
            palettes = _RGB if self.rgb else _GREY
            render_ground(
                out, newest, cars, view.state, view.track_index, textures, MOUNTING, palettes,
                _NO_EFFECTS,
            )  # fmt: skip
            return
        palettes = looks.rgb if self.rgb else looks.grey
        colors = looks.things_rgb if self.rgb else looks.things_grey
        eyes, cameras = looks.eyes, looks.cameras
        render_ground(
            out, newest, cars, eyes, view.track_index, textures, cameras, palettes, looks.effects
        )
        draw_things(out, newest, cars, eyes, cameras, looks.things, colors)
        expose(out, newest, self.n_channels, cars, looks.effects, looks.seeds)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {
            "sensor": self.name,
            "width": self.width,
            "height": self.height,
            "rgb": self.rgb,
            "stack": self.stack,
        }

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.stack * self.n_channels, self.height, self.width


def _mounting() -> Floats:
    """Return the real camera's place: (1, CAMERA_SIZE), everybody's."""
    place = np.zeros((1, CAMERA_SIZE))
    place[0, CAMERA_X] = 0.14529
    place[0, CAMERA_HEIGHT] = 0.13033
    place[0, CAMERA_PITCH] = 0.2618
    place[0, CAMERA_FOV] = 1.13
    return place


MOUNTING: Floats = _mounting()
"""(1, CAMERA_SIZE) where the camera is, columns as in ``racer.kernels.camera``."""


def palette_of(colors: dict[str, tuple[int, int, int]], *, rgb: bool) -> Bytes:
    """Return a palette for what there is to see.

    Args:
        colors: as ``COLORS``.
        rgb: three channels; else their grey.

    Returns:
        (channels, 256).
    """
    return palettes_of(np.array(list(colors.values()), np.float64), rgb=rgb)


def palettes_of(colors: Floats, *, rgb: bool) -> Bytes:
    """Return a palette for each row of colours.

    Args:
        colors: (..., 5, 3) in the order of ``COLORS``.
        rgb: three channels; else their grey.

    Returns:
        (..., channels, 256).
    """
    seen = colors if rgb else colors @ np.array(LUMINANCE)[:, np.newaxis]
    return make_palette(seen[..., :-1, :], seen[..., -1, :])


_NO_EFFECTS: Floats = np.zeros((0, EFFECT_SIZE))
_RGB: Bytes = palette_of(COLORS, rgb=True)[np.newaxis]
_GREY: Bytes = palette_of(COLORS, rgb=False)[np.newaxis]
