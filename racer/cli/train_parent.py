"""``racer train`` from outside: starts the process that trains, shows its progress, watches it.

The parent stays light, so that it answers Ctrl-C at once and sees a reward function that never
returns: an endless loop cannot be stopped from inside.
"""

import json
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from racer.cli import train_job
from racer.cli.child import Child
from racer.cli.train_job import Job
from racer.cli.train_view import View
from racer.cli.watchdog import Watchdog
from racer.processes import how_it_ended

POLL = 0.1
"""Seconds between two looks at the child."""


class Supervisor:
    """One child process and everything that is known about it."""

    def __init__(
        self, make_job: Callable[[Callable[[str], None]], Job], view: View, reward_timeout: float
    ) -> None:
        """Prepare; ``run`` does it.

        Args:
            make_job: reads what to train, while the process starts; is given what takes remarks.
            view: who shows it.
            reward_timeout: seconds after which a call of the reward function counts as endless.
        """
        self._make_job = make_job
        self._view = view
        self._watchdog = Watchdog(reward_timeout)
        self._signals: list[int] = []
        self._obeyed = 0
        self._is_training = False
        self._folder: Path | None = None
        self._error: dict[str, Any] | None = None
        self.results: list[dict[str, Any]] = []
        """How each training ended."""
        self.seeds_figure: str | None = None
        """The learning curves over all seeds."""
        self._handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            train_job.START: self._on_start,
            train_job.RUN: self._on_run,
            train_job.PROGRESS: self._on_progress,
            train_job.LINE: self._watchdog.answer,
            train_job.RESULT: self.results.append,
            train_job.SEEDS: self._on_seeds,
            train_job.ERROR: self._on_error,
        }

    def run(self) -> int:
        """Train, and return the exit status: 0, 1, or 128 + the signal that stopped it.

        Raises:
            RacerError: if a setting cannot be used.
        """
        with _scratch_folder() as scratch, self._child(), self._view:
            self._view.phase("reading the settings")
            job = replace(self._make_job(self._view.note), scratch=scratch)
            self._view.aim(job.config.get("until_finish"))
            self._process.say(job.to_line())
            self._follow()
        return self._conclude()

    @contextmanager
    def _child(self) -> Iterator[None]:
        """Start the child and hear the signals; never leave the child behind."""
        handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
        # a signal that is ignored here stays ignored in the child, from its first moment
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._process = Child("racer.cli.train_child")
        try:
            for number in handlers:
                signal.signal(number, lambda number, _: self._signals.append(number))
            yield
        finally:
            self._process.kill()
            self._watchdog.close()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _follow(self) -> None:
        """Handle what the child says until both of its streams have ended."""
        while not self._process.is_over:
            heard = self._process.hear(POLL)
            if isinstance(heard, str):
                self._view.text(heard)
            elif heard is not None:
                self._handle(heard)
            self._view.tick()
            self._obey_signals()
            self._watch()
        self._process.wait(timeout=10.0)

    def _handle(self, event: dict[str, Any]) -> None:
        """Take an event of the child."""
        kind = event.pop("kind")
        said = {
            train_job.PHASE: self._view.phase,
            train_job.NOTE: self._view.note,
            train_job.PRINT: self._view.print,
        }
        if kind in said:
            said[kind](event["text"])
        else:
            self._handlers[kind](event)

    def _on_start(self, event: dict[str, Any]) -> None:
        self._watchdog.facts = event["facts"]
        self._watchdog.reward = event["reward"]
        self._view.start(event)

    def _on_run(self, event: dict[str, Any]) -> None:
        self._folder = Path(event["folder"])
        self._watchdog.watch(event["monitor"])
        self._view.run(event)

    def _on_progress(self, event: dict[str, Any]) -> None:
        self._is_training = True
        self._view.progress(event)

    def _on_seeds(self, event: dict[str, Any]) -> None:
        self.seeds_figure = event["figure"]

    def _on_error(self, event: dict[str, Any]) -> None:
        self._error = event

    def _obey_signals(self) -> None:
        """Ask the child to end properly at the first signal; kill it at the second."""
        if len(self._signals) == self._obeyed:
            return
        self._obeyed = len(self._signals)
        if self._is_training and self._obeyed == 1:
            self._process.say(train_job.STOP)
            self._view.note("stopping: the run is evaluated and saved; Ctrl-C again stops at once")
        else:
            self._process.kill()

    def _watch(self) -> None:
        """End the child if a call of the reward function does not return."""
        call = self._watchdog.look(ask=lambda: self._process.say(train_job.WHERE))
        if call is not None and self._error is None:
            self._process.kill()
            self._error = self._watchdog.failure(call, self._folder)

    def _conclude(self) -> int:
        """Say how it ended where the child could not, and return the exit status."""
        code = self._process.status
        if self._error is not None:
            self._mark("failed", self._error["message"])
            self._view.error(self._error["message"])
            if self._error["failure"]:
                self._view.replay(self._watchdog.reward, self._error["failure"])
            return 1
        if self._signals:
            if code != 0:
                self._mark("interrupted", "stopped at once")
                self._view.stopped(self._folder if self._is_training else None)
            return 128 + self._signals[0]
        if code != 0:
            message = f"the training process {how_it_ended(code)}"
            self._mark("failed", message)
            self._view.error(message)
            self._view.left_behind(self._folder)
            return 1
        return 0

    def _mark(self, status: str, error: str) -> None:
        """Write into run.json how a run ended that could not do so itself."""
        if self._folder is None:
            return
        from racer.training.run_folder import write_json

        path = self._folder / "run.json"
        with suppress(OSError, ValueError):  # there is none yet, or the disk is full
            content = json.loads(path.read_text("utf-8"))
            if content.get("status") == "running":
                write_json(path, {**content, "status": status, "error": error})


@contextmanager
def _scratch_folder() -> Iterator[str]:
    """Give a folder for what both processes see, and remove it with what a killed child left."""
    with tempfile.TemporaryDirectory(prefix="racer-") as folder:
        yield folder
