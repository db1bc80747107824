"""Writes settings as the command that trains with them."""

import shlex
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

from racer.naming import as_list, one_or_list

if TYPE_CHECKING:
    from racer.training.config import TrainConfig

_SPECIAL = ("reward", "hyperparameters", "actions")
_GRID = ("max_speed", "speed_granularity", "max_steering", "steering_granularity")


def changed_settings(config: "TrainConfig") -> dict[str, Any]:
    """Return the settings that differ from the defaults, hyperparameters among them by name.

    The action space is left out: it is no single value.
    """
    from racer.algorithms.known import algorithm
    from racer.training.config import TrainConfig

    default = TrainConfig.of(algo=config.algo)
    changed = {
        name: getattr(config, name)
        for name in TrainConfig.model_fields
        if name not in _SPECIAL[1:] and getattr(config, name) != getattr(default, name)
    }
    if "track" in changed:
        changed["track"] = one_or_list(changed["track"])
    if config.algo != TrainConfig.of().algo:
        changed["algo"] = config.algo
    defaults = algorithm(config.algo).settings()
    changed.update(
        {
            name: value
            for name, value in config.hyperparameters.items()
            if value != getattr(defaults, name, None)
        }
    )
    return changed


def train_command(config: "TrainConfig", name: str, changes: Mapping[str, Any]) -> str:
    """Return the command that trains with the settings of a run and a change.

    Args:
        config: the settings of the run.
        name: of the new run.
        changes: settings, hyperparameters, or numbers of the action space, that replace them.

    Returns:
        the command; empty if it cannot be written: an action space that is no grid of speeds and
        angles needs a file.
    """
    from racer.algorithms.known import algorithm

    settings = {**changed_settings(config), **changes}
    if not algorithm(config.algo).takes_lists:
        if set(changes) & set(_GRID) or config.actions != _own_actions(config.algo):
            return ""
    elif config.actions is not None:
        grid = grid_numbers(config.actions)
        if grid is None and not set(changes) & set(_GRID):
            return ""
        settings = {**(grid or {}), **settings}
    words = ["racer", "train", str(settings.pop("reward", config.reward))]
    for key, value in settings.items():
        words += _option(key, value)
    return shlex.join([*words, "--name", name])


def _own_actions(algo: str) -> dict[str, Any] | None:
    """Return the action space of an algorithm that is given none."""
    from racer.training.config import TrainConfig

    return TrainConfig.of(algo=algo).actions


def _option(name: str, value: Any) -> list[str]:
    """Return the words of an option of ``racer train``."""
    flag = "--" + name.replace("_", "-")
    if name in ("reverse", "drop_duplicates"):
        return [flag] if value else []
    if name == "rgb":
        return ["--rgb" if value else "--grey"]
    if name == "track":
        return [word for one in as_list(value) for word in (flag, one)]
    if isinstance(value, bool):
        return [flag, "yes" if value else "no"]
    if isinstance(value, list | tuple):
        return [flag, ",".join(str(item) for item in value)]
    return [
        flag,
        "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value),
    ]


def grid_numbers(actions: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the four numbers of an action space that is a grid; None if it is not.

    Args:
        actions: the action space, as ``Actions.to_dict`` writes it.
    """
    import numpy as np

    from racer.vehicle import DiscreteActions, actions_from_dict
    from racer.vehicle.actions import SPEED_GRANULARITIES, STEERING_GRANULARITIES

    space = actions_from_dict(actions)
    if not isinstance(space, DiscreteActions):
        return None
    degrees = round(float(np.degrees(np.abs(space.steering).max())), 6)
    speed = float(space.speed.max())
    for angles, speeds in product(STEERING_GRANULARITIES, SPEED_GRANULARITIES):
        if len(space) != angles * speeds or degrees <= 0.0:
            continue
        grid = DiscreteActions.from_grid(degrees, angles, speed, speeds)
        if np.allclose(grid.steering, space.steering) and np.allclose(grid.speed, space.speed):
            return dict(zip(_GRID, (speed, speeds, degrees, angles), strict=True))
    return None
