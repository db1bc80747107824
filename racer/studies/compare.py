"""Compare reward functions: train each with the same seeds and steps, and judge them alike."""

import os
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.config.parse import make_config
from racer.errors import ConfigError, RacerError
from racer.storage.lock import RunLock
from racer.studies.job import Job, Outcome, run_job
from racer.studies.manifest import COMPARISONS, open_folder
from racer.studies.plan import Plan, RewardGiven, make_plan
from racer.studies.pool import Audience, CallWatcher, Pool, Row
from racer.studies.scores import Failure, Scores, SeedScore
from racer.studies.table import EXPLANATION, tables

if TYPE_CHECKING:
    from racer.studies.verdict import Verdicts

LOG = "workers.log"
"""Name of the file that keeps what a worker wrote that ended by itself."""


class Silent:
    """Hears everything and says nothing."""

    def begin(self, job: Job) -> None:
        """A job begins."""

    def phase(self, job: Job, text: str) -> None:
        """What it does."""

    def progress(self, job: Job, event: dict[str, Any]) -> None:
        """How far it is."""

    def end(self, job: Job, outcome: Outcome) -> None:
        """It ends."""

    def tick(self) -> None:
        """Time passes."""


@dataclass(frozen=True)
class Comparison:
    """A comparison that is done: what was measured, and what may be said of it."""

    folder: Path
    """Where everything is."""
    scores: Scores
    """A score for each seed under each condition."""

    @cached_property
    def verdicts(self) -> "Verdicts":
        """What may be claimed, with all tests."""
        from racer.studies.verdict import verdicts

        return verdicts(self.scores)

    @cached_property
    def _files(self) -> list[Path]:
        from racer.studies.report import write_report

        return write_report(self.folder, self.scores, self.verdicts)

    @property
    def report(self) -> Path:
        """The report: one HTML file that opens in a browser; written at the first use."""
        return self._files[0]

    def table(self, width: int = 120) -> str:
        """Return the measures of each reward function and its seeds, in plain text.

        Args:
            width: letters in a line; a table that is wider comes in parts.
        """
        parts = [table.text(width) for table in tables(self.scores)]
        return "\n\n".join([*parts, textwrap.fill(EXPLANATION, width)])

    def verdict(self) -> str:
        """Return what may be claimed in words, and what must be known beside it."""
        return "\n".join([self.verdicts.sentence, *self.verdicts.notes])

    def plot(self) -> list[Path]:
        """Draw the figures into the comparison's folder, and return their files."""
        return self._files[1:]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "folder": str(self.folder),
            "scores": self.scores.to_dict(),
            "verdicts": self.verdicts.to_dict(),
        }


def compare(
    rewards: Mapping[str, RewardGiven] | Iterable[RewardGiven],
    *,
    seeds: int = 10,
    trials: int = 20,
    also_track: Iterable[str | Path] = (),
    also_algo: Iterable[str] = (),
    name: str | None = None,
    comparisons_dir: str | Path = COMPARISONS,
    jobs: int | None = None,
    audience: Audience | None = None,
    **settings: Any,
) -> Comparison:
    """Train reward functions with the same seeds and steps, and compare what they have taught.

    Files are trained by worker processes; a call of the same comparison continues where an earlier
    one stopped. Python functions are trained in this process, one after the other, and never
    continued: whether they are still the same cannot be known. A worker that says nothing for five
    minutes, since a reward function never returns, is ended; ``racer compare`` sees it in seconds.

    Args:
        rewards: reward functions under names, ``{"mine": "mine.py", "centre": "center_line"}``, or
            in a row; a file, a shipped name or a Python function each.
        seeds: how many trainings of each.
        trials: laps of each evaluation.
        also_track: further tracks to evaluate on: ``"kidney"``, ``"kidney:reversed"``.
        also_algo: further learners to train under: ``"ppo"``, ``"vpg:learning_rate=0.003"``.
        name: of the folder; by default from the names of the reward functions, numbered.
        comparisons_dir: the folder of all comparisons.
        jobs: trainings at the same time; by default one a processor.
        audience: is told what happens.
        settings: fields of ``TrainConfig`` (track, algo, steps, seed, …; ``actions`` also as an
            object) and hyperparameters under any of their names (``learning_rate=0.02``).

    Returns:
        the comparison, done.

    Raises:
        RacerError: for anything that cannot be used, before the first training. A reward function
            that fails while it is trained is part of the result.
    """
    plan = make_plan(
        rewards,
        make_config(**settings),
        seeds=seeds,
        trials=trials,
        also_track=also_track,
        also_algo=also_algo,
    )
    workers = n_workers(jobs)
    folder = open_folder(plan, name, Path(comparisons_dir))
    return run_plan(plan, folder, workers=workers, audience=audience)


def run_plan(
    plan: Plan,
    folder: Path,
    *,
    workers: int,
    audience: Audience | None = None,
    make_watcher: Callable[[], CallWatcher] | None = None,
) -> Comparison:
    """Do what is left to do of a comparison, and return all of it.

    Args:
        plan: what is compared.
        folder: of the comparison.
        workers: trainings at the same time.
        audience: is told what happens.
        make_watcher: makes what finds calls of reward functions that never return.

    Raises:
        RunError: if no worker process can be started, or another process is doing the same.
    """
    with RunLock(folder):
        outcomes = do_jobs(plan.jobs(folder), folder, workers, audience or Silent(), make_watcher)
    return Comparison(folder, collect(plan, folder, outcomes))


def do_jobs(
    todo: list[Job],
    folder: Path,
    workers: int,
    audience: Audience,
    make_watcher: Callable[[], CallWatcher] | None,
) -> dict[Path, Outcome]:
    """Do the jobs that have no outcome yet; return the outcomes of all, by their folders.

    Args:
        todo: all jobs, those that were done before too.
        folder: of the study, for what workers write that end by themselves.
        workers: trainings at the same time.
        audience: is told what happens.
        make_watcher: makes what finds calls of reward functions that never return.

    Raises:
        RunError: if no worker process can be started.
    """
    outcomes = _known(todo)
    for job in todo:
        if job.folder in outcomes:
            audience.end(job, outcomes[job.folder])
    left = [job for job in todo if job.folder not in outcomes]
    from_files = [job for job in left if job.source.function is None]
    if from_files:
        pool = Pool(
            Row(from_files),
            n_workers=workers,
            log=folder / LOG,
            audience=audience,
            make_watcher=make_watcher,
        )
        pool.run()
        outcomes.update(pool.outcomes)
    outcomes.update(_run_here([job for job in left if job.source.function is not None], audience))
    return outcomes


def _known(jobs: list[Job]) -> dict[Path, Outcome]:
    """Return the outcomes of the jobs that were done before, and of those that cannot be done."""
    loaded = [(job, Outcome.load(job.folder)) for job in jobs]
    found = [(job, outcome) for job, outcome in loaded if outcome is not None]
    unloadable = {job.reward: outcome for job, outcome in found if outcome.at_load}
    outcomes = {job.folder: unloadable[job.reward] for job in jobs if job.reward in unloadable}
    return outcomes | {job.folder: outcome for job, outcome in found}


def n_workers(jobs: int | None) -> int:
    """Return how many trainings to do at the same time: one a processor, if the user does not say.

    Raises:
        ConfigError: if the user's number is not positive.
    """
    if jobs is not None and jobs < 1:
        raise ConfigError(f"jobs: must be 1 or more, got {jobs}")
    if jobs is not None:
        return jobs
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_here(jobs: list[Job], audience: Audience) -> dict[Path, Outcome]:
    """Do the jobs of Python functions one after the other in this process."""
    outcomes: dict[Path, Outcome] = {}
    unloadable: dict[str, Outcome] = {}
    for job in jobs:
        outcome = unloadable.get(job.reward)
        if outcome is None:
            audience.begin(job)
            outcome = _run_one(job, audience)
        if outcome.at_load:
            unloadable[job.reward] = outcome
        outcomes[job.folder] = outcome
        audience.end(job, outcome)
    return outcomes


def _run_one(job: Job, audience: Audience) -> Outcome:
    """Do one job in this process; whatever is wrong with it is an outcome."""
    from racer.training.callback import Hooks, Progress

    def tell(progress: Progress) -> None:
        audience.progress(job, asdict(progress))
        audience.tick()

    def say(text: str) -> None:
        audience.phase(job, text)

    try:
        return run_job(job, hooks=Hooks(on_progress=tell), on_phase=say)
    except RacerError as error:
        return Outcome(error=" ".join(str(error).split()), is_final=False)


def collect(plan: Plan, folder: Path, outcomes: Mapping[Path, Outcome]) -> Scores:
    """Return the scores of all jobs that are done, and the failures.

    Args:
        plan: what is compared.
        folder: of the comparison.
        outcomes: by the jobs' folders.
    """
    scores, failures = gather(plan.jobs(folder), outcomes)
    return Scores(
        rewards=tuple(one.name for one in plan.contenders),
        conditions=plan.conditions,
        seeds=plan.seeds,
        steps=plan.steps,
        scores=scores,
        failures=failures,
    )


def gather(
    jobs: Iterable[Job], outcomes: Mapping[Path, Outcome]
) -> tuple[tuple[SeedScore, ...], tuple[Failure, ...]]:
    """Return the scores of jobs that are done, and those that failed.

    Args:
        jobs: in the order of the scores.
        outcomes: by the jobs' folders.
    """
    scores: list[SeedScore] = []
    failures = []
    for job in jobs:
        outcome = outcomes[job.folder]
        scores += outcome.scores
        if outcome.error is not None:
            failures.append(Failure(job.reward, job.learner, job.seed, outcome.error))
    return tuple(scores), tuple(failures)
