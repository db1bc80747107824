"""From what an episode drew to what its car is like and what its camera shows."""

from typing import Any

import numpy as np

from racer.env.factors import COLUMNS, MAX_LATENCY
from racer.kernels import layout, looks
from racer.kernels.camera import (
    CAMERA_HEIGHT,
    CAMERA_PITCH,
    CAMERA_SIZE,
    CAMERA_X,
    CAMERA_Y,
    CAMERA_YAW,
)
from racer.kernels.layout import Floats, Integers, TrackArrays, VehicleParams
from racer.kernels.lens import NOISE_BITS
from racer.kernels.random import Words, stream_keys, uniforms
from racer.kernels.things import place_things
from racer.sensors import Looks
from racer.sensors.camera import COLORS, LUMINANCE, MOUNTING, palettes_of

MAX_LOST = 4
"""So many pictures in a row get lost at most."""

_N_PAST = MAX_LATENCY + MAX_LOST + 1  # poses kept of each car
_THINGS = 0x5448494E  # keeps the streams of things apart from others of the same seed
_FRAMES = 0x4652414D  # and those of single pictures

_FIELDS = VehicleParams._fields
_COLUMN = {name: k for k, name in enumerate(COLUMNS)}
_CAMERA = {
    "camera_height": CAMERA_HEIGHT,
    "camera_x": CAMERA_X,
    "camera_y": CAMERA_Y,
    "camera_pitch": CAMERA_PITCH,
    "camera_yaw": CAMERA_YAW,
}
_EFFECTS = {
    "gradient_x": looks.GRADIENT_X,
    "gradient_y": looks.GRADIENT_Y,
    "shadow_depth": looks.SHADOW_DEPTH,
    "shadow_period": looks.SHADOW_PERIOD,
    "shadow_direction": looks.SHADOW_DIRECTION,
    "shadow_phase": looks.SHADOW_PHASE,
    "texture_depth": looks.TEXTURE_DEPTH,
    "texture_spot": looks.TEXTURE_SPOT,
    "texture_x": looks.TEXTURE_X,
    "texture_y": looks.TEXTURE_Y,
    "noise": looks.NOISE,
    "blur": looks.BLUR,
}


def vehicles_of(base: VehicleParams, drawn: Floats) -> Floats:
    """Return the parameters of each car, (n, n_params), of what was drawn (n, len(COLUMNS))."""
    rows = np.tile(np.asarray(base, np.float64), (len(drawn), 1))
    rows[:, _FIELDS.index("curvature_gain")] *= drawn[:, _COLUMN["steering_gain"]]
    rows[:, _FIELDS.index("steering_bias")] += drawn[:, _COLUMN["steering_bias"]]
    rows[:, _FIELDS.index("speed_gain")] *= drawn[:, _COLUMN["speed_gain"]]
    rows[:, _FIELDS.index("grip")] *= drawn[:, _COLUMN["grip"]]
    return rows


def cameras_of(drawn: Floats) -> Floats:
    """Return where each car's camera is, (n, CAMERA_SIZE)."""
    rows = np.tile(MOUNTING[0], (len(drawn), 1))
    rows[:, list(_CAMERA.values())] += drawn[:, [_COLUMN[name] for name in _CAMERA]]
    return rows


def effects_of(drawn: Floats) -> Floats:
    """Return light, texture, blur and noise of each car, (n, EFFECT_SIZE)."""
    rows = np.zeros((len(drawn), looks.EFFECT_SIZE))
    rows[:, list(_EFFECTS.values())] = drawn[:, [_COLUMN[name] for name in _EFFECTS]]
    return rows


def colors_of(drawn: Floats) -> Floats:
    """Return the colours that each car sees, (n, 5, 3), in the order of ``COLORS``."""
    moves = [[_COLUMN[f"{name}_{part}"] for part in ("red", "green", "blue")] for name in COLORS]
    return toned(np.array(list(COLORS.values()), np.float64) + drawn[:, moves], drawn)


def toned(colors: Floats, drawn: Floats) -> Floats:
    """Return colours (n, m, 3) in the contrast and brightness of each car, 0 to 255."""
    contrast = drawn[:, _COLUMN["contrast"], np.newaxis, np.newaxis]
    brightness = drawn[:, _COLUMN["brightness"], np.newaxis, np.newaxis]
    toned: Floats = np.clip((128.0 + contrast * (colors - 128.0)) * brightness, 0.0, 255.0)
    return toned


class CarLooks:
    """What the cameras of a world's cars show, episode by episode and picture by picture.

    Attributes:
        looks: what the sensors read; written in place.
        past: (n_cars, …, 3) the last poses of each car, by the number of the step: pictures that
            arrive late were taken there. The only part that does not follow from the draws.
    """

    def __init__(self, n_cars: int) -> None:
        n = looks.MAX_THINGS
        self.looks = Looks(
            cameras=np.zeros((n_cars, CAMERA_SIZE)),
            grey=np.zeros((n_cars, 1, 256), np.uint8),
            rgb=np.zeros((n_cars, 3, 256), np.uint8),
            effects=np.zeros((n_cars, looks.EFFECT_SIZE)),
            things=np.zeros((n_cars, n, looks.THING_SIZE)),
            things_grey=np.zeros((n_cars, n, 1), np.uint8),
            things_rgb=np.zeros((n_cars, n, 3), np.uint8),
            eyes=np.zeros((n_cars, 3)),
            seeds=np.zeros(n_cars, np.int64),
        )
        self.past = np.zeros((n_cars, _N_PAST, 3))
        self._frame_keys = np.zeros(n_cars, np.uint64)
        self._latency = np.zeros(n_cars, np.int64)
        self._lost = np.zeros(n_cars)

    def begin(
        self,
        cars: Integers,
        drawn: Floats,
        streams: tuple[int | Words, Integers, Integers],
        tracks: TrackArrays,
        track_index: Integers,
    ) -> None:
        """Give some cars the looks of their episodes.

        Args:
            cars: (k,) indices.
            drawn: (k, len(COLUMNS)).
            streams: the seed or (k,) of them, (k,) the cars' numbers in the whole batch and (k,)
                of their episodes.
            tracks: the packed tracks.
            track_index: (n_cars,) the track of each car.
        """
        seed, numbers, episodes = streams
        colors = colors_of(drawn)
        self.looks.cameras[cars] = cameras_of(drawn)
        self.looks.effects[cars] = effects_of(drawn)
        self.looks.grey[cars] = palettes_of(colors, rgb=False)
        self.looks.rgb[cars] = palettes_of(colors, rgb=True)
        self._frame_keys[cars] = stream_keys(stream_keys(seed + _FRAMES, numbers), episodes)
        self._latency[cars] = drawn[:, _COLUMN["latency"]]
        self._lost[cars] = drawn[:, _COLUMN["frame_drop"]]
        if drawn[:, [_COLUMN["lines"], _COLUMN["boards"]]].any():
            keys = stream_keys(stream_keys(seed + _THINGS, numbers), episodes)
            self._place_things(cars, drawn, keys[:, np.newaxis], tracks, track_index)

    def _place_things(
        self, cars: Integers, drawn: Floats, keys: Any, tracks: TrackArrays, track_index: Integers
    ) -> None:
        """Put lines and boards beside the road of some cars."""
        shape = (len(cars), looks.MAX_THINGS, looks.N_THING_DRAWS)
        draws = uniforms(keys, np.arange(shape[1] * shape[2])).reshape(shape)
        lap = tracks.length[track_index[cars]]
        wanted = [np.rint(drawn[:, _COLUMN[name]] * lap) for name in ("lines", "boards")]
        n_lines, n_boards = (number.astype(np.int64) for number in wanted)
        place_things(self.looks.things, cars, n_lines, n_boards, draws, tracks, track_index)
        colors = toned(255.0 * draws[:, :, -3:], drawn)
        self.looks.things_rgb[cars] = np.rint(colors)
        self.looks.things_grey[cars, :, 0] = np.rint(colors @ np.array(LUMINANCE))

    def take_pictures(self, state: Floats, cars: Integers) -> None:
        """Find out which picture each of some cars sees now, and where it was taken.

        Picture k is taken at step k. It arrives ``latency`` steps later or not at all; instead of a
        lost one, the last before it that was not lost is seen. The first is never lost.

        Args:
            state: (n_cars, STATE_SIZE).
            cars: (k,) indices.
        """
        steps = state[cars, layout.STEPS].astype(np.int64)
        poses = state[cars, layout.X : layout.HEADING + 1]
        self.past[cars, steps % _N_PAST] = poses
        picture = np.maximum(steps - self._latency[cars], 1)
        keys, chance = self._frame_keys[cars], self._lost[cars]
        for _ in range(MAX_LOST if chance.any() else 0):
            picture -= (picture > 1) & (uniforms(keys, 2 * picture) < chance)
        self.looks.eyes[cars] = self.past[cars, picture % _N_PAST]
        self.looks.seeds[cars] = uniforms(keys, 2 * picture + 1) * 2.0**NOISE_BITS
