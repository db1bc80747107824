"""The options of settings, made from their declaration; of hyperparameters, from their table.

A verb says which settings it takes by a decorator, and gets those that were given as one dict: the
keyword arguments of ``make_config``.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from racer.algorithms.hyperparameter_table import NO_EFFECT, TABLE, Hyperparameter
from racer.algorithms.known import FROM_REWARDS
from racer.cli.former import COMPILE_OPTION
from racer.cli.options import Verb, signed, with_option_classes
from racer.config.declaration import (
    BUDGET,
    CAR,
    EPISODES,
    EVALUATION,
    RANDOM,
    RUN,
    SENSOR,
    TRACK,
    TRAINING,
    ActionSettings,
    Declared,
    TrainSettings,
    declared,
)
from racer.errors import ConfigError

ROAD = (TRACK, CAR)
"""Settings of what is driven where."""
DRIVE = (TRACK, CAR, RANDOM, EPISODES)
"""Settings of a drive that teaches nothing."""
ALL = (TRACK, CAR, SENSOR, RANDOM, EPISODES, TRAINING, BUDGET, EVALUATION, RUN)
"""Settings of a training."""

HYPERPARAMETERS = "Hyperparameters"

_ACTION = "action_"  # in front of the words for actions, among the parameters of a verb
_VALUE_OF = "value_of_"  # in front of the names of hyperparameters
_SET = "set_hyperparameters"


def setting_options(*wanted: str, without: Iterable[str] = ()) -> Callable[[Verb], Verb]:
    """Give a verb the options of some settings; it takes those given as the keyword ``settings``.

    An option of the verb's own wins over a setting with its name.

    Args:
        wanted: groups of settings, or names of single ones; ``actions`` are the words for them.
        without: names of settings that are left out.
    """
    return functools.partial(_with_options, wanted=wanted, without=set(without))


def training_options(without: Iterable[str] = ()) -> Callable[[Verb], Verb]:
    """Give a verb an option for all that ``make_config`` takes: settings, files, hyperparameters.

    Args:
        without: names of settings that are left out.
    """
    return functools.partial(_with_options, wanted=ALL, without=set(without), is_training=True)


def one_track(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings in which the track, if it was given, is a single name.

    Raises:
        ConfigError: if several were given.
    """
    names = settings.get("track", [""])
    if len(names) > 1:
        raise ConfigError(f"--track: expected one track, got {len(names)}: {', '.join(names)}")
    return {**settings, "track": names[0]} if "track" in settings else settings


def words_given(settings: dict[str, Any], of: Iterable[str]) -> list[str]:
    """Return the words of settings that were given and do not stand in some groups."""
    others = [one for one in declared(TrainSettings) if one.setting.group not in of]
    words = [one.words[0] for one in others if one.name in settings]
    files = [word for name, word in _FILE_WORDS.items() if name in settings]
    return [*words, *files, *(["--set"] if settings.get("hyperparameters") else [])]


def _with_options(
    function: Verb, wanted: tuple[str, ...], without: set[str], is_training: bool = False
) -> Verb:
    """Return the verb with the options of settings in place of the parameter ``settings``."""
    flat = with_option_classes(function)
    own = inspect.signature(flat).parameters
    taken = {word for p in own.values() for word in option_words_of(p)}
    added = [_parameter(one, p) for one, p in _chosen(wanted, without) if p not in own]
    if is_training:
        added += [*_file_parameters(), COMPILE_OPTION]
        # a hyperparameter's name never hides an option: --set NAME=VALUE says it as well
        taken |= {word for p in added for word in option_words_of(p)}
        added += _hyperparameter_parameters(taken)
    names = [p.name for p in added]

    @functools.wraps(function)
    def verb(**values: Any) -> None:
        mine = {name: values.pop(name) for name in names}
        flat(**values, settings=_collect(mine))

    parameters = [
        new.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for old in own.values()
        for new in (added if old.name == "settings" else [old])
    ]
    return signed(verb, parameters)


def _chosen(wanted: tuple[str, ...], without: set[str]) -> list[tuple[Declared, str]]:
    """Return the settings with an option that are wanted, and the names of their parameters."""
    found: list[tuple[Declared, str]] = []
    for one in declared(TrainSettings):
        group = one.setting.group
        if not group or one.name in without or not {group, one.name} & set(wanted):
            continue
        if one.name == "actions":
            found += [(word, _ACTION + word.name) for word in declared(ActionSettings)]
        else:
            found.append((one, one.name))
    return found


def _parameter(one: Declared, name: str) -> inspect.Parameter:
    """Return the parameter of a setting; None is what was not given."""
    words = ["/".join(one.words)] if one.kind is bool else one.words
    option = typer.Option(
        *words,
        help=one.about,
        rich_help_panel=one.setting.group,
        metavar=one.setting.metavar or None,
        show_default=False,
    )
    kind: Any = list[str] if one.is_repeated else one.kind
    return _keyword(name, Annotated[kind | None, option])


_FILE_WORDS = {"config_file": "--config", "hyperparameter_file": "--hyperparameters"}
_FILE_HELP = {
    "config_file": "A .toml file with settings of racer train; options win over it.",
    "hyperparameter_file": "DeepRacer's hyperparameters.json, or a .toml file.",
}


def _file_parameters() -> list[inspect.Parameter]:
    return [
        _keyword(
            name,
            Annotated[
                Path | None,
                typer.Option(word, help=_FILE_HELP[name], rich_help_panel=TRAINING, metavar="FILE"),
            ],
        )
        for name, word in _FILE_WORDS.items()
    ]


def _keyword(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _collect(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were given, as ``make_config`` takes them."""
    hyperparameters = _pop_hyperparameters(values)
    values.pop(COMPILE_OPTION.name, None)
    given = {name: value for name, value in values.items() if value not in (None, [])}
    words = {
        name.removeprefix(_ACTION): given.pop(name) for name in [*given] if name.startswith(_ACTION)
    }
    if words:
        given["actions"] = words
    if hyperparameters:
        given["hyperparameters"] = hyperparameters
    return given


def option_words_of(parameter: inspect.Parameter) -> list[str]:
    """Return the words of a parameter's option, ``--track`` and ``-t``; none of an argument."""
    for fact in get_args(parameter.annotation)[1:]:
        if isinstance(fact, typer.models.OptionInfo):
            # in an annotation typer takes the first word for the default
            named = [
                one for one in (fact.default, *(fact.param_decls or ())) if isinstance(one, str)
            ]
            declarations = named or ["--" + parameter.name.replace("_", "-")]
            return [word for one in declarations for word in one.split("/")]
    return []


# --- hyperparameters ---


def _hyperparameter_parameters(taken: Collection[str]) -> list[inspect.Parameter]:
    """Return a parameter a name of a hyperparameter, and that of ``--set NAME=VALUE`` for any name.

    Every name is an option; help shows the first. Values stay text here: the table parses them,
    with the message that it has for files too.

    Args:
        taken: words that are options of the verb already; a hyperparameter never hides one.
    """
    named = [(row, name) for row in TABLE for name in row.names]
    free = [_hyperparameter(row, name) for row, name in named if _word(name) not in taken]
    return [*free, _set_parameter()]


def _pop_hyperparameters(values: dict[str, Any]) -> dict[str, str]:
    """Take the hyperparameters out of the values of a verb's options, and return those given.

    Raises:
        ConfigError: if an assignment is none.
    """
    assignments = values.pop(_SET, None) or []
    found = {
        name.removeprefix(_VALUE_OF): values.pop(name)
        for name in [key for key in values if key.startswith(_VALUE_OF)]
    }
    given = {name: text for name, text in found.items() if text is not None}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--set: expected NAME=VALUE, got '{assignment}'")
        given[name.strip().replace("-", "_")] = text.strip()
    return given


def _hyperparameter(row: Hyperparameter, name: str) -> inspect.Parameter:
    """Return the parameter of one name of a hyperparameter; only the first name is in the help."""
    option = typer.Option(
        _word(name),
        help=f"{row.help} {_takers(row)}",
        rich_help_panel=HYPERPARAMETERS,
        hidden=name != row.name,
        metavar=_metavar(row),
        show_default=False,
    )
    return _keyword(_VALUE_OF + name, Annotated[str | None, option])


def _word(name: str) -> str:
    return "--" + name.replace("_", "-")


def _set_parameter() -> inspect.Parameter:
    known = ", ".join(NO_EFFECT)
    option = typer.Option(
        "--set",
        help=f"NAME=VALUE: a hyperparameter under any name. Without effect: {known}.",
        rich_help_panel=HYPERPARAMETERS,
        metavar="NAME=VALUE",
        show_default=False,
    )
    return _keyword(_SET, Annotated[list[str] | None, option])


def _metavar(row: Hyperparameter) -> str:
    if row.kind == "choice":
        return "|".join(dict.fromkeys(word for _, word in row.choices))
    return {"number": "NUMBER", "count": "COUNT", "switch": "yes|no", "sizes": "SIZES"}[row.kind]


def _takers(row: Hyperparameter) -> str:
    """Return the algorithms that take a hyperparameter, with their defaults: ``[vpg 0.01]``."""
    defaults = []
    for name, one in FROM_REWARDS.items():
        if one.takes(row.name):
            default = getattr(one.settings, row.name)
            shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
            defaults.append(f"{name} {'none' if default is None else shown}")
    return f"({'; '.join(defaults)})"
