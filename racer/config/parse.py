"""From what a user says to one checked ``TrainConfig``: the same way for every verb and function.

What is said stronger wins: the settings of a run to go on from, a file of settings, a file of
hyperparameters, then options or keyword arguments.
"""

import tomllib
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from racer.algorithms.hyperparameter_table import BY_NAME, NO_EFFECT
from racer.algorithms.hyperparameters import read_hyperparameters, resolve
from racer.config.declaration import TrainSettings, declared
from racer.config.train_config import TrainConfig, without_former
from racer.errors import ConfigError, unknown_name
from racer.foreign import parse_toml, read_text
from racer.vehicle.metadata import unused_lines

Note = Callable[[str], None]


def make_config(
    base: Mapping[str, Any] | None = None,
    *,
    config_file: str | Path | None = None,
    hyperparameter_file: str | Path | None = None,
    on_note: Note | None = None,
    **settings: Any,
) -> TrainConfig:
    """Return the settings of a training.

    Args:
        base: fields of ``TrainConfig`` that hold where nothing else is said.
        config_file: a TOML file with fields of ``TrainConfig``.
        hyperparameter_file: DeepRacer's hyperparameters.json, or a TOML file.
        on_note: called with each remark a user should read; by default they are warnings.
        settings: fields of ``TrainConfig``, and hyperparameters under any of their names.

    Raises:
        RacerError: if a file cannot be read, a name is unknown, or a value cannot be used.
    """
    note = on_note or _warn
    given, hyperparameters = _split(without_former(settings, note))
    in_file = {} if config_file is None else _read_checked(Path(config_file), note)
    if "reward" in in_file.keys() - given.keys():
        note(f"{config_file}: names the reward function: {in_file['reward']} is executed")
    values = {**(base or {}), **in_file, **given, "hyperparameters": {}}
    groups = [one.get("hyperparameters", {}) for one in (base or {}, in_file)]
    if hyperparameter_file is not None:
        groups.append(read_hyperparameters(hyperparameter_file))
    groups.append(hyperparameters)
    config = TrainConfig.of(**values)
    settled = _settle(config.algo, groups, note)
    config = config.model_copy(update={"hyperparameters": settled})
    _refuse_idle(config, {**in_file, **given})
    for line in unused_lines({**in_file, **given}.get("actions"), config.algo, config.observe):
        note(line)
    return config


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings of a TOML file, whose keys are the fields of ``TrainConfig``.

    Raises:
        ConfigError: if the file is missing, is not TOML, or holds an unknown key.
    """
    if path.suffix == ".py":
        raise ConfigError(
            f"{path}: expected a .toml file of settings, got a Python file: nothing of it is run; "
            "a reward function is named without --config"
        )
    try:
        values = parse_toml(read_text(path))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for name in without_former(values):
        if name not in TrainConfig.model_fields:
            raise ConfigError(
                f"{path}: {unknown_name('setting', name, list(TrainConfig.model_fields))}"
            )
    return values


def _read_checked(path: Path, on_note: Note) -> dict[str, Any]:
    """Return the settings of a TOML file, checked so that its name is in the message."""
    values = without_former(read_config(path), lambda text: on_note(f"{path}: {text}"))
    try:
        TrainConfig.of(**values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return values


def _split(settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of ``TrainConfig`` among some names, and the hyperparameters.

    Raises:
        ConfigError: if a name is neither.
    """
    fields = {name: one for name, one in settings.items() if name in TrainConfig.model_fields}
    table = fields.pop("hyperparameters", {})
    if not isinstance(table, Mapping):
        raise ConfigError(f"hyperparameters: expected names with values, got {table!r:.60}")
    hyperparameters = dict(table)
    for name, value in settings.items():
        if name in BY_NAME or name in NO_EFFECT:
            hyperparameters[name] = value
        elif name not in TrainConfig.model_fields:
            raise ConfigError(unknown_name("setting", name, [*TrainConfig.model_fields, *BY_NAME]))
    return fields, hyperparameters


def _settle(algo: str, groups: list[Mapping[str, Any]], on_note: Note) -> dict[str, Any]:
    """Return the hyperparameters that were given, under their first names, the strongest last."""
    settings, notes = resolve(algo, *groups)
    for text in notes:
        on_note(text)
    mentioned = {BY_NAME[key].name for group in groups for key in group if key in BY_NAME}
    return {name: one for name, one in settings.to_dict().items() if name in mentioned}


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)  # where make_config is called


def _refuse_idle(config: TrainConfig, given: Mapping[str, Any]) -> None:
    """Raise if a setting was given of a sensor that the car has not."""
    for one in declared(TrainSettings):
        sensor = one.setting.sensor
        is_idle = sensor and sensor not in config.observe.split("+")
        if is_idle and one.name in given and getattr(config, one.name) != one.default:
            raise ConfigError(
                f"{one.name}: has no effect without the {sensor}: "
                f"set observe, which is {config.observe}"
            )
