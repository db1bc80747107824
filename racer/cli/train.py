"""``racer train``: the options, and what is said at the end."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from racer.cli.evaluate import summary_lines
from racer.cli.make_requests import MakeRequests, make_requests
from racer.cli.options import RunFolderOptions, TrainingOptions, given
from racer.cli.output import (
    count,
    escape,
    labelled,
    percent,
    print_json,
    print_note,
    say,
    say_command,
)
from racer.cli.setting_options import training_options
from racer.config.declaration import RUN, TRAINING
from racer.errors import ConfigError


@training_options(without=("reward",))
def train(
    reward: Annotated[
        str | None,
        typer.Argument(
            metavar="REWARD",
            help="A reward function: a file, or a shipped one's "
            "name (racer reward list); center_line by default.",
        ),
    ] = None,
    *,
    settings: dict[str, Any],
    seeds: Annotated[
        int,
        typer.Option(
            help="Train so many times, with successive seeds.",
            rich_help_panel=RUN,
            show_default=False,
        ),
    ] = 1,
    deepracer: Annotated[
        Path | None,
        typer.Option(
            "--deepracer",
            metavar="FOLDER",
            help="Train the model of a folder as deepracer-for-cloud or the console laid it out; "
            "options win over it.",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    routes: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="With --deepracer: where the .npy routes lie.",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    where: RunFolderOptions,
    training: TrainingOptions,
) -> None:
    """Train a car with a reward function; see how it learned and how it laps.

    Without any option: the centre-line reward, the re:Invent 2018 track,
    vanilla policy gradient. Ctrl-C ends the training properly: what was
    learned is evaluated and saved.
    """
    settings |= given(reward=reward)
    if deepracer is not None:
        settings = _of_model(deepracer, routes, settings)
    elif routes is not None:
        raise ConfigError("--routes: has no effect without --deepracer FOLDER")
    make = partial(make_requests, settings, where, training, seeds=seeds)
    raise typer.Exit(run_requests(make, training))


def _of_model(folder: Path, routes: Path | None, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a model's folder with those of the user over them."""
    from racer.deepracer.model_folder import read_model_folder

    given_track = settings.get("track")
    found = read_model_folder(folder, track=given_track and given_track[0], routes=routes)
    for line in found.notes:
        print_note(line)
    return {**found.settings, **settings}


def run_requests(make: MakeRequests, training: TrainingOptions) -> int:
    """Train, print what came of it, and return the exit status.

    Args:
        make: returns the trainings to do; is given what takes remarks.
        training: how it is watched and told.
    """
    from racer.cli.train_parent import Supervisor
    from racer.cli.train_view import TrainView

    if training.detach:
        from racer.cli.detach import detach

        return detach(make, training)
    view = TrainView(quiet=training.quiet)
    supervisor = Supervisor(make, view, training.reward_timeout, store=training.store)
    status = supervisor.run()
    print_results(supervisor.follower.results, quiet=training.quiet, as_json=training.as_json)
    return status


def print_results(results: list[dict[str, Any]], *, quiet: bool, as_json: bool) -> None:
    """Print what came of trainings.

    Args:
        results: what their jobs returned.
        quiet: print the folders only.
        as_json: print all of it as JSON.
    """
    figure = results[-1].pop("seeds_figure", None) if results else None
    if as_json:
        print_json({"runs": results, "seeds_figure": figure})
    elif quiet:
        for result in results:
            print(result["folder"])
    elif len(results) == 1:
        _print_one(results[0])
    elif results:
        _print_several(results, figure)


def _print_one(result: dict[str, Any]) -> None:
    """Say what came of a training, best and last, where everything is, and what to try next."""
    from racer.runs.policies import last_words

    say()
    for line in summary_lines(result["evaluation"], checkpoint=_best_words(result["last"])):
        say(line)
    for line in last_words(result["last"]):
        say(escape(line))
    if result["added"]:
        say(escape(result["added"]))
    say(f"{_effort(result)}, {result['ended']}")
    say()
    folder = result["folder"]
    rows = {"run": folder, **result["files"]}
    for name, file in rows.items():
        labelled(name.replace("_", " "), str(file))
    say()
    say("Try next:")
    for command in _next_commands(folder, result["evaluation"]["finish_rate"]):
        say_command(command)


def _best_words(last: dict[str, Any]) -> str:
    """Return which checkpoint was evaluated."""
    steps = last["best_steps"]
    return "best checkpoint" if steps is None else f"best checkpoint, after {count(steps)} steps"


def _next_commands(folder: str, finish_rate: float) -> list[str]:
    """Return what to try next: for a car that laps, and for one that does not."""
    if finish_rate < 0.5:
        return [f"racer plot {folder}", "racer reward list", "racer evaluate pure-pursuit"]
    return [
        f"racer evaluate {folder} --track kidney", f"racer watch {folder} --reverse -o reverse.gif",
        f"racer plot {folder}", "racer train progress_per_step --max-speed 4",
    ]  # fmt: skip


def _print_several(results: list[dict[str, Any]], figure: str | None) -> None:
    """Print a line a seed, and where the learning curves are."""
    say()
    for result in results:
        first, second = summary_lines(result["evaluation"], checkpoint="best checkpoint")[:2]
        last = f"last policy {percent(result['last']['finish_rate'])}"
        say(f"seed {result['seed']}: {first}, {second}; {last}; {escape(result['folder'])}")
        if result["added"]:
            say(f"  {escape(result['added'])}")
    if figure is not None:
        say(f"[bold]learning curves over the seeds[/] {escape(figure)}")


def _effort(result: dict[str, Any]) -> str:
    return (
        f"{result['total_steps']:,} steps in {result['episodes']:,} episodes, "
        f"{result['seconds']:.1f} s of training"
    )
