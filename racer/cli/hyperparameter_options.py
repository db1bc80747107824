"""An option for every hyperparameter, made from the one table of them."""

import inspect
from collections.abc import Collection
from typing import Annotated, Any

import typer

from racer.algorithms.hyperparameter_table import NO_EFFECT, TABLE, Hyperparameter
from racer.algorithms.known import FROM_REWARDS
from racer.errors import ConfigError

PANEL = "Hyperparameters"
_PREFIX = "value_of_"
_SET = "set_hyperparameters"


def hyperparameter_parameters(taken: Collection[str]) -> list[inspect.Parameter]:
    """Return a parameter a name of a hyperparameter, and that of ``--set NAME=VALUE`` for any name.

    Every name is an option; help shows the first. Values stay text here: the table parses them,
    with the message that it has for files too.

    Args:
        taken: words that are options of the verb already; a hyperparameter never hides one.
    """
    named = [(row, name) for row in TABLE for name in row.names]
    free = [_parameter(row, name) for row, name in named if _word(name) not in taken]
    return [*free, _set_parameter()]


def pop_hyperparameters(values: dict[str, Any]) -> dict[str, str]:
    """Take the hyperparameters out of the values of a verb's options, and return those given.

    Raises:
        ConfigError: if an assignment is none.
    """
    assignments = values.pop(_SET, None) or []
    found = {
        name.removeprefix(_PREFIX): values.pop(name)
        for name in [key for key in values if key.startswith(_PREFIX)]
    }
    given = {name: text for name, text in found.items() if text is not None}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--set: expected NAME=VALUE, got '{assignment}'")
        given[name.strip().replace("-", "_")] = text.strip()
    return given


def _parameter(row: Hyperparameter, name: str) -> inspect.Parameter:
    """Return the parameter of one name of a hyperparameter; only the first name is in the help."""
    option = typer.Option(
        _word(name),
        help=f"{row.help} {_takers(row)}",
        rich_help_panel=PANEL,
        hidden=name != row.name,
        metavar=_metavar(row),
        show_default=False,
    )
    return _keyword(_PREFIX + name, str | None, option)


def _word(name: str) -> str:
    return "--" + name.replace("_", "-")


def _set_parameter() -> inspect.Parameter:
    known = ", ".join(NO_EFFECT)
    option = typer.Option(
        "--set",
        help=f"NAME=VALUE: a hyperparameter under any name. Without effect: {known}.",
        rich_help_panel=PANEL,
        metavar="NAME=VALUE",
        show_default=False,
    )
    return _keyword(_SET, list[str] | None, option)


def _keyword(name: str, kind: Any, option: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, option],
    )


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
