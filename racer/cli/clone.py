"""``racer clone``: a new run that starts from the weights of another one."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import typer

from racer.cli.evaluate import AllowPickle
from racer.cli.train import run_job, train
from racer.cli.train_job import make_job
from racer.errors import ConfigError

_LEFT_OUT = ("reward", "seeds")
"""Options of ``train`` that are another thing where they are taken over."""

Parent = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder or name, or a checkpoint file.")
]
From = Annotated[str, typer.Option("--from", help="Of the run: best or last.", metavar="best|last")]
Reward = Annotated[
    str | None,
    typer.Option(
        "--reward", help="Another reward function: a file, or a shipped one's name.",
        metavar="NAME|FILE",
    ),
]  # fmt: skip


def with_options_of_train(function: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of ``train`` after its own, but for those that it has itself."""

    @functools.wraps(function)
    def verb(**values: Any) -> None:
        function(**values)

    own = [p for p in inspect.signature(function).parameters.values() if p.name != "options"]
    left_out = {*_LEFT_OUT, *(p.name for p in own)}
    more = [p for p in inspect.signature(train).parameters.values() if p.name not in left_out]
    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *more)]
    # typer asks inspect for the parameters: here they are
    verb.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    verb.__annotations__ = {p.name: p.annotation for p in keywords}
    return verb


@with_options_of_train
def clone(
    run: Parent,
    which: From = "best",
    reward: Reward = None,
    allow_pickle: AllowPickle = False,
    **options: Any,
) -> None:
    """Train a new run that starts from the weights of another one.

    Settings are those of the other run, and whatever you give is changed:
    the reward function, the track, the hyperparameters. The action space
    and the network must fit the weights. run.json says where it came from.
    """
    if which not in ("best", "last"):
        raise ConfigError(f"--from: must be best or last, got '{which}'")
    from racer.cli.hyperparameters import pop_hyperparameters

    hyperparameters = pop_hyperparameters(options)
    output = {name: options.pop(name) for name in ("reward_timeout", "quiet", "as_json")}
    job = make_job(reward=reward, seeds=1, hyperparameters=hyperparameters, **options)
    job = replace(job, clone=run, checkpoint=which, allow_pickle=allow_pickle)
    timeout = output.pop("reward_timeout")
    raise typer.Exit(run_job(job, timeout, **output))
