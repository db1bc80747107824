"""The process that trains; ``racer train`` starts it and watches it. See train_job.py.

It ignores Ctrl-C: the parent gets it as well, and says what to do. Whatever is printed in here goes
to stderr, which the parent reads; stdout carries the events.
"""

import json
import math
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.cli import train_job
from racer.cli.action_table import action_table
from racer.cli.train_job import FAILURE, Job
from racer.errors import RacerError
from racer.processes import lines_of, running_line

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig
    from racer.env import Scenario
    from racer.kernels.layout import VehicleParams
    from racer.reward import CallMonitor, RewardFailure
    from racer.training.callback import Progress
    from racer.training.train import RunResult
    from racer.vehicle import Actions

COMPILE_SECONDS = 20
"""What the message says a first compilation takes (s), where nothing else runs."""


class Channel:
    """The child's end of the two pipes."""

    def __init__(self) -> None:
        """Take stdout for events, and send everything else that is printed to stderr."""
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._lines = lines_of(0)
        self.jobs: queue.Queue[str] = queue.Queue()
        """Further lines of the parent that are no orders."""
        self.stop = threading.Event()
        """Set when the parent wants the training to end properly."""
        self.files: Mapping[str, str] = {}
        """The reward function's files: absolute path, and how messages call it."""

    def read_job(self) -> Job:
        """Return the job: the first line."""
        return Job.from_line(next(self._lines))

    def listen(self) -> None:
        """Obey the parent from now on, in a thread; end the process when the parent is gone."""
        main = threading.get_ident()

        def obey() -> None:
            for line in self._lines:
                if line == train_job.STOP:
                    self.stop.set()
                elif line == train_job.WHERE:
                    file, number = running_line(main, self.files) or (None, None)
                    self.send(train_job.LINE, file=file, line=number)
                else:
                    self.jobs.put(line)
            os._exit(1)  # at once: a loop in a reward function would not let go otherwise

        threading.Thread(target=obey, daemon=True).start()

    def send(self, kind: str, **values: Any) -> None:
        """Send an event."""
        data = (json.dumps({"kind": kind, **values}) + "\n").encode()
        with self._lock:
            while data:
                data = data[os.write(self._out, data) :]

    def phase(self, text: str) -> None:
        """Say what is being done now."""
        self.send(train_job.PHASE, text=text)

    def note(self, text: str) -> None:
        """Say something that a user should read."""
        self.send(train_job.NOTE, text=text)


def main() -> None:
    """Train as the job on stdin says; the exit status is 0, or 1 after an error event."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel()
    import racer.env  # noqa: F401  while the parent reads the settings

    job = channel.read_job()
    sys.argv = job.arguments  # run.json records the command
    channel.listen()
    try:
        train_all(job, channel)
    except (RacerError, OSError) as error:
        if "--debug" in job.arguments:
            raise
        from racer.cli.output import one_line

        channel.send(train_job.ERROR, message=one_line(error), failure=None)
        sys.exit(1)


def train_all(job: Job, channel: Channel) -> None:
    """Do every training of the job, one after the other, and draw what they have learned.

    Raises:
        RacerError: if a setting cannot be used or a reward function fails.
    """
    if job.resume is not None:
        resume_one(job, channel)
        return
    configs = job.configs()
    folders = [Path(folder) for folder in job.folders]
    _refuse_locked(folders)
    prepare(configs[0], channel)
    channel.phase("loading torch")
    import racer.training.train  # noqa: F401  slow: torch and stable-baselines3
    from racer.reward import CallMonitor

    n_cars = max(configs[0].n_envs, configs[0].n_trials)
    with CallMonitor.create(n_cars, job.scratch) as monitor:
        for config, folder in zip(configs, folders, strict=True):
            train_one(job, config, folder, monitor, channel)
            if channel.stop.is_set():
                break
    if job.figures and len(configs) > 1:
        channel.phase("drawing the learning curves of all seeds")
        with _survivable(channel):
            _draw_seeds(folders, channel)


def _refuse_locked(folders: list[Path]) -> None:
    """Leave runs alone that another process is training, before anything is said about them."""
    from racer.storage.lock import check_unlocked

    for folder in folders:
        check_unlocked(folder)


LONG_TRACK = 150.0  # no DeepRacer route is longer (m)


def prepare(config: "TrainConfig", channel: Channel) -> None:
    """Load what the cars are put into, compile the simulator if need be, and tell about it."""
    import numpy as np

    scenario = config.scenario()
    if is_cold():
        channel.phase(f"compiling the simulator, once, about {COMPILE_SECONDS} s")
    world = scenario.world(1)
    world.step(np.zeros(1), np.zeros(1))
    longest = max(scenario.tracks, key=lambda track: track.length)
    if longest.length > LONG_TRACK:
        what = "the track" if len(scenario.tracks) == 1 else longest.name
        channel.note(
            f"{what} is {longest.length:.0f} m long, a course for full-size cars? "
            "--track-scale 0.1 shrinks it"
        )
    for text in beyond_limits(scenario.actions, world.vehicle):
        channel.note(text)
    assert scenario.reward is not None
    channel.files = {file: label for file, (label, _) in scenario.reward.files().items()}
    channel.send(train_job.START, **describe(config, scenario))


def beyond_limits(actions: "Actions", car: "VehicleParams") -> list[str]:
    """Return a line for each kind of command that the car cannot follow."""
    rows = actions.table()
    speed, angle = max(row[2] for row in rows), max(abs(row[1]) for row in rows)
    limit = math.degrees(car.steering_limit)
    lines = []
    if speed > car.speed_max + 1e-9:
        lines.append(
            f"speeds above {car.speed_max:g} m/s are commanded, but the car goes no faster"
        )
    if angle > limit + 1e-9:
        lines.append(f"angles above {limit:.0f}° are commanded, but the car steers no further")
    return lines


def is_cold() -> bool:
    """Return whether the simulator has yet to be compiled on this machine."""
    from racer.kernels._jit import CACHE_FOLDER

    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    return not any(CACHE_FOLDER.rglob("world.*.nbi"))


def describe(config: "TrainConfig", scenario: "Scenario") -> dict[str, Any]:
    """Return what is trained with what, and what the parent needs to know of the tracks."""
    from racer.algorithms.hyperparameters import resolve
    from racer.reward import track_facts

    tracks, reward = scenario.tracks, scenario.reward
    assert reward is not None
    settings, _ = resolve(config.algo, config.hyperparameters)
    return {
        "reward": reward.label,
        "tracks": [
            {
                "name": track.name,
                "file": str(track.source or track.name),
                "length": track.length,
                "is_reversed": track.is_reversed,
            }
            for track in tracks
        ],
        "algorithm": config.algo,
        "hyperparameters": asdict(settings),
        "given": list(config.hyperparameters),
        "vehicle": config.vehicle,
        "n_envs": config.n_envs,
        "actions": action_table(scenario.actions),
        "facts": [asdict(track_facts(track)) for track in tracks],
    }


def train_one(
    job: Job, config: "TrainConfig", folder: Path, monitor: "CallMonitor", channel: Channel
) -> None:
    """Train, evaluate and draw one run; exit if the reward function fails."""
    from racer.api.run import find_run
    from racer.training.clone import clone
    from racer.training.train import train

    channel.send(train_job.RUN, folder=str(folder), seed=config.seed, monitor=str(monitor.path))
    channel.phase("putting the cars on the track")
    if job.clone is None:
        begin = partial(train, config)
    else:
        parent, which = find_run(job.clone), job.checkpoint
        begin = partial(clone, parent, config, checkpoint=which, allow_pickle=job.allow_pickle)
    begin = partial(begin, folder=folder, force=job.force, on_note=channel.note)
    _follow(job, folder, monitor, channel, begin)


def resume_one(job: Job, channel: Channel) -> None:
    """Go on with a run, evaluate and draw it; exit if the reward function fails."""
    channel.phase("loading torch")
    from racer.api.run import find_run
    from racer.reward import CallMonitor
    from racer.storage.lock import check_unlocked
    from racer.training.resume import plan, resume
    from racer.training.run_folder import REWARD_COPY

    assert job.resume is not None
    folder = find_run(job.resume)
    check_unlocked(folder)
    config = plan(folder, steps=job.more_steps, anyway=job.anyway).config
    prepare(config.model_copy(update={"reward": str(folder / REWARD_COPY)}), channel)
    with CallMonitor.create(max(config.n_envs, config.n_trials), job.scratch) as monitor:
        channel.send(train_job.RUN, folder=str(folder), seed=config.seed, monitor=str(monitor.path))
        go_on = partial(resume, folder, steps=job.more_steps, anyway=job.anyway)
        _follow(job, folder, monitor, channel, partial(go_on, on_note=channel.note))


def _follow(
    job: Job,
    folder: Path,
    monitor: "CallMonitor",
    channel: Channel,
    begin: "Callable[..., RunResult]",
) -> None:
    """Do a training, and draw what came of it; exit if the reward function fails.

    Args:
        job: what to draw.
        folder: of the run.
        monitor: where calls are announced.
        channel: to the parent.
        begin: trains; takes hooks, monitor and on_print.
    """
    from racer.reward import RewardFailure
    from racer.training.callback import Hooks

    hooks = Hooks(on_progress=teller(channel), should_stop=channel.stop.is_set)
    try:
        result = begin(
            hooks=hooks,
            monitor=monitor,
            on_print=lambda line: channel.send(train_job.PRINT, text=line),
        )
    except RewardFailure as failure:
        if "--debug" in job.arguments:
            raise
        channel.send(train_job.ERROR, message=str(failure), failure=_kept(failure, folder))
        sys.exit(1)
    files: dict[str, str] = {}
    with _survivable(channel):
        files = _draw(job, folder, channel)
    channel.send(train_job.RESULT, **result_event(result), files=files)


def _kept(failure: "RewardFailure", folder: Path) -> str | None:
    """Return where the params of a failed call are; save them if the training has not."""
    from racer.reward import save_failure

    path = folder / FAILURE
    if not path.is_file():
        if not folder.is_dir():
            return None
        save_failure(failure, path)
    return str(path)


def teller(channel: Channel) -> "Callable[[Progress], None]":
    """Return what sends a training's progress as events."""

    def tell(progress: "Progress") -> None:
        speed = progress.steps_per_second
        channel.send(train_job.PROGRESS, **asdict(progress), steps_per_second=speed)

    return tell


@contextmanager
def _survivable(channel: Channel) -> Iterator[None]:
    """Let a figure that cannot be written be a note: the training is done and saved."""
    try:
        yield
    except (RacerError, OSError) as error:
        channel.note(f"a figure is missing: {error}")


def _draw(job: Job, folder: Path, channel: Channel) -> dict[str, str]:
    """Draw the figures and the film of a finished run; return their files."""
    from racer import api

    files = {}
    run = api.load_run(folder)
    if job.figures:
        channel.phase("drawing the report")
        files.update({name: str(file) for name, file in run.save("report", "action_space").items()})
    if job.film:
        channel.phase("filming the best lap")
        files["film"] = str(api.watch(run))
    return files


def _draw_seeds(folders: list[Path], channel: Channel) -> None:
    """Draw the learning curves of the runs that were done, over their seeds."""
    from racer import api
    from racer.analysis.figures import learning_curves, save_figure

    done = [api.load_run(folder) for folder in folders if (folder / "evaluation.json").is_file()]
    if len(done) > 1:
        stem = folders[0].name.rpartition("-s")[0]
        figure = learning_curves([run.record for run in done])
        file = save_figure(figure, folders[0].with_name(f"{stem}-seeds.png"))
        channel.send(train_job.SEEDS, figure=str(file))


def result_event(result: "RunResult") -> dict[str, Any]:
    """Return how a training ended, as the fields of an event."""
    return {
        "folder": str(result.folder),
        "seed": result.config.seed,
        "stop_reason": result.stop_reason,
        "total_steps": result.total_steps,
        "episodes": result.episodes,
        "seconds": result.seconds,
        "evaluation": result.evaluation.summary(),
    }
