"""Options that are no settings and that several verbs share.

Those that stand together are a dataclass: a verb with a parameter of such a class has its options.
"""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from racer.config.declaration import RUN, TRAINING
from racer.errors import ConfigError
from racer.run_files import RUNS
from racer.store.address import check_store

OUTPUT_PANEL = "Output"

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else on stdout.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Figures = Annotated[
    bool, typer.Option("--figures/--no-figures", help="Draw the report at the end.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Store = Annotated[
    str | None,
    typer.Option(metavar="URL", envvar="RACER_STORE", rich_help_panel=OUTPUT_PANEL,
                 help="Publish it in a store, too: s3://BUCKET/FOLDER, gs://, az:// or file://."),
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
    ] = RUNS  # fmt: skip
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run of this name.", rich_help_panel=RUN)
    ] = False


Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print errors and the run's folder only.",
                       rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip


@dataclass(frozen=True)
class TrainingOptions:
    """How a training is watched, and what is drawn and said at its end."""

    reward_timeout: RewardTimeout = 10.0
    figures: Figures = True
    film: Annotated[
        bool, typer.Option("--film/--no-film", help="Film the best lap at the end.",
                           rich_help_panel=OUTPUT_PANEL),
    ] = True  # fmt: skip
    quiet: Quiet = False
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once it trains, which goes on by itself; "
                           "racer attach shows it.", rich_help_panel=OUTPUT_PANEL),
    ] = False  # fmt: skip
    as_json: AsJson = False
    store: Store = None

    def __post_init__(self) -> None:
        check_reward_timeout(self.reward_timeout)
        if self.store is not None:
            check_store(self.store)


def check_reward_timeout(seconds: float) -> None:
    """Refuse a time limit that is none.

    Raises:
        ConfigError: if it is not positive.
    """
    if not seconds > 0.0:
        raise ConfigError(f"--reward-timeout: must be positive, got {seconds:g}")


_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float:
    """Return the seconds of ``600``, ``90s``, ``10m`` or ``1.5h``.

    Raises:
        ConfigError: if it is written in another way, or not positive.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([smh]?)\s*", text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not seconds > 0.0:
        raise ConfigError(f"--timeout: expected a time such as 600, 90s, 10m or 1.5h, got '{text}'")
    return seconds


def check_seeds(seeds: int) -> None:
    """Refuse a number of trainings that is none.

    Raises:
        ConfigError: if it is below 1.
    """
    if seeds < 1:
        raise ConfigError(f"--seeds: must be 1 or more, got {seeds}")


Verb = Callable[..., None]


def with_option_classes(function: Verb) -> Verb:
    """Give a verb the options of the option classes among its parameters."""
    own = inspect.signature(function).parameters
    classes: dict[str, Any] = {
        p.name: p.annotation for p in own.values() if is_dataclass(p.annotation)
    }

    if not classes:
        return function

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
    return signed(verb, keywords)


def signed(verb: Verb, parameters: list[inspect.Parameter]) -> Verb:
    """Return a verb that typer sees with these parameters: it asks inspect for them."""
    verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    verb.__annotations__ = {p.name: p.annotation for p in parameters}
    return verb


def given(**values: Any) -> dict[str, Any]:
    """Return the options that were given: those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
