"""Runs a job's target, and turns whatever it raises into the job's failure."""

import importlib
import traceback

from racer.errors import RacerError, RunError, one_line
from racer.jobs.context import Context
from racer.jobs.events import End, Failure
from racer.jobs.executor import Job, Target


def run_target(job: Job, context: Context) -> End | Failure:
    """Run a job in this process, and return what came of it."""
    try:
        return End(find_target(job.target)(job.data, context))
    except (RacerError, OSError, MemoryError) as error:
        saved = getattr(error, "saved", None)
        return Failure(one_line(error), "error", saved=saved, log=traceback.format_exc())
    except Exception as error:  # noqa: BLE001  a fault of racer's own: who runs it shows all of it
        return Failure(
            f"{type(error).__name__}: {one_line(error)}", "bug", log=traceback.format_exc()
        )


def find_target(target: str | Target) -> Target:
    """Return the function that a job names.

    Raises:
        RunError: if there is none.
    """
    if callable(target):
        return target
    module, _, name = target.partition(":")
    try:
        found: Target = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise RunError(f"'{target}' cannot be run: expected MODULE:FUNCTION: {error}") from error
    return found
