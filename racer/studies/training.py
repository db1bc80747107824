"""One training of a study, its evaluations, and what is kept of them.

A training leaves a run folder as every one does, and the study keeps beside the run's files
``outcome.json``: the scores, or in one line why there are none. A training with an outcome is done;
one without is begun anew.
"""

import math
import shutil
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from racer.errors import RewardError, RunError, one_line
from racer.jobs import Context, End, Failure, Job, Listener, Report
from racer.naming import as_list
from racer.reward import RewardFailure, RewardSource, SourceFile
from racer.run_files import BEST
from racer.storage.sealed_json import digest_of_data, read_sealed_json, write_sealed_json
from racer.studies.scores import FINISHED, SeedScore

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig
    from racer.env import Scenario
    from racer.evaluation import Driver, Evaluation
    from racer.kernels.layout import Floats
    from racer.runs.record import RunRecord

OUTCOME = "outcome.json"
"""Name of the file in a training's folder that holds its outcome."""

MAX_RESETS = 1000
"""How often a car is put back on the track in the race: the time limit comes first."""

AGAIN = "again"
"""Topic of a report: ``why`` a training that has an outcome is done again."""

_SCORE = frozenset(one.name for one in fields(SeedScore))
_HIGHEST = {
    "finish_rate": 1.0, "last_finish_rate": 1.0, "completion": 100.0, "off_tracks": math.inf,
    "steering_change": math.inf,
}  # fmt: skip
_TUPLES = ("curve_steps", "curve_finish_rate", "curve_completion")


@dataclass(frozen=True)
class Training:
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

    @cached_property
    def settings_digest(self) -> str:
        """Tells this training from every other one, whatever it is called and wherever it lies."""
        decisive = {"config": self.config, "roads": self.roads, "trials": self.trials}
        return digest_of_data({**decisive, "reward": self.source.digest})

    @property
    def n_cars(self) -> int:
        """The most cars that a call of the reward function can be for."""
        n_tracks = len(as_list(self.config["track"]))
        return max(int(self.config["n_envs"]), int(self.config["eval_trials"]), n_tracks)

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.reward}, {self.learner}, seed {self.seed}"

    @property
    def is_function(self) -> bool:
        """Whether its reward function is a Python function, which only this process has."""
        return self.source.function is not None

    def job(self) -> Job:
        """Return what an executor runs."""
        if self.is_function:
            return Job(self.name, run_training, self)
        return Job(self.name, "racer.studies.training:run_training", self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the training as plain data, for a reward function from a file."""
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
    def from_dict(cls, values: dict[str, Any]) -> "Training":
        """Return the training that ``to_dict`` wrote."""
        source = values["source"]
        siblings = [SourceFile(**{**one, "path": Path(one["path"])}) for one in source["siblings"]]
        loaded = RewardSource(Path(source["path"]), source["text"], source["name"], tuple(siblings))
        return cls(**{**values, "source": loaded, "folder": Path(values["folder"])})


@dataclass(frozen=True)
class Outcome:
    """What came of a training."""

    scores: tuple[SeedScore, ...] = ()
    """One a road; empty if the training failed."""
    error: str | None = None
    """One line, if it failed."""
    at_load: bool = False
    """The file could not be executed: no seed of this reward function can be trained."""
    is_final: bool = field(default=True, compare=False)
    """The same would come again: it is kept. A process that was killed is tried again later."""

    @classmethod
    def of(cls, ending: End | Failure) -> "Outcome":
        """Return the outcome of a job that has ended."""
        if isinstance(ending, End):
            return cls.from_dict(ending.value)
        is_final = ending.reason == "endless"
        # who was killed while the file was executed says nothing of the file
        return cls(error=ending.message, at_load=ending.at_load and is_final, is_final=is_final)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        scores = [score.to_dict() for score in self.scores]
        return {"scores": scores, "error": self.error, "at_load": self.at_load}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Outcome":
        """Return the outcome that ``to_dict`` wrote."""
        scores = tuple(read_score(one) for one in values["scores"])
        return cls(scores, values["error"], values["at_load"])

    def save(self, training: Training) -> None:
        """Write the outcome into its training's folder, so that it is there whole or not at all."""
        training.folder.mkdir(parents=True, exist_ok=True)
        content = {"settings": training.settings_digest, **self.to_dict()}
        write_sealed_json(training.folder / OUTCOME, content)

    @classmethod
    def load(cls, training: Training, listener: Listener) -> "Outcome | None":
        """Return the outcome of a training; None if it has yet to be done.

        Args:
            training: with these settings; what other ones have come to is not taken for it.
            listener: is told, as a report under ``AGAIN``, why one that is there is not taken.
        """
        path = training.folder / OUTCOME
        try:
            content = read_sealed_json(path)
            if content is None:
                return None
            if content.pop("settings", None) == training.settings_digest:
                return cls.from_dict(content)
            why = f"{path}: belongs to other settings"
        except RunError as error:
            why = str(error)
        except (KeyError, TypeError):
            why = f"{path}: not the outcome of a training"
        listener.hear(training.name, Report(AGAIN, {"why": f"{why}: it is trained again"}))
        return None


def read_score(values: dict[str, Any]) -> SeedScore:
    """Return the score that ``SeedScore.to_dict`` gave, read from JSON.

    Raises:
        RunError: if it is none, or a figure is none that a training can have come to.
    """
    try:
        known = {name: values[name] for name in _SCORE if name in values}
        score = SeedScore(**{**known, **{name: tuple(values[name]) for name in _TUPLES}})
    except (KeyError, TypeError) as error:
        raise RunError(f"not the score of a training: {one_line(error)}") from error
    for name, highest in _HIGHEST.items():
        value = getattr(score, name)
        if not isinstance(value, int | float) or not 0.0 <= value <= highest:
            raise RunError(f"{name}: expected 0 to {highest:g}, got {value!r}")
    for name in ("lap_time", "best_lap_time", "race_time", "ratio"):
        value = getattr(score, name)
        if value is not None and not (isinstance(value, int | float) and 0.0 < value < math.inf):
            raise RunError(f"{name}: expected seconds or null, got {value!r}")
    return score


def run_training(data: "dict[str, Any] | Training", context: Context) -> dict[str, Any]:
    """Train and evaluate, as the target of a job; what an earlier attempt has left is removed.

    Args:
        data: the training; as plain data where it came from another process.
        context: is told what happens.

    Returns:
        the fields of an ``Outcome``. A reward function that fails is an outcome too.

    Raises:
        RacerError: if something else is wrong.
    """
    from racer.config.train_config import TrainConfig
    from racer.training.train import train

    training = data if isinstance(data, Training) else Training.from_dict(data)
    folder = training.folder
    shutil.rmtree(folder, ignore_errors=True)
    context.phase("putting the cars on the track")
    try:
        config = TrainConfig.of(**training.config)
        tracks = config.scenario(reward=None).tracks
        monitor = context.watch(training.source, tracks, training.n_cars, folder)
        train(config, reward=training.source, folder=folder, hooks=context.hooks(monitor))
        if not (folder / BEST).is_file():
            return Outcome(error="its policy was never updated: more steps are needed").to_dict()
        context.phase("evaluating")
        outcome = Outcome(tuple(measure(training, config)))
    except RewardError as error:
        outcome = Outcome(error=one_line(error), at_load=not isinstance(error, RewardFailure))
    return outcome.to_dict()


def condition_name(learner: str, road: str) -> str:
    """Return what tables call the combination of a learner and a road."""
    return f"{learner}, {road}"


def measure(training: Training, config: "TrainConfig") -> list[SeedScore]:
    """Evaluate the policies of a finished training on every road, without its reward function.

    The best checkpoint is judged, for that is the one a user takes; of the last one the finish rate
    is reported. It was picked on the starts between those that are used here.

    Args:
        training: done but for this.
        config: its settings.
    """
    from racer.config.train_config import TrainConfig
    from racer.runs.checkpoint_file import find_checkpoint
    from racer.runs.record import read_run
    from racer.training.checkpoint import PolicyDriver, load_checkpoint

    best = load_checkpoint(find_checkpoint(training.folder, "best"))
    last = load_checkpoint(find_checkpoint(training.folder, "last"))
    is_same = best.facts == last.facts
    learned = learning_curve(read_run(training.folder))
    scores = []
    for road, settings in training.roads.items():
        there = TrainConfig.of(**{**config.model_dump(), **settings})
        scenario = there.scenario(reward=None)
        starts = spread_trials(training.trials, config.eval_trials, len(scenario.tracks))
        drivers = [PolicyDriver(one.model, training.reward) for one in (best, last)]
        figures = drive(drivers[0], scenario, starts)
        rate = figures["finish_rate"] if is_same else _finish_rate(drivers[1], scenario, starts)
        scores.append(
            SeedScore(
                reward=training.reward,
                condition=condition_name(training.learner, road),
                seed=training.seed,
                last_finish_rate=rate,
                folder=str(training.folder),
                ratio=_ratio(there, figures["lap_time"]),
                **figures,
                **learned,
            )
        )
    return scores


def _ratio(config: "TrainConfig", lap_time: float | None) -> float | None:
    """Return a lap time (s) on one track as a multiple of the limit there, if it is known."""
    from racer.runs.limits import config_limits

    (first, *others) = config_limits(config).values()
    return None if others else first.own.ratio(lap_time)


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
    rules = replace(scenario.rules, max_resets=MAX_RESETS)
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


def learning_curve(run: "RunRecord") -> dict[str, Any]:
    """Return how fast a training learned, as fields of ``SeedScore``."""
    episodes, evaluations = run.episodes, run.evaluations
    laps = episodes["total_steps"][np.isfinite(episodes["lap_time"])]
    steps, rates = evaluations["total_steps"], evaluations["finish_rate"]
    enough = steps[(rates >= FINISHED) & (steps > 0)]  # at 0 it was luck
    return {
        "steps_to_first_lap": int(laps.min()) if len(laps) else None,
        "steps_to_finish": int(enough.min()) if len(enough) else None,
        "curve_steps": tuple(int(n) for n in steps),
        "curve_finish_rate": tuple(float(rate) for rate in rates),
        "curve_completion": tuple(float(one) for one in evaluations["completion"]),
    }
