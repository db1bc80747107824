"""``racer tune``: searches good hyperparameters, and says whether they truly help."""

from dataclasses import dataclass
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
    parse_duration,
)
from racer.cli.output import print_json
from racer.cli.publishing import bring_back, published
from racer.cli.setting_options import training_options
from racer.errors import RacerError, one_line
from racer.store.address import check_store

if TYPE_CHECKING:
    from racer.cli.tune_view import TuneView
    from racer.studies.tune.records import SearchResult

SEARCH_PANEL = "Search"


@dataclass(frozen=True)
class StudyOptions:
    """Where a search goes, how it is run, and how it is told."""

    jobs: Jobs = None
    reward_timeout: RewardTimeout = 10.0
    name: Annotated[
        str | None,
        typer.Option(
            help="Of the folder; by default from the reward's name, numbered.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None
    tuning_dir: Annotated[
        Path, typer.Option(help="The folder for searches and sweeps.", rich_help_panel=OUTPUT_PANEL)
    ] = Path("tuning")
    figures: Figures = True
    as_json: AsJson = False
    store: Store = None

    def __post_init__(self) -> None:
        check_reward_timeout(self.reward_timeout)
        if self.store is not None:
            check_store(self.store)


@training_options(without=("reward",))
def tune(
    reward: Annotated[
        str,
        typer.Argument(help="A reward function: a file, or a shipped one's name."),
    ],
    trials: Annotated[
        int, typer.Option(help="Combinations of settings to try.", rich_help_panel=SEARCH_PANEL)
    ] = 60,
    timeout: Annotated[
        str | None,
        typer.Option(
            help="End about then, the confirmation included: 600, 90s, 10m, 1.5h.",
            rich_help_panel=SEARCH_PANEL,
            metavar="TIME",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(help="Trainings of each trial.", rich_help_panel=SEARCH_PANEL)
    ] = 3,
    search: Annotated[
        list[str] | None,
        typer.Option(
            help="Values of a name: learning_rate=1e-4:1e-2, or epochs=2,4,8. May be repeated.",
            rich_help_panel=SEARCH_PANEL,
            metavar="NAME=VALUES",
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            help="Search the actions or the network too. May be repeated.",
            rich_help_panel=SEARCH_PANEL,
            metavar="actions|network",
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            help="A plain grid in place of a search, as racer sweep. May be repeated.",
            rich_help_panel=SEARCH_PANEL,
            metavar="NAME=A,B,C",
        ),
    ] = None,
    confirm: Annotated[
        int,
        typer.Option(
            help="How many of the best are trained again beside the defaults; 0: none.",
            rich_help_panel=SEARCH_PANEL,
        ),
    ] = 3,
    confirm_seeds: Annotated[
        int,
        typer.Option(
            help="Trainings of each of these, on fresh seeds.", rich_help_panel=SEARCH_PANEL
        ),
    ] = 10,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Where the trials are kept: a .db or .journal file, or a database's address; "
            "study.db in the folder by default.",
            rich_help_panel=SEARCH_PANEL,
        ),
    ] = None,
    laps: Annotated[
        int,
        typer.Option(help="Laps of each policy that are judged.", rich_help_panel=OUTPUT_PANEL),
    ] = 20,
    *,
    study: StudyOptions,
    settings: dict[str, Any],
) -> None:
    """Search good hyperparameters, and confirm them on seeds the search never saw.

    A hyperparameter that is given keeps its value. Trials are ranked by laps
    finished, then by race time, never by return. Ctrl-C stops; the same
    command continues where it stopped.
    """
    search_plan = {
        "trials": trials, "seeds": seeds, "search": search or [], "also": also or [],
        "sweep": sweep or [], "confirm": confirm, "confirm_seeds": confirm_seeds, "laps": laps,
    }  # fmt: skip
    seconds = None if timeout is None else parse_duration(timeout)
    run_study(reward, settings, search_plan, study, timeout=seconds, storage=storage)


def run_study(
    reward: str,
    settings: dict[str, Any],
    plan_of: dict[str, Any],
    study: StudyOptions,
    *,
    timeout: float | None = None,
    storage: str | None = None,
) -> None:
    """Do a search or a sweep, and print what came of it.

    Args:
        reward: a file, or a shipped one's name.
        settings: of all trainings.
        plan_of: what ``make_tune_plan`` takes besides.
        study: where and how.
        timeout: seconds.
        storage: as ``racer tune --storage``.

    Raises:
        typer.Exit: with the exit status, if it is not 0.
    """
    from racer.cli.tune_view import TuneView
    from racer.config.parse import make_config
    from racer.studies.tune.tune_plan import make_tune_plan, open_study

    view = TuneView()
    config = make_config(on_note=view.note, **settings)
    for text in config.command_notes():
        view.note(text)
    plan = make_tune_plan(reward, config, **plan_of)
    from racer.studies.runner import Runner
    from racer.studies.tune.tune import run_tune

    runner = Runner(view, jobs=study.jobs, reward_timeout=study.reward_timeout)
    if study.name is not None:
        bring_back(study.store, study.tuning_dir / study.name)
    folder = open_study(plan, study.name, study.tuning_dir)
    view.announce_search(plan, folder)
    with published(study.store, folder, view.note):
        try:
            with one_interruption(), view.shown():
                found = run_tune(plan, folder, runner, view, timeout=timeout, storage=storage)
        except Stopped as stopped:
            view.interrupted()
            raise typer.Exit(128 + stopped.number) from None
        _tell(found, view, figures=study.figures, as_json=study.as_json)
    if found.best is None:
        raise typer.Exit(1)


def _tell(found: "SearchResult", view: "TuneView", *, figures: bool, as_json: bool) -> None:
    """Print what came of the search, and draw it."""
    if not as_json:
        view.show_result(found)
    files: list[Path] = []
    if figures:
        from racer.studies.tune.tuning_report import write_tune_report

        try:
            files = write_tune_report(found)
        except (RacerError, OSError) as error:
            view.note(f"the report is missing: {one_line(error)}")
    if as_json:
        sweep = {"sweep": _sweep_dict(found)} if found.is_sweep else {}
        print_json({**found.to_dict(), **sweep, "files": [str(path) for path in files]})
    else:
        view.files(found, files)


def _sweep_dict(found: "SearchResult") -> list[dict[str, Any]]:
    from racer.studies.tune.sweep import sweep_dict

    return sweep_dict(found)
