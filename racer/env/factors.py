"""The factors that differ from episode to episode: what each draws, and in what units.

A number is drawn uniform in [−1, 1] and becomes a value by the strength of its factor: a gain or an
offset that grows with it, a size that only ever adds, or a place that any strength leaves free.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from racer.kernels.layout import Floats

Value = Callable[[float, Floats], Floats]
"""Called with (strength, draws in [−1, 1]): returns the values, in the shape of the draws."""


class Number(NamedTuple):
    """One number of a factor."""

    name: str
    """Of its column where draws are recorded."""
    value: Value


class Factor(NamedTuple):
    """What can be switched on by a name."""

    numbers: tuple[Number, ...]
    words: str
    """What it does at strength 1."""
    is_seen: bool = True
    """Whether only a camera notices it."""


def _gain(span: float) -> Value:
    return lambda strength, draws: np.maximum(1.0 + span * strength * draws, 0.1)


def _offset(span: float) -> Value:
    return lambda strength, draws: span * strength * draws


def _size(span: float) -> Value:
    return lambda strength, draws: span * strength * np.abs(draws)


def _loss(span: float) -> Value:
    return lambda strength, draws: np.maximum(1.0 - span * strength * np.abs(draws), 0.1)


def _share(span: float, most: float) -> Value:
    return lambda strength, draws: np.minimum(span * strength * np.abs(draws), most)


def _steps(span: float, most: int) -> Value:
    return lambda strength, draws: np.minimum(np.rint(span * strength * np.abs(draws)), most)


def _free(low: float, high: float) -> Value:
    return lambda _, draws: low + (high - low) * 0.5 * (draws + 1.0)


def _colors(names: tuple[str, ...], span: float) -> tuple[Number, ...]:
    return tuple(
        Number(f"{name}_{part}", _offset(span))
        for name in names
        for part in ("red", "green", "blue")
    )


MAX_LATENCY = 6
"""The oldest picture that a car is shown, in control steps."""

FACTORS: Mapping[str, Factor] = MappingProxyType(
    {
        "brightness": Factor(
            (Number("brightness", _gain(0.4)),), "all colours times 0.6 to 1.4"
        ),
        "contrast": Factor(
            (Number("contrast", _gain(0.3)),),
            "differences from a middle grey times 0.7 to 1.3",
        ),
        "gradient": Factor(
            (Number("gradient_x", _offset(0.2)), Number("gradient_y", _offset(0.2))),
            "light up to 20 % more or less towards each edge of the picture",
        ),
        "shadow": Factor(
            (
                Number("shadow_depth", _share(0.4, 0.95)),  # of the light
                Number("shadow_period", _free(1.2, 4.0)),  # (m)
                Number("shadow_direction", _free(0.0, np.pi)),  # (rad)
                Number("shadow_phase", _free(0.0, 1.0)),  # (periods)
            ),
            "bands across the ground with up to 40 % less light",
        ),
        "noise": Factor(
            (Number("noise", _size(10.0)),),  # (grey levels)
            "each pixel of each picture off by a standard deviation of up to 10 of 255",
        ),
        "blur": Factor(
            (Number("blur", _size(0.005)),),  # (widths of the picture)
            "points spread by up to 0.5 % of the picture's width (standard deviation)",
        ),
        "ground_color": Factor(
            _colors(("ground", "sky"), 70.0),
            "ground and sky: each of red, green, blue up to 70 of 255 off",
        ),
        "line_color": Factor(
            _colors(("road", "border", "dash"), 45.0),
            "road, borders and dashes: each colour up to 45 of 255 off",
        ),
        "texture": Factor(
            (
                Number("texture_depth", _size(0.15)),  # of the light
                Number("texture_spot", _free(0.02, 0.12)),  # (m)
                Number("texture_x", _free(0.0, 1.0)),
                Number("texture_y", _free(0.0, 1.0)),
            ),
            "spots of 2 to 12 cm on all ground, their light off by up to 15 % (standard deviation)",
        ),
        "distractors": Factor(
            (Number("lines", _size(1.0)), Number("boards", _size(1.0))),  # (1/m of the lap)
            "lines and boards of any colour beside the road, up to one each a metre",
        ),
        "camera_pose": Factor(
            (
                Number("camera_height", _offset(0.015)),  # (m)
                Number("camera_x", _offset(0.01)),  # (m)
                Number("camera_y", _offset(0.01)),  # (m)
                Number("camera_pitch", _offset(float(np.radians(3.0)))),  # (rad)
                Number("camera_yaw", _offset(float(np.radians(2.0)))),  # (rad)
            ),
            "up to 1.5 cm off in height, 1 cm in x and y, 3° in pitch, 2° in yaw",
        ),
        "frame_drop": Factor(
            (Number("frame_drop", _share(0.15, 0.9)),),
            "up to 15 % of the pictures get lost: the one before is seen again",
        ),
        "latency": Factor(
            (Number("latency", _steps(2.0, MAX_LATENCY)),),  # (control steps)
            "pictures are 0, 1 or 2 control steps old",
        ),
        "steering_gain": Factor(
            (Number("steering_gain", _gain(0.15)),),
            "curvature of each steering angle times 0.85 to 1.15",
            is_seen=False,
        ),
        "steering_bias": Factor(
            (Number("steering_bias", _offset(float(np.radians(2.0)))),),  # (rad)
            "wheels up to 2° beside each command",
            is_seen=False,
        ),
        "speed_gain": Factor(
            (Number("speed_gain", _gain(0.15)),),
            "speed of each command times 0.85 to 1.15",
            is_seen=False,
        ),
        "grip": Factor((Number("grip", _loss(0.4)),), "grip times 0.6 to 1", is_seen=False),
    }
)  # fmt: skip
"""Every factor by its name."""

COLUMNS: tuple[str, ...] = tuple(
    number.name for factor in FACTORS.values() for number in factor.numbers
)
"""The numbers of all factors, in their order: the columns of what is drawn."""
