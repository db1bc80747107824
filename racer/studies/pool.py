"""Worker processes that do the jobs of a comparison, and what happens if one of them fails.

A worker that dies, or whose reward function never returns, costs its job only: another worker takes
its place. Workers are processes of their own and not ``multiprocessing``'s, which would execute the
user's script once more.
"""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from racer.errors import RunError
from racer.processes import how_it_ended
from racer.studies import worker
from racer.studies.job import Job, Outcome

if TYPE_CHECKING:
    from racer.reward import RunningCall

POLL = 0.05
"""Seconds between two looks at the workers."""

SILENCE = 300.0
"""A worker that trains and says nothing for so long hangs (s); it speaks ten times a second."""


class Audience(Protocol):
    """Is told what the jobs of a comparison do."""

    def begin(self, job: Job) -> None:
        """A job is given to a worker."""

    def phase(self, job: Job, text: str) -> None:
        """What a job does now, in words."""

    def progress(self, job: Job, event: dict[str, Any]) -> None:
        """How far its training is: the fields of ``racer.training.callback.Progress``."""

    def end(self, job: Job, outcome: Outcome) -> None:
        """It is done or has failed."""

    def tick(self) -> None:
        """Called about ten times a second."""


class Feed(Protocol):
    """Hands out jobs; which ones may depend on the outcomes of those before."""

    @property
    def n_left(self) -> int:
        """How many may yet come, now or later."""

    def take(self) -> Job | None:
        """Return the next job; None as long as there is none."""


class Row:
    """A feed of jobs that are known beforehand."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        """Keep them, in their order."""
        self._jobs = deque(jobs)

    @property
    def n_left(self) -> int:
        """How many are left."""
        return len(self._jobs)

    def take(self) -> Job | None:
        """Return the next one; None after the last."""
        return self._jobs.popleft() if self._jobs else None


class CallWatcher(Protocol):
    """Finds the calls of reward functions that never return, as ``racer train``'s watchdog does."""

    facts: list[dict[str, Any]]
    reward: str

    def watch(self, path: str) -> None:
        """Begin to watch a call monitor."""

    def close(self) -> None:
        """Let go of it."""

    def answer(self, event: dict[str, Any]) -> None:
        """Take the worker's answer to which line is running."""

    def look(self, ask: Callable[[], None]) -> "RunningCall | None":
        """Return the call that is endless; None as long as there is none."""

    def failure(self, call: "RunningCall", folder: Path | None) -> dict[str, Any]:
        """Return the ``message`` of an endless call, and save its params in the run's folder."""


class Worker:
    """One process, the job it has, and whoever watches it."""

    def __init__(self, scratch: str, log: Path, watcher: CallWatcher | None) -> None:
        """Start the process, with this process's search path.

        Args:
            scratch: a folder for its call monitor.
            log: where its stderr goes.
            watcher: of its calls.
        """
        self.job: Job | None = None
        self.is_ready = False
        self.watcher = watcher
        self.silent = 0.0
        """Seconds since it said something, while it has a job; a laptop's sleep does not count."""
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from racer.studies.worker import main; main({scratch!r})"
        )
        self.log = log
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """Keep what the process says, and then that it has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):  # the last line of a killed process may be half of one
                self._queue.put(json.loads(line))
        self._queue.put(None)

    def heard(self) -> Iterable[dict[str, Any] | None]:
        """Yield what it has said since the last call; None once it has ended."""
        with suppress(queue.Empty):
            while True:
                said = self._queue.get_nowait()
                self.silent = 0.0
                yield said

    def give(self, job: Job) -> None:
        """Have it do a job."""
        self.job = job
        self.silent = 0.0
        self._say({"job": job.to_dict()})

    def ask(self) -> None:
        """Have it say which line of the reward function is running."""
        self._say("where")

    def _say(self, what: Any) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # one that is gone will be noticed by its stdout
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()

    def end(self) -> int:
        """End the process; return its exit status, negative for a signal."""
        if self._reader.is_alive():  # it has not ended by itself
            self._process.kill()
        status = self._process.wait()
        self._reader.join(timeout=5.0)  # a child of its own may keep the pipe open
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()
        if self.watcher is not None:
            self.watcher.close()
        return status

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None


class Pool:
    """Does jobs, as many at a time as there are workers.

    Attributes:
        outcomes: what came of the jobs that were done, by their folders.
    """

    def __init__(
        self,
        jobs: Feed,
        *,
        n_workers: int,
        log: Path,
        audience: Audience,
        make_watcher: Callable[[], CallWatcher] | None = None,
        silence: float = SILENCE,
    ) -> None:
        """Prepare; ``run`` does them.

        Args:
            jobs: where they come from; their reward functions come from files.
            n_workers: how many processes.
            log: where the stderr of a worker goes that ends by itself.
            audience: is told what happens.
            make_watcher: makes the watcher of a worker's calls.
            silence: seconds after which a worker that says nothing is ended.
        """
        self._feed = jobs
        self._n_workers = max(1, min(n_workers, jobs.n_left))
        self._log = log
        self._audience = audience
        self._make_watcher = make_watcher
        self._silence = silence
        self._workers: list[Worker] = []
        self._n_started = 0
        self._unloadable: dict[str, str] = {}
        self.outcomes: dict[Path, Outcome] = {}

    def run(self) -> None:
        """Do all jobs; no process is left when it returns or raises.

        Raises:
            RunError: if no worker can be started.
        """
        with tempfile.TemporaryDirectory(prefix="racer-") as scratch:
            try:
                self._follow(scratch)
            finally:
                for one in self._workers:
                    one.end()

    def _follow(self, scratch: str) -> None:
        """Keep the workers busy until nothing is left to do."""
        before = time.monotonic()
        while self._feed.n_left or any(one.job for one in self._workers):
            busy = [one for one in self._workers if one.job]
            while len(self._workers) < min(self._n_workers, len(busy) + self._feed.n_left):
                watcher = self._make_watcher() if self._make_watcher else None
                self._n_started += 1
                log = Path(scratch) / f"worker-{self._n_started}.log"
                self._workers.append(Worker(scratch, log, watcher))
            for one in list(self._workers):
                if one.job is None:
                    self._give_next(one)
                for said in one.heard():
                    self._take(one, said)
            time.sleep(POLL)
            now = time.monotonic()
            for one in list(self._workers):
                one.silent += min(now - before, 1.0)
                self._watch(one)
            before = now
            self._audience.tick()

    def _give_next(self, one: Worker) -> None:
        """Give a worker the next job of a reward function that can be loaded."""
        while (job := self._feed.take()) is not None:
            if job.reward not in self._unloadable:
                self._audience.begin(job)
                one.give(job)
                return
            self._conclude(job, Outcome(error=self._unloadable[job.reward], at_load=True))

    def _take(self, one: Worker, said: dict[str, Any] | None) -> None:
        """Handle something that a worker has said, or its end."""
        if said is None:
            self._bury(one)
            return
        kind, job = said.pop("kind"), one.job
        if kind == worker.READY:
            one.is_ready = True
        elif job is None:
            return
        elif kind == worker.BEGIN and one.watcher is not None:
            one.watcher.facts, one.watcher.reward = said["facts"], said["reward"]
            one.watcher.watch(said["monitor"])
        elif kind == worker.LINE and one.watcher is not None:
            one.watcher.answer(said)
        elif kind == worker.PHASE:
            self._audience.phase(job, said["text"])
        elif kind == worker.PROGRESS:
            self._audience.progress(job, said)
        elif kind == worker.END:
            one.job = None
            self._conclude(job, _outcome(job, said["error"]))

    def _watch(self, one: Worker) -> None:
        """End a worker that hangs."""
        if one.job is None or not one.is_alive:
            return
        call = None if one.watcher is None else one.watcher.look(one.ask)
        if call is not None and one.watcher is not None:
            one.job.folder.mkdir(parents=True, exist_ok=True)  # for the params of the call
            error = one.watcher.failure(call, one.job.folder)["message"]
            outcome = Outcome(error=error, at_load=call.car is None)
            outcome.save(one.job.folder)
        elif one.is_ready and one.silent > self._silence:
            error = f"{one.job.source.label}: nothing happened for {self._silence:g} s"
            outcome = Outcome(error=error, is_final=False)
        else:
            return
        self._replace(one, outcome)

    def _bury(self, one: Worker) -> None:
        """Say why a worker has ended by itself, and let another one take its place."""
        status = one.end()
        said = one.log.read_text("utf-8", errors="replace").strip()
        if said:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(said + "\n")
        error = f"the worker process {how_it_ended(status)}"
        if status > 0 and said:
            error += f": {said.splitlines()[-1].strip()[:300]}"
        if not one.is_ready:
            raise RunError(f"{error} (before it could begin)")
        self._replace(one, Outcome(error=error, is_final=False))

    def _replace(self, one: Worker, outcome: Outcome) -> None:
        """Let go of a worker, with this outcome of its job."""
        if one not in self._workers:
            return
        self._workers.remove(one)
        one.end()
        if one.job is not None:
            self._conclude(one.job, outcome)

    def _conclude(self, job: Job, outcome: Outcome) -> None:
        """Note the outcome of a job."""
        if outcome.at_load and outcome.error is not None:
            self._unloadable[job.reward] = outcome.error
        self.outcomes[job.folder] = outcome
        self._audience.end(job, outcome)


def _outcome(job: Job, error: str | None) -> Outcome:
    """Return the outcome of a job that a worker has ended."""
    if error is not None:
        return Outcome(error=error, is_final=False)
    found = Outcome.load(job.folder)
    return found or Outcome(error=f"{job.folder}: its outcome is missing", is_final=False)
