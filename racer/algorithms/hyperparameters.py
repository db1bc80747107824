"""Hyperparameters as users write them: any of three vocabularies, files and flags, into settings.

Neither torch nor Stable-Baselines3 is imported here: the command line's help must come at once.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from racer.algorithms.algorithm import Algorithm
from racer.algorithms.hyperparameter_table import BY_NAME, NO_EFFECT, TABLE, Value, parse_value
from racer.algorithms.known import FROM_REWARDS, algorithm
from racer.algorithms.settings import AlgorithmSettings
from racer.errors import ConfigError
from racer.foreign import parse_json, parse_toml, read_text

DEEPRACER_KEYS = frozenset(
    {row.deepracer for row in TABLE if row.deepracer}
    - {name for row in TABLE for name in (row.name, row.sb3)}
    | set(NO_EFFECT)
)
"""Names that only DeepRacer uses: a group of values with one of them is taken for its file."""


def resolve(name: str, *given: Mapping[str, object]) -> tuple[AlgorithmSettings, list[str]]:
    """Return an algorithm's settings and what the user should know about them.

    Args:
        name: of the algorithm.
        given: groups of values under any known names, the weakest first: a file, then flags. In a
            later group a setting replaces that of an earlier one; within a group, two names of one
            setting must agree. A group with a name that only DeepRacer uses counts as a
            hyperparameters.json: what the algorithm cannot use is then a note and not an error,
            because those files always hold every key.

    Returns:
        The settings, and one line a note.

    Raises:
        ConfigError: if a name is unknown or not one of the algorithm's, if two names of a setting
            disagree, or if a value is of the wrong kind or out of range.
    """
    one = algorithm(name)
    values: dict[str, Value] = {}
    notes: list[str] = []
    for group in given:
        from_deepracer = not DEEPRACER_KEYS.isdisjoint(group)
        notes += [f"{key} has no effect: {NO_EFFECT[key]}" for key in group if key in NO_EFFECT]
        if from_deepracer and not one.deepracer_name:
            notes.append(
                f"DeepRacer's hyperparameters are made for PPO: {name} may need others, "
                f"its own learning_rate is {one.settings().to_dict()['learning_rate']:g}"
            )
        for setting, (key, value) in _parse(group, one).items():
            if one.takes(setting):
                values[setting] = value
            elif from_deepracer:
                notes.append(_not_taken(one, key, setting))
            else:
                raise ConfigError(_not_taken(one, key, setting))
    return one.settings(**values), list(dict.fromkeys(notes))


def read_hyperparameters(path: str | Path) -> dict[str, Any]:
    """Return the values of a hyperparameters file, under the names it uses.

    Args:
        path: DeepRacer's hyperparameters.json, or a .toml file with the values at its top or in a
            table ``[hyperparameters]``.

    Raises:
        ConfigError: if the file cannot be read or parsed, or if a name or value in it is wrong for
            every algorithm; the message names the file, and the line where there is one.
    """
    path = Path(path)
    parse = {".json": parse_json, ".toml": parse_toml}.get(path.suffix.lower())
    if parse is None:
        raise ConfigError(f"{path.name}: expected a .json or .toml file, got '{path.suffix}'")
    text = ""
    try:
        text = read_text(path)
        values = parse(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path.name}: line {error.lineno}: {error.msg}") from error
    except ValueError as error:  # a TOML error says its line, but not at the end; or no text at all
        n_lines = len(text.splitlines())
        message = str(error).replace("at end of document", f"at line {n_lines}, the end")
        raise ConfigError(f"{path.name}: {message}") from error
    if path.suffix.lower() == ".toml" and isinstance(values.get("hyperparameters"), dict):
        values = values["hyperparameters"]
    if not isinstance(values, dict):
        raise ConfigError(f"{path.name}: expected names with values, got {type(values).__name__}")
    try:
        _parse(values)
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from None
    return values


def hyperparameters_table() -> str:
    """Return the table of all hyperparameters with each algorithm's default, for the docs."""
    defaults = {
        name: {field.name: field.default for field in fields(one.settings)}
        for name, one in FROM_REWARDS.items()
    }
    head = ["name", "DeepRacer", "SB3 / VPG", *defaults, "values", "meaning"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for row in TABLE:
        cells = [f"`{row.name}`", _code(row.deepracer), _code(row.sb3)]
        cells += [_show(default, row.name) for default in defaults.values()]
        lines.append(" | ".join([*cells, row.expectation, row.help]))
    return "\n".join(f"| {line} |" for line in lines)


def _parse(group: Mapping[str, object], one: Algorithm | None = None) -> dict[str, Any]:
    """Return ``{name in front: (name as written, value)}`` of one group of values."""
    found: dict[str, tuple[str, Value]] = {}
    for key, raw in group.items():
        if key in NO_EFFECT:
            continue
        if key not in BY_NAME:
            raise ConfigError(_unknown(key, one))
        row = BY_NAME[key]
        try:
            value = parse_value(row, raw)
        except ConfigError as error:
            raise ConfigError(f"{key}: {error}") from None
        other = found.setdefault(row.name, (key, value))
        if other[1] != value:
            raise ConfigError(
                f"{other[0]} and {key} are the same setting: "
                f"expected one value, got {other[1]!r} and {value!r}"
            )
    return found


def _unknown(key: str, one: Algorithm | None) -> str:
    """Return the message for a name in no list: the nearest name, and the known ones."""
    near = get_close_matches(key, [*BY_NAME, *NO_EFFECT], n=1)
    hint = f" did you mean '{near[0]}'?" if near else ""
    rows = list(TABLE) if one is None else one.hyperparameters
    known = ", ".join(sorted(row.name for row in rows))
    return f"unknown hyperparameter '{key}':{hint} known: {known}"


def _not_taken(one: Algorithm, key: str, setting: str) -> str:
    """Return the line for a setting that other algorithms have and this one has not."""
    if setting == "episodes_per_update":
        return (
            f"{key} has no effect with {one.name}, which counts steps, not episodes: "
            "set n_steps, the steps of each car before an update"
        )
    if setting == "n_steps":
        return (
            f"{key} has no effect with {one.name}, which drives whole episodes: "
            "set episodes_per_update"
        )
    who = ", ".join(name for name, other in FROM_REWARDS.items() if other.takes(setting))
    known = ", ".join(sorted(row.name for row in one.hyperparameters))
    return f"{key} has no effect with {one.name}, only with {who}; {one.name} takes: {known}"


def _code(name: str) -> str:
    return f"`{name}`" if name else ""


def _show(default: Mapping[str, object], name: str) -> str:
    """Return a default as a user would write it; a dash where the algorithm has no such setting."""
    if name not in default:
        return "–"
    value = default[name]
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return "none" if value is None else str(value).lower()
