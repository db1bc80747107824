"""Why a training went wrong, as a function."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from racer.api.command import train_command
from racer.api.run import Run, load_run

if TYPE_CHECKING:
    from racer.analysis.why import Diagnosis


def why(run: "str | Path | Run") -> "Diagnosis":
    """Say when a training got worse, the likely causes, and the one thing to change.

    Args:
        run: a run, its folder or its name.

    Returns:
        the diagnosis; ``is_healthy`` if nothing is wrong. ``command`` trains again with the change
        that the likeliest cause suggests, where an option can make it.

    Raises:
        RacerError: if there is no such run, or its files are damaged.
    """
    from racer.analysis.why import explain

    run = run if isinstance(run, Run) else load_run(run)
    diagnosis = explain(run.record, run.tracks, run.actions)
    if run.record.is_imported or not diagnosis.causes or not diagnosis.causes[0].changes:
        return diagnosis
    cause = diagnosis.causes[0]
    name = f"{run.name}-{cause.key.replace('_', '-')}"
    return replace(diagnosis, command=train_command(run.config, name, cause.changes))
