"""The process that checks, trains and draws each version for ``racer watch --live``.

It lives as long as the command, so that nothing is imported or compiled twice: from save to result
takes seconds.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer import defaults
from racer.cli import live_job, train_job
from racer.cli.live_job import Version
from racer.cli.train_child import Channel, describe, prepare
from racer.cli.train_job import Job
from racer.errors import RacerError

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig
    from racer.reward import CallMonitor


def main() -> None:
    """Deal with one version after the other, until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel()
    job = channel.read_job()
    sys.argv = job.arguments
    channel.listen()
    _warm_up(job, channel)
    from racer.reward import CallMonitor

    with CallMonitor.create(_n_cars(job), job.scratch) as monitor:
        channel.send(live_job.READY, monitor=str(monitor.path))
        while True:
            version = Version.from_line(channel.jobs.get())
            channel.stop.clear()
            with _told(channel):
                _look_at(job, version, monitor, channel)
            channel.send(live_job.DONE, number=version.number, is_stale=channel.stop.is_set())


@contextmanager
def _told(channel: Channel) -> Iterator[None]:
    """Turn the errors of a version into events: the next version may be better."""
    try:
        yield
    except (RacerError, OSError) as error:
        from racer.cli.output import one_line

        channel.send(train_job.ERROR, message=one_line(error), failure=None)


def _n_cars(job: Job) -> int:
    """Return how many cars call the reward function at the same time, at most."""
    from racer.reward_lab import MOST_CARS

    config = _config(job)
    return max(MOST_CARS, config.n_envs, config.eval_trials)


def _config(job: Job) -> "TrainConfig":
    from racer.config.train_config import TrainConfig

    return TrainConfig.of(**job.config)


def _warm_up(job: Job, channel: Channel) -> None:
    """Import what every version needs, and compile the simulator if need be."""
    with _told(channel):
        prepare(_config(job).model_copy(update={"reward": defaults.REWARD}), channel)
    channel.phase("loading torch")
    import racer.analysis.figures
    import racer.analysis.film
    import racer.reward_lab
    import racer.training.train  # noqa: F401  torch and stable-baselines3


def _look_at(job: Job, version: Version, monitor: "CallMonitor", channel: Channel) -> None:
    """Check, train and draw one version.

    Raises:
        RacerError: if the reward function cannot be loaded, or fails.
    """
    config = _config(job)
    scenario = config.scenario()
    assert scenario.reward is not None
    channel.files = {file: label for file, (label, _) in scenario.reward.files().items()}
    channel.send(train_job.START, **describe(config, scenario))
    folder = Path(version.folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _check(config, folder, monitor, channel)
    if not channel.stop.is_set():
        _train(config, version, monitor, channel)


def _check(config: "TrainConfig", folder: Path, monitor: "CallMonitor", channel: Channel) -> None:
    """Drive the scripted drivers, and say what the check finds."""
    from dataclasses import replace

    from racer.analysis.figures import save_figure
    from racer.analysis.lineup import lineup_figure
    from racer.reward_lab import check

    channel.phase("checking")
    found = check(replace(config.scenario(), monitor=monitor))
    picture = None
    if found.lineup is not None:
        picture = folder.with_name(f"{folder.name}-lineup.png")
        save_figure(lineup_figure(found.lineup), picture)
    findings = [finding.to_dict() for finding in found.findings]
    channel.send(
        live_job.CHECK, findings=findings, picture=None if picture is None else str(picture)
    )


def _train(
    config: "TrainConfig", version: Version, monitor: "CallMonitor", channel: Channel
) -> None:
    """Train for a few seconds, and draw the lap and the curves."""
    from racer import api
    from racer.analysis.figures import learning_curves, save_figure
    from racer.cli.train_child import result_event, teller
    from racer.training.callback import Hooks
    from racer.training.train import train

    folder = Path(version.folder)
    channel.phase("training")
    result = train(
        config,
        folder=folder,
        hooks=Hooks(on_progress=teller(channel), should_stop=channel.stop.is_set),
        monitor=monitor,
        on_print=lambda line: channel.send(train_job.PRINT, text=line),
    )
    if channel.stop.is_set():
        return
    channel.phase("drawing")
    run = api.load_run(folder)
    groups = {f"{folder.name} (now)": [run.record]}
    if version.before is not None:
        groups[f"{Path(version.before).name} (before)"] = [api.load_run(version.before).record]
    curves = save_figure(learning_curves(groups, title="how it learned"), folder / "curves.png")
    files: dict[str, Any] = {"curves": str(curves), "film": str(api.watch(run))}
    channel.send(train_job.RESULT, **result_event(result), files=files)
