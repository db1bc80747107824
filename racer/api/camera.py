"""The verbs of cars that see: teach one to drive by its camera, and ask what it looks at."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from racer.api.run import Run
from racer.api.who import run_of, set_up
from racer.run_files import RUNS
from racer.runs.listing import find_run

if TYPE_CHECKING:
    from racer.api.keywords import TrainKeywords


def distill(
    run: "str | Path | Run",
    name: str | None = None,
    *,
    checkpoint: str = "best",
    runs_dir: str | Path = RUNS,
    force: bool = False,
    **settings: "Unpack[TrainKeywords]",
) -> Run:
    """Teach a car to drive from its camera as another run drives (DAgger).

    Args:
        run: the teacher: a run, its folder or name, or a checkpoint file.
        name: of the new run; numbered by default.
        checkpoint: of the teacher, best or last.
        runs_dir: the folder for runs.
        force: replace a run of this name.
        settings: and hooks, as for ``train``; track, car, actions and reward are the teacher's.

    Returns:
        the student's run, evaluated.

    Raises:
        RacerError: for settings that cannot be used, or another action space than the teacher's.
    """
    from racer.config.parse import make_config
    from racer.training.hooks import Hooks
    from racer.training.inheritance import student_settings
    from racer.training.train import train

    given: dict[str, Any] = {**settings}
    hooks = Hooks.taken_from(given)
    teacher = run.folder if isinstance(run, Run) else find_run(run)
    own = student_settings(teacher, checkpoint, hooks.note)
    result = train(
        make_config(own, on_note=hooks.on_note, **given),
        folder=None if name is None else Path(runs_dir) / name,
        runs=Path(runs_dir),
        force=force,
        hooks=hooks,
    )
    return Run(result.folder)


def plot_saliency(
    run: "str | Path | Run",
    folder: str | Path | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Path:
    """Draw which pixels decide, at eight places of the best lap of a run that sees pictures.

    Args:
        run: a run, its folder or name, or a checkpoint file.
        folder: where to; by default the run's own folder.
        on_note: called with each remark a user should read.

    Returns:
        the file written, ``saliency.png``.

    Raises:
        ConfigError: if the car drives without a camera.
    """
    import numpy as np

    from racer.analysis.film import best_trial
    from racer.analysis.saliency_figure import saliency_maps
    from racer.analysis.style import save_figure
    from racer.training.sights import watch_drive

    driver, scenario = set_up(run, "best", None, {}, on_note=on_note)
    evaluation, watched = watch_drive(driver, scenario, trials=20)
    trace = evaluation.trace
    trial = best_trial(trace, scenario.tracks)
    one = trace.one(trial)
    steps = np.linspace(0, len(one) - 1, 10).astype(int)[1:-1].tolist()
    found = watched.saliency(trial, steps)
    sights = watched.sights(trial, len(one))
    words = [
        f"{100 * max(one.progress[k], 0.0):.0f} % of the lap: "
        f"{np.degrees(one.steering_command[k]):+.0f}°, {one.speed_command[k]:.1f} m/s"
        for k in steps
    ]
    place = run_of(run)
    folder = Path(folder or (Path() if place is None else place.folder))
    return save_figure(saliency_maps(sights.pictures[steps], found, words), folder / "saliency.png")
