"""``racer train`` from outside: has the trainings run, shows what happens, answers Ctrl-C.

This process stays light, so that it answers Ctrl-C at once, and can end a worker whose reward
function never returns.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from racer.api.training_jobs import RUN, START, TrainRequest, has_ended, mark_ended
from racer.cli.interruption import hearing_signals
from racer.cli.make_requests import MakeRequests
from racer.cli.publishing import Publishing
from racer.cli.train_view import TrainView
from racer.errors import RunError
from racer.jobs import (
    End,
    Event,
    Failure,
    Job,
    JobList,
    Limits,
    Listener,
    LocalExecutor,
    Progress,
    Report,
)
from racer.jobs.attach import AttachServer
from racer.jobs.executor import CarefulListener
from racer.jobs.local import KILLED


class RequestFeed(JobList):
    """Trainings that are made up when a worker has been started: both take their time.

    The first that fails is the last.
    """

    def __init__(self, make: Callable[[], list[TrainRequest]]) -> None:
        """Wait for the first ``take``.

        Args:
            make: returns the trainings.
        """
        super().__init__([])
        self._make: Callable[[], list[TrainRequest]] | None = make

    @property
    def n_left(self) -> int:
        """How many are left; at least one before they are known."""
        return super().n_left if self._make is None else 1

    def take(self) -> Job | None:
        """Return the next training."""
        if self._make is not None:
            requests, self._make = self._make(), None
            self._jobs.extend(request.job() for request in requests)
        return super().take()

    def end(self, name: str, ending: End | Failure) -> None:
        """Keep what came of a training; a job's name is the folder of its run."""
        super().end(name, ending)
        if isinstance(ending, Failure) and not has_ended(Path(name)):
            self._jobs.clear()


class Follower(Listener):
    """Shows trainings that run here or in another process, and keeps what came of them.

    Attributes:
        results: what the trainings that are done have returned.
        failure: how one has failed.
        folder: of the training that runs.
        is_running: whether one has begun and not ended.
        is_training: whether a first step was made.
    """

    def __init__(self, view: TrainView) -> None:
        """Show it in a view."""
        self.view = view
        self.results: list[dict[str, Any]] = []
        self.failure: Failure | None = None
        self.folder: Path | None = None
        self.is_running = False
        self.is_training = False
        self._reward = ""

    def hear(self, name: str, event: Event) -> None:
        """Take what happens, and show it."""
        self.is_running = not isinstance(event, End | Failure)
        if isinstance(event, Report) and event.topic == START:
            self._reward = event.values["reward"]
        elif isinstance(event, Report) and event.topic == RUN:
            self.folder = Path(event.values["folder"])
        elif isinstance(event, Progress):
            self.is_training = True
        elif isinstance(event, End):
            self.results.append(event.value)
        elif isinstance(event, Failure) and has_ended(Path(name)):  # while it was drawn
            self.view.note(
                f"figures are missing: {event.message}; the run itself is whole: racer plot {name}"
            )
        elif isinstance(event, Failure):
            self.failure = event
        self.view.hear(name, event)

    def tick(self) -> None:
        """Let the view print a line if it is time."""
        self.view.tick()

    def say_failure(self) -> None:
        """Say how the training has failed."""
        failure = self.failure
        assert failure is not None
        if "--debug" in sys.argv or failure.reason == "bug":
            self.view.text(failure.log)
        self.view.error(failure.message)
        if failure.saved is not None:
            self.view.replay(self._reward, failure.saved)
        elif failure.reason == "crash":
            self.view.left_behind(self.folder)


class Supervisor(Listener):
    """Has trainings run by a worker, under the eyes of the user and of whoever attaches."""

    def __init__(
        self,
        make: MakeRequests,
        view: TrainView,
        reward_timeout: float,
        socket_folder: Path | None = None,
        store: str | None = None,
    ) -> None:
        """Prepare; ``run`` does it.

        Args:
            make: returns the trainings.
            view: who shows them.
            reward_timeout: seconds after which a call of the reward function counts as endless.
            socket_folder: where to serve who attaches; by default a new private one.
            store: where the runs are published.
        """
        self.follower = Follower(view)
        self._view = view
        self._feed = RequestFeed(lambda: self._read_settings(make))
        self._executor = LocalExecutor(
            limits=Limits(call=reward_timeout),
            attempts=1,
            imports=["racer.env"],  # while this process reads the settings
            name="training",
        )
        self._socket_folder = socket_folder
        self._publishing = Publishing(store)
        self._server: AttachServer | None = None
        self._shown = CarefulListener(self.follower)
        self._signals: list[int] = []
        self._reserved: list[Path] = []

    def _read_settings(self, make: MakeRequests) -> list[TrainRequest]:
        self._view.phase("reading the settings")
        requests = make(self._view.note)
        self._reserved = [Path(request.folder) for request in requests]
        self._publishing.begin(self._reserved, self._view.note)
        return requests

    def run(self) -> int:
        """Train, and return the exit status: 0, 1, or 128 + the signal that stopped it.

        Raises:
            RacerError: if a setting cannot be used.
        """
        with hearing_signals(self._on_signal), self._served(), self._view:
            try:
                self._executor.run(self._feed, self)
            finally:
                self._give_names_back()
                self._publish_the_rest()
        self._shown.raise_error()
        follower = self.follower
        if follower.failure is not None:
            if follower.folder is not None and follower.failure.status not in KILLED:
                mark_ended(follower.folder, "failed", follower.failure.message)
            follower.say_failure()
            return 1
        if not self._signals:
            return 0
        if follower.is_running or not follower.results:  # killed
            if follower.folder is not None:
                mark_ended(follower.folder, "interrupted", "stopped at once")
            self._view.stopped(follower.folder if follower.is_training else None)
        return 128 + self._signals[0]

    def _publish_the_rest(self) -> None:
        """Bring to the store what it lacks; a further Ctrl-C leaves it."""
        if self._publishing.is_on:
            self._view.phase("publishing")
            n_signals = len(self._signals)
            self._publishing.end(self._view.note, lambda: len(self._signals) > n_signals)

    def _give_names_back(self) -> None:
        """Remove the folders of names that were reserved and not used."""
        if not self._reserved:
            return
        from racer.runs.run_folder import give_name_back

        for folder in self._reserved:
            give_name_back(folder)

    @contextmanager
    def _served(self) -> Iterator[None]:
        """Let others attach, if this system has local sockets."""
        with suppress(RunError):
            self._server = AttachServer(self._executor.stop, self._socket_folder)
        try:
            yield
        finally:
            if self._server is not None:
                self._server.close()

    def hear(self, name: str, event: Event) -> None:
        """Tell whoever is attached, and show it."""
        if self._server is not None:
            self._server.hear(name, event)
        self._shown.hear(name, event)
        if self._server is not None and isinstance(event, Progress) and self.follower.folder:
            self._server.publish(self.follower.folder)

    def tick(self) -> None:
        """Let the view print a line if it is time."""
        self._shown.tick()

    @property
    def wants_poses(self) -> bool:  # type: ignore[override]
        """Whether anybody who is attached wants them."""
        return self._server is not None and self._server.wants_poses

    def _on_signal(self, number: int) -> None:
        self._signals.append(number)
        if self.follower.is_training and len(self._signals) == 1:
            self._executor.stop()
            self._view.note("stopping: the run is evaluated and saved; Ctrl-C again stops at once")
        else:
            self._executor.kill()
