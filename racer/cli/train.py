"""``racer train``: the options, and what is said at the end."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from racer.cli.evaluate import summary_lines
from racer.cli.hyperparameters import hyperparameter_options
from racer.cli.options import (
    ActionSpace,
    Algo,
    AsJson,
    ConfigFile,
    Figures,
    Film,
    FormerCompile,
    FrameStack,
    HyperparameterFile,
    ImageSize,
    MaxSpeed,
    MaxSteering,
    NEnvs,
    Observe,
    Quiet,
    Randomize,
    Reverse,
    RewardTimeout,
    Rgb,
    Seed,
    SpeedGranularity,
    SteeringGranularity,
    TrackNames,
    TrackScale,
    Vehicle,
)
from racer.cli.output import print_json, say
from racer.cli.train_job import Job, make_job
from racer.errors import ConfigError

BUDGET_PANEL = "How long"
RUN_PANEL = "The run"
EPISODE_PANEL = "Episodes and evaluation"


@hyperparameter_options
def train(
    reward: Annotated[
        str | None,
        typer.Argument(
            metavar="REWARD",
            help="A reward function: a file, or a shipped one's "
            "name (racer reward list); center_line by default.",
        ),
    ] = None,
    track: TrackNames = None,
    track_scale: TrackScale = None,
    reverse: Reverse = None,
    drop_duplicates: Annotated[
        bool | None,
        typer.Option(
            "--drop-duplicates",
            help="Drop repeated waypoints of a .npy track.",
            rich_help_panel="Track",
            show_default=False,
        ),
    ] = None,
    algo: Algo = None,
    seed: Seed = None,
    seeds: Annotated[
        int,
        typer.Option(
            help="Train so many times, with successive seeds.",
            rich_help_panel=RUN_PANEL,
            show_default=False,
        ),
    ] = 1,
    n_envs: NEnvs = None,
    name: Annotated[
        str | None,
        typer.Option(help="Of the run's folder; numbered by default.", rich_help_panel=RUN_PANEL),
    ] = None,
    runs_dir: Annotated[
        Path, typer.Option(help="The folder for runs.", rich_help_panel=RUN_PANEL)
    ] = Path("runs"),
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace a run of this name.", rich_help_panel=RUN_PANEL),
    ] = False,
    config: ConfigFile = None,
    steps: Annotated[
        int | None, typer.Option(help="Environment steps.", rich_help_panel=BUDGET_PANEL)
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Minutes of training.", rich_help_panel=BUDGET_PANEL)
    ] = None,
    until_finish: Annotated[
        float | None,
        typer.Option(
            help="Until this share of evaluation laps is finished, as 0.95.",
            rich_help_panel=BUDGET_PANEL,
        ),
    ] = None,
    hyperparameter_file: HyperparameterFile = None,
    vehicle: Vehicle = None,
    max_speed: MaxSpeed = None,
    speed_granularity: SpeedGranularity = None,
    max_steering: MaxSteering = None,
    steering_granularity: SteeringGranularity = None,
    action_space: ActionSpace = None,
    observe: Observe = None,
    image_size: ImageSize = None,
    rgb: Rgb = None,
    frame_stack: FrameStack = None,
    randomize: Randomize = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            help="Time limit of an episode; 4 laps at 1 m/s by default.",
            rich_help_panel=EPISODE_PANEL,
        ),
    ] = None,
    first_steps: Annotated[
        int | None,
        typer.Option(
            help="params['steps'] at the first call: 2, or 1 for old files.",
            rich_help_panel=EPISODE_PANEL,
        ),
    ] = None,
    eval_trials: Annotated[
        int | None,
        typer.Option(help="Laps of an evaluation; 20 by default.", rich_help_panel=EPISODE_PANEL),
    ] = None,
    eval_every: Annotated[
        int | None,
        typer.Option(
            help="Steps between evaluations; 10000 by default.", rich_help_panel=EPISODE_PANEL
        ),
    ] = None,
    reward_timeout: RewardTimeout = 10.0,
    _compile: FormerCompile = None,
    record: Annotated[
        bool | None,
        typer.Option(
            "--record/--no-record",
            help="Record every step for racer reward replay (default).",
            rich_help_panel=RUN_PANEL,
            show_default=False,
        ),
    ] = None,
    figures: Figures = True,
    film: Film = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    hyperparameters: dict[str, str],
) -> None:
    """Train a car with a reward function; see how it learned and how it laps.

    Without any option: the centre-line reward, the re:Invent 2018 track,
    vanilla policy gradient. Ctrl-C ends the training properly: what was
    learned is evaluated and saved.
    """
    job = make_job(
        reward=reward, track=track or None, track_scale=track_scale, reverse=reverse,
        drop_duplicates=drop_duplicates, algo=algo, seed=seed, n_envs=n_envs, steps=steps,
        minutes=minutes, until_finish=until_finish, vehicle=vehicle, observe=observe,
        image_size=image_size, rgb=rgb, frame_stack=frame_stack, randomize=randomize,
        max_seconds=max_seconds, first_steps=first_steps, eval_trials=eval_trials,
        eval_every=eval_every, record=record,
        max_speed=max_speed, speed_granularity=speed_granularity, max_steering=max_steering,
        steering_granularity=steering_granularity, action_space=action_space, config=config,
        hyperparameter_file=hyperparameter_file, hyperparameters=hyperparameters, seeds=seeds,
        name=name, runs_dir=runs_dir, force=force, figures=figures, film=film,
    )  # fmt: skip
    raise typer.Exit(run_job(job, reward_timeout, quiet=quiet, as_json=as_json))


def run_job(job: Job, reward_timeout: float, *, quiet: bool, as_json: bool) -> int:
    """Train, print what came of it, and return the exit status.

    Raises:
        ConfigError: if the time limit is none.
    """
    if not reward_timeout > 0.0:
        raise ConfigError(f"--reward-timeout: must be positive, got {reward_timeout:g}")
    from racer.cli.settings import make_requests
    from racer.cli.train_parent import Supervisor
    from racer.cli.train_view import TrainView

    supervisor = Supervisor(partial(make_requests, job), TrainView(quiet=quiet), reward_timeout)
    status = supervisor.run()
    print_results(supervisor.follower.results, quiet=quiet, as_json=as_json)
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
    """Say what came of a training, where everything is, and what to try next."""
    say()
    for line in summary_lines(result["evaluation"]):
        say(line)
    say(f"{_effort(result)}, {_REASONS[result['stop_reason']]}")
    say()
    folder = result["folder"]
    rows = {"run": folder, **result["files"]}
    for name, file in rows.items():
        say(f"[bold]{name.replace('_', ' '):<14}[/]{escape(str(file))}")
    say()
    say("Try next:")
    for command in _next_commands(folder, result["evaluation"]["finish_rate"]):
        say(f"  {escape(command)}")


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
        first, second = summary_lines(result["evaluation"])[:2]
        say(f"seed {result['seed']}: {first}, {second}; {escape(result['folder'])}")
    if figure is not None:
        say(f"[bold]learning curves over the seeds[/] {escape(figure)}")


_REASONS = {
    "budget": "the whole budget",
    "minutes": "the whole time",
    "until_finish": "until enough laps were finished",
    "interrupted": "interrupted",
}


def _effort(result: dict[str, Any]) -> str:
    return (
        f"{result['total_steps']:,} steps in {result['episodes']:,} episodes, "
        f"{result['seconds']:.1f} s of training"
    )
