"""Actions as users describe them, and back: a word, a list, a table, a file."""

from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from racer.errors import ActionError, unknown_name
from racer.vehicle.actions import (
    SPEED_GRANULARITIES,
    STEERING_GRANULARITIES,
    Actions,
    ContinuousActions,
    DiscreteActions,
    actions_from_dict,
    actions_from_metadata,
    default_actions,
)
from racer.vehicle.metadata import CONTINUOUS, DISCRETE

ActionsLike: TypeAlias = (
    "Actions | str | Path | Mapping[str, Any]"
    " | Iterable[tuple[float, float]] | Iterable[Mapping[str, Any]] | None"
)
"""How a user describes actions; see ``parse_actions``."""

WORDS = (
    "continuous", "max_speed", "min_speed", "speed_granularity", "max_steering",
    "steering_granularity", "action_space",
)  # fmt: skip
"""The keys of a table that describes actions in a user's words; angles are in degrees."""

_GRID = {
    "max_speed": "max_speed",
    "speed_granularity": "speed_granularity",
    "max_steering": "max_steering_degrees",
    "steering_granularity": "steering_granularity",
}  # word: argument of DiscreteActions.from_grid


def parse_actions(given: ActionsLike = None) -> Actions:
    """Return the actions that a user means.

    Args:
        given: None for the default; ``"continuous"`` or ``"discrete"`` for the default of a kind;
            a list of (steering in degrees, speed in m/s), or of DeepRacer's dicts; the content or
            the file of a model_metadata.json; a table of ``WORDS``; what ``Actions.to_dict``
            wrote; or actions themselves.

    Raises:
        ActionError: if it means none.
    """
    if given is None:
        return default_actions()
    if isinstance(given, str) and given in (DISCRETE, CONTINUOUS):
        return default_actions() if given == DISCRETE else ContinuousActions()
    if isinstance(given, Actions):
        return given
    if isinstance(given, str | Path):
        return actions_from_metadata(given)
    if isinstance(given, Mapping):
        return _of_table(given)
    if isinstance(given, Iterable):
        listed: list[Any] = list(given)
        if listed and all(isinstance(one, Mapping) for one in listed):
            return actions_from_metadata({"action_space": listed})
        return DiscreteActions.from_list(listed)
    raise ActionError(
        f"actions: expected continuous, a list, a table or a model_metadata.json, got {given!r:.60}"
    )


def _of_table(table: Mapping[str, Any]) -> Actions:
    """Return the actions of a table of any kind."""
    if "type" in table:
        return actions_from_dict(table)
    space = table.get("action_space")
    if space is not None and not isinstance(space, str | Path):
        return actions_from_metadata(table)
    for name in table:
        if name not in WORDS:
            raise ActionError(unknown_name("word for actions", str(name), list(WORDS)))
    words = {name: value for name, value in table.items() if value is not None}
    if space is not None:
        if len(words) > 1:
            others = ", ".join(name for name in words if name != "action_space")
            raise ActionError(f"action_space: the file holds all of it: leave out {others}")
        return actions_from_metadata(space)
    return _continuous(words) if words.pop("continuous", False) else _grid(words)


def _grid(words: dict[str, Any]) -> DiscreteActions:
    """Return every angle at every speed."""
    if "min_speed" in words:
        raise ActionError("min_speed: only continuous actions have one: add continuous")
    _check_numbers(words)
    return DiscreteActions.from_grid(**{_GRID[name]: value for name, value in words.items()})


def _continuous(words: dict[str, Any]) -> ContinuousActions:
    """Return ranges: the same angle to both sides, and from the lowest to the highest speed."""
    for name in ("speed_granularity", "steering_granularity"):
        if name in words:
            raise ActionError(f"{name}: continuous actions are not in steps: leave it out")
    _check_numbers(words)
    (_, right, slow), (_, left, fast) = ContinuousActions().table()
    angle = words.get("max_steering")
    if angle is not None and not angle > 0.0:
        raise ActionError(f"max_steering must be positive, got {angle}")
    return ContinuousActions.from_degrees(
        (right, left) if angle is None else (-angle, angle),
        (words.get("min_speed", slow), words.get("max_speed", fast)),
    )


def _check_numbers(words: Mapping[str, Any]) -> None:
    for name, value in words.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ActionError(f"{name}: expected a number, got {value!r}")


def words_of(actions: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the words for actions, without a file; None if they need one.

    Args:
        actions: as ``Actions.to_dict`` writes them.
    """
    made = actions_from_dict(actions)
    if isinstance(made, ContinuousActions):
        (_, right, slow), (_, left, fast) = made.table()
        if right != -left or not left > 0.0:
            return None
        return {"continuous": True, "max_speed": fast, "min_speed": slow, "max_steering": left}
    degrees = round(float(np.degrees(np.abs(made.steering).max())), 6)
    speed = float(made.speed.max())
    for angles, speeds in product(STEERING_GRANULARITIES, SPEED_GRANULARITIES):
        if len(made) != angles * speeds or degrees <= 0.0:
            continue
        grid = DiscreteActions.from_grid(degrees, angles, speed, speeds)
        if np.allclose(grid.steering, made.steering) and np.allclose(grid.speed, made.speed):
            return dict(zip(_GRID, (speed, speeds, degrees, angles), strict=True))
    return None
