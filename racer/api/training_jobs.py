"""Trainings as jobs: what a worker does for ``racer train``, ``resume``, ``clone`` and ``distill``.

A request is plain data, every setting checked. The target tells its progress as events, and reports
under ``START`` what is trained with what, and under ``RUN`` which folder a training goes to.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.errors import RacerError, one_line
from racer.jobs import Context, Job
from racer.run_files import EVALUATION, RUN_JSON

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig
    from racer.env import Scenario
    from racer.training.hooks import Hooks
    from racer.training.train import RunResult

START = "start"
"""Topic of a report: what is trained with what, before the first step."""
RUN = "run"
"""Topic of a report: ``folder`` and ``seed`` of a training that begins."""

COMPILE_SECONDS = 20
"""What the message says a first compilation takes (s), where nothing else runs."""

LONG_TRACK = 150.0  # no DeepRacer route is longer (m)


@dataclass(frozen=True)
class TrainRequest:
    """One training."""

    folder: str
    """Of its run."""
    config: dict[str, Any] = field(default_factory=dict)
    """Fields of ``TrainConfig``; not needed to resume."""
    force: bool = False
    """Replace a run that is there."""
    figures: bool = True
    """Draw the report and the action space at the end."""
    film: bool = True
    """Film the best lap at the end."""
    seeds: tuple[str, ...] = ()
    """Folders of several trainings that differ in their seed, this one among them."""
    resume: bool = False
    """Go on with the run that is there."""
    more_steps: int | None = None
    """Environment steps to drive from where it stands."""
    anyway: bool = False
    """Go on with a reward function that remembers nothing, where it must be."""
    clone: str | None = None
    """A run or checkpoint whose weights the training begins with."""
    checkpoint: str = "best"
    """Which checkpoint of it."""
    allow_pickle: bool = False
    """Read the checkpoint of an older version too."""

    def job(self) -> Job:
        """Return what an executor runs."""
        return Job(self.folder, "racer.api.training_jobs:train_run", asdict(self))

    @property
    def is_first(self) -> bool:
        """Whether no training of its group came before."""
        return not self.seeds or self.folder == self.seeds[0]

    def is_last_of_several(self, *, stopped: bool) -> bool:
        """Whether no training of its group comes after it.

        Args:
            stopped: the training was, and so is the group.
        """
        return len(self.seeds) > 1 and (stopped or self.folder == self.seeds[-1])


def train_run(data: dict[str, Any], context: Context) -> dict[str, Any]:
    """Train, evaluate and draw one run, as the target of a job.

    Returns:
        how it ended: ``folder``, ``seed``, ``stop_reason``, the same in words as ``ended``,
        ``total_steps``, ``episodes``, ``seconds``, ``evaluation`` of the best checkpoint, ``last``
        policy, the same ``before`` the first update, what the training ``added`` in words,
        ``files`` by what they show, and for the last of several seeds ``seeds_figure``.

    Raises:
        RacerError: if a setting cannot be used, or the reward function fails.
    """
    from racer.reward import RewardFailure, save_failure
    from racer.run_files import FAILURE

    request = TrainRequest(**{**data, "seeds": tuple(data["seeds"])})
    folder = Path(request.folder)
    begin = _resume(request, context) if request.resume else _train(request, context)
    try:
        result = begin()
    except RewardFailure as failure:
        if failure.saved is None and folder.is_dir():
            save_failure(failure, folder / FAILURE)
        raise
    return {**summary(result), **_draw(request, context)}


def _train(request: TrainRequest, context: Context) -> "Callable[..., RunResult]":
    """Prepare a new training; return what does it."""
    from racer.config.train_config import TrainConfig
    from racer.storage.lock import check_unlocked

    folder = Path(request.folder)
    check_unlocked(folder)
    config = TrainConfig.of(**request.config)
    scenario = prepare(config, context, is_first=request.is_first)
    if request.is_first:
        context.phase("loading torch")
    from racer.runs.listing import find_run
    from racer.training.clone import clone
    from racer.training.train import train

    begin: Callable[..., RunResult]
    if request.clone is None:
        begin = partial(train, config)
    else:
        begin = partial(
            clone,
            find_run(request.clone),
            config,
            checkpoint=request.checkpoint,
            allow_pickle=request.allow_pickle,
        )
    context.report(RUN, folder=str(folder), seed=config.seed)
    context.phase("putting the cars on the track")
    hooks = _hooks(context, scenario, config, folder)
    return partial(begin, folder=folder, force=request.force, hooks=hooks)


def _resume(request: TrainRequest, context: Context) -> "Callable[..., RunResult]":
    """Prepare to go on with a training; return what does it."""
    context.phase("loading torch")
    from racer.run_files import REWARD_COPY
    from racer.storage.lock import check_unlocked
    from racer.training.resume import plan, resume

    folder = Path(request.folder)
    check_unlocked(folder)
    config = plan(folder, steps=request.more_steps, anyway=request.anyway).config
    own = config.model_copy(update={"reward": str(folder / REWARD_COPY)})
    scenario = prepare(own, context)
    context.report(RUN, folder=str(folder), seed=config.seed)
    hooks = _hooks(context, scenario, config, folder)
    return partial(resume, folder, steps=request.more_steps, anyway=request.anyway, hooks=hooks)


def _hooks(context: Context, scenario: "Scenario", config: "TrainConfig", folder: Path) -> "Hooks":
    """Return the hooks of a training whose reward function is watched."""
    assert scenario.reward is not None
    n_cars = max(config.n_envs, config.n_trials)
    return context.hooks(context.watch(scenario.reward, scenario.tracks, n_cars, folder))


def prepare(config: "TrainConfig", context: Context, *, is_first: bool = True) -> "Scenario":
    """Load what the cars are put into, compile the simulator if need be, and tell about it.

    Args:
        config: the settings.
        context: is told.
        is_first: tell; of further seeds there is nothing new to tell.
    """
    import numpy as np

    scenario = config.scenario()
    if not is_first:
        return scenario
    if is_cold():
        context.phase(f"compiling the simulator, once, about {COMPILE_SECONDS} s")
    world = scenario.world(1)
    world.step(np.zeros(1), np.zeros(1))
    longest = max(scenario.tracks, key=lambda track: track.length)
    if longest.length > LONG_TRACK:
        what = "the track" if len(scenario.tracks) == 1 else longest.name
        context.note(
            f"{what} is {longest.length:.0f} m long, a course for full-size cars? "
            "--track-scale 0.1 shrinks it"
        )
    for text in config.command_notes():
        context.note(text)
    context.report(START, **start_facts(config, scenario))
    return scenario


def is_cold() -> bool:
    """Return whether the simulator has yet to be compiled on this machine."""
    from racer.kernels._jit import CACHE_FOLDER

    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    return not any(CACHE_FOLDER.rglob("world.*.nbi"))


def start_facts(config: "TrainConfig", scenario: "Scenario") -> dict[str, Any]:
    """Return what is trained with what, as plain data."""
    from racer.algorithms.hyperparameters import resolve

    assert scenario.reward is not None
    settings, _ = resolve(config.algo, config.hyperparameters)
    return {
        "reward": scenario.reward.label,
        "tracks": [
            {
                "name": track.name,
                "file": str(track.source or track.name),
                "length": track.length,
                "is_reversed": track.is_reversed,
            }
            for track in scenario.tracks
        ],
        "algorithm": config.algo,
        "hyperparameters": asdict(settings),
        "given": list(config.hyperparameters),
        "until_finish": config.until_finish,
        "vehicle": config.vehicle,
        "n_envs": config.n_envs,
        "actions": [list(row) for row in scenario.actions.table()],
    }


def summary(result: "RunResult") -> dict[str, Any]:
    """Return how a training ended, as plain data."""
    from racer.evaluation.gain import gain_words
    from racer.runs.budget import ending_words
    from racer.runs.limits import config_limits
    from racer.runs.policies import last_policy
    from racer.runs.record import read_run

    limits = config_limits(result.config)
    evaluation = replace(result.evaluation, limits=limits).summary()
    return {
        "folder": str(result.folder),
        "seed": result.config.seed,
        "stop_reason": result.stop_reason,
        "ended": ending_words(result.config, result.stop_reason),
        "total_steps": result.total_steps,
        "episodes": result.episodes,
        "seconds": result.seconds,
        "evaluation": evaluation,
        "last": last_policy(read_run(result.folder)),
        "before": result.before,
        "added": gain_words(result.before, evaluation, parent=result.is_clone),
    }


def _draw(request: TrainRequest, context: Context) -> dict[str, Any]:
    """Draw what came of a training; what cannot be drawn is a note: the run itself is whole."""
    from racer import api

    files: dict[str, str] = {}
    drawn: dict[str, Any] = {"files": files}

    def draw_report() -> None:
        saved = api.load_run(request.folder).save("report", "action_space")
        files.update({name: str(file) for name, file in saved.items()})

    def film() -> None:
        files["film"] = str(api.watch(api.load_run(request.folder)))

    def draw_seeds() -> None:
        drawn["seeds_figure"] = _draw_seeds([Path(folder) for folder in request.seeds])

    is_last = request.is_last_of_several(stopped=context.stop.is_set())
    for is_wanted, what, draw in (
        (request.figures, "drawing the report", draw_report),
        (request.film, "filming the best lap", film),
        (request.figures and is_last, "drawing the learning curves of all seeds", draw_seeds),
    ):
        if not is_wanted:
            continue
        context.phase(what)
        try:
            draw()
        except Exception as error:  # noqa: BLE001  whatever is wrong with it
            context.note(f"{what} failed, the run itself is whole: {one_line(error)}")
    return drawn


def _draw_seeds(folders: list[Path]) -> str | None:
    """Draw the learning curves of the runs that were done, over their seeds; return the file."""
    from racer import api
    from racer.analysis.figures import learning_curves, save_figure

    done = [api.load_run(folder) for folder in folders if (folder / EVALUATION).is_file()]
    if len(done) < 2:
        return None
    stem = folders[0].name.rpartition("-s")[0]
    figure = learning_curves([run.record for run in done])
    return str(save_figure(figure, folders[0].with_name(f"{stem}-seeds.png")))


def has_ended(folder: Path) -> bool:
    """Return whether a training has ended and was evaluated; what is left is to draw it."""
    with suppress(OSError, ValueError, AttributeError):
        status = json.loads((folder / RUN_JSON).read_text("utf-8")).get("status")
        return status in ("finished", "interrupted")
    return False


def mark_ended(folder: Path, status: str, error: str) -> None:
    """Write into ``run.json`` how a run ended whose process could not do so itself.

    Args:
        folder: of the run.
        status: failed or interrupted.
        error: in a line.
    """
    from racer.storage.sealed_json import unsealed, write_sealed_json

    path = folder / RUN_JSON
    # there is none yet, it is damaged, or the disk is full
    with suppress(OSError, ValueError, RacerError):
        content = unsealed(path, json.loads(path.read_text("utf-8")))
        if content.get("status") == "running":
            write_sealed_json(path, {**content, "status": status, "error": error})
