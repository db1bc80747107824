"""Search spaces: which hyperparameters are tried, and between which values.

Ranges reach about a power of ten to both sides of the defaults of ``racer.algorithms.settings``;
what has only a few sensible values is a choice. Names are those of the hyperparameter table.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from racer.algorithms.hyperparameter_table import BY_NAME, TABLE, parse_value
from racer.algorithms.hyperparameters import resolve
from racer.algorithms.settings import hyperparameters_of
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


@dataclass(frozen=True)
class Dimension:
    """One name of a search, and its values: a range or a choice."""

    name: str
    low: float = 0.0
    """Of a range."""
    high: float = 0.0
    choices: tuple[Any, ...] = ()
    """Of a choice; empty for a range. A list of sizes is a text: ``64,64``."""

    @property
    def is_log(self) -> bool:
        """Whether a range is searched by powers of ten."""
        return not self.choices and self.low > 0.0 and self.high / self.low >= 10.0

    @property
    def text(self) -> str:
        """As a user writes it after ``NAME=``."""
        if self.choices:
            return ",".join(map(str, self.choices))
        return f"{self.low:g}:{self.high:g}"

    def including(self, value: Any) -> "Dimension":
        """Return the dimension with a value that must be among its own."""
        if not self.choices:
            return Dimension(self.name, min(self.low, value), max(self.high, value))
        return (
            self if value in self.choices else Dimension(self.name, choices=(value, *self.choices))
        )


def _range(name: str, low: float, high: float) -> Dimension:
    return Dimension(name, low, high)


def _choice(name: str, *choices: Any) -> Dimension:
    return Dimension(name, choices=choices)


_SHARED = (
    _choice("discount_factor", 0.9, 0.95, 0.98, 0.99, 0.995),
    _choice("entropy", 0.0, 0.001, 0.003, 0.01, 0.03),
)
_LAMBDA = _choice("gae_lambda", 0.8, 0.9, 0.95, 0.98, 1.0)

SPACES: Mapping[str, tuple[Dimension, ...]] = {
    "vpg": (
        _range("learning_rate", 1e-3, 1e-1),
        *_SHARED,
        _choice("episodes_per_update", 32, 64, 128),
        _choice("epochs", 1, 2, 4, 8),
        _range("value_learning_rate", 1e-3, 1e-1),
    ),
    "ppo": (
        _range("learning_rate", 1e-4, 1e-2),
        *_SHARED,
        _choice("n_steps", 16, 32, 64, 128),
        _choice("batch_size", 128, 256, 512, 1024),
        _choice("epochs", 2, 4, 8, 16),
        _LAMBDA,
        _choice("clip_range", 0.1, 0.2, 0.3),
    ),
    "a2c": (
        _range("learning_rate", 2e-4, 2e-2),
        *_SHARED,
        _choice("n_steps", 4, 8, 16, 32, 64),
        _LAMBDA,
        _choice("value_weight", 0.25, 0.5, 1.0),
    ),
}
"""What is searched by default, for each algorithm."""

_MORE: Mapping[str, tuple[Dimension, ...]] = {
    "actions": (
        _choice("max_speed", 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0),
        _choice("speed_granularity", 1, 2, 3),
        _choice("max_steering", 20.0, 25.0, 30.0),
        _choice("steering_granularity", 3, 5, 7),
    ),
    "network": (
        _choice("net_arch", "32,32", "64,64", "128,128", "64,64,64"),
        _choice("activation", "tanh", "relu"),
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
    dimensions = {one.name: one for one in SPACES[config.algo] if one.name not in fixed}
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
    own = [row.name for row in hyperparameters_of(algo)]
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
