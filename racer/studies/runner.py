"""How a study has its trainings run: by whom, how many at a time, and who is told."""

import math
import os
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from racer.config.parse import make_config
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError
from racer.jobs import (
    End,
    Failure,
    Feed,
    InProcessExecutor,
    Job,
    Limits,
    Listener,
    LocalExecutor,
    Note,
)
from racer.jobs.executor import CarefulListener
from racer.jobs.local import WorkerError
from racer.studies.scores import FailedTraining, SeedScore
from racer.studies.training import Outcome, Training

LOG = "workers.log"
"""Name of the file in a study's folder that keeps what a worker wrote that ended by itself."""

SILENCE = 300.0
"""A worker that trains and says nothing for so long hangs (s); it speaks ten times a second."""

REWARD_TIMEOUT = 10.0
"""What a call of a reward function may take (s), if the user does not say."""


class Runner:
    """Runs trainings: those of reward functions from files in workers, others in this process."""

    def __init__(
        self,
        listener: Listener | None = None,
        *,
        jobs: int | None = None,
        reward_timeout: float = REWARD_TIMEOUT,
    ) -> None:
        """Check what a user said.

        Args:
            listener: is told what happens.
            jobs: trainings at the same time; by default one a processor.
            reward_timeout: what a call of a reward function may take (s).

        Raises:
            ConfigError: if one of them is not positive.
        """
        if jobs is not None and jobs < 1:
            raise ConfigError(f"jobs: must be 1 or more, got {jobs}")
        if not reward_timeout > 0.0:
            raise ConfigError(f"reward_timeout: must be positive, got {reward_timeout:g}")
        self.listener = listener or Listener()
        self.n_workers = jobs or _n_processors()
        self._limits = Limits(call=reward_timeout, silence=SILENCE)

    def config(self, settings: Mapping[str, Any]) -> TrainConfig:
        """Return the settings of all trainings, and tell the listener what to know of them.

        Args:
            settings: as of ``make_config``.

        Raises:
            RacerError: for what cannot be used.
        """
        config = make_config(on_note=self._note, **settings)
        for text in config.command_notes():
            self._note(text)
        return config

    def _note(self, text: str) -> None:
        self.listener.hear("", Note(text))

    def run(self, feed: Feed, folder: Path) -> None:
        """Run all trainings of a feed, whose reward functions come from files, in workers.

        Args:
            feed: hands them out.
            folder: of the study, for what workers write that end by themselves.

        Raises:
            RunError: if no worker can be started.
        """
        executor = LocalExecutor(
            self.n_workers, limits=self._limits, imports=["racer.training.train"]
        )
        try:
            executor.run(feed, self.listener)
        except WorkerError as error:
            keep_log(folder, error.log)
            raise

    def run_all(
        self, trainings: Sequence[Training], folder: Path, *, deadline: float = math.inf
    ) -> dict[Path, Outcome]:
        """Do the trainings that have no outcome yet; return all outcomes, by their folders.

        Args:
            trainings: all, those that were done before too.
            folder: of the study.
            deadline: on ``time.monotonic``: none is begun after it, and there may be no outcome of
                some.

        Raises:
            RunError: if no worker can be started.
        """
        careful = CarefulListener(self.listener)
        files, functions = (
            TrainingFeed(
                [one for one in trainings if one.is_function == wanted], folder, careful, deadline
            )
            for wanted in (False, True)
        )
        if files.n_left:
            self.run(files, folder)
        InProcessExecutor().run(functions, self.listener)
        careful.raise_error()
        return files.outcomes | functions.outcomes


def _n_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_log(folder: Path, text: str) -> None:
    """Append what a worker wrote to a study's log."""
    if text:
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(text.strip() + "\n")


class TrainingFeed:
    """A feed of trainings that are known beforehand. Their outcomes are saved as they come.

    A reward function that cannot be loaded is not tried with every seed.

    Attributes:
        outcomes: of the trainings that are done, by their folders.
    """

    def __init__(
        self,
        trainings: Sequence[Training],
        folder: Path,
        listener: Listener,
        deadline: float = math.inf,
    ) -> None:
        """Find out what was done before, and tell.

        Args:
            trainings: in their order.
            folder: of the study, for what workers write that end by themselves.
            listener: is told of those that need not be done, too.
            deadline: on ``time.monotonic``: none is begun after it.
        """
        self._deadline = deadline
        self._folder, self._listener = folder, listener
        self._waiting: deque[Training] = deque()
        self._begun: dict[str, Training] = {}
        self.outcomes: dict[Path, Outcome] = {}
        loaded = [(one, Outcome.load(one, listener)) for one in trainings]
        self._unloadable = {one.reward: found for one, found in loaded if found and found.at_load}
        for one, found in loaded:
            outcome = found or self._unloadable.get(one.reward)
            if outcome is None:
                self._waiting.append(one)
            else:
                self._conclude(one, outcome)

    @property
    def n_left(self) -> int:
        """How many are left."""
        return len(self._waiting)

    def take(self) -> Job | None:
        """Return the next one whose reward function can be loaded."""
        if time.monotonic() >= self._deadline:
            self._waiting.clear()
        while self._waiting:
            training = self._waiting.popleft()
            if training.reward not in self._unloadable:
                self._begun[training.name] = training
                return training.job()
            self._conclude(training, self._unloadable[training.reward])
        return None

    def end(self, name: str, ending: End | Failure) -> None:
        """Save what came of a training."""
        training, outcome = self._begun.pop(name), Outcome.of(ending)
        if isinstance(ending, Failure):
            keep_log(self._folder, ending.log)
        if outcome.is_final:
            outcome.save(training)
        if outcome.at_load:
            self._unloadable[training.reward] = outcome
        self.outcomes[training.folder] = outcome

    def _conclude(self, training: Training, outcome: Outcome) -> None:
        """Tell the outcome of a training that is not begun."""
        self.outcomes[training.folder] = outcome
        self._listener.hear(training.name, End(outcome.to_dict()))


def gather(
    trainings: Iterable[Training], outcomes: Mapping[Path, Outcome]
) -> tuple[tuple[SeedScore, ...], tuple[FailedTraining, ...]]:
    """Return the scores of trainings that are done, and those that failed.

    Args:
        trainings: in the order of the scores.
        outcomes: by the trainings' folders.
    """
    scores: list[SeedScore] = []
    failures = []
    for one in trainings:
        outcome = outcomes[one.folder]
        scores += outcome.scores
        if outcome.error is not None:
            failures.append(FailedTraining(one.reward, one.learner, one.seed, outcome.error))
    return tuple(scores), tuple(failures)
