"""What a policy may choose: a list of actions, or ranges of steering and speed.

Both kinds share a small interface (``Actions``): a gymnasium space, and the commands that a batch
of the space's actions stands for. Inside, steering is in radians, left positive; the constructors,
the table and model_metadata.json use degrees, as DeepRacer does.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
from numpy.typing import ArrayLike

from racer.errors import ActionError
from racer.kernels.layout import Floats
from racer.vehicle.metadata import (
    CONTINUOUS,
    DISCRETE,
    check_range,
    check_speed,
    check_steering,
    metadata_of,
    read_metadata,
)

STEERING_GRANULARITIES = (3, 5, 7)  # of the 2019 console
SPEED_GRANULARITIES = (1, 2, 3)

Row = tuple[int | str, float, float]


@runtime_checkable
class Actions(Protocol):
    """The role of an action space."""

    def space(self) -> gymnasium.Space[Any]:
        """Return the gymnasium space that a policy acts in."""
        ...

    def commands(self, actions: ArrayLike) -> tuple[Floats, Floats]:
        """Return steering (n,) (rad) and speed (n,) (m/s) for n actions of the space."""
        ...

    def table(self) -> list[Row]:
        """Return rows to print: index or name, steering (deg), speed (m/s)."""
        ...

    def to_metadata(self) -> dict[str, Any]:
        """Return the content of a model_metadata.json with these actions."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return plain data from which ``actions_from_dict`` makes an equal object."""
        ...


@dataclass(frozen=True, eq=False)
class DiscreteActions:
    """A list of actions; a policy chooses an index."""

    steering: Floats  # (n,) steering of each action (rad), left positive; read-only
    speed: Floats  # (n,) speed of each action (m/s); read-only

    def __post_init__(self) -> None:
        steering, speed = _read_only(self.steering), _read_only(self.speed)
        if steering.ndim != 1 or steering.shape != speed.shape:
            raise ActionError(
                f"actions: steering and speed must be lists of one length, "
                f"got shapes {steering.shape} and {speed.shape}"
            )
        if not len(steering):
            raise ActionError("actions: must have at least one action, got none")
        for i, (angle, speed_i) in enumerate(zip(steering, speed, strict=True)):
            check_steering(math.degrees(angle), f"action {i}")
            check_speed(float(speed_i), f"action {i}")
        object.__setattr__(self, "steering", steering)
        object.__setattr__(self, "speed", speed)

    @classmethod
    def from_grid(
        cls,
        max_steering_degrees: float = 30.0,
        steering_granularity: int = 5,
        max_speed: float = 2.0,
        speed_granularity: int = 2,
    ) -> "DiscreteActions":
        """Return the actions of the 2019 console's four numbers, in its order.

        The angles go evenly from right to left; for each, the speeds rise to the largest.

        Args:
            max_steering_degrees: the largest angle to both sides (deg).
            steering_granularity: number of angles: 3, 5 or 7.
            max_speed: the largest speed (m/s).
            speed_granularity: number of speeds: 1, 2 or 3; the i-th is max_speed i / n.
        """
        _one_of("steering_granularity", steering_granularity, STEERING_GRANULARITIES)
        _one_of("speed_granularity", speed_granularity, SPEED_GRANULARITIES)
        if not max_steering_degrees > 0.0:
            raise ActionError(f"max_steering_degrees must be positive, got {max_steering_degrees}")
        if not max_speed > 0.0:
            raise ActionError(f"max_speed must be positive, got {max_speed}")
        last = steering_granularity - 1
        return cls.from_list(
            (max_steering_degrees * (2 * i - last) / last, max_speed * j / speed_granularity)
            for i in range(steering_granularity)
            for j in range(1, speed_granularity + 1)
        )

    @classmethod
    def from_list(cls, actions: Iterable[tuple[float, float]]) -> "DiscreteActions":
        """Return the actions of a list of (steering in degrees, speed in m/s)."""
        degrees, speeds = [], []
        for i, pair in enumerate(actions):
            try:
                angle, speed = map(float, pair)
            except (TypeError, ValueError):
                raise ActionError(f"action {i}: must be (degrees, m/s), got {pair!r}") from None
            degrees.append(angle)
            speeds.append(speed)
        return cls(np.radians(np.array(degrees)), np.array(speeds))

    def space(self) -> gymnasium.spaces.Discrete:
        """Return Discrete(n)."""
        return gymnasium.spaces.Discrete(len(self.steering))

    def commands(self, actions: ArrayLike) -> tuple[Floats, Floats]:
        """Return the commands of n actions.

        Args:
            actions: (n,) indices.

        Returns:
            Steering (n,) (rad) and speed (n,) (m/s).

        Raises:
            ActionError: if an index is no whole number or there is no such action.
        """
        index = np.asarray(actions)
        if index.dtype.kind not in "iu":
            raise ActionError(f"actions must be whole numbers, got {index.dtype}")
        wrong = (index < 0) | (index >= len(self.steering))
        if wrong.any():
            last = len(self.steering) - 1
            raise ActionError(f"an action must be in 0 to {last}, got {index[wrong].flat[0]}")
        return self.steering[index], self.speed[index]

    def table(self) -> list[Row]:
        """Return a row an action: index, steering (deg), speed (m/s)."""
        return [
            (i, _degrees(angle), float(speed))
            for i, (angle, speed) in enumerate(zip(self.steering, self.speed, strict=True))
        ]

    def to_metadata(self) -> dict[str, Any]:
        """Return the content of a model_metadata.json with these actions."""
        space = [
            {"steering_angle": degrees, "speed": speed, "index": i}
            for i, degrees, speed in self.table()
        ]
        return metadata_of(DISCRETE, space)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; radians, so that the way back is exact."""
        return {
            "type": DISCRETE,
            "steering": self.steering.tolist(),
            "speed": self.speed.tolist(),
        }

    def __len__(self) -> int:
        return len(self.steering)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DiscreteActions):
            return NotImplemented
        return np.array_equal(self.steering, other.steering) and np.array_equal(
            self.speed, other.speed
        )

    def __hash__(self) -> int:
        return hash((self.steering.tobytes(), self.speed.tobytes()))


@dataclass(frozen=True)
class ContinuousActions:
    """Ranges of steering and speed; a policy chooses two numbers in [-1, 1]: steering, speed.

    An action is clipped to [-1, 1] and scaled linearly to the ranges, as the simulator does.
    """

    steering_low: float = -math.radians(30.0)  # (rad)
    steering_high: float = math.radians(30.0)  # (rad)
    speed_low: float = 0.5  # (m/s)
    speed_high: float = 2.0  # (m/s)

    def __post_init__(self) -> None:
        for angle in (self.steering_low, self.steering_high):
            check_steering(math.degrees(angle), "actions")
        for speed in (self.speed_low, self.speed_high):
            check_speed(speed, "actions")
        check_range(self.steering_low, self.steering_high, "steering")
        check_range(self.speed_low, self.speed_high, "speed")

    @classmethod
    def from_degrees(
        cls, steering: tuple[float, float], speed: tuple[float, float]
    ) -> "ContinuousActions":
        """Return the actions of ranges (low, high) of steering (deg) and speed (m/s)."""
        return cls(math.radians(steering[0]), math.radians(steering[1]), speed[0], speed[1])

    def space(self) -> gymnasium.spaces.Box:
        """Return Box(-1, 1) of steering and speed."""
        return gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)

    def commands(self, actions: ArrayLike) -> tuple[Floats, Floats]:
        """Return the commands of n actions.

        Args:
            actions: (n, 2) steering and speed, clipped to [-1, 1].

        Returns:
            Steering (n,) (rad) and speed (n,) (m/s).

        Raises:
            ActionError: if the shape is wrong or a number is nan.
        """
        batch = np.asarray(actions, dtype=np.float64)
        if batch.ndim != 2 or batch.shape[1] != 2:
            raise ActionError(f"actions must have the shape (n, 2), got {batch.shape}")
        if np.isnan(batch).any():
            raise ActionError("actions must be numbers, got nan")
        return (
            _scaled(batch[:, 0], self.steering_low, self.steering_high),
            _scaled(batch[:, 1], self.speed_low, self.speed_high),
        )

    def table(self) -> list[Row]:
        """Return two rows, the lowest and the highest: name, steering (deg), speed (m/s)."""
        return [
            ("low", _degrees(self.steering_low), self.speed_low),
            ("high", _degrees(self.steering_high), self.speed_high),
        ]

    def to_metadata(self) -> dict[str, Any]:
        """Return the content of a model_metadata.json with these ranges."""
        (_, *low), (_, *high) = self.table()
        space = {
            name: {"high": high[i], "low": low[i]}
            for i, name in enumerate(("steering_angle", "speed"))
        }
        return metadata_of(CONTINUOUS, space)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; radians, so that the way back is exact."""
        return {
            "type": CONTINUOUS,
            "steering": [self.steering_low, self.steering_high],
            "speed": [self.speed_low, self.speed_high],
        }


def default_actions() -> DiscreteActions:
    """Return the default: five angles up to 30 degrees, each at 1 and 2 m/s."""
    return DiscreteActions.from_grid()


def actions_from_metadata(
    source: str | Path | Mapping[str, Any],
) -> DiscreteActions | ContinuousActions:
    """Return the actions of a model_metadata.json of either kind."""
    metadata = read_metadata(source)
    if metadata.steering_range is not None and metadata.speed_range is not None:
        return ContinuousActions.from_degrees(metadata.steering_range, metadata.speed_range)
    return DiscreteActions.from_list(metadata.discrete)


def actions_from_dict(data: Mapping[str, Any]) -> DiscreteActions | ContinuousActions:
    """Return the actions that ``to_dict`` described.

    Raises:
        ActionError: if the data describe no actions.
    """
    try:
        kind, steering, speed = data["type"], data["steering"], data["speed"]
        if kind == DISCRETE:
            return DiscreteActions(np.array(steering, float), np.array(speed, float))
        if kind == CONTINUOUS:
            (low, high), (slow, fast) = steering, speed
            return ContinuousActions(float(low), float(high), float(slow), float(fast))
    except (KeyError, TypeError, ValueError) as error:
        raise ActionError(
            f"actions: expected type, steering and speed, got {data!r} ({error})"
        ) from error
    raise ActionError(f"actions: type must be {DISCRETE} or {CONTINUOUS}, got {kind!r}")


def _scaled(column: Floats, low: float, high: float) -> Floats:
    """Return actions, clipped to [-1, 1], as values from low to high; a contiguous array."""
    values = np.clip(column, -1.0, 1.0)
    values += 1.0
    values *= 0.5 * (high - low)
    values += low
    return np.ascontiguousarray(values)


def _read_only(values: Floats) -> Floats:
    """Return a read-only copy as float64."""
    copy = np.array(values, dtype=np.float64)
    copy.setflags(write=False)
    return copy


def _degrees(angle: float) -> float:
    """Return an angle in degrees, short if it can be, so that it becomes the same radians again."""
    exact = math.degrees(angle)
    nearby = (round(exact, 9), exact, math.nextafter(exact, 90.0), math.nextafter(exact, -90.0))
    same = (degrees for degrees in nearby if math.radians(degrees) == angle)
    return next(same, exact) + 0.0  # no minus zero


def _one_of(name: str, value: int, allowed: tuple[int, ...]) -> None:
    """Raise ActionError if a number is not among the allowed ones."""
    if value not in allowed:
        known = ", ".join(map(str, allowed))
        raise ActionError(f"{name} must be one of {known}, got {value!r}")
