"""What a job's target is given: to tell what happens, and to hear when it should stop."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.jobs.events import Event, Note, Phase, Print, Report
from racer.processes.child import CALLS
from racer.processes.endings import limit_memory

if TYPE_CHECKING:
    from racer.reward import CallMonitor, RewardSource
    from racer.track import Track
    from racer.training.hooks import Hooks


class Context:
    """A target's way to who runs it."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        *,
        announce: Callable[[dict[str, Any]], None] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Prepare.

        Args:
            emit: takes each event.
            announce: tells the parent of a call monitor; None where nobody watches.
            folder: for the call monitor.
        """
        self.emit = emit
        self.stop = threading.Event()
        """Set when the job should end properly."""
        self.wants_poses = False
        """Whether somebody listens to where the cars are."""
        self._announce, self._folder = announce, folder
        self._monitor: CallMonitor | None = None
        self._n_cars = 0

    def phase(self, text: str) -> None:
        """Say what is being done now."""
        self.emit(Phase(text))

    def note(self, text: str) -> None:
        """Say something that a user should read."""
        self.emit(Note(text))

    def print(self, text: str) -> None:
        """Pass on a line that the reward function printed."""
        self.emit(Print(text))

    def report(self, topic: str, **values: Any) -> None:
        """Tell something else."""
        self.emit(Report(topic, values))

    def hooks(self, monitor: "CallMonitor | None" = None) -> "Hooks":
        """Return what has a training tell how it goes, and stop when it should.

        Args:
            monitor: what ``watch`` returned.
        """
        from racer.training.hooks import Hooks

        return Hooks(
            on_progress=self.emit,
            on_note=self.note,
            on_print=self.print,
            monitor=monitor,
            should_stop=self.stop.is_set,
            on_poses=self.emit,
            wants_poses=lambda: self.wants_poses,
        )

    def watch(
        self,
        reward: "RewardSource",
        tracks: "Sequence[Track]",
        n_cars: int,
        folder: Path | None = None,
    ) -> "CallMonitor | None":
        """Have the calls of a reward function watched; an endless one ends the job.

        Args:
            reward: the function.
            tracks: where the cars drive; without any, a failure has no params.
            n_cars: most cars that it is called for at a time.
            folder: where the params of an endless call are kept.

        Returns:
            where calls are announced; None where nobody watches.
        """
        from racer.reward import CallMonitor, track_facts

        if self._announce is None:
            return None
        if self._monitor is None or n_cars > self._n_cars:
            self.close()
            self._monitor, self._n_cars = CallMonitor.create(n_cars, self._folder), n_cars
        self._announce(
            {
                "kind": CALLS,
                "monitor": str(self._monitor.path),
                "facts": [asdict(track_facts(track)) for track in tracks],
                "reward": reward.label,
                "files": {file: label for file, (label, _) in reward.files().items()},
                "folder": None if folder is None else str(folder),
            }
        )
        return self._monitor

    def limit_memory(self, more: int) -> None:
        """Limit what a worker process may allocate, where the system can do that.

        Args:
            more: bytes beyond what it uses now.
        """
        if self._announce is not None:
            limit_memory(more)

    def close(self) -> None:
        """Let go of the call monitor."""
        if self._monitor is not None:
            with suppress(OSError):
                self._monitor.close()
            self._monitor = None
