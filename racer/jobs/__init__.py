"""Jobs: what is to be run as plain data, who runs it, and the events that tell what happens.

An ``Executor`` takes jobs from a ``Feed``, runs them, and tells a ``Listener``. Importing this is
cheap: command lines and pages only listen.
"""

from racer.jobs.context import Context
from racer.jobs.events import (
    Begin,
    End,
    Event,
    Failure,
    Log,
    Note,
    Phase,
    Print,
    Report,
)
from racer.jobs.executor import Executor, Feed, Job, JobList, Listener, run_one
from racer.jobs.in_process import InProcessExecutor
from racer.jobs.local import LocalExecutor
from racer.processes import Limits
from racer.training.hooks import Poses, Progress

__all__ = [
    "Begin",
    "Context",
    "End",
    "Event",
    "Executor",
    "Failure",
    "Feed",
    "InProcessExecutor",
    "Job",
    "JobList",
    "Limits",
    "Listener",
    "LocalExecutor",
    "Log",
    "Note",
    "Phase",
    "Poses",
    "Print",
    "Progress",
    "Report",
    "run_one",
]
