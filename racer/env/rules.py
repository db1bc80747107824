"""When an episode ends, and what a step is: the settings behind the kernels' ``Rules``."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from racer import defaults
from racer.errors import ConfigError, unknown_name
from racer.kernels import layout
from racer.kernels.layout import Rules
from racer.vehicle import n_substeps

STATUS_NAMES = {
    layout.IN_PROGRESS: "in_progress",
    layout.LAP_COMPLETE: "lap_complete",
    layout.CRASHED: "crashed",
    layout.OFF_TRACK: "off_track",
    layout.IMMOBILIZED: "immobilized",
    layout.TIME_UP: "time_up",
    layout.PAUSE: "pause",
    layout.REVERSED: "reversed",
    layout.PREPARE: "prepare",
}
"""The words of the real simulator's traces, by the number a kernel uses."""

TIME_LIMIT_LAPS = 4.0  # the default time limit is this many laps at 1 m/s


@dataclass(frozen=True)
class RuleSettings:
    """The rules of an episode. The defaults are those of a training in the real simulator."""

    control_dt: float = defaults.CONTROL_DT
    """Seconds a control step: the camera's frame (DEEPRACER: 15 Hz)."""
    physics_dt: float = 1.0 / 60.0
    """Seconds a physics step; control_dt must be a whole multiple of it."""
    max_seconds: float | None = None
    """Time limit of an episode (s), a truncation; by default 4 laps at 1 m/s."""
    max_resets: int = 0
    """How often a car is put back on the track instead of ending its episode."""
    off_track_penalty: float = defaults.OFF_TRACK_PENALTY
    """Seconds a car waits after it was put back because it left the track."""
    immobilized_penalty: float = 0.0
    """Seconds a car waits after it was put back because it stood still."""
    reversed_penalty: float | None = None
    """Seconds a car waits after it was put back because it drove backwards; None: as off track."""
    first_steps: int = defaults.FIRST_STEPS
    """``steps`` at the first call of the reward function; 1 for files of 2019 and early 2020."""

    def __post_init__(self) -> None:
        for name in ("off_track_penalty", "immobilized_penalty", "reversed_penalty", "max_resets"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ConfigError(f"{name}: must be 0 or more, got {value}")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise ConfigError(f"max_seconds: must be positive, got {self.max_seconds}")
        if self.first_steps not in (1, 2):
            raise ConfigError(f"first_steps: must be 1 or 2, got {self.first_steps}")
        n_substeps(self.control_dt, self.physics_dt)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RuleSettings":
        """Return the settings of a plain dict; an unknown key is an error."""
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise ConfigError(unknown_name("rule", name, known))
        return cls(**values)

    def kernel_rules(self) -> Rules:
        """Return the rules as the kernels read them (immobilized and reversed: 15 steps)."""
        reversed_penalty = self.reversed_penalty
        if reversed_penalty is None:
            reversed_penalty = self.off_track_penalty
        return Rules(
            control_dt=self.control_dt,
            n_substeps=n_substeps(self.control_dt, self.physics_dt),
            still_distance=0.0003,
            still_limit=15,
            backward_limit=15,
            max_resets=self.max_resets,
            off_track_penalty=round(self.off_track_penalty / self.control_dt),
            immobilized_penalty=round(self.immobilized_penalty / self.control_dt),
            reversed_penalty=round(reversed_penalty / self.control_dt),
            first_steps=self.first_steps,
        )

    def max_steps(self, length: float) -> int:
        """Return the time limit on a track of this length (m), in control steps."""
        seconds = self.max_seconds or TIME_LIMIT_LAPS * length
        return max(1, round(seconds / self.control_dt))
