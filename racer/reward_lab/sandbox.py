"""Checks reward functions in a process of their own, so that none can hang or crash its caller.

That protects against mistakes, not against malice: the code can still read and write files and use
the network, as any program of the user can. It is no sandbox.
"""

import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer import defaults
from racer.errors import ConfigError, RacerError, RewardError, unknown_name
from racer.processes import how_it_ended
from racer.reward_lab.findings import ERROR, Finding, RewardCheck

if TYPE_CHECKING:
    from racer.env import RewardLike, RuleSettings, Scenario
    from racer.kernels.layout import VehicleParams
    from racer.track import Track
    from racer.vehicle import ActionsLike

GUARD = "guard.txt"
"""File in the scratch folder that tells why the process was ended."""

CALL_SECONDS = 5.0
"""What a call of a reward function may take (s), as in the real console."""

MEMORY = 2 << 30
"""What a reward function may allocate (bytes), where the system can limit it."""

_START_SECONDS = 180.0  # for starting, and compiling the simulator the first time
_FILE_SECONDS = 120.0  # for each file, beyond all limits of its own

RewardName = str | Path


@dataclass(frozen=True)
class Job:
    """What the process that checks is told."""

    rewards: tuple[str, ...]
    """Names or paths of reward functions."""
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
    """What the files may allocate (bytes)."""
    scratch: str = field(default="")
    """A folder for what both processes see."""

    def __post_init__(self) -> None:
        if not self.call_seconds > 0.0:
            raise ConfigError(f"call_seconds: must be positive, got {self.call_seconds:g}")
        if self.memory is not None and not self.memory > 0:
            raise ConfigError(f"memory: must be positive, got {self.memory}")

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
        options: fields of ``Job``: ``track``, ``track_scale``, ``reverse``, ``actions``,
            ``vehicle``, ``rules``, ``discount_factor``, ``console_rules``, ``seconds``,
            ``call_seconds``, ``memory``.

    Returns:
        findings, line-up, coverage, cost; ``exit_status`` is 0, 1 or 2.

    Raises:
        RacerError: if an option cannot be used. What is wrong with the file is a finding.
    """
    if callable(reward):
        _checked(options)
        return _check_function(Job((), **options), reward)
    return check_rewards([reward], **options)[0]


def check_rewards(rewards: Sequence[RewardName], **options: Any) -> list[RewardCheck]:
    """Check several files, one after the other; see ``check_reward``.

    A file that ends the process is told so, and the others are checked in a new one.

    Raises:
        RacerError: if an option cannot be used.
    """
    waiting = [str(reward) for reward in rewards]
    checks: list[RewardCheck] = []
    _checked(options)
    while waiting:
        done = _run(Job(tuple(waiting), **options))
        checks += done
        waiting = waiting[len(done) :]
    return checks


def _checked(options: dict[str, Any]) -> None:
    """Check the names of options.

    Raises:
        ConfigError: if one is no field of ``Job`` that a caller may set.
    """
    known = [one.name for one in fields(Job) if one.name not in ("rewards", "scratch")]
    for name in options:
        if name not in known:
            raise ConfigError(unknown_name("option", name, known))


def _check_function(job: Job, function: Callable[[dict[str, Any]], float]) -> RewardCheck:
    """Check a Python function in this process."""
    from racer.reward_lab.driven import check

    return check(
        job.scenario(function),
        discount_factor=job.discount_factor,
        console_rules=job.console_rules,
        seconds=job.seconds,
    )


def _run(job: Job) -> list[RewardCheck]:
    """Check the files of a job until one of them ends the process; return what was found.

    Returns:
        at least one check: that of the file that ended the process comes last.
    """
    with tempfile.TemporaryDirectory(prefix="racer-check-") as scratch:
        answer = _Answer(*_talk(replace(job, scratch=scratch)))
        checks = answer.checks()
        if len(checks) < len(job.rewards):
            checks.append(answer.ended(job, job.rewards[len(checks)], Path(scratch)))
    return checks


def _talk(job: Job) -> tuple[list[dict[str, Any]], int | None]:
    """Start the process, give it the job, and return its events and exit status."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; from racer.reward_lab.child import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    limit = _START_SECONDS + _FILE_SECONDS * len(job.rewards)
    status: int | None
    try:
        out, _rest = process.communicate(pickle.dumps(job), timeout=limit)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, _rest = process.communicate()
        status = None
    finally:
        process.kill()
    return [json.loads(line) for line in out.splitlines() if line.endswith(b"}")], status


class _Answer:
    """What the process said before it ended, and how it ended."""

    def __init__(self, events: list[dict[str, Any]], status: int | None) -> None:
        self._events = events
        self._status = status

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self._events if event["kind"] == kind]

    def checks(self) -> list[RewardCheck]:
        """Return the checks that were made.

        Raises:
            RacerError: if an option could not be used.
        """
        for event in self._of("error"):
            raise RacerError(event["message"])
        for event in self._of("fault"):
            raise RuntimeError(event["text"])
        return [RewardCheck.from_dict(event["check"]) for event in self._of("check")]

    def ended(self, job: Job, reward: str, scratch: Path) -> RewardCheck:
        """Return the check of the file during which the process ended: one finding.

        Raises:
            RewardError: if the process ended before any file was begun.
        """
        if not self._of("begin"):
            raise RewardError(
                f"the process that checks {how_it_ended(self._status)} before it could begin"
            )
        from racer.reward import load_reward
        from racer.reward_lab.coverage import parse_reward
        from racer.reward_lab.driven import checked_discount
        from racer.reward_lab.guard import read_end
        from racer.reward_lab.reading import Reading

        source = load_reward(reward)
        files = source.files()
        is_endless, file, line = read_end(scratch / GUARD, files)
        first, params = self._running_call()
        is_endless = is_endless or self._status is None
        code = "endless-loop" if is_endless else "crash"
        what = "the call" if params is not None else "the file, which is executed first,"
        if is_endless:
            message = f"{what} has not returned after {job.call_seconds:g} s: an endless loop?"
        else:
            message = f"the process {how_it_ended(self._status)} while {what} ran"
        finding = Finding(
            ERROR,
            code,
            message,
            file=files[file][0] if file else source.label,
            line=line,
            first=first,
            reads=Reading(parse_reward(source)).reads(line) if params else (),
            params=params,
            advice="a training stops here; nothing else is reported before this is mended",
        )
        gamma = checked_discount(job.discount_factor)
        track = job.track if isinstance(job.track, str | Path) else job.track.name
        return RewardCheck(source.name, source.label, str(track), gamma, (finding,))

    def _running_call(self) -> tuple[str, dict[str, Any] | None]:
        """Return who was driving, and the params of the call that was running, if one was."""
        from racer.reward import CallMonitor, TrackFacts

        start, begin = self._of("start")[-1], self._of("begin")[-1]
        facts = [
            TrackFacts(**{**one, "waypoints": tuple((x, y) for x, y in one["waypoints"])})
            for one in start["facts"]
        ]
        try:
            monitor = CallMonitor.open(begin["monitor"])
        except RewardError:  # the process ended in good order after all
            return "", None
        with monitor:
            call = monitor.poll()
            params = None if call is None else call.params(facts)
        if call is None or call.car is None or params is None:
            return "", None
        return f"{start['cars'][call.car]}, step {params['steps']:.0f}", params
