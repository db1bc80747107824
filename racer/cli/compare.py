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
    check_reward_timeout,
    check_seeds,
)
from racer.cli.output import print_json
from racer.cli.setting_options import training_options
from racer.config.declaration import TRACK, TRAINING
from racer.errors import RacerError, one_line

if TYPE_CHECKING:
    from racer.cli.compare_view import CompareView
    from racer.studies.compare import Comparison
    from racer.studies.plan import Plan


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
        int,
        typer.Option(
            help="Trainings of each, with successive seeds. Below 5 there is no verdict.",
            rich_help_panel=TRAINING,
        ),
    ] = 10,
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
    *,
    settings: dict[str, Any],
) -> None:
    """Find out which reward function teaches the car to lap better, if any.

    Each is trained with the same steps, seeds, track, car and learner, and
    judged by laps that no reward function can bend. Ctrl-C stops; the same
    command continues where it stopped.
    """
    check_reward_timeout(reward_timeout)
    check_seeds(seeds)
    from racer.cli.compare_view import CompareView

    view = CompareView()
    from racer.config.parse import make_config
    from racer.studies.plan import make_plan

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
    )
    status = _run(
        plan, view, name, comparisons_dir, jobs, reward_timeout, figures=figures, as_json=as_json
    )
    raise typer.Exit(status)


def _run(
    plan: "Plan",
    view: "CompareView",
    name: str | None,
    comparisons_dir: Path,
    jobs: int | None,
    reward_timeout: float,
    *,
    figures: bool,
    as_json: bool,
) -> int:
    """Compare, print what came of it, and return the exit status."""
    from racer.studies.compare import run_plan
    from racer.studies.manifest import open_folder
    from racer.studies.runner import Runner

    runner = Runner(view, jobs=jobs, reward_timeout=reward_timeout)
    folder = open_folder(plan, name, comparisons_dir)
    view.announce(plan, folder)
    try:
        with one_interruption(), view.shown():
            found = run_plan(plan, folder, runner)
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
