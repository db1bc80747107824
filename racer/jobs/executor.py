"""Jobs, where they come from, who runs them, and who is told."""

import importlib
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from racer.errors import RacerError, RunError, one_line
from racer.jobs.context import Context
from racer.jobs.events import End, Event, Failure

Target = Callable[[Any, Context], Any]
"""What a job runs: ``target(data, context)`` returns plain data."""


@dataclass(frozen=True)
class Job:
    """What is to be run, as plain data."""

    name: str
    """What messages call it."""
    target: str | Target
    """``module:function``, imported where it runs; a function itself only in this process."""
    data: Any = field(default_factory=dict)
    """What the target is given; plain data, but for a function's target."""

    def run(self, context: Context) -> End | Failure:
        """Run it in this process; whatever its target raises is the job's failure."""
        try:
            return End(self._find_target()(self.data, context))
        except (RacerError, OSError, MemoryError) as error:
            saved = getattr(error, "saved", None)
            return Failure(one_line(error), "error", saved=saved, log=traceback.format_exc())
        except Exception as error:  # noqa: BLE001  a fault of racer's own: who hears it shows all
            message = f"{type(error).__name__}: {one_line(error)}"
            return Failure(message, "bug", log=traceback.format_exc())

    def _find_target(self) -> Target:
        if callable(self.target):
            return self.target
        module, _, name = self.target.partition(":")
        try:
            found: Target = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise RunError(
                f"'{self.target}' cannot be run: expected MODULE:FUNCTION: {error}"
            ) from error
        return found


class Feed(Protocol):
    """Hands out jobs; which ones may depend on what came of those before."""

    @property
    def n_left(self) -> int:
        """How many may yet come, now or later."""

    def take(self) -> Job | None:
        """Return the next job; None as long as there is none."""

    def end(self, name: str, ending: End | Failure) -> None:
        """Hear what came of a job."""


class Listener:
    """Is told what happens; this one says nothing. What it raises costs no job."""

    wants_poses = False
    """Whether it wants to hear where the cars are."""

    def hear(self, name: str, event: Event) -> None:
        """Something happened to the job of this name."""

    def tick(self) -> None:
        """Called about ten times a second, whatever happens."""


class Executor(Protocol):
    """Runs jobs."""

    def run(self, feed: Feed, listener: Listener) -> None:
        """Run all jobs of a feed; no process is left when it returns or raises.

        Raises:
            RunError: if no worker can be started.
        """

    def stop(self) -> None:
        """Have the jobs that run end properly, and begin no others; from any thread or handler."""

    def kill(self) -> None:
        """End the jobs that run at once, and begin no others; they get no ending."""


class JobList:
    """A feed of jobs that are known beforehand, and what came of them.

    Attributes:
        endings: of those that have ended, by their names.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        """Keep them, in their order; their names differ."""
        self._jobs = deque(jobs)
        self.endings: dict[str, End | Failure] = {}

    @property
    def n_left(self) -> int:
        """How many are left."""
        return len(self._jobs)

    def take(self) -> Job | None:
        """Return the next one; None after the last."""
        return self._jobs.popleft() if self._jobs else None

    def end(self, name: str, ending: End | Failure) -> None:
        """Keep what came of it."""
        self.endings[name] = ending


class CarefulListener(Listener):
    """Passes everything on to a listener until it raises: that is kept, and it hears no more.

    Attributes:
        error: what it raised.
    """

    def __init__(self, listener: Listener) -> None:
        """Pass on to this one."""
        self._listener = listener
        self.error: Exception | None = None

    def hear(self, name: str, event: Event) -> None:
        """Pass it on."""
        self._pass(lambda: self._listener.hear(name, event))

    def tick(self) -> None:
        """Pass it on."""
        self._pass(self._listener.tick)

    @property
    def wants_poses(self) -> bool:  # type: ignore[override]
        """Whether it wants them now."""
        return self.error is None and self._listener.wants_poses

    def _pass(self, call: Callable[[], None]) -> None:
        if self.error is None:
            try:
                call()
            except Exception as error:  # noqa: BLE001  whatever: the jobs go on
                self.error = error

    def raise_error(self) -> None:
        """Raise what the listener raised, now that the jobs are done."""
        if self.error is not None:
            raise self.error


def run_one(executor: Executor, job: Job, listener: Listener | None = None) -> End | Failure | None:
    """Run a single job, and return what came of it; None if it was killed."""
    jobs = JobList([job])
    executor.run(jobs, listener or Listener())
    return jobs.endings.get(job.name)
