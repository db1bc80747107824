"""What a worker does for ``racer watch --live``: checks, trains and draws a version of a reward.

The worker lives as long as the command, so that nothing is imported or compiled twice: from save to
result takes seconds.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.training_jobs import prepare, summary
from racer.jobs import Context, Job

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig
    from racer.env import Scenario
    from racer.reward import CallMonitor

CHECK = "check"
"""Topic of a report: ``findings`` as dicts, ``picture`` of the line-up or None."""

IMPORTS = ("racer.training.train", "racer.analysis.figures", "racer.analysis.film",
           "racer.reward_lab")  # fmt: skip
"""What every version needs."""


@dataclass(frozen=True)
class Version:
    """One saved version of the reward file."""

    number: int
    """From 1."""
    folder: str
    """Of its run."""
    before: str | None
    """Folder of the last version that was trained to its end."""
    config: dict[str, Any]
    """Fields of ``TrainConfig``."""

    def job(self) -> Job:
        """Return what an executor runs."""
        return Job(f"v{self.number}", "racer.cli.live_jobs:try_version", asdict(self))


def warm_up(data: dict[str, Any], context: Context) -> None:
    """Compile the simulator if need be, as the target of a job.

    Args:
        data: fields of ``TrainConfig``.
        context: is told.
    """
    from racer.config.train_config import TrainConfig

    prepare(TrainConfig.of(**{**data, "reward": "center_line"}), context)


def try_version(data: dict[str, Any], context: Context) -> dict[str, Any] | None:
    """Check, train and draw one version, as the target of a job.

    Returns:
        how the training ended, ``files``, and how it stood ``beside`` the version before; None if
        it was stopped, for a newer version is there.

    Raises:
        RacerError: if the reward function cannot be loaded, or fails.
    """
    from racer.config.train_config import TrainConfig
    from racer.reward_lab import MOST_CARS

    version = Version(**data)
    config = TrainConfig.of(**version.config)
    scenario = config.scenario()
    assert scenario.reward is not None
    folder = Path(version.folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    n_cars = max(MOST_CARS, config.n_envs, config.n_trials)
    monitor = context.watch(scenario.reward, scenario.tracks, n_cars, folder)
    _check(replace(scenario, monitor=monitor), folder, context)
    return None if context.stop.is_set() else _train(config, version, monitor, context)


def _check(scenario: "Scenario", folder: Path, context: Context) -> None:
    """Drive the scripted drivers, and say what the check finds."""
    from racer.analysis.figures import save_figure
    from racer.analysis.lineup_figure import lineup_figure
    from racer.reward_lab import check

    context.phase("checking")
    found = check(scenario)
    picture = None
    if found.lineup is not None:
        picture = str(folder.with_name(f"{folder.name}-lineup.png"))
        save_figure(lineup_figure(found.lineup), Path(picture))
    context.report(CHECK, findings=[one.to_dict() for one in found.findings], picture=picture)


def _train(
    config: "TrainConfig", version: Version, monitor: "CallMonitor | None", context: Context
) -> dict[str, Any] | None:
    """Train for a few seconds, and draw the lap and the curves."""
    from racer import api
    from racer.analysis.figures import learning_curves, save_figure
    from racer.runs.budget import at_equal_steps
    from racer.training.train import train

    folder = Path(version.folder)
    context.phase("training")
    # what is noted of a training is the same at every save, and has no use for such a short one
    hooks = replace(context.hooks(monitor), on_note=None)
    result = train(config, folder=folder, hooks=hooks)
    if context.stop.is_set():
        return None
    context.phase("drawing")
    run = api.load_run(folder)
    groups, beside = {f"{folder.name} (now)": [run.record]}, None
    if version.before is not None:
        before = api.load_run(version.before).record
        groups[f"{Path(version.before).name} (before)"] = [before]
        beside = at_equal_steps(run.record, before)
    figure = learning_curves(groups, title="How it learned", columns=1)
    curves = save_figure(figure, folder / "curves.png")
    files = {"curves": str(curves), "film": str(api.watch(run))}
    return {**summary(result), "files": files, "beside": beside}
