"""What a check of a reward function gives: findings, the line-up, coverage and cost, as plain data.

Nothing heavy is imported here: the command line reads these from the process that checks.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

Severity = Literal["error", "warning", "note"]

ERROR: Severity = "error"
"""Training would stop, or learn nothing for sure."""

WARNING: Severity = "warning"
"""It will likely teach something else than was meant."""

NOTE: Severity = "note"
"""Worth knowing."""

_NO_LAPS = {"one-event", "way-unpaid"}
_FAILING = {"ending-early", "leaving", "parked", "reversing", "spinning", "straight", "wrong-way"}
_STATUS = {NOTE: 0, WARNING: 1, ERROR: 2}


@dataclass(frozen=True)
class Finding:
    """One thing that a check found."""

    severity: Severity
    """error, warning or note."""
    code: str
    """Short name of what kind it is, for programs: ``exception``, ``slow-lap-pays`` …"""
    message: str
    """What is the matter, in one sentence."""
    file: str | None = None
    """The file, as messages call it; None if it belongs to no line."""
    line: int | None = None
    """First line it is about; of a bad value, the ``return`` that gave it."""
    last_line: int | None = None
    """Last line of a range."""
    count: int | None = None
    """In how many calls it happened; None for what is seen in the text alone."""
    of: int | None = None
    """How many calls there were."""
    first: str = ""
    """Where it happened first: which driver, which step."""
    reads: tuple[str, ...] = ()
    """The params that the line reads."""
    params: dict[str, Any] | None = None
    """All params of the first call in which it happened."""
    advice: str = ""
    """What to do about it."""

    @property
    def place(self) -> str:
        """``my.py:14``, the file alone, or nothing."""
        if self.file is None:
            return ""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {**asdict(self), "reads": list(self.reads), "place": self.place}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the finding that ``to_dict`` described."""
        values = {name: value for name, value in data.items() if name != "place"}
        return cls(**{**values, "reads": tuple(values["reads"])})


@dataclass(frozen=True)
class Standing:
    """How one scripted driver did, and what it was paid: medians over the same starts for all."""

    driver: str
    """Which one: a name of ``racer.reward_lab.scripted.DRIVERS``."""
    label: str
    """What tables call it."""
    finish_rate: float
    """Share of its attempts that completed the lap, in [0, 1]."""
    completion: float
    """How much of the lap it drove (percent), negative when it went backwards."""
    lap_time: float | None
    """Lap time where it finished (s); None if it never did."""
    steps: float
    """Control steps of an attempt."""
    end_reason: str
    """How its attempts ended most often."""
    discounted: float
    """Return of an attempt at the discount factor, seen from its first step."""
    undiscounted: float
    """Sum of the rewards of an attempt."""
    per_step: float
    """Mean reward of a step."""

    @property
    def rank(self) -> tuple[float, float, float]:
        """Sorts standings, best last: finish rate, then lap time, then completion."""
        time = float("inf") if self.lap_time is None else self.lap_time
        return (self.finish_rate, -time, self.completion)


@dataclass(frozen=True)
class Lineup:
    """What each scripted driver is paid for one lap attempt, best driver first."""

    name: str
    """Of the reward function."""
    track: str
    """Where they drove."""
    discount_factor: float
    """γ: what a reward one step later is worth now."""
    standings: tuple[Standing, ...]
    """Best driver first, whatever they were paid."""

    def __getitem__(self, driver: str) -> Standing:
        """Return the standing of a driver; the fast lap always has one."""
        return next(one for one in self.standings if one.driver == driver)


@dataclass(frozen=True)
class Coverage:
    """Which statements of the reward function's file ran."""

    statements: int
    """Statements inside functions."""
    ran: int
    """How many of them ran."""
    missed: tuple[tuple[int, int], ...] = ()
    """First and last line of each group of statements that never ran."""
    is_partial: bool = False
    """Calls were too long to be watched to their ends: more may have run."""


@dataclass(frozen=True)
class Cost:
    """What a call costs beside the simulation (s), one car and step each."""

    call: float
    """The reward function itself, after its first call: the mean."""
    params: float
    """Making the params for it."""
    world: float
    """The simulator's step."""
    first: float
    """The function's first call, which may work out what the others use."""

    @property
    def share(self) -> float:
        """Share of the function in a simulated step, in [0, 1]; without the learner."""
        total = self.call + self.params + self.world
        return self.call / total if total > 0.0 else 0.0


@dataclass(frozen=True)
class RewardCheck:
    """Everything that a check of one reward function found."""

    name: str
    """Of the reward function."""
    file: str
    """The file, as messages call it."""
    track: str
    """Where the drivers drove."""
    discount_factor: float
    """At which the line-up was reckoned."""
    findings: tuple[Finding, ...] = ()
    """The worst first, then by line."""
    lineup: Lineup | None = None
    """What each driver is paid; None if it could not be reckoned."""
    coverage: Coverage | None = None
    """Which statements ran; None if nothing was called."""
    cost: Cost | None = None
    """What a call takes; None if nothing was called."""
    n_states: int = 0
    """How many states were seen: calls made."""
    n_planned: int = 0
    """How many there would have been without the time limit."""
    printed: tuple[str, ...] = field(default=())
    """The first lines that the function printed."""

    @property
    def exit_status(self) -> int:
        """0: clean, or notes; 1: warnings; 2: errors."""
        return max((_STATUS[one.severity] for one in self.findings), default=0)

    @property
    def expects_laps(self) -> bool | None:
        """Whether a training can be expected to lap; None if it would stop, or nobody could.

        Not so where an unfinished lap is paid more than a clean one, or driving on is not paid.
        """
        fatal = [one for one in self.findings if one.severity == ERROR and one.code != "constant"]
        if self.lineup is None or fatal or "no-clean-lap" in self.codes:
            return None
        if any(code in _NO_LAPS or code.removesuffix("-pays") in _FAILING for code in self.codes):
            return False
        standings = {one.driver: one.discounted for one in self.lineup.standings}
        return standings["fast"] > standings.get("leaving", -math.inf)

    @property
    def codes(self) -> tuple[str, ...]:
        """The kinds of the findings, each once, in their order."""
        return tuple(dict.fromkeys(one.code for one in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """Return the check as plain data, for JSON."""
        data = asdict(self)
        data["findings"] = [one.to_dict() for one in self.findings]
        data["exit_status"] = self.exit_status
        data["expects_laps"] = self.expects_laps
        if self.cost is not None:
            data["cost"]["share"] = self.cost.share
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the check that ``to_dict`` described."""
        worked_out = ("exit_status", "expects_laps")
        values = {name: value for name, value in data.items() if name not in worked_out}
        values["findings"] = tuple(Finding.from_dict(one) for one in data["findings"])
        values["printed"] = tuple(data["printed"])
        if data["lineup"] is not None:
            standings = tuple(Standing(**one) for one in data["lineup"]["standings"])
            values["lineup"] = Lineup(**{**data["lineup"], "standings": standings})
        if data["coverage"] is not None:
            missed = tuple((first, last) for first, last in data["coverage"]["missed"])
            values["coverage"] = Coverage(**{**data["coverage"], "missed": missed})
        if data["cost"] is not None:
            cost = {name: value for name, value in data["cost"].items() if name != "share"}
            values["cost"] = Cost(**cost)
        return cls(**values)


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return findings, the worst first, then by line; those without a line last."""
    return tuple(
        sorted(findings, key=lambda one: (-_STATUS[one.severity], one.line is None, one.line or 0))
    )
