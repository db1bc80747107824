"""Runs jobs in this process, one after the other: for tests, notebooks and Python functions."""

from functools import partial

from racer.jobs.context import Context
from racer.jobs.events import Begin, Event
from racer.jobs.executor import CarefulListener, Feed, Listener


class InProcessExecutor:
    """Runs jobs here. A call that does not return is not found, and ``kill`` only stops."""

    def __init__(self) -> None:
        """Prepare; ``run`` does it."""
        self._context: Context | None = None
        self._is_over = False

    def run(self, feed: Feed, listener: Listener) -> None:
        """Run all jobs of a feed.

        Raises:
            Exception: what the listener raised, when all jobs have ended.
        """
        careful = CarefulListener(listener)
        while not self._is_over and (job := feed.take()) is not None:
            self._context = Context(partial(self._pass_on, careful, job.name))
            self._context.wants_poses = careful.wants_poses
            careful.hear(job.name, Begin())
            ending = job.run(self._context)
            feed.end(job.name, ending)
            careful.hear(job.name, ending)
        careful.raise_error()

    def _pass_on(self, listener: CarefulListener, name: str, event: Event) -> None:
        """Tell what happened."""
        listener.hear(name, event)
        listener.tick()
        if self._context is not None:
            self._context.wants_poses = listener.wants_poses

    def stop(self) -> None:
        """Have the job that runs end properly, and begin no other."""
        self._is_over = True
        if self._context is not None:
            self._context.stop.set()

    def kill(self) -> None:
        """Stop: what runs in this process cannot be ended at once."""
        self.stop()
