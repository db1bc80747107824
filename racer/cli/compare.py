"""``racer compare``: trains reward functions alike, and says which one is better, if any is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer.cli.interruption import Stopped, one_interruption
from racer.cli.options import (
    OUTPUT_PANEL,
    AsJson,
    Figures,
    Jobs,
    RewardTimeout,
    Store,
    check_reward_timeout,
    check_seeds,
    parse_duration,
)
from racer.cli.output import print_json
from racer.cli.publishing import bring_back, published
from racer.cli.setting_options import training_options
from racer.config.declaration import TRACK, TRAINING
from racer.errors import ConfigError, RacerError, one_line

if TYPE_CHECKING:
    from racer.cli.compare_view import CompareView
    from racer.studies.compare import Comparison
    from racer.studies.plan import Plan
    from racer.studies.runner import Runner


@training_options(without=("reward",))
def compare(
    rewards: Annotated[
        list[str],
        typer.Argument(
            metavar="REWARD...",
            help="Reward functions: files, or shipped ones' names (racer reward list). "
            "NAME=FILE gives one a name of its own.",
        ),
    ],
    seeds: Annotated[
        int | None,
        typer.Option(
            help="Trainings of each, with successive seeds (default: 10). Below 5 there is no "
            "verdict. With --until-clear the most of each (default: 40).",
            rich_help_panel=TRAINING,
            show_default=False,
        ),
    ] = None,
    until_clear: Annotated[
        bool,
        typer.Option(
            "--until-clear",
            help="Add seeds in rounds to those that are not told apart, and look after each round.",
            rich_help_panel=TRAINING,
        ),
    ] = False,
    timeout: Annotated[
        str | None,
        typer.Option(
            help="With --until-clear: begin no training after this time (90s, 2m). The same "
            "command goes on.",
            rich_help_panel=TRAINING,
            metavar="TIME",
        ),
    ] = None,
    also_algo: Annotated[
        list[str] | None,
        typer.Option(
            help="Train again under another learner: ppo, or vpg:learning_rate=0.003. "
            "May be repeated.",
            rich_help_panel=TRAINING,
            metavar="ALGO[:NAME=VALUE,...]",
        ),
    ] = None,
    jobs: Jobs = None,
    reward_timeout: RewardTimeout = 10.0,
    also_track: Annotated[
        list[str] | None,
        typer.Option(
            help="Evaluate on another track as well: kidney, or kidney:reversed. May be repeated.",
            rich_help_panel=TRACK,
            metavar="NAME[:reversed]",
        ),
    ] = None,
    trials: Annotated[
        int,
        typer.Option(help="Laps of each policy that are judged.", rich_help_panel=OUTPUT_PANEL),
    ] = 20,
    name: Annotated[
        str | None,
        typer.Option(
            help="Of the comparison's folder; by default from the rewards' names, numbered.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None,
    comparisons_dir: Annotated[
        Path, typer.Option(help="The folder for comparisons.", rich_help_panel=OUTPUT_PANEL)
    ] = Path("comparisons"),
    figures: Figures = True,
    as_json: AsJson = False,
    store: Store = None,
    *,
    settings: dict[str, Any],
) -> None:
    """Find out which reward function teaches the car to lap better, if any.

    Each is trained with the same steps, seeds, track, car and learner, and
    judged by laps that no reward function can bend. Ctrl-C stops; the same
    command continues where it stopped.
    """
    check_reward_timeout(reward_timeout)
    from racer.studies.rounds import ROUNDS

    seeds = (ROUNDS[-1] if until_clear else 10) if seeds is None else seeds
    check_seeds(seeds)
    limit = None if timeout is None else parse_duration(timeout)
    if limit is not None and not until_clear:
        raise ConfigError("--timeout: it stops a comparison until it is clear: add --until-clear")
    from racer.cli.compare_view import CompareView

    view = CompareView()
    from racer.config.parse import make_config
    from racer.studies.manifest import open_folder
    from racer.studies.plan import make_plan
    from racer.studies.runner import Runner

    config = make_config(on_note=view.note, **settings)
    for text in config.command_notes():
        view.note(text)
    plan = make_plan(
        rewards,
        config,
        seeds=seeds,
        trials=trials,
        also_track=also_track or [],
        also_algo=also_algo or [],
        until_clear=until_clear,
    )
    runner = Runner(view, jobs=jobs, reward_timeout=reward_timeout)
    if name is not None:
        bring_back(store, comparisons_dir / name)
    folder = open_folder(plan, name, comparisons_dir)
    with published(store, folder, view.note):
        status = _run(plan, folder, view, runner, limit, figures=figures, as_json=as_json)
    raise typer.Exit(status)


def _run(
    plan: "Plan",
    folder: Path,
    view: "CompareView",
    runner: "Runner",
    timeout: float | None,
    *,
    figures: bool,
    as_json: bool,
) -> int:
    """Compare, print what came of it, and return the exit status."""
    from racer.studies.compare import run_plan

    view.announce(plan, folder)
    try:
        with one_interruption(), view.shown():
            found = run_plan(plan, folder, runner, timeout=timeout)
    except Stopped as stopped:
        view.stopped()
        return 128 + stopped.number
    if not as_json:
        view.show(found)
    files = _draw(found, view) if figures else []
    if as_json:
        print_json({**found.to_dict(), "files": [str(path) for path in files]})
    else:
        view.where(found, files)
    return 0 if found.scores.scores else 1


def _draw(found: "Comparison", view: "CompareView") -> list[Path]:
    """Write the report and the figures; one that cannot be written is a note: all else is done."""
    try:
        return [found.report, *found.plot()]
    except (RacerError, OSError) as error:
        view.note(f"the report is missing: {one_line(error)}")
        return []
