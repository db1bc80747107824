"""What a comparison measured: a score for each seed, with nothing that a reward could bend."""

from dataclasses import asdict, dataclass
from typing import Any

FINISHED = 0.95
"""A seed succeeds when at least this share of its trials finish."""

FEWEST_SEEDS = 5
"""From fewer there is no verdict."""


@dataclass(frozen=True)
class Condition:
    """Under what the seeds were trained and evaluated."""

    name: str
    """What tables call it; the first condition of a comparison is the main one."""
    learner: str
    """Algorithm and what differs from the defaults, for example ``ppo`` or ``vpg lr=0.003``."""
    track: str
    """The track that was driven in the evaluation, with ``(reversed)`` if it was."""
    is_training_track: bool = True
    """The policies were trained on this track and direction."""


@dataclass(frozen=True)
class SeedScore:
    """One trained policy, evaluated from fixed starts under one condition."""

    reward: str
    """Name of the reward function in this comparison."""
    condition: str
    """Name of the condition."""
    seed: int
    finish_rate: float
    """Share of trials that completed the lap, in [0, 1]."""
    completion: float
    """Mean part of the lap that was driven (percent)."""
    lap_time: float | None
    """Median of the trials that finished (s); None if none did."""
    best_lap_time: float | None
    """(s)"""
    race_time: float | None
    """Median time of laps with resets and their penalties (s); None if none was finished."""
    off_tracks: float
    """Off-tracks a lap, with resets."""
    steering_change: float
    """Mean change of the steering command from step to step (rad)."""
    steps_to_first_lap: int | None
    """Training steps until an episode first completed the lap; None if none did."""
    steps_to_finish: int | None
    """Training steps until an evaluation finished at least 95 %; None if none did."""
    last_finish_rate: float
    """Finish rate of the last checkpoint; the other figures are of the best one."""
    curve_steps: tuple[int, ...] = ()
    """Training steps of the evaluations during training."""
    curve_finish_rate: tuple[float, ...] = ()
    """In [0, 1], one an evaluation."""
    curve_completion: tuple[float, ...] = ()
    """Percent, one an evaluation."""
    folder: str = ""
    """Of the run."""
    ratio: float | None = None
    """The median lap time as a multiple of the fastest lap that the car could drive with this top
    speed, from rest; None without a lap, on several tracks, and where that is not known."""

    @property
    def succeeded(self) -> bool:
        """Whether at least 95 % of the trials finished."""
        return self.finish_rate >= FINISHED

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class FailedTraining:
    """A seed that could not be trained or evaluated."""

    reward: str
    learner: str
    seed: int
    error: str
    """One line."""


@dataclass(frozen=True)
class Scores:
    """Everything that a comparison measured."""

    rewards: tuple[str, ...]
    """Names in the order that the user gave, those that failed included."""
    conditions: tuple[Condition, ...]
    seeds: tuple[int, ...]
    """The seeds that each reward function was to be trained with; in rounds: that any had."""
    steps: int
    """Training steps of each seed."""
    scores: tuple[SeedScore, ...]
    failures: tuple[FailedTraining, ...] = ()
    until_clear: int | None = None
    """Seeds were added in rounds until it was clear, at most so many of each: each look has its
    share of the 5 %. None: each has the same seeds, and one look is taken."""
    earlier_looks: tuple[int, ...] = ()
    """With how many seeds each somebody had a verdict of the same comparison before."""

    def of(self, reward: str, condition: str) -> tuple[SeedScore, ...]:
        """Return the scores of a reward function under a condition, in the order of the seeds."""
        found = [s for s in self.scores if (s.reward, s.condition) == (reward, condition)]
        return tuple(sorted(found, key=lambda score: score.seed))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self)
