"""One training of a comparison, its evaluations, and what is kept of them.

A job leaves a run folder as every training does, and beside the run's files ``outcome.json``: the
scores, or in one line why there are none. A job with an outcome is done; one without is begun anew.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import RewardError
from racer.naming import as_list
from racer.reward import CallMonitor, RewardFailure, RewardSource, SourceFile
from racer.studies.scores import FINISHED, SeedScore

if TYPE_CHECKING:
    from racer.analysis.runs import Run
    from racer.config.train_config import TrainConfig
    from racer.env import Scenario
    from racer.evaluation import Driver, Evaluation
    from racer.kernels.layout import Floats
    from racer.training.callback import Hooks

OUTCOME = "outcome.json"
"""Name of the file in a job's folder that holds its outcome."""

OFF_TRACK_SECONDS = 5.0
"""What an off-track costs in the race (s), as in ``racer evaluate --resets`` and in DeepRacer."""

MAX_RESETS = 1000
"""How often a car is put back on the track in the race: the time limit comes first."""

_TUPLES = ("curve_steps", "curve_finish_rate", "curve_completion")


@dataclass(frozen=True)
class Job:
    """A training with one reward function, one learner and one seed."""

    reward: str
    """Name of the reward function in the comparison."""
    learner: str
    """Name of the learner."""
    config: dict[str, Any]
    """The fields of ``TrainConfig``."""
    source: RewardSource
    """The reward function as it was when the comparison began."""
    folder: Path
    """Of the run."""
    roads: dict[str, dict[str, Any]]
    """By name, the fields of ``TrainConfig`` where to evaluate; the first was trained on."""
    trials: int
    """Laps of each evaluation."""

    @property
    def seed(self) -> int:
        """The seed that it is trained with."""
        return int(self.config["seed"])

    @property
    def n_cars(self) -> int:
        """The most cars that a call of the reward function can be for."""
        n_tracks = len(as_list(self.config["track"]))
        return max(int(self.config["n_envs"]), int(self.config["eval_trials"]), n_tracks)

    def to_dict(self) -> dict[str, Any]:
        """Return the job as plain data, for a reward function from a file."""
        source = self.source
        siblings = [{**asdict(one), "path": str(one.path)} for one in source.siblings]
        text = {"path": str(source.path), "text": source.text, "name": source.name}
        own = {name: getattr(self, name) for name in ("reward", "learner", "config", "roads")}
        return {
            **own,
            "folder": str(self.folder),
            "trials": self.trials,
            "source": {**text, "siblings": siblings},
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Job":
        """Return the job that ``to_dict`` wrote."""
        source = values["source"]
        siblings = [SourceFile(**{**one, "path": Path(one["path"])}) for one in source["siblings"]]
        loaded = RewardSource(Path(source["path"]), source["text"], source["name"], tuple(siblings))
        return cls(**{**values, "source": loaded, "folder": Path(values["folder"])})


@dataclass(frozen=True)
class Outcome:
    """What came of a job."""

    scores: tuple[SeedScore, ...] = ()
    """One a road; empty if the job failed."""
    error: str | None = None
    """One line, if it failed."""
    at_load: bool = False
    """The file could not be executed: no seed of this reward function can be trained."""
    is_final: bool = field(default=True, compare=False)
    """The same would come again: it is kept. A process that was killed is tried again later."""

    def save(self, folder: Path) -> None:
        """Write the outcome into a job's folder, so that it is there whole or not at all."""
        from racer.training.run_folder import write_json

        folder.mkdir(parents=True, exist_ok=True)
        scores = [score.to_dict() for score in self.scores]
        write_json(
            folder / OUTCOME, {"scores": scores, "error": self.error, "at_load": self.at_load}
        )

    @classmethod
    def load(cls, folder: Path) -> "Outcome | None":
        """Return the outcome in a job's folder; None if the job has yet to be done."""
        try:
            values = json.loads((folder / OUTCOME).read_text("utf-8"))
            scores = tuple(read_score(one) for one in values["scores"])
            return cls(scores, values["error"], values["at_load"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def read_score(values: dict[str, Any]) -> SeedScore:
    """Return the score that ``SeedScore.to_dict`` gave, read from JSON."""
    known = {one.name for one in fields(SeedScore)}
    values = {name: value for name, value in values.items() if name in known}
    return SeedScore(**{**values, **{name: tuple(values[name]) for name in _TUPLES}})


def run_job(
    job: Job,
    *,
    hooks: "Hooks | None" = None,
    monitor: CallMonitor | None = None,
    on_phase: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Train and evaluate; what was left of an earlier attempt is removed first.

    Args:
        job: what to do.
        hooks: progress of the training.
        monitor: where calls of the reward function are announced.
        on_phase: told what is being done.

    Returns:
        the outcome, saved in the job's folder. A reward function that fails is an outcome too.

    Raises:
        RacerError: if something else is wrong.
    """
    from racer.config.train_config import TrainConfig
    from racer.training.train import train

    shutil.rmtree(job.folder, ignore_errors=True)
    on_phase("putting the cars on the track")
    try:
        config = TrainConfig.of(**job.config)
        train(config, reward=job.source, folder=job.folder, hooks=hooks, monitor=monitor)
        on_phase("evaluating")
        outcome = Outcome(tuple(measure(job, config)))
    except RewardError as error:
        at_load = not isinstance(error, RewardFailure)
        outcome = Outcome(error=" ".join(str(error).split()), at_load=at_load)
    outcome.save(job.folder)
    return outcome


def condition_name(learner: str, road: str) -> str:
    """Return what tables call the combination of a learner and a road."""
    return f"{learner}, {road}"


def measure(job: Job, config: "TrainConfig") -> list[SeedScore]:
    """Evaluate the policies of a finished training on every road, without its reward function.

    The best checkpoint is judged, for that is the one a user takes; of the last one the finish rate
    is reported. It was picked on the starts between those that are used here.

    Args:
        job: done but for this.
        config: its settings.
    """
    from racer.analysis.runs import read_run
    from racer.config.train_config import TrainConfig
    from racer.training.checkpoint import PolicyDriver, load_checkpoint
    from racer.training.checkpoint_file import find_checkpoint

    best = load_checkpoint(find_checkpoint(job.folder, "best"))
    last = load_checkpoint(find_checkpoint(job.folder, "last"))
    is_same = best.facts == last.facts
    learned = learning_curve(read_run(job.folder))
    scores = []
    for road, settings in job.roads.items():
        there = TrainConfig.of(**{**config.model_dump(), **settings})
        scenario = there.scenario(reward=None)
        starts = spread_trials(job.trials, config.eval_trials, len(scenario.tracks))
        drivers = [PolicyDriver(one.model, job.reward) for one in (best, last)]
        figures = drive(drivers[0], scenario, starts)
        rate = figures["finish_rate"] if is_same else _finish_rate(drivers[1], scenario, starts)
        scores.append(
            SeedScore(
                reward=job.reward,
                condition=condition_name(job.learner, road),
                seed=job.seed,
                last_finish_rate=rate,
                folder=str(job.folder),
                **figures,
                **learned,
            )
        )
    return scores


def trial_starts(trials: int, eval_trials: int) -> "Floats":
    """Return where the laps of a comparison start: (trials,) fractions of the lap.

    They are evenly spaced, and none is a start that picked the best checkpoint
    (``selection_starts``). If the start line and its even divisions meet those, all are moved by a
    quarter of their distance: then none does, for 4k + 1 is odd.

    Args:
        trials: how many.
        eval_trials: how many starts pick the best checkpoint.
    """
    from racer.env import evaluation_starts
    from racer.training.callback import selection_starts

    starts = evaluation_starts(trials)
    apart = np.abs(starts[:, None] - selection_starts(eval_trials)[None, :])
    return starts + (0.25 / trials if apart.min() < 1e-9 else 0.0)


def spread_trials(trials: int, eval_trials: int, n_tracks: int) -> "Floats":
    """Return where the laps on some tracks start: lap i on track i mod n, each as ``trial_starts``.

    Args:
        trials: how many; at least one a track is driven.
        eval_trials: how many starts pick the best checkpoint, on all tracks together.
        n_tracks: how many tracks there are.
    """
    starts = np.zeros(max(trials, n_tracks))
    picked = np.zeros(max(eval_trials, n_tracks))
    for first in range(n_tracks):
        own = starts[first::n_tracks]
        own[:] = trial_starts(len(own), len(picked[first::n_tracks]))
    return starts


def drive(driver: "Driver", scenario: "Scenario", starts: "Floats") -> dict[str, Any]:
    """Return what a policy is worth on a road, as fields of ``SeedScore``.

    It drives twice: once as in training, where a car off the track is out, and once as in a race,
    where it is put back and waits.

    Args:
        driver: who drives.
        scenario: where, without a reward function.
        starts: (n,) fractions of the lap.
    """
    from racer.evaluation import evaluate

    laps = evaluate(driver, scenario, starts=starts)
    rules = replace(scenario.rules, max_resets=MAX_RESETS, off_track_penalty=OFF_TRACK_SECONDS)
    race = evaluate(driver, replace(scenario, rules=rules), starts=starts)
    return {
        "finish_rate": laps.finish_rate,
        "completion": laps.completion,
        "lap_time": laps.median_lap_time,
        "best_lap_time": laps.best_lap_time,
        "race_time": race.median_lap_time,
        "off_tracks": off_tracks_a_lap(race),
        "steering_change": float(np.mean([trial.steering_change for trial in laps.trials])),
    }


def off_tracks_a_lap(race: "Evaluation") -> float:
    """Return the off-tracks for each lap that was driven in a race.

    A trial that ran out of time counts with the part of the lap that it drove, at least 1 %.
    """
    driven = sum(max(trial.completion, 1.0) for trial in race.trials) / 100.0
    return sum(trial.off_tracks for trial in race.trials) / driven


def _finish_rate(driver: "Driver", scenario: "Scenario", starts: "Floats") -> float:
    from racer.evaluation import evaluate

    return evaluate(driver, scenario, starts=starts).finish_rate


def learning_curve(run: "Run") -> dict[str, Any]:
    """Return how fast a training learned, as fields of ``SeedScore``."""
    episodes, evaluations = run.episodes, run.evaluations
    laps = episodes["total_steps"][np.isfinite(episodes["lap_time"])]
    steps, rates = evaluations["total_steps"], evaluations["finish_rate"]
    enough = steps[rates >= FINISHED]
    return {
        "steps_to_first_lap": int(laps.min()) if len(laps) else None,
        "steps_to_finish": int(enough.min()) if len(enough) else None,
        "curve_steps": tuple(int(n) for n in steps),
        "curve_finish_rate": tuple(float(rate) for rate in rates),
        "curve_completion": tuple(float(one) for one in evaluations["completion"]),
    }
