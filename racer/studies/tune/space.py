"""Search spaces: which hyperparameters are tried, and between which values.

What is searched by default stands in each algorithm's own file. Ranges reach about a power of ten
to both sides of its defaults; what has only a few sensible values is a choice. Names are those of
the hyperparameter table.
"""

import inspect
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from racer.algorithms.dimension import Dimension, among
from racer.algorithms.hyperparameter_table import BY_NAME, TABLE, parse_value
from racer.algorithms.hyperparameters import resolve
from racer.algorithms.known import algorithm
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError, unknown_name
from racer.vehicle import DiscreteActions

ACTION_NAMES = {
    "max_speed": "max_speed",
    "speed_granularity": "speed_granularity",
    "max_steering": "max_steering_degrees",
    "steering_granularity": "steering_granularity",
}
"""What describes an action space, the four numbers of the 2019 console: names here and in
``DiscreteActions.from_grid``."""

GROUPS = ("actions", "network")
"""What can be part of the search beside the algorithm's own settings."""


_MORE: Mapping[str, tuple[Dimension, ...]] = {
    "actions": (
        among("max_speed", 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0),
        among("speed_granularity", 1, 2, 3),
        among("max_steering", 20.0, 25.0, 30.0),
        among("steering_granularity", 3, 5, 7),
    ),
    "network": (
        among("net_arch", "32,32", "64,64", "128,128", "64,64,64"),
        among("activation", "tanh", "relu"),
    ),
}


def make_space(
    config: TrainConfig, search: Sequence[str] = (), also: Sequence[str] = ()
) -> tuple[Dimension, ...]:
    """Return what is searched; what the user has set is not.

    Args:
        config: of the training; its hyperparameters are fixed.
        search: ``learning_rate=1e-4:1e-2`` or ``epochs=2,4,8``: other values of a name, or a name
            that is not searched by default.
        also: ``actions`` or ``network``.

    Raises:
        ConfigError: for an unknown name, values that cannot be used, or nothing to search.
    """
    fixed = _first_names(config.hyperparameters)
    dimensions = {one.name: one for one in algorithm(config.algo).search if one.name not in fixed}
    for group in also:
        if group not in GROUPS:
            raise ConfigError(f"also: {unknown_name('part of the search', group, list(GROUPS))}")
        dimensions |= {one.name: one for one in _MORE[group] if one.name not in fixed}
    for text in search:
        one = parse_dimension(text, config.algo)
        if one.name in fixed:
            raise ConfigError(f"search: {one.name} has a fixed value: leave one of the two out")
        dimensions[one.name] = one
    if not dimensions:
        raise ConfigError("search: nothing is left to search: every name has a fixed value")
    _check_actions(config, dimensions)
    defaults = default_params(config, tuple(dimensions))
    return tuple(one.including(defaults[one.name]) for one in dimensions.values())


def make_grid(config: TrainConfig, sweep: Sequence[str]) -> tuple[Dimension, ...]:
    """Return the dimensions of a grid: ``learning_rate=1e-4,3e-4,1e-3``, each once.

    Raises:
        ConfigError: as ``make_space``, or for a range.
    """
    found: dict[str, Dimension] = {}
    for text in sweep:
        one = parse_dimension(text, config.algo)
        if not one.choices:
            raise ConfigError(f"sweep: expected NAME=VALUE,VALUE,... got '{text}'")
        if one.name in found:
            raise ConfigError(f"sweep: expected each name once, got {one.name} twice")
        found[one.name] = one
    _check_actions(config, found)
    return tuple(found.values())


def grid_points(
    dimensions: Sequence[Dimension], defaults: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return all combinations of a grid's values, the defaults first, on the grid or not."""
    names = [one.name for one in dimensions]
    combinations = product(*(one.choices for one in dimensions))
    points = [dict(zip(names, values, strict=True)) for values in combinations]
    return [dict(defaults), *(point for point in points if point != defaults)]


def parse_dimension(text: str, algo: str) -> Dimension:
    """Return the dimension of ``NAME=LOW:HIGH`` or ``NAME=VALUE,VALUE``.

    Lists of sizes are separated by semicolons: ``net_arch=32,32;64,64``.

    Raises:
        ConfigError: if it is written in another way, or a value cannot be used.
    """
    name, equals, values = text.partition("=")
    name = _known(name.strip().replace("-", "_"), algo)
    if not equals or not values.strip():
        raise ConfigError(f"expected {name}=LOW:HIGH or {name}=VALUE,VALUE, got '{text}'")
    if ":" in values:
        first, _, last = values.partition(":")
        low, high = _number(first, text), _number(last, text)
        for bound in (low, high):
            _parse(name, bound, text)
        if not low < high:
            raise ConfigError(f"{text}: expected LOW below HIGH")
        if name.endswith("granularity") or (name in BY_NAME and BY_NAME[name].kind != "number"):
            raise ConfigError(f"{text}: {name} takes single values: write {name}=VALUE,VALUE")
        return Dimension(name, low, high)
    mark = ";" if name == "net_arch" else ","
    choices = tuple(_parse(name, part.strip(), text) for part in values.split(mark))
    if len(set(choices)) < len(choices):
        raise ConfigError(f"{text}: expected each value once")
    return Dimension(name, choices=choices)


def default_params(config: TrainConfig, names: Sequence[str]) -> dict[str, Any]:
    """Return the values that the names have without a search, as a search writes them."""
    settings = resolve(config.algo, config.hyperparameters)[0]
    grid = inspect.signature(DiscreteActions.from_grid).parameters
    found = {}
    for name in names:
        own = grid[ACTION_NAMES[name]].default if name in ACTION_NAMES else None
        value = getattr(settings, name) if own is None else own
        found[name] = ",".join(map(str, value)) if isinstance(value, tuple) else value
    return found


def with_params(config: TrainConfig, params: Mapping[str, Any]) -> TrainConfig:
    """Return the settings of a training with the values of a trial.

    Raises:
        ConfigError: if they cannot be used.
    """
    values = dict(config.hyperparameters)
    values |= {name: value for name, value in params.items() if name not in ACTION_NAMES}
    changes: dict[str, Any] = {"hyperparameters": values}
    grid = {ACTION_NAMES[name]: value for name, value in params.items() if name in ACTION_NAMES}
    if grid:
        changes["actions"] = DiscreteActions.from_grid(**grid).to_dict()
    resolve(config.algo, values)
    return TrainConfig.of(**{**config.model_dump(), **changes})


def _first_names(given: Mapping[str, Any]) -> set[str]:
    return {BY_NAME[name].name for name in given if name in BY_NAME}


def _known(name: str, algo: str) -> str:
    """Return the first name of a hyperparameter of an algorithm, or of a number of the actions."""
    if name in ACTION_NAMES:
        return name
    own = [row.name for row in algorithm(algo).hyperparameters]
    first = BY_NAME[name].name if name in BY_NAME else name
    if first not in own:
        other = any(row.name == first for row in TABLE)
        what = f"hyperparameter of {algo}" if other else "hyperparameter"
        raise ConfigError(unknown_name(what, name, [*own, *ACTION_NAMES]))
    return first


def _parse(name: str, value: Any, text: str) -> Any:
    """Return a value as the search holds it."""
    if name in ACTION_NAMES:
        number = _number(value, text)
        return int(number) if name.endswith("granularity") and number == int(number) else number
    try:
        parsed = parse_value(BY_NAME[name], value)
    except ConfigError as error:
        raise ConfigError(f"{text}: {error}") from None
    return ",".join(map(str, parsed)) if isinstance(parsed, tuple) else parsed


def _number(value: Any, text: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ConfigError(f"{text}: expected a number, got '{value}'") from None


def _check_actions(config: TrainConfig, dimensions: Mapping[str, Dimension]) -> None:
    """Raise if actions are to be searched that the user has fixed, or that cannot be made."""
    own = [name for name in ACTION_NAMES if name in dimensions]
    if own and config.actions is not None:
        raise ConfigError("the action space is given and searched: leave one of the two out")
    for name in own:
        one = dimensions[name]
        for value in one.choices or (one.low, one.high):
            with_params(config, {name: value})
