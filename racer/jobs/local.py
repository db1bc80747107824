"""Runs jobs in worker processes of this machine.

A worker that dies, or whose reward function never returns, costs its job only: another worker takes
its place. Workers are processes of their own and not ``multiprocessing``'s, which would execute the
user's script once more.
"""

import signal
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from racer.errors import RunError
from racer.jobs.events import (
    JOB,
    POSES,
    READY,
    STOP,
    Begin,
    End,
    Event,
    Failure,
    Log,
    event_from_dict,
)
from racer.jobs.executor import CarefulListener, Feed, Job, JobList, Listener
from racer.processes import Limits, WatchedChild

POLL = 0.05
"""Seconds between two looks at the workers, at most."""

KILLED = (-signal.SIGKILL, -signal.SIGTERM) if hasattr(signal, "SIGKILL") else ()
"""Statuses of a process that something outside has ended: the same need not come again."""


class WorkerError(RunError):
    """No worker can be started.

    Attributes:
        log: what it wrote to its stderr.
    """

    def __init__(self, message: str, log: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.log = log


class _Worker:
    """A worker process, and what its job is called."""

    def __init__(self, child: WatchedChild) -> None:
        self.child = child
        self.is_ready = False
        self.has_job = False
        self.name = ""
        """Of its job, or of the one before; empty before the first."""
        self.attempt = 1
        self._sends_poses = False

    def show_poses(self, wanted: bool) -> None:
        """Have it tell where the cars are, or not any more."""
        if self._sends_poses != wanted:
            self._sends_poses = wanted
            self.child.say(POSES, on=wanted)


class LocalExecutor:
    """Runs jobs, as many at a time as there are workers."""

    def __init__(
        self,
        n_workers: int = 1,
        *,
        limits: Limits | None = None,
        attempts: int = 2,
        imports: Sequence[str] = (),
        name: str = "worker",
    ) -> None:
        """Prepare; ``run`` does it.

        Args:
            n_workers: how many processes.
            limits: when one of them is ended.
            attempts: how often a job is tried whose worker is killed from outside.
            imports: modules that every job needs.
            name: what messages call a process.
        """
        self._n_workers = n_workers
        self._limits = limits or Limits()
        self._attempts, self._imports, self._name = attempts, tuple(imports), name
        self._bell = threading.Event()
        self._feed: Feed = JobList([])
        self._listener = CarefulListener(Listener())
        self._workers: list[_Worker] = []
        self._given: dict[str, Job] = {}
        self._again: list[tuple[Job, int]] = []
        self._n_started = 0
        self._is_stopping = self._is_killed = self._stops_running = False

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the worker processes that there are now."""
        return tuple(one.child.pid for one in self._workers)

    def run(self, feed: Feed, listener: Listener) -> None:
        """Run all jobs of a feed; no process is left when it returns or raises.

        Raises:
            WorkerError: if no worker can be started.
            Exception: what the listener raised, when all jobs have ended.
        """
        self._feed, self._listener = feed, CarefulListener(listener)
        with tempfile.TemporaryDirectory(prefix="racer-", ignore_cleanup_errors=True) as scratch:
            try:
                while self._is_at_work():
                    self._hire(Path(scratch))
                    self._turn()
                for one in self._workers:
                    self._dismiss(one)
            finally:
                for one in self._workers:
                    one.child.end()
                self._workers.clear()
        self._listener.raise_error()

    def stop(self) -> None:
        """Have the jobs that run end properly, and begin no others."""
        self._is_stopping = self._stops_running = True

    def stop_running(self) -> None:
        """Have the jobs that run end properly; others may follow."""
        self._stops_running = True

    def kill(self) -> None:
        """End the jobs that run at once, and begin no others."""
        self._is_stopping = self._is_killed = True

    def _is_at_work(self) -> bool:
        if self._is_killed:
            return False
        waits = not self._is_stopping and (self._feed.n_left or self._again)
        return bool(waits) or any(one.has_job for one in self._workers)

    def _hire(self, scratch: Path) -> None:
        """Start workers, as many as there is work for."""
        busy = sum(one.has_job for one in self._workers)
        wanted = 0 if self._is_stopping else self._feed.n_left + len(self._again)
        while len(self._workers) < min(self._n_workers, busy + wanted):
            self._n_started += 1
            child = WatchedChild(
                "racer.jobs.worker",
                *self._imports,
                folder=scratch / f"worker-{self._n_started}",
                limits=self._limits,
                bell=self._bell,
                name=self._name,
            )
            self._workers.append(_Worker(child))

    def _turn(self) -> None:
        """Keep the workers busy, and hear what they say."""
        if self._stops_running:
            self._stops_running = False
            for one in self._workers:
                one.child.say(STOP)
        for one in list(self._workers):
            if not one.has_job and not self._is_stopping:
                self._give_next(one)
            one.show_poses(self._listener.wants_poses)
            for said in one.child.heard():
                self._take(one, said)
        self._listener.tick()
        self._bell.wait(POLL)
        self._bell.clear()

    def _give_next(self, one: _Worker) -> None:
        """Give a worker the next job, if there is one."""
        if self._again:
            job, one.attempt = self._again.pop(0)
        elif (next_job := self._feed.take()) is not None:
            job, one.attempt = next_job, 1
        else:
            return
        if not isinstance(job.target, str):
            raise RunError(f"{job.name}: a Python function runs in this process only")
        one.has_job, one.name = True, job.name
        self._given[job.name] = job
        self._listener.hear(job.name, Begin(one.attempt))
        one.child.say(JOB, name=job.name, target=job.target, data=job.data)
        one.child.is_busy = one.is_ready

    def _take(self, one: _Worker, said: dict[str, Any]) -> None:
        """Handle something that a worker has said, or its end."""
        if said["kind"] == READY:
            one.is_ready, one.child.is_busy = True, one.has_job
            return
        event = event_from_dict(said)
        if isinstance(event, Failure) and event.reason in ("endless", "silent", "crash"):
            self._bury(one, event)
        elif one.has_job:
            self._tell(one, event)
        elif isinstance(event, Log) and one.name:
            self._listener.hear(one.name, event)

    def _dismiss(self, one: _Worker) -> None:
        """End a worker that is done; what it wrote comes by another way than what it said."""
        one.child.end()
        for said in one.child.last_lines():
            if one.name:
                self._listener.hear(one.name, event_from_dict(said))

    def _bury(self, one: _Worker, failure: Failure) -> None:
        """Let go of a worker that is gone; another one takes its place, and perhaps its job."""
        self._workers.remove(one)
        if not one.is_ready and failure.reason == "crash" and failure.status not in KILLED:
            raise WorkerError(f"{failure.message} (before it could begin)", failure.log)
        if not one.has_job:
            return
        if failure.status in KILLED and one.attempt < self._attempts and not self._is_stopping:
            self._again.append((self._given[one.name], one.attempt + 1))
            return
        self._tell(one, failure)

    def _tell(self, one: _Worker, event: Event) -> None:
        """Pass on what happened to a worker's job."""
        if isinstance(event, End | Failure):
            one.has_job = one.child.is_busy = False
            del self._given[one.name]
            self._feed.end(one.name, event)
        self._listener.hear(one.name, event)
