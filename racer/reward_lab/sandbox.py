"""Checks reward functions in a process of their own, so that none can hang or crash its caller.

That protects against mistakes, not against malice: the code can still read and write files and use
the network, as any program of the user can. It is no sandbox.
"""

import base64
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer import defaults
from racer.errors import ConfigError, RacerError, RewardError, unknown_name
from racer.jobs import (
    Context,
    End,
    Event,
    Failure,
    Job,
    JobList,
    Limits,
    Listener,
    LocalExecutor,
    Report,
)
from racer.processes import how_it_ended
from racer.reward_lab.findings import ERROR, Finding, RewardCheck

if TYPE_CHECKING:
    from racer.env import RewardLike, RuleSettings, Scenario
    from racer.kernels.layout import VehicleParams
    from racer.track import Track
    from racer.vehicle import ActionsLike

CALL_SECONDS = 5.0
"""What a call of a reward function may take (s), as in the real console."""

MEMORY = 2 << 30
"""What a reward function may allocate (bytes), where the system can limit it."""

_SILENCE = 300.0  # for compiling the simulator the first time, and each file (s)

RewardName = str | Path


@dataclass(frozen=True)
class CheckSettings:
    """How reward functions are checked."""

    track: "str | Path | Track" = defaults.TRACK
    """Where the scripted drivers drive."""
    track_scale: float = 1.0
    """All lengths of the track are multiplied by it."""
    reverse: bool = False
    """Train the other way round."""
    drop_duplicates: bool = False
    """Drop repeated waypoints of a .npy route."""
    actions: "ActionsLike" = None
    """What can be commanded; None: the default."""
    vehicle: "str | VehicleParams" = defaults.VEHICLE
    """The car."""
    rules: "RuleSettings | None" = None
    """When an episode ends."""
    discount_factor: float | None = None
    """Of the line-up; None: that of ``vpg``."""
    console_rules: bool = False
    """Look for what the real console refuses, too."""
    seconds: float | None = 4.0
    """After which no further drive is begun, for each file; None: no limit."""
    call_seconds: float = CALL_SECONDS
    """What a call may take before it counts as endless (s)."""
    memory: int | None = MEMORY
    """What a file may allocate (bytes)."""

    def __post_init__(self) -> None:
        if not self.call_seconds > 0.0:
            raise ConfigError(f"call_seconds: must be positive, got {self.call_seconds:g}")
        if self.memory is not None and not self.memory > 0:
            raise ConfigError(f"memory: must be positive, got {self.memory}")

    @classmethod
    def of(cls, options: dict[str, Any]) -> "CheckSettings":
        """Return settings; those that are not given have their defaults.

        Raises:
            ConfigError: if one is unknown or out of range.
        """
        known = [one.name for one in fields(cls)]
        for name in options:
            if name not in known:
                raise ConfigError(unknown_name("option", name, known))
        return cls(**options)

    def packed(self) -> str:
        """Return the settings as text, for a process of this very program."""
        return base64.b64encode(pickle.dumps(self)).decode("ascii")

    def scenario(self, reward: "RewardLike" = None) -> "Scenario":
        """Return where the drivers drive, with a reward function or none.

        Raises:
            RacerError: if an option cannot be used.
        """
        from racer.env import Scenario
        from racer.track import Track, load_track

        if isinstance(self.track, Track):
            track = self.track.scaled(self.track_scale)
            track = track.reversed() if self.reverse else track
        else:
            track = load_track(
                self.track,
                reverse=self.reverse,
                scale=self.track_scale,
                drop_duplicates=self.drop_duplicates,
            )
        return Scenario.of(
            track, reward, actions=self.actions, rules=self.rules, vehicle=self.vehicle
        )


def check_reward(
    reward: "RewardName | Callable[[dict[str, Any]], float]", **options: Any
) -> RewardCheck:
    """Check a reward function: call it for what scripted drivers do, and say what is the matter.

    A file is run in a process of its own, with limits on time and memory. A Python function is run
    in this process, without them.

    Args:
        reward: a shipped name, a path, or a Python function of the params.
        options: fields of ``CheckSettings``: ``track``, ``track_scale``, ``reverse``, ``actions``,
            ``vehicle``, ``rules``, ``discount_factor``, ``console_rules``, ``seconds``,
            ``call_seconds``, ``memory``.

    Returns:
        findings, line-up, coverage, cost; ``exit_status`` is 0, 1 or 2.

    Raises:
        RacerError: if an option cannot be used. What is wrong with the file is a finding.
    """
    if callable(reward):
        settings = CheckSettings.of(options)
        return _check(settings, settings.scenario(reward))
    return check_rewards([reward], **options)[0]


def check_rewards(rewards: Sequence[RewardName], **options: Any) -> list[RewardCheck]:
    """Check several files, one after the other; see ``check_reward``.

    A file that ends the process is told so, and the others are checked in a new one.

    Raises:
        RacerError: if an option cannot be used.
    """
    settings = CheckSettings.of(options)
    packed = settings.packed()
    jobs = [
        Job(f"{k}", "racer.reward_lab.sandbox:check_file", {"reward": str(one), "settings": packed})
        for k, one in enumerate(rewards)
    ]
    limits = Limits(call=settings.call_seconds, start_factor=1.0, silence=_SILENCE)
    feed, cars = JobList(jobs), _Cars()
    LocalExecutor(limits=limits, attempts=1).run(feed, cars)
    return [
        _result(settings, str(one), feed.endings[job.name], cars.of_job.get(job.name))
        for one, job in zip(rewards, jobs, strict=True)
    ]


def _check(settings: CheckSettings, scenario: "Scenario") -> RewardCheck:
    """Check a scenario's reward function in this process."""
    from racer.reward_lab.driven import check

    return check(
        scenario,
        discount_factor=settings.discount_factor,
        console_rules=settings.console_rules,
        seconds=settings.seconds,
    )


def check_file(data: dict[str, Any], context: Context) -> dict[str, Any]:
    """Check a file, as the target of a job; that it cannot be read is a finding.

    Args:
        data: ``reward``, and ``settings`` as ``CheckSettings.packed`` returned them.
        context: is told which driver each car has: a report ``cars``.

    Raises:
        RacerError: if a setting cannot be used.
    """
    from racer.reward import load_reward
    from racer.reward_lab.driven import checked_discount
    from racer.reward_lab.driven_calls import MOST_CARS
    from racer.reward_lab.drives import record_drives
    from racer.reward_lab.scripted import LABELS
    from racer.reward_lab.verdicts import load_finding

    settings: CheckSettings = pickle.loads(base64.b64decode(data["settings"]))
    reward, gamma = data["reward"], checked_discount(settings.discount_factor)
    base = settings.scenario()
    try:
        source = load_reward(reward)
    except RewardError as error:
        finding = load_finding(error, reward)
        return RewardCheck(Path(reward).stem, reward, base.track.name, gamma, (finding,)).to_dict()
    labels = {one.car: LABELS[one.driver] for one in record_drives(base).episodes}
    context.report("cars", labels=[labels[car] for car in sorted(labels)])
    tracks = (base.track, base.track.reversed())
    monitor = context.watch(source, tracks, MOST_CARS)
    if settings.memory is not None:
        context.limit_memory(settings.memory)
    return _check(settings, replace(base, reward=source, monitor=monitor)).to_dict()


class _Cars(Listener):
    """Keeps which driver each car has."""

    def __init__(self) -> None:
        self.of_job: dict[str, list[str]] = {}

    def hear(self, name: str, event: Event) -> None:
        if isinstance(event, Report):
            self.of_job[name] = event.values["labels"]


def _result(
    settings: CheckSettings, reward: str, ending: End | Failure, cars: list[str] | None
) -> RewardCheck:
    """Return what came of a file's check.

    Raises:
        RacerError: if an option could not be used, or the check itself went wrong.
    """
    if isinstance(ending, End):
        return RewardCheck.from_dict(ending.value)
    if ending.reason == "error":
        raise RacerError(ending.message)
    if ending.reason == "bug":
        raise RuntimeError(ending.log)
    if cars is None:
        raise RewardError(
            f"the process that checks {how_it_ended(ending.status)} before it could begin"
        )
    return _ended(settings, reward, ending, cars)


def _ended(settings: CheckSettings, reward: str, ending: Failure, cars: list[str]) -> RewardCheck:
    """Return the check of a file during which the process ended: one finding."""
    from racer.reward import load_reward
    from racer.reward_lab.coverage import parse_reward
    from racer.reward_lab.driven import checked_discount
    from racer.reward_lab.reading import Reading

    source = load_reward(reward)
    file, _, number = (ending.place or "").rpartition(":")
    line = int(number) if number.isdigit() else None
    what = "the file, which is executed first," if ending.params is None else "the call"
    if ending.reason == "crash":
        message = f"the process {how_it_ended(ending.status)} while {what} ran"
    else:
        message = f"{what} has not returned after {ending.message.rpartition(' after ')[2]}"
    params, first = ending.params, ""
    if params is not None and ending.car is not None:
        first = f"{cars[ending.car]}, step {params['steps']:.0f}"
    finding = Finding(
        ERROR,
        "crash" if ending.reason == "crash" else "endless-loop",
        message,
        file=file if line is not None else source.label,
        line=line,
        first=first,
        reads=Reading(parse_reward(source)).reads(line) if params else (),
        params=params,
        advice="a training stops here; nothing else is reported before this is mended",
    )
    gamma = checked_discount(settings.discount_factor)
    track = settings.track if isinstance(settings.track, str | Path) else settings.track.name
    return RewardCheck(source.name, source.label, str(track), gamma, (finding,))
