"""The search: asks for trials, trains their seeds one after the other, and gives up on bad ones."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from racer.errors import ConfigError, RewardError, RunError
from racer.jobs import End, Failure, Job, Listener
from racer.storage.lock import RunLock, is_locked
from racer.studies.runner import keep_log
from racer.studies.scores import Condition, SeedScore
from racer.studies.training import Outcome, Training, condition_name
from racer.studies.tune.records import TrialRecord, objective
from racer.studies.tune.space import with_params
from racer.studies.tune.storage import (
    ERROR,
    PLACE,
    SEEDS,
    STATES,
    SURPLUS,
    counted,
    place_of,
    record_of,
    suggest,
)
from racer.studies.tune.tune_plan import TunePlan


class TuneListener(Listener):
    """Is told what a search does, besides what its trainings do; this one says nothing."""

    def trial(self, record: TrialRecord) -> None:
        """A trial has ended, or had before."""

    def confirm(self, n_trials: int, n_seeds: int) -> None:
        """The search is done; so many trials, the defaults among them, are trained again."""


@dataclass
class _Open:
    """A trial that is under way."""

    trial: optuna.Trial
    params: dict[str, Any]
    lock: RunLock
    reported: set[int]
    """After how many seeds the pruner was told."""
    scores: list[SeedScore] = field(default_factory=list)
    training: Training | None = None
    """That runs now."""


def make_training(
    plan: TunePlan, name: str, params: Mapping[str, Any], seed: int, folder: Path
) -> Training:
    """Return the training of one seed of a trial."""
    return Training(
        reward=name,
        learner=plan.config.algo,
        config={**with_params(plan.config, params).model_dump(), "seed": seed},
        source=plan.source,
        folder=folder,
        roads={plan.road.name: plan.road.settings},
        trials=plan.laps,
    )


def condition_of(plan: TunePlan) -> Condition:
    """Return under what the seeds are judged."""
    name = condition_name(plan.config.algo, plan.road.name)
    return Condition(name, plan.config.algo, plan.road.name)


class Search:
    """A feed of trainings: what came of one decides which comes next.

    Attributes:
        error: why the search cannot go on: the reward function failed.
        seconds: of the trainings that were done here.
    """

    def __init__(
        self,
        plan: TunePlan,
        folder: Path,
        study: optuna.Study,
        listener: TuneListener,
        deadline: float | None = None,
        reserve: float = 0.0,
    ) -> None:
        """Find the trials that were interrupted.

        Args:
            plan: what is searched.
            folder: of the search.
            study: where the trials are kept.
            listener: is told what happens.
            deadline: on the monotonic clock (s): no trial is begun that would not end by then.
            reserve: how many trainings must fit before the deadline afterwards, a worker.
        """
        self._plan, self._folder, self._study = plan, folder, study
        self._listener, self._deadline, self._reserve = listener, deadline, reserve
        self._open: list[_Open] = []
        self._begun: dict[str, float] = {}
        self._place = place_of(folder)
        self._n_to_ask = 0
        self.error: str | None = None
        self.seconds: list[float] = []
        for trial in counted(study):
            if trial.state.is_finished():
                listener.trial(record_of(trial))
            elif trial.user_attrs.get(PLACE, self._place) == self._place:
                self._take_over(trial.number)
        self._look()

    def _take_over(self, number: int) -> None:
        """Go on with a trial that was interrupted, unless another process does or did it."""
        lock = self._lock(number)
        if lock is None:
            return
        frozen = next(one for one in counted(self._study) if one.number == number)
        if frozen.state.is_finished():  # since we first looked
            lock.release()
            self._listener.trial(record_of(frozen))
            return
        # Optuna has no public way to a trial that is under way
        trial = optuna.Trial(self._study, frozen._trial_id)
        self._add(trial, lock, set(frozen.intermediate_values))

    def _lock(self, number: int) -> RunLock | None:
        """Return the lock of a trial; None if another process holds it."""
        folder = self._trial_folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(RunError):
            return RunLock(folder)
        return None

    def _add(self, trial: optuna.Trial, lock: RunLock, reported: set[int]) -> None:
        """Draw the values of a trial, and let its trainings begin."""
        params = suggest(trial, self._plan.dimensions)
        try:
            with_params(self._plan.config, params)
        except ConfigError as error:
            trial.set_user_attr(ERROR, str(error))
            self._study.tell(trial, state=TrialState.FAIL)
            lock.release()
            return
        self._open.append(_Open(trial, params, lock, reported))

    def _trial_folder(self, number: int) -> Path:
        return self._folder / "trials" / f"{number:04d}"

    # --- the feed ---

    @property
    def n_left(self) -> int:
        """How many trainings may yet come; an estimate above 0 as long as there are any."""
        if self.error is not None:
            return 0
        return sum(one.training is None for one in self._open) + self._n_to_ask

    def take(self) -> Job | None:
        """Return the next training: of a trial that waits for one, or of a new trial."""
        while self.error is None:
            one = next((one for one in self._open if one.training is None), None)
            if one is None:
                self._look()
                if self._n_to_ask == 0 or not self._ask():
                    return None
                continue
            training = self._next_training(one)
            done = Outcome.load(training, self._listener)
            if done is None:
                one.training = training
                self._begun[training.name] = time.monotonic()
                return training.job()
            self._hear(one, done)
        return None

    def _look(self) -> None:
        """Find out how many trials may yet be begun, here or by another process."""
        self._n_to_ask = max(0, self._plan.n_trials - len(counted(self._study)))
        if self._deadline is not None:
            each = sum(self.seconds) / len(self.seconds) if self.seconds else 0.0
            n = self._reserve + len(self._plan.seeds)
            if time.monotonic() + n * each > self._deadline:
                self._n_to_ask = 0

    def _ask(self) -> bool:
        """Begin a trial; False if another process has begun the last one."""
        trial = self._study.ask()
        before = [one for one in counted(self._study) if one.number < trial.number]
        if len(before) >= self._plan.n_trials:
            trial.set_user_attr(SURPLUS, True)
            self._study.tell(trial, state=TrialState.FAIL)
            self._n_to_ask = 0
            return False
        trial.set_user_attr(PLACE, self._place)
        lock = self._lock(trial.number)
        if lock is not None:  # a process that has just started may have taken it over
            self._add(trial, lock, set())
        return True

    def _next_training(self, one: _Open) -> Training:
        seed = self._plan.seeds[len(one.scores)]
        folder = self._trial_folder(one.trial.number) / f"s{seed}"
        name = TrialRecord(one.trial.number, {}, "running").name
        return make_training(self._plan, name, one.params, seed, folder)

    def end(self, name: str, ending: End | Failure) -> None:
        """Take the outcome of a seed."""
        self.seconds.append(time.monotonic() - self._begun.pop(name))
        outcome = Outcome.of(ending)
        if isinstance(ending, Failure):
            keep_log(self._folder, ending.log)
        one = next(one for one in self._open if one.training and one.training.name == name)
        assert one.training is not None
        if outcome.is_final:
            outcome.save(one.training)
        one.training = None
        self._hear(one, outcome)

    def _hear(self, one: _Open, outcome: Outcome) -> None:
        """Note the outcome of a seed: the next seed, or the end of the trial."""
        if outcome.error is not None and outcome.is_final:
            self.error = outcome.error  # the same reward function would fail in every trial
            self._let_go(one)
            return
        if outcome.error is not None:
            one.trial.set_user_attr(ERROR, outcome.error)
            self._end(one, TrialState.FAIL)
            return
        one.scores += outcome.scores
        one.trial.set_user_attr(SEEDS, [score.to_dict() for score in one.scores])
        n, value = len(one.scores), objective(one.scores)
        if n == len(self._plan.seeds):
            self._end(one, TrialState.COMPLETE, value)
            return
        if n not in one.reported:
            one.trial.report(value, n)
        if not self._plan.is_sweep and one.trial.should_prune():
            self._end(one, TrialState.PRUNED)

    def _end(self, one: _Open, state: TrialState, value: float | None = None) -> None:
        self._study.tell(one.trial, value, state=state)
        self._let_go(one)
        record = TrialRecord(one.trial.number, one.params, STATES[state], tuple(one.scores))
        self._listener.trial(record)

    def _let_go(self, one: _Open) -> None:
        one.lock.release()
        self._open.remove(one)

    def others_are_busy(self) -> bool:
        """Say whether another process of this machine trains a trial now."""
        for trial in counted(self._study):
            if not trial.state.is_finished() and is_locked(self._trial_folder(trial.number)):
                return True
        return False

    def close(self) -> None:
        """Let go of the trials that are under way; they go on when the search does.

        Raises:
            RewardError: if the reward function failed.
        """
        for one in list(self._open):
            self._let_go(one)
        if self.error is not None:
            raise RewardError(self.error)
