"""Train, evaluate, watch, plot: what the command line does, as functions.

Heavy packages are imported inside the functions: the evaluation of a driver needs no torch.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from racer import defaults
from racer.api.run import MAPS, PLOTS, Run, load_run
from racer.api.who import is_driver, run_of, set_up
from racer.errors import ConfigError, unknown_name
from racer.run_files import CAMERA_FILM, FILM, RUNS
from racer.runs.listing import find_run

if TYPE_CHECKING:
    from racer.api.keywords import TrainKeywords
    from racer.config.keywords import DriveKeywords
    from racer.env import RewardLike
    from racer.evaluation import Evaluation
    from racer.optimal.line_file import LineLike
    from racer.training.hooks import HookKeywords
    from racer.vehicle import Actions


def train(
    reward: "RewardLike" = defaults.REWARD,
    *,
    name: str | None = None,
    runs_dir: str | Path = RUNS,
    force: bool = False,
    **settings: "Unpack[TrainKeywords]",
) -> Run:
    """Train a car in this process, and evaluate it.

    Args:
        reward: a shipped reward function's name, a path, or a Python function of the params.
        name: of the run; by default from the reward function and the algorithm, numbered.
        runs_dir: the folder for runs.
        force: replace a run of this name.
        settings: fields of ``TrainConfig`` (algo, steps, …; ``track`` may be a list, ``actions`` an
            object), hyperparameters under any of their names (``learning_rate=0.02``), and fields
            of ``Hooks``: ``on_progress``, ``on_note``, ``on_print`` …

    Returns:
        the run, evaluated.

    Raises:
        RacerError: for settings that cannot be used, or a reward function that fails.
    """
    from racer.config.parse import make_config
    from racer.reward import load_reward
    from racer.training.hooks import Hooks
    from racer.training.train import train as train_run

    given: dict[str, Any] = {**settings}
    hooks = Hooks.taken_from(given)
    source = load_reward(reward) if callable(reward) else None
    reward = source.name if source else str(reward)
    config = make_config(reward=reward, on_note=hooks.on_note, **given)
    for text in config.command_notes():
        hooks.note(text)
    result = train_run(
        config,
        reward=source,
        folder=None if name is None else Path(runs_dir) / name,
        runs=Path(runs_dir),
        force=force,
        hooks=hooks,
    )
    return Run(result.folder)


def resume(
    run: "str | Path | Run",
    *,
    steps: int | None = None,
    anyway: bool = False,
    **hooks: "Unpack[HookKeywords]",
) -> Run:
    """Go on with a training that was stopped; its end is that of one that was not.

    Args:
        run: the run, its folder or name.
        steps: environment steps to drive from where it stands; by default the rest of its budget.
        anyway: go on with a reward function that remembers nothing, where what it kept could not
            be saved.
        hooks: as for ``train``.

    Returns:
        the run, evaluated.

    Raises:
        RacerError: if there is nothing to resume, or it cannot be done exactly.
    """
    from racer.training.hooks import Hooks
    from racer.training.resume import resume as go_on

    given: dict[str, Any] = {**hooks}
    told = Hooks.taken_from(given)
    if given:
        raise ConfigError(unknown_name("argument", next(iter(given)), Hooks.names()))
    result = go_on(
        run.folder if isinstance(run, Run) else find_run(run),
        steps=steps,
        anyway=anyway,
        hooks=told,
    )
    return Run(result.folder)


def clone(
    run: "str | Path | Run",
    name: str,
    *,
    reward: "RewardLike" = None,
    checkpoint: str = "best",
    runs_dir: str | Path = RUNS,
    force: bool = False,
    allow_pickle: bool = False,
    **settings: "Unpack[TrainKeywords]",
) -> Run:
    """Train a new run that starts from the weights of another one.

    Args:
        run: the run, its folder or name, or a checkpoint file.
        name: of the new run.
        reward: another reward function; by default that of the run.
        checkpoint: best or last.
        runs_dir: the folder for runs.
        force: replace a run of this name.
        allow_pickle: read the checkpoint of an older version too, which can run any code.
        settings: what to change, and hooks, as for ``train``.

    Returns:
        the new run, evaluated; its run.json names its parent and what changed.

    Raises:
        RacerError: for settings that cannot be used, or that the weights do not fit.
    """
    from racer.config.parse import make_config
    from racer.reward import load_reward
    from racer.training.clone import clone as clone_run
    from racer.training.hooks import Hooks
    from racer.training.inheritance import inherited, parent_config

    given: dict[str, Any] = {**settings}
    hooks = Hooks.taken_from(given)
    parent = run.folder if isinstance(run, Run) else find_run(run)
    source = load_reward(reward) if callable(reward) else None
    if reward is not None:
        given["reward"] = source.name if source else str(reward)
    config = parent_config(
        parent,
        checkpoint,
        reward=given.get("reward"),
        allow_pickle=allow_pickle,
        on_note=hooks.note,
    )
    config = make_config(inherited(config, given.get("algo")), on_note=hooks.on_note, **given)
    for text in config.command_notes():
        hooks.note(text)
    result = clone_run(
        parent,
        config,
        folder=Path(runs_dir) / name,
        checkpoint=checkpoint,
        reward=source,
        force=force,
        allow_pickle=allow_pickle,
        hooks=hooks,
    )
    return Run(result.folder)


def evaluate(
    who: "str | Path | Run",
    *,
    trials: int = 20,
    checkpoint: str = "best",
    resets: int = 0,
    off_track_penalty: float = defaults.OFF_TRACK_PENALTY,
    actions: "Actions | None" = None,
    line: "LineLike | None" = None,
    allow_pickle: bool = False,
    sample: bool = False,
    on_step: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    **changes: "Unpack[DriveKeywords]",
) -> "Evaluation":
    """Let a trained policy or a built-in driver try to lap from evenly spaced starts.

    Args:
        who: a run, its folder or name, a checkpoint file, "pure-pursuit", "reference" or
            "random".
        trials: how many, spread evenly over the tracks: no fewer than there are tracks are driven.
        checkpoint: of a run, "best" or "last".
        resets: how often a car that left the track is put back on it instead of being out.
        off_track_penalty: seconds that each of these resets costs.
        actions: of a driver; a run keeps its own.
        line: what "reference" follows instead of the reference: a file (.csv, .npy, .py), rows of
            x, y and maybe speed, or a ``RacingLine``.
        allow_pickle: read a zip of Stable-Baselines3 that was trained elsewhere, or the checkpoint
            of an older version: it can run any code.
        sample: draw the actions of a run as in its training, in place of always the one it thinks
            best: the exploring car, not the greedy one. The same draws each time.
        on_step: called with (trials ended, trials) after each step.
        on_note: called with each remark a user should read.
        changes: settings of the run to replace: ``track``, ``track_scale``, ``reverse``,
            ``vehicle``, ``max_seconds`` … Other tracks come with their own scale and direction.
            ``algo`` says what a zip of Stable-Baselines3 that was trained elsewhere learned with.

    Returns:
        the trials, figures over all of them, and their steps.

    Raises:
        RacerError: if there is no such run, or a setting cannot be used.
    """
    from racer.evaluation import evaluate as drive
    from racer.evaluation.ratio import limits_of, top_speed_of

    if trials < 1:
        raise ConfigError(f"trials: must be 1 or more, got {trials}")
    given: dict[str, Any] = {**changes}
    algo = given.pop("algo", None)
    if algo is not None:
        if sample:
            raise ConfigError("sample: a policy from elsewhere drives greedily")
        from racer.api.foreign_policy import foreign_policy

        if line is not None:
            raise ConfigError("line: expected the driver reference, got a zip of a policy")

        file = who.folder if isinstance(who, Run) else who
        driver, scenario = foreign_policy(
            file, algo, given, actions=actions, allow_pickle=allow_pickle, on_note=on_note
        )
    else:
        driver, scenario = set_up(
            who,
            checkpoint,
            actions,
            given,
            line=line,
            paid=True,
            allow_pickle=allow_pickle,
            sample=sample,
            on_note=on_note,
        )
    if resets:
        rules = replace(scenario.rules, max_resets=resets, off_track_penalty=off_track_penalty)
        scenario = replace(scenario, rules=rules)
    found = drive(driver, scenario, trials=trials, on_step=on_step)
    top_speed = top_speed_of(scenario.actions)
    return replace(found, limits=limits_of(scenario.tracks, scenario.vehicle, top_speed))


def watch(
    who: "str | Path | Run",
    path: str | Path | None = None,
    *,
    trial: int | None = None,
    checkpoint: str = "best",
    trials: int = 20,
    actions: "Actions | None" = None,
    line: "LineLike | None" = None,
    camera: bool = False,
    on_frame: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    **changes: "Unpack[DriveKeywords]",
) -> Path:
    """Film a lap.

    Args:
        who: a run, its folder or name, a checkpoint file, "pure-pursuit", "reference" or
            "random".
        path: the film, ending in ``.gif``; by default ``lap.gif`` in the run's folder, for a
            driver in the working folder.
        trial: which trial; by default the fastest lap, or the longest drive where none finished.
            Of several tracks, its own is shown.
        checkpoint: of a run, "best" or "last".
        trials: how many trials to choose from.
        actions: of a driver; a run keeps its own.
        line: what "reference" follows, as for ``evaluate``.
        camera: show beside the road what the car sees, and how probable each action is.
        on_frame: called with (frames done, frames).
        on_note: called with each remark a user should read.
        changes: as for ``evaluate``. Without any, the final evaluation of the run is filmed.

    Returns:
        where the film is.
    """
    from racer.analysis.film import best_trial, lap_film
    from racer.evaluation import evaluate as drive
    from racer.evaluation.ratio import top_speed_of

    run = None if is_driver(who) else run_of(who)
    sights = None
    as_it_was = not changes and actions is None and line is None and checkpoint == "best"
    if camera:
        from racer.training.sights import watch_drive

        driver, scenario = set_up(who, checkpoint, actions, {**changes}, line=line, on_note=on_note)
        evaluation, watched = watch_drive(driver, scenario, trials)
        trace, tracks, chosen = evaluation.trace, scenario.tracks, scenario.actions
        trial = best_trial(trace, tracks) if trial is None else trial
        sights = watched.sights(trial, int((trace.trial == trial).sum()))
    elif run is not None and run.trace is not None and as_it_was:
        trace, tracks, chosen = run.trace, run.tracks, run.actions
        if on_note is not None and (others := run.physics_changes):
            on_note(f"{run.folder}: when this was driven its car moved otherwise: {others}")
    else:
        driver, scenario = set_up(who, checkpoint, actions, {**changes}, line=line, on_note=on_note)
        trace, tracks = drive(driver, scenario, trials=trials).trace, scenario.tracks
        chosen = scenario.actions
    if path is None:
        path = (Path() if run is None else run.folder) / (CAMERA_FILM if camera else FILM)
    return lap_film(
        trace, tracks, path, trial=trial, top_speed=top_speed_of(chosen), sights=sights,
        on_frame=on_frame,
    )  # fmt: skip


def plot(
    runs: "Iterable[str | Path | Run] | str | Path | Run",
    folder: str | Path | None = None,
    *,
    on_note: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the figures of one or more runs as PNG files.

    Args:
        runs: runs, folders or names. The learning curves of several are drawn together, runs that
            differ only in their seed as one group.
        folder: where to; by default the run's own folder, for several ``plots``.
        on_note: called with each remark a user should read.

    Returns:
        the files written.
    """
    from racer.analysis import figures

    several = [runs] if isinstance(runs, str | Path | Run) else list(runs)
    loaded = [run if isinstance(run, Run) else load_run(run) for run in several]
    if not loaded:
        raise ConfigError("plot: expected at least one run, got none")
    for run in loaded:
        if on_note is not None and run.has_no_route:
            why = run.info["imported"]["route"]
            on_note(f"{run.name}: figures on the road are left out: {why}")
    if len(loaded) == 1:
        return list(loaded[0].save(*PLOTS, folder=folder).values())
    folder = Path(folder or "plots")
    together = figures.learning_curves([run.record for run in loaded])
    written = [figures.save_figure(together, folder / "learning_curves.png")]
    for run in loaded:
        written += run.save(*MAPS, folder=folder, prefix=f"{run.name}-").values()
    return written
