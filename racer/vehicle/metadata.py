"""Reads model_metadata.json, the file in which DeepRacer keeps a model's actions and sensors.

The keys, their values and defaults are those of the simulator's own parser. Numbers may be written
as numbers or as strings, as old tools did. The list position is an action's index; the key
``index`` is only informative. Keys that mean nothing here are passed over.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from racer.errors import ActionError, unknown_name
from racer.foreign import parse_json, read_text

DISCRETE, CONTINUOUS = "discrete", "continuous"
SENSORS = (
    "observation",
    "FRONT_FACING_CAMERA",
    "LEFT_CAMERA",
    "STEREO_CAMERAS",
    "LIDAR",
    "SECTOR_LIDAR",
    "DISCRETIZED_SECTOR_LIDAR",
)
NETWORKS = (
    "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
    "DEEP_CONVOLUTIONAL_NETWORK",
    "DEEP_CONVOLUTIONAL_NETWORK_DEEP",
)
ALGORITHMS = ("clipped_ppo", "sac")
_OURS = {"clipped_ppo": "ppo", "sac": "sac"}
VERSIONS = (1, 2, 3, 4, 5, 6)
STEERING_BOUND = 90.0  # an angle must be smaller; the car itself clips at its steering limit (deg)

Range = tuple[float, float]


@dataclass(frozen=True)
class ModelMetadata:
    """What a model_metadata.json says, with the defaults of absent keys."""

    discrete: tuple[tuple[float, float], ...]  # steering (deg) and speed (m/s); () if continuous
    steering_range: Range | None  # low and high (deg); None if discrete
    speed_range: Range | None  # low and high (m/s); None if discrete
    sensors: tuple[str, ...]  # names as in the file
    neural_network: str
    training_algorithm: str
    version: int  # of the simulator's interface, 1 to 6


def read_metadata(source: str | Path | Mapping[str, Any]) -> ModelMetadata:
    """Return the content of a model_metadata.json, checked.

    Args:
        source: the file, or its content.

    Raises:
        ActionError: if the file cannot be read, or a value is missing or out of range.
    """
    if isinstance(source, Mapping):
        where, data = "model_metadata", source
    else:
        where, data = Path(source).name, _read(Path(source))
    kind = _choice(data, "action_space_type", (DISCRETE, CONTINUOUS), DISCRETE, where)
    space = data.get("action_space")
    discrete: tuple[tuple[float, float], ...] = ()
    steering_range = speed_range = None
    if kind == DISCRETE:
        discrete = _discrete(space, where)
    else:
        steering_range, speed_range = _continuous(space, where)
    return ModelMetadata(
        discrete=discrete,
        steering_range=steering_range,
        speed_range=speed_range,
        sensors=_sensors(data, where),
        neural_network=_choice(data, "neural_network", NETWORKS, NETWORKS[0], where),
        training_algorithm=_choice(data, "training_algorithm", ALGORITHMS, ALGORITHMS[0], where),
        version=_version(data, where),
    )


def unused_lines(given: object, algo: str, observe: str) -> list[str]:
    """Return a line for each key of a model_metadata.json that a training does not follow.

    Args:
        given: actions as a user means them; nothing to say if they are of no such file.
        algo: what is trained.
        observe: what the car sees.
    """
    table = given.get("action_space") if isinstance(given, Mapping) else given
    source = table if isinstance(table, str | Path) else given
    if isinstance(source, str | Path):
        if source in (DISCRETE, CONTINUOUS):
            return []
        where, data = Path(source).name, _read(Path(source))
    elif isinstance(source, Mapping) and "action_space" in source:
        where, data = "model_metadata", source
    else:
        return []
    found = read_metadata(data)
    lines = []
    trained = _OURS[found.training_algorithm]
    if "training_algorithm" in data and trained != algo:
        lines.append(
            f"training_algorithm {found.training_algorithm}: {algo} is trained; --algo {trained}"
        )
    seen = {"lidar" if "LIDAR" in name else "camera" for name in found.sensors}
    if "sensor" in data and not seen <= set(observe.split("+")):
        names = ", ".join(found.sensors)
        lines.append(f"sensor {names}: the car sees {observe}; --observe {'+'.join(sorted(seen))}")
    if "neural_network" in data:
        lines.append(f"neural_network {found.neural_network} has no effect: that is an option")
    if "version" in data:
        lines.append(f"version {found.version} has no effect: here is one version of the interface")
    return [f"{where}: {line}" for line in lines]


def metadata_of(action_space_type: str, action_space: Any) -> dict[str, Any]:
    """Return the content of a model_metadata.json; camera, network and version of DRfC's default.

    Args:
        action_space_type: ``discrete`` or ``continuous``.
        action_space: as in the file.
    """
    return {
        "action_space": action_space,
        "sensor": [SENSORS[1]],
        "neural_network": NETWORKS[0],
        "training_algorithm": ALGORITHMS[0],
        "action_space_type": action_space_type,
        "version": "5",
    }


def check_steering(degrees: float, where: str) -> None:
    """Raise ActionError unless a steering angle (deg) can be used."""
    if not abs(degrees) < STEERING_BOUND:
        raise ActionError(
            f"{where}: steering_angle must be between -{STEERING_BOUND:g} and "
            f"{STEERING_BOUND:g} degrees, got {degrees:g}"
        )


def check_speed(speed: float, where: str) -> None:
    """Raise ActionError unless a speed (m/s) can be used."""
    if not speed > 0.0:
        raise ActionError(f"{where}: speed must be positive, got {speed:g}")
    if math.isinf(speed):
        raise ActionError(f"{where}: speed must be positive and finite, got inf")


def check_range(low: float, high: float, where: str) -> None:
    """Raise ActionError if a range is upside down."""
    if low > high:
        raise ActionError(f"{where}: low must be at most high, got {low:g} and {high:g}")


def _read(path: Path) -> Mapping[str, Any]:
    """Return the content of a JSON file that holds an object."""
    try:
        data = parse_json(read_text(path))
    except OSError as error:
        raise ActionError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # json's, and text that is no UTF-8
        raise ActionError(f"{path.name}: is not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise ActionError(f"{path.name}: must hold an object, got {type(data).__name__}")
    return data


def _discrete(space: Any, where: str) -> tuple[tuple[float, float], ...]:
    """Return the actions of a discrete action space, (deg, m/s)."""
    if isinstance(space, Mapping):
        raise ActionError(
            f"{where}: action_space must be a list of actions, got an object: "
            f"a continuous action space needs action_space_type 'continuous'"
        )
    if not isinstance(space, Sequence) or isinstance(space, str):
        raise ActionError(f"{where}: action_space must be a list of actions, got {space!r}")
    if not space:
        raise ActionError(f"{where}: action_space must have at least one action, got none")
    actions = []
    for i, action in enumerate(space):
        place = f"{where}: action {i}"
        if not isinstance(action, Mapping):
            raise ActionError(f"{place}: must be an object, got {action!r}")
        degrees = _number(action, "steering_angle", place)
        speed = _number(action, "speed", place)
        check_steering(degrees, place)
        check_speed(speed, place)
        actions.append((degrees, speed))
    return tuple(actions)


def _continuous(space: Any, where: str) -> tuple[Range, Range]:
    """Return the ranges of steering (deg) and speed (m/s) of a continuous action space."""
    if not isinstance(space, Mapping):
        raise ActionError(
            f"{where}: action_space must be an object with steering_angle and speed for a "
            f"continuous action space, got {type(space).__name__}"
        )
    ranges = []
    for field in ("steering_angle", "speed"):
        place = f"{where}: {field}"
        limits = space.get(field)
        if not isinstance(limits, Mapping):
            raise ActionError(f"{place}: must be an object with low and high, got {limits!r}")
        low, high = _number(limits, "low", place), _number(limits, "high", place)
        for value in (low, high):
            (check_steering if field == "steering_angle" else check_speed)(value, place)
        check_range(low, high, place)
        ranges.append((low, high))
    return ranges[0], ranges[1]


def _number(data: Mapping[str, Any], field: str, where: str) -> float:
    """Return a finite number that may be written as a string."""
    if field not in data:
        raise ActionError(f"{where}: {field} is missing")
    value = data[field]
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value)
        if not math.isfinite(number):
            raise ValueError
    except ValueError:
        raise ActionError(f"{where}: {field} must be a finite number, got {value!r}") from None
    return number


def _choice(
    data: Mapping[str, Any], field: str, known: tuple[str, ...], default: str, where: str
) -> str:
    """Return one of the known values of a field."""
    value = data.get(field, default)
    if value not in known:
        raise ActionError(f"{where}: {unknown_name(field, str(value), list(known))}")
    return str(value)


def _sensors(data: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return the names of the sensors."""
    sensors = data.get("sensor", [SENSORS[0]])
    if not isinstance(sensors, Sequence) or isinstance(sensors, str) or not sensors:
        raise ActionError(f"{where}: sensor must be a list of names, got {sensors!r}")
    return tuple(_choice({"sensor": name}, "sensor", SENSORS, "", where) for name in sensors)


def _version(data: Mapping[str, Any], where: str) -> int:
    """Return the version: a number or a string; absent it follows from the key ``sensor``."""
    number = _number({"version": 2 if "sensor" in data else 1, **data}, "version", where)
    if number not in VERSIONS:
        raise ActionError(f"{where}: version must be one of 1 to 6, got {data['version']!r}")
    return int(number)
