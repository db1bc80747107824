"""A cause and a diagnosis: what ``explain`` says, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

Verdict: TypeAlias = Literal["healthy", "slow", "worse", "failing", "failed", "early"]
"""What state a run is in: it laps, it laps slowly, it got worse, it does not lap, its reward
function failed, or it is too early to tell."""


@dataclass(frozen=True)
class Cause:
    """Something that explains why a run went wrong."""

    key: str
    """For programs: learning_rate, exploration, discount, slow_reward, action_space, …"""
    title: str
    """What is wrong, in words."""
    evidence: tuple[str, ...]
    """What was seen, with numbers."""
    advice: str
    """The one change to try, in words."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """The same as settings of a training, where it is a setting."""
    weight: float = 0.0
    """How well it explains what was seen, in [0, 1]."""


@dataclass(frozen=True)
class Diagnosis:
    """What happened in a run, and why, the most likely cause first."""

    run: str
    """Name of the run."""
    verdict: Verdict
    """The state it is in."""
    summary: str
    """The same in a sentence, with numbers."""
    events: tuple[str, ...] = ()
    """When its finish rate or completion rose and fell."""
    causes: tuple[Cause, ...] = ()
    """The most likely first; none for a healthy run."""
    remark: str = ""
    """Something worth knowing of a healthy run; mostly empty."""
    command: str = ""
    """The one thing to try; empty where no command can."""

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict == "healthy"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        plain = asdict(self)
        plain["events"] = list(self.events)
        plain["causes"] = [
            {**asdict(cause), "evidence": list(cause.evidence), "changes": dict(cause.changes)}
            for cause in self.causes
        ]
        return plain
