"""Compare reward functions: train each with the same seeds and steps, and judge them alike."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from racer.config.keywords import SettingKeywords
from racer.errors import ConfigError
from racer.jobs import Listener
from racer.storage.lock import RunLock
from racer.studies.comparison_table import EXPLANATION, tables
from racer.studies.manifest import COMPARISONS, open_folder
from racer.studies.plan import Plan, RewardGiven, make_plan
from racer.studies.runner import REWARD_TIMEOUT, Runner, gather
from racer.studies.scores import Scores
from racer.studies.training import Outcome
from racer.studies.until_clear import add_look, train_until_clear

if TYPE_CHECKING:
    from racer.studies.verdict import Verdicts


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
        from racer.studies.comparison_report import write_report

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
    until_clear: bool = False,
    timeout: float | None = None,
    jobs: int | None = None,
    reward_timeout: float = REWARD_TIMEOUT,
    listener: Listener | None = None,
    **settings: Unpack[SettingKeywords],
) -> Comparison:
    """Train reward functions with the same seeds and steps, and compare what they have taught.

    Files are trained by worker processes; a call of the same comparison continues where an earlier
    one stopped. Python functions are trained in this process, one after the other, and never
    continued: whether they are still the same cannot be known; nor is one found that never returns.

    Args:
        rewards: reward functions under names, ``{"mine": "mine.py", "centre": "center_line"}``, or
            in a row; a file, a shipped name or a Python function each.
        seeds: how many trainings of each; until it is clear the most of each.
        trials: laps of each evaluation.
        also_track: further tracks to evaluate on: ``"kidney"``, ``"kidney:reversed"``.
        also_algo: further learners to train under: ``"ppo"``, ``"vpg:learning_rate=0.003"``.
        name: of the folder; by default from the names of the reward functions, numbered.
        comparisons_dir: the folder of all comparisons.
        until_clear: add seeds in rounds to those that are not told apart, and look after each.
        timeout: with ``until_clear``: no training is begun after so many seconds; the same call
            goes on.
        jobs: trainings at the same time; by default one a processor.
        reward_timeout: what a call of a reward function may take (s) before it counts as endless.
        listener: is told what happens.
        settings: fields of ``TrainConfig`` (track, algo, steps, seed, …; ``actions`` also as an
            object) and hyperparameters under any of their names (``learning_rate=0.02``).

    Returns:
        the comparison, done.

    Raises:
        RacerError: for anything that cannot be used, before the first training. A reward function
            that fails while it is trained is part of the result.
    """
    runner = Runner(listener, jobs=jobs, reward_timeout=reward_timeout)
    plan = make_plan(
        rewards,
        runner.config({**settings}),
        seeds=seeds,
        trials=trials,
        also_track=also_track,
        also_algo=also_algo,
        until_clear=until_clear,
    )
    if timeout is not None and not until_clear:
        raise ConfigError("timeout: it stops a comparison until it is clear: set until_clear")
    folder = open_folder(plan, name, Path(comparisons_dir))
    return run_plan(plan, folder, runner, timeout=timeout)


def run_plan(
    plan: Plan, folder: Path, runner: Runner, *, timeout: float | None = None
) -> Comparison:
    """Do what is left to do of a comparison, and return all of it.

    Args:
        plan: what is compared.
        folder: of the comparison.
        runner: runs its trainings.
        timeout: of a comparison until it is clear: no training is begun after so many seconds.

    Raises:
        RunError: if no worker process can be started, or another process is doing the same.
    """
    with RunLock(folder):
        if plan.until_clear:
            outcomes = train_until_clear(plan, folder, runner, timeout)
            return Comparison(folder, collect_scores(plan, folder, outcomes))
        outcomes = runner.run_all(plan.trainings(folder), folder)
        scores = collect_scores(plan, folder, outcomes)
        return Comparison(folder, replace(scores, earlier_looks=add_look(folder, plan.n_seeds)))


def collect_scores(plan: Plan, folder: Path, outcomes: Mapping[Path, Outcome]) -> Scores:
    """Return the scores of all trainings that are done, and the failures.

    Args:
        plan: what is compared.
        folder: of the comparison.
        outcomes: by the trainings' folders.
    """
    trained = [one for one in plan.trainings(folder) if one.folder in outcomes]
    scores, failures = gather(trained, outcomes)
    begun = {one.seed for one in trained}
    return Scores(
        rewards=tuple(one.name for one in plan.contenders),
        conditions=plan.conditions,
        seeds=tuple(seed for seed in plan.seeds if seed in begun or not plan.until_clear),
        steps=plan.steps,
        scores=scores,
        failures=failures,
        until_clear=plan.n_seeds if plan.until_clear else None,
    )
