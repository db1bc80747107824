"""Options: those of settings, made from their declaration, and the few that verbs share beside.

A verb says which settings it takes by a decorator, and gets those that were given as one dict, the
keyword arguments of ``make_config``. Options that are no settings and stand together are a
dataclass: a verb that has a parameter of such a class has its options.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer

from racer.cli.hyperparameters import hyperparameter_parameters, pop_hyperparameters
from racer.cli.output import print_error, print_note
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

OUTPUT_PANEL = "Output"


def refuse_former(what: str, advice: str) -> NoReturn:
    """Refuse what only older versions had, in a line and with the status of wrong usage."""
    text = f"{what} is gone: reward functions are no longer compiled; {advice}"
    print_error(ConfigError(text))
    raise typer.Exit(2)


def _former_compile(wanted: bool | None) -> None:
    """Say that an option of older versions has no effect, or refuse it."""
    if wanted:
        refuse_former("--compile", "leave it out")
    if wanted is not None:
        print_note("reward functions are no longer compiled: --no-compile has no effect")


ROAD = (TRACK, CAR)
"""Settings of what is driven where."""
DRIVE = (TRACK, CAR, RANDOM, EPISODES)
"""Settings of a drive that teaches nothing."""
ALL = (TRACK, CAR, SENSOR, RANDOM, EPISODES, TRAINING, BUDGET, EVALUATION, RUN)
"""Settings of a training."""

_ACTION = "action_"  # in front of the words for actions, among the parameters of a verb

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else on stdout.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Figures = Annotated[
    bool, typer.Option("--figures/--no-figures", help="Draw the report at the end.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Jobs = Annotated[
    int | None,
    typer.Option(help="Trainings at the same time; one a processor by default.",
                 rich_help_panel=TRAINING),
]  # fmt: skip
RewardTimeout = Annotated[
    float,
    typer.Option(help="Seconds a call of a reward function may take.", rich_help_panel=TRAINING),
]


@dataclass(frozen=True)
class RunFolderOptions:
    """Where a new run goes."""

    name: Annotated[
        str | None, typer.Option(help="Of the run's folder; numbered by default.",
                                 rich_help_panel=RUN),
    ] = None  # fmt: skip
    runs_dir: Annotated[
        Path, typer.Option(help="The folder for runs.", rich_help_panel=RUN)
    ] = Path("runs")  # fmt: skip
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run of this name.", rich_help_panel=RUN)
    ] = False


@dataclass(frozen=True)
class TrainingOptions:
    """How a training is watched, and what is drawn and said at its end."""

    reward_timeout: RewardTimeout = 10.0
    figures: Figures = True
    film: Annotated[
        bool, typer.Option("--film/--no-film", help="Film the best lap at the end.",
                           rich_help_panel=OUTPUT_PANEL),
    ] = True  # fmt: skip
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print errors and the run's folder only.",
                           rich_help_panel=OUTPUT_PANEL),
    ] = False  # fmt: skip
    as_json: AsJson = False

    def __post_init__(self) -> None:
        check_reward_timeout(self.reward_timeout)


def check_reward_timeout(seconds: float) -> None:
    """Refuse a time limit that is none.

    Raises:
        ConfigError: if it is not positive.
    """
    if not seconds > 0.0:
        raise ConfigError(f"--reward-timeout: must be positive, got {seconds:g}")


def check_seeds(seeds: int) -> None:
    """Refuse a number of trainings that is none.

    Raises:
        ConfigError: if it is below 1.
    """
    if seeds < 1:
        raise ConfigError(f"--seeds: must be 1 or more, got {seeds}")


Verb = Callable[..., None]


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
        added += [*_file_parameters(), _FORMER_COMPILE]
        # a hyperparameter's name never hides an option: --set NAME=VALUE says it as well
        taken |= {word for p in added for word in option_words_of(p)}
        added += hyperparameter_parameters(taken)
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
    return _signed(verb, parameters)


def with_option_classes(function: Verb) -> Verb:
    """Give a verb the options of the option classes among its parameters."""
    own = inspect.signature(function).parameters
    classes: dict[str, Any] = {
        p.name: p.annotation for p in own.values() if is_dataclass(p.annotation)
    }

    @functools.wraps(function)
    def verb(**values: Any) -> None:
        for name, of in classes.items():
            values[name] = of(**{field.name: values.pop(field.name) for field in fields(of)})
        function(**values)

    parameters: list[inspect.Parameter] = []
    for p in own.values():
        if p.name in classes:
            parameters += [
                inspect.Parameter(f.name, p.kind, default=f.default, annotation=f.type)
                for f in fields(classes[p.name])
            ]
        else:
            parameters.append(p)
    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    return _signed(verb, keywords)


def _signed(verb: Verb, parameters: list[inspect.Parameter]) -> Verb:
    # typer asks inspect for the parameters: here they are
    verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    verb.__annotations__ = {p.name: p.annotation for p in parameters}
    return verb


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


_FORMER_COMPILE = _keyword(
    "former_compile",
    Annotated[
        bool | None, typer.Option("--compile/--no-compile", callback=_former_compile, hidden=True)
    ],
)
"""Of older versions: scripts that say --no-compile still run."""


def _collect(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were given, as ``make_config`` takes them."""
    hyperparameters = pop_hyperparameters(values)
    values.pop(_FORMER_COMPILE.name, None)
    given = {name: value for name, value in values.items() if value not in (None, [])}
    words = {
        name.removeprefix(_ACTION): given.pop(name) for name in [*given] if name.startswith(_ACTION)
    }
    if words:
        given["actions"] = words
    if hyperparameters:
        given["hyperparameters"] = hyperparameters
    return given


def given(**values: Any) -> dict[str, Any]:
    """Return the options that were given: those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
