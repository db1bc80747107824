"""Random elements: what differs from car to car and episode to episode.

A policy that has driven among them is not made for one light, one camera and one motor.

Every factor has a strength: 0 is off, 1 is moderate, and more than 1 is allowed. What a factor
draws follows from the seed, the car and the number of its episode alone, so that it does not depend
on the number of cars and a training can be resumed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from racer.errors import ConfigError, unknown_name
from racer.kernels.camera import (
    CAMERA_HEIGHT,
    CAMERA_PITCH,
    CAMERA_SIZE,
    CAMERA_X,
    CAMERA_Y,
    CAMERA_YAW,
)
from racer.kernels.layout import Floats, Integers, VehicleParams
from racer.kernels.random import stream_keys, uniforms
from racer.sensors.camera import COLORS, MOUNTING

FACTORS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "brightness": (1, "all colours times 0.6 to 1.4"),
        "contrast": (1, "differences from a middle grey times 0.6 to 1.4"),
        "ground_color": (6, "ground and sky: each of red, green, blue up to 70 of 255 off"),
        "line_color": (9, "road, borders and dashes: each colour up to 45 of 255 off"),
        "camera_pose": (5, "up to 1.5 cm off in height, 1 cm in x and y, 3° in pitch, 2° in yaw"),
        "steering_gain": (1, "curvature of each steering angle times 0.85 to 1.15"),
        "speed_gain": (1, "speed of each command times 0.85 to 1.15"),
        "grip": (1, "grip times 0.6 to 1"),
    }
)
"""How many numbers each factor draws for an episode, and what they do at strength 1."""

N_DRAWS = sum(n for n, _ in FACTORS.values())
"""How many numbers an episode draws."""

MAX_STRENGTH = 3.0
"""The largest strength: beyond it nothing could be seen or driven."""

_DOMAIN = 0x52414E44  # keeps these streams apart from others of the same seed
_FIELDS = VehicleParams._fields


@dataclass(frozen=True)
class Randomization:
    """The strength of every factor."""

    strengths: Mapping[str, float]

    @classmethod
    def of(cls, given: "float | Mapping[str, float] | Randomization") -> "Randomization":
        """Return the strengths that a number for all, or a table with some of them, stands for.

        Raises:
            ConfigError: for an unknown factor, or a strength that is negative or too large.
        """
        if isinstance(given, Randomization):
            return given
        table: dict[str, Any] = (
            dict(given) if isinstance(given, Mapping) else dict.fromkeys(FACTORS, given)
        )
        for name, strength in table.items():
            if name not in FACTORS:
                raise ConfigError("randomize: " + unknown_name("factor", name, list(FACTORS)))
            is_number = isinstance(strength, int | float) and not isinstance(strength, bool)
            if not is_number or not 0.0 <= strength <= MAX_STRENGTH:
                raise ConfigError(
                    f"randomize: {name}: expected a strength from 0 to {MAX_STRENGTH:g}, "
                    f"got {strength!r}"
                )
        return cls({name: float(table.get(name, 0.0)) for name in FACTORS})

    @property
    def is_off(self) -> bool:
        """Whether nothing is random."""
        return not any(self.strengths.values())

    def draw(self, seed: int, cars: Integers, episodes: Integers) -> dict[str, Floats]:
        """Return what each factor draws: by its name (n, its numbers), uniform in [−s, s].

        Args:
            seed: of the run, >= 0.
            cars: (n,) indices of the cars.
            episodes: (n,) of each car, from 0.
        """
        keys = stream_keys(seed + _DOMAIN, cars)
        found, first = {}, 0
        for name, (n, _) in FACTORS.items():
            counters = [episodes * N_DRAWS + first + k for k in range(n)]
            drawn = np.stack([uniforms(keys, counter) for counter in counters], axis=1)
            found[name] = self.strengths[name] * (2.0 * drawn - 1.0)
            first += n
        return found


def parse_strengths(text: str) -> float | dict[str, float]:
    """Return the strengths that a word of the command line stands for.

    Args:
        text: a number for all factors, ``grip=0.5,brightness=1``, or a TOML file with a table.

    Raises:
        ConfigError: if it is none of these.
    """
    try:
        return float(text)
    except ValueError:
        pass
    if text.endswith(".toml"):
        try:
            values = tomllib.loads(Path(text).read_text("utf-8"))
        except FileNotFoundError as error:
            raise ConfigError(f"{text}: no such file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise ConfigError(f"{text}: {error}") from error
        table: dict[str, float] = values.get("randomize", values)
        return table
    pairs = [part.partition("=") for part in text.split(",")]
    try:
        return {name.strip().replace("-", "_"): float(value) for name, _, value in pairs}
    except ValueError as error:
        raise ConfigError(
            f"randomize: expected a strength such as 1.0, factors such as grip=0.5,brightness=1, "
            f"or a .toml file, got {text!r}"
        ) from error


def vehicles_of(base: VehicleParams, drawn: Mapping[str, Floats]) -> Floats:
    """Return the parameters of each car, (n, n_params)."""
    rows = np.tile(np.asarray(base, np.float64), (len(drawn["grip"]), 1))
    for factor, field, span in (
        ("steering_gain", "curvature_gain", 0.15),
        ("speed_gain", "speed_gain", 0.15),
    ):
        rows[:, _FIELDS.index(field)] *= np.maximum(1.0 + span * drawn[factor][:, 0], 0.1)
    rows[:, _FIELDS.index("grip")] *= np.maximum(1.0 - 0.4 * np.abs(drawn["grip"][:, 0]), 0.1)
    return rows


def cameras_of(drawn: Mapping[str, Floats]) -> Floats:
    """Return where each car's camera is, (n, CAMERA_SIZE)."""
    moved = drawn["camera_pose"]
    rows = np.tile(MOUNTING[0], (len(moved), 1))
    assert rows.shape[1] == CAMERA_SIZE
    for k, (column, span) in enumerate(
        (
            (CAMERA_HEIGHT, 0.015),
            (CAMERA_X, 0.01),
            (CAMERA_Y, 0.01),
            (CAMERA_PITCH, np.radians(3.0)),
            (CAMERA_YAW, np.radians(2.0)),
        )
    ):
        rows[:, column] += span * moved[:, k]
    return rows


def colors_of(drawn: Mapping[str, Floats]) -> Floats:
    """Return the colours that each car sees, (n, 5, 3), in the order of ``COLORS``."""
    colors = np.tile(np.array(list(COLORS.values()), np.float64), (len(drawn["contrast"]), 1, 1))
    names = list(COLORS)
    beside, on = drawn["ground_color"], drawn["line_color"]
    for k, name in enumerate(("ground", "sky")):
        colors[:, names.index(name)] += 70.0 * beside[:, 3 * k : 3 * k + 3]
    for k, name in enumerate(("road", "border", "dash")):
        colors[:, names.index(name)] += 45.0 * on[:, 3 * k : 3 * k + 3]
    contrast = np.maximum(1.0 + 0.4 * drawn["contrast"], 0.1)[:, np.newaxis]
    colors = 128.0 + contrast * (colors - 128.0)
    colors *= np.maximum(1.0 + 0.4 * drawn["brightness"], 0.1)[:, np.newaxis]
    return np.clip(colors, 0.0, 255.0)
