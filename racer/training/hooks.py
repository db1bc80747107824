"""What a training tells while it runs, and how it is stopped. Cheap to import, for listeners."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from racer.reward import CallMonitor


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


class HookKeywords(TypedDict, total=False):
    """The fields of ``Hooks`` as keywords of ``racer.train`` and its like."""

    on_progress: Callable[[Progress], None] | None
    on_note: Callable[[str], None] | None
    on_print: Callable[[str], None] | None
    on_poses: Callable[[Poses], None] | None
    wants_poses: Callable[[], bool] | None
    should_stop: Callable[[], bool] | None
    monitor: "CallMonitor | None"


@dataclass(frozen=True)
class Hooks:
    """What the caller of a training wants to be told, and how the training is stopped."""

    on_progress: Callable[[Progress], None] | None = None
    """Called about ten times a second."""
    on_note: Callable[[str], None] | None = None
    """Called with each remark that a user should read."""
    on_print: Callable[[str], None] | None = None
    """Called with each of the first lines that the reward function prints."""
    on_poses: Callable[[Poses], None] | None = None
    """Called at most 15 times a second, as long as somebody wants it."""
    wants_poses: Callable[[], bool] | None = None
    """Whether somebody does; asked after each step of the cars."""
    should_stop: Callable[[], bool] | None = None
    """Asked after each step of the cars."""
    monitor: "CallMonitor | None" = None
    """Where calls of the reward function are announced."""

    def note(self, text: str) -> None:
        """Pass a remark on."""
        if self.on_note is not None:
            self.on_note(text)

    @classmethod
    def taken_from(cls, arguments: dict[str, Any]) -> "Hooks":
        """Return the hooks among keyword arguments, and take them out; prints are printed."""
        names = set(cls.names()) & arguments.keys()
        return cls(**{"on_print": print, **{name: arguments.pop(name) for name in names}})

    @classmethod
    def names(cls) -> list[str]:
        """Return what its fields are called."""
        return [field.name for field in fields(cls)]
