"""What a search has measured, as plain records: tables, figures and the report read these."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from racer.studies.scores import Scores, SeedScore
from racer.studies.verdict import Verdicts

State: TypeAlias = Literal["complete", "pruned", "running", "failed"]

DEFAULTS = "defaults"
"""What tables call the settings that the search began with: trial 0."""


@dataclass(frozen=True)
class TrialRecord:
    """One combination of settings, and what its seeds came to."""

    number: int
    """The trials are counted from 0; trial 0 has the settings that the user gave."""
    params: dict[str, Any]
    """Values of the names that are searched."""
    state: State
    """Pruned: given up after some seeds, since others were better by then."""
    seeds: tuple[SeedScore, ...] = ()
    """Those that were trained, in the order of the seeds."""

    @property
    def name(self) -> str:
        """What tables call it."""
        return DEFAULTS if self.number == 0 else f"trial {self.number}"

    @property
    def finish_rate(self) -> float | None:
        """Share of laps finished, the mean of the seeds; None without seeds."""
        return float(np.mean([s.finish_rate for s in self.seeds])) if self.seeds else None

    @property
    def race_time(self) -> float | None:
        """Race time (s), the mean of the seeds; None if one never finishes a race."""
        return mean_race_time(self.seeds)

    @property
    def value(self) -> float | None:
        """The objective, the higher the better; None without seeds."""
        return objective(self.seeds) if self.seeds else None


def objective(seeds: Sequence[SeedScore]) -> float:
    """Return what the search maximizes: the share of laps finished, then the race time.

    An order in one number: with any share of laps finished more, it is higher; with the same share
    it is higher for a shorter race. The second part is less than one lap of one seed is worth.
    Returns play no part: a reward function sets them itself.

    Args:
        seeds: at least one.
    """
    rate = float(np.mean([s.finish_rate for s in seeds]))
    race_time = mean_race_time(seeds)
    speed = 0.0 if race_time is None else 1.0 / (1.0 + race_time)
    return round(rate + 1e-3 * speed, 9)


def mean_race_time(seeds: Sequence[SeedScore]) -> float | None:
    """Return the mean race time of seeds (s); None without seeds, or if one never finishes."""
    known = [s.race_time for s in seeds if s.race_time is not None]
    return float(np.mean(known)) if known and len(known) == len(seeds) else None


def ranked(trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the complete ones of some trials, the best first."""
    done = [one for one in trials if one.state == "complete"]
    return sorted(done, key=lambda one: (-(one.value or 0.0), one.number))


@dataclass(frozen=True)
class SearchResult:
    """A search that is done: what was tried, and what may be claimed of the best."""

    folder: Path
    trials: tuple[TrialRecord, ...]
    """In the order of their numbers."""
    searched: tuple[str, ...]
    """The names that were searched, in the order of the search space."""
    log_scaled: frozenset[str]
    """Those whose values are spread over several powers of ten."""
    is_sweep: bool
    """A grid that the user gave, and no search."""
    steps: int
    """Environment steps of each training."""
    scores: Scores | None
    """Of the confirmation; its ``rewards`` are the names of trials. None if it was left out."""
    verdicts: Verdicts | None
    best: TrialRecord | None
    """What the settings file holds: the defaults unless a trial is shown to be better, or was not
    confirmed; None if no trial is complete."""
    settings_file: Path | None
    """What ``racer train --config`` takes."""
    unproven_file: Path | None
    """The same of the trial that is ahead, where it is not shown to be better."""
    sentence: str
    """Whether tuning truly helped, in words."""

    def ranked(self) -> list[TrialRecord]:
        """Return the complete trials, the best first."""
        return ranked(self.trials)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        trials = [
            {
                "number": one.number,
                "state": one.state,
                "params": one.params,
                "finish_rate": one.finish_rate,
                "race_time": one.race_time,
                "value": one.value,
                "seeds": [score.to_dict() for score in one.seeds],
            }
            for one in self.trials
        ]
        return {
            "folder": str(self.folder),
            "sentence": self.sentence,
            "best": None if self.best is None else self.best.number,
            "settings_file": None if self.settings_file is None else str(self.settings_file),
            "unproven_file": None if self.unproven_file is None else str(self.unproven_file),
            "trials": trials,
            "scores": None if self.scores is None else self.scores.to_dict(),
            "verdicts": None if self.verdicts is None else self.verdicts.to_dict(),
        }
