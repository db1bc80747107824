"""The params of a reward function: the one place with degrees and percent.

The world measures in SI units and radians (racer.kernels.layout). Here a measured row becomes the
dict that DeepRacer's simulator hands to ``reward_function(params)``: the same 27 keys, types, units
and signs (simapp 6.0.5, markov/agent_ctrl/constants.py and utils.py). What the documentation says
otherwise loses against the simulator: ``heading`` is a numpy.float64, ``steps`` a float, the
object keys of a time trial hold their defaults.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from operator import itemgetter, setitem
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import RewardError
from racer.kernels import layout
from racer.kernels.layout import Floats

if TYPE_CHECKING:
    from racer.track import Track

Params = dict[str, Any]
Point = tuple[float, float]

_CHUNK = 1024
"""Rows converted at a time: bounds the memory of large batches, and stays in the cache."""

_DECIMALS = 1e10
"""Commands are rounded to this fraction of a degree, see ``_steering_angle``."""

_AS_MEASURED = {
    "x": layout.NOSE_X,
    "y": layout.NOSE_Y,
    "distance_from_center": layout.DISTANCE,
    "projection_distance": layout.ALONG,
    "steps": layout.M_STEPS,
    "speed": layout.M_SPEED,
    "track_width": layout.ROAD_WIDTH,
    "sim_time": layout.SIM_TIME,
}
"""The params that are measured columns as they are."""

_FLAGS = {
    "all_wheels_on_track": layout.WHEELS_ON,
    "is_left_of_center": layout.IS_LEFT,
    "is_offtrack": layout.IS_OFFTRACK,
}
"""The params that are measured columns as truth values."""


@dataclass(frozen=True)
class Param:
    """One key of the params."""

    name: str
    type: str
    """The Python type as delivered."""
    unit: str
    """Unit and range; empty for truth values."""
    meaning: str
    """What it says, in one line."""


_TABLE = (
    ("all_wheels_on_track", "bool", "", "all four wheel centres are strictly inside the road"),
    ("x", "float", "m", "the nose of the car, 0.14 m ahead of its base"),
    ("y", "float", "m", "the nose of the car, 0.14 m ahead of its base"),
    ("heading", "numpy.float64", "degrees, (-180, 180]", "0 along x, counter-clockwise positive"),
    ("distance_from_center", "float", "m, ≥ 0", "nose to the nearest point of the centre line"),
    ("projection_distance", "float", "m, [0, track_length]", "way along the lap from waypoint 0"),
    ("progress", "float", "percent, ≤ 100", "lap done since the start; negative when backwards"),
    ("steps", "float", "2.0, 3.0, …", "steps of the episode; the first call sees 2.0"),
    ("speed", "float", "m/s", "the speed just commanded, not the measured one"),
    ("steering_angle", "float", "degrees, left positive", "the steering angle just commanded"),
    ("track_width", "float", "m", "width of the road here"),
    ("track_length", "float", "m", "length of the centre line"),
    ("waypoints", "list of (x, y)", "m", "the centre line; on a loop the last repeats the first"),
    ("closest_waypoints", "list of 2 int", "indices", "[at or behind the nose, ahead of it]"),
    ("is_left_of_center", "bool", "", "the nose is left of the centre line as driven"),
    ("is_reversed", "bool", "", "the track is set to be driven in reverse; not: turned around"),
    ("is_crashed", "bool", "", "this step ends the episode with a crash"),
    ("is_offtrack", "bool", "", "no wheel centre is inside the road any more"),
    ("closest_objects", "list of 2 int", "indices", "[behind, ahead]; [0, 0] without objects"),
    ("objects_location", "list of [x, y]", "m", "centre of each object; [] without objects"),
    ("objects_distance", "list of float", "m", "way along the lap from waypoint 0, each object"),
    ("objects_distance_from_center", "list of float", "m, ≥ 0", "each object to the centre line"),
    ("objects_heading", "list of float", "radians", "yaw of each object"),
    ("objects_left_of_center", "list of bool", "", "each object is left of the centre line"),
    ("objects_speed", "list of float", "m/s", "configured speed of each object"),
    ("object_in_camera", "bool", "", "an object is in view; False without objects"),
    ("sim_time", "float", "s", "time since the episode's prepare step"),
)

PARAMS: MappingProxyType[str, Param] = MappingProxyType({row[0]: Param(*row) for row in _TABLE})
"""All params by name, in the order of the dict that a reward function gets."""

OBJECT_LISTS = tuple(name for name in PARAMS if name.startswith("objects_"))
"""The keys that hold one item an object, so are empty in a time trial."""

_OF_TRACK = ("track_length", "is_reversed", "object_in_camera")
"""The params that are the same at every step of a time trial, and cannot be changed."""


@dataclass(frozen=True)
class TrackFacts:
    """What the params say about a track as it is driven."""

    length: float
    """Length of the centre line (m)."""
    waypoints: tuple[Point, ...]
    """Centre line (m) in driving order, with the duplicate closing point of a loop."""
    is_reversed: bool = False
    """The track is driven in reverse."""

    @cached_property
    def template(self) -> Params:
        """All params in order, with what is the same at every step of a time trial."""
        constant = dict(zip(_OF_TRACK, (self.length, self.is_reversed, False), strict=True))
        return {name: constant.get(name) for name in PARAMS}

    @cached_property
    def shared_waypoints(self) -> list[Point]:
        """The waypoints as a list for those who only read it."""
        return [*self.waypoints]


def track_facts(track: "Track") -> TrackFacts:
    """Return what the params say about a track, as plain Python values."""
    points = tuple((float(x), float(y)) for x, y in track.waypoints)
    return TrackFacts(float(track.length), points, bool(track.is_reversed))


def iter_params(measured: Floats, facts: TrackFacts | Sequence[TrackFacts]) -> Iterator[Params]:
    """Yield the params of each measured row: a real dict that the receiver owns and may change.

    Args:
        measured: (k, MEASURED_SIZE) what the world measured, SI units and radians.
        facts: the track, or a track for each of the k rows.

    Yields:
        a fresh dict with all names of ``PARAMS``; no list in it is shared with another dict.
    """
    tracks = repeat(facts) if isinstance(facts, TrackFacts) else iter(facts)
    for first in range(0, len(measured), _CHUNK):
        rows = measured[first : first + _CHUNK]
        # Columns are converted at once. Copying a template and setting what differs takes half the
        # time of a dict literal with 27 keys. The tracks come last: zip stops before taking one.
        # fmt: off
        for (x, y, distance, along, steps, speed, width, time, wheels_on, is_left, offtrack,
             heading, progress, steering, closest, crashed, track) in zip(
                 *(_column(name, rows) for name in _MEASURED), tracks, strict=False):
            # fmt: on
            params = track.template.copy()
            params["all_wheels_on_track"] = wheels_on
            params["x"] = x
            params["y"] = y
            params["heading"] = heading
            params["distance_from_center"] = distance
            params["projection_distance"] = along
            params["progress"] = progress
            params["steps"] = steps
            params["speed"] = speed
            params["steering_angle"] = steering
            params["track_width"] = width
            params["waypoints"] = [*track.waypoints]
            params["closest_waypoints"] = closest
            params["is_left_of_center"] = is_left
            params["is_crashed"] = crashed
            params["is_offtrack"] = offtrack
            params["closest_objects"] = [0, 0]
            params["objects_location"] = []
            params["objects_distance"] = []
            params["objects_distance_from_center"] = []
            params["objects_heading"] = []
            params["objects_left_of_center"] = []
            params["objects_speed"] = []
            params["sim_time"] = time
            yield params


def iter_looked_up(
    measured: Floats,
    facts: TrackFacts | Sequence[TrackFacts],
    names: Collection[str],
    *,
    shares_waypoints: bool = False,
) -> Iterator[Params]:
    """Yield for each measured row one and the same dict, filled anew with a few of the params.

    It is for receivers that look up these names and provably do nothing else with the dict: they
    cannot tell it from what ``iter_params`` yields, and it takes a fraction of the time.

    Args:
        measured: as for ``iter_params``.
        facts: as for ``iter_params``.
        names: of the params to fill in.
        shares_waypoints: the receiver only reads the list of waypoints: all rows get the same one.
    """
    params: Params = {}
    tracks = [facts] * len(measured) if isinstance(facts, TrackFacts) else facts

    def filled(first: int) -> Iterator[Params]:
        chunk = slice(first, first + _CHUNK)
        rows = measured[chunk]
        columns = [_values(name, rows, tracks[chunk], shares_waypoints) for name in names]
        # no line of Python runs for a row: the maps set the items when zip asks for the next row
        items = [
            map(setitem, repeat(params), repeat(name), column)
            for name, column in zip(names, columns, strict=True)
        ]
        return map(itemgetter(0), zip(repeat(params, len(rows)), *items, strict=False))

    return chain.from_iterable(map(filled, range(0, len(measured), _CHUNK)))


def _values(
    name: str, rows: Floats, tracks: Sequence[TrackFacts], shares_waypoints: bool
) -> Iterable[Any]:
    """Return a param of each row; a list in it is shared only where that is wanted."""
    if name in _MEASURED:
        return _column(name, rows)
    if name == "waypoints":
        if shares_waypoints:
            return [one.shared_waypoints for one in tracks]
        return map(list, [one.waypoints for one in tracks])  # each when its row is asked for
    if name in _OF_TRACK:
        return [one.template[name] for one in tracks]
    if name == "closest_objects":
        return ([0, 0] for _ in tracks)
    return ([] for _ in tracks)


def _column(name: str, rows: Floats) -> list[Any]:
    """Return a param of each row that follows from what was measured."""
    column = _AS_MEASURED.get(name)
    if column is not None:
        return rows[:, column].tolist()
    if name in _FLAGS:
        return (rows[:, _FLAGS[name]] != 0.0).tolist()
    return _CONVERSIONS[name](rows)


def _heading(rows: Floats) -> list[Any]:
    return list(np.degrees(rows[:, layout.M_HEADING]))  # keeps numpy.float64, as the simulator


def _progress(rows: Floats) -> list[Any]:
    return (100.0 * rows[:, layout.M_PROGRESS]).tolist()


def _steering_angle(rows: Floats) -> list[Any]:
    """Return the commanded angles (degrees).

    A steering command of 15 degrees is kept in radians, and 15 degrees to radians and back are
    15.000000000000002: ``steering_angle > 15`` would hold where it must not. So commands are
    rounded to 1e-10 degrees, which gives back every angle that a person writes.
    """
    degrees = np.degrees(rows[:, layout.M_STEERING])
    return (np.rint(degrees * _DECIMALS) / _DECIMALS).tolist()


def _closest_waypoints(rows: Floats) -> list[Any]:
    columns = slice(layout.CLOSEST_BEFORE, layout.CLOSEST_AFTER + 1)
    return rows[:, columns].astype(np.int64).tolist()


def _is_crashed(rows: Floats) -> list[Any]:
    return (rows[:, layout.STATUS] == layout.CRASHED).tolist()


_CONVERSIONS: dict[str, Callable[[Floats], list[Any]]] = {
    "heading": _heading,
    "progress": _progress,
    "steering_angle": _steering_angle,
    "closest_waypoints": _closest_waypoints,
    "is_crashed": _is_crashed,
}

_MEASURED = (*_AS_MEASURED, *_FLAGS, *_CONVERSIONS)
"""The params that change from step to step, in the order ``iter_params`` unpacks them."""


def params_to_json(params: Params) -> str:
    """Return params as JSON text, floats in full precision."""
    return json.dumps(params, default=plain_value)


def restore_params(data: object) -> Params:
    """Return params from their JSON form: ``heading`` and ``waypoints`` get their types back.

    Raises:
        RewardError: if ``data`` is not a dict, or a value cannot have its type.
    """
    if not isinstance(data, dict):
        raise RewardError(f"params: expected an object of names and values, got {data!r:.60}")
    params = dict(data)
    try:
        if "heading" in params:
            params["heading"] = np.float64(params["heading"])
        if "waypoints" in params:
            params["waypoints"] = [(float(x), float(y)) for x, y in params["waypoints"]]
    except (TypeError, ValueError) as error:
        raise RewardError(f"params: heading or waypoints: {error}") from error
    return params


def plain_value(value: object) -> object:
    """Return numpy values as plain ones for ``json``; anything else as its text."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return repr(value)
