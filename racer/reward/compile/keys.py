"""The params as compiled code computes them: the same numbers as ``racer.reward.params`` makes."""

from racer.kernels import layout
from racer.reward.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    ParamsDict,
    Value,
    Waypoints,
    constant,
    group,
    value,
)
from racer.reward.params import OBJECT_LISTS

PARAMS_VALUE = Value(ParamsDict(), "0")
"""The dict itself."""

FACT_LENGTH, FACT_REVERSED, N_FACTS = 0, 1, 2
"""Columns of the facts of a track."""


def _column(column: int) -> str:
    return f"M[c, {column}]"


def _truth(column: int) -> Value:
    return value(f"({_column(column)} != 0.0)", BOOL)


def _index(column: int) -> Value:
    return value(f"int({_column(column)})", INT)


_KEYS: dict[str, Value] = {
    "all_wheels_on_track": _truth(layout.WHEELS_ON),
    "x": value(_column(layout.NOSE_X), FLOAT),
    "y": value(_column(layout.NOSE_Y), FLOAT),
    "heading": value(f"to_degrees({_column(layout.M_HEADING)})", NP_FLOAT),
    "distance_from_center": value(_column(layout.DISTANCE), FLOAT),
    "projection_distance": value(_column(layout.ALONG), FLOAT),
    "progress": value(f"(100.0 * {_column(layout.M_PROGRESS)})", FLOAT),
    "steps": value(_column(layout.M_STEPS), FLOAT),
    "speed": value(_column(layout.M_SPEED), FLOAT),
    "steering_angle": value(f"command_degrees({_column(layout.M_STEERING)})", FLOAT),
    "track_width": value(_column(layout.ROAD_WIDTH), FLOAT),
    "track_length": value(f"F[{FACT_LENGTH}]", FLOAT),
    "waypoints": Value(Waypoints(), "0"),
    "closest_waypoints": group(
        [_index(layout.CLOSEST_BEFORE), _index(layout.CLOSEST_AFTER)], is_list=True
    ),
    "is_left_of_center": _truth(layout.IS_LEFT),
    "is_reversed": value(f"(F[{FACT_REVERSED}] != 0.0)", BOOL),
    "is_crashed": value(f"({_column(layout.STATUS)} == {float(layout.CRASHED)})", BOOL),
    "is_offtrack": _truth(layout.IS_OFFTRACK),
    "closest_objects": group([constant(0), constant(0)], is_list=True),
    **{name: group([], is_list=True) for name in OBJECT_LISTS},
    "object_in_camera": constant(False),
    "sim_time": value(_column(layout.SIM_TIME), FLOAT),
}


def param(key: str) -> Value | None:
    """Return the value of a key of the params; None if there is no such key."""
    return _KEYS.get(key)
