"""What a training tells while it runs. Cheap to import: who only listens needs no more."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """What a progress bar can show."""

    steps: int
    step_budget: int
    seconds: float
    time_budget: float | None
    episodes: int
    mean_return: float | None
    """Of the last 100 episodes; None before the first."""
    completion: float | None
    """Of the last 100 episodes (percent)."""
    finish_rate: float | None
    """Of the evaluation before, in [0, 1]; None before the first."""
    lap_time: float | None
    """Median of the evaluation before (s)."""

    @property
    def steps_per_second(self) -> float:
        """Environment steps a second since the start."""
        return self.steps / self.seconds if self.seconds > 0.0 else 0.0


@dataclass(frozen=True)
class Poses:
    """Where a few cars are now."""

    steps: int
    """Environment steps of all cars so far."""
    cars: tuple[tuple[float, float, float, int], ...]
    """Of each: x (m), y (m), heading (rad), index of its track."""
