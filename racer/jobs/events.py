"""What happens to a job, as frozen events; each is a line of JSON on its way between processes."""

from dataclasses import dataclass, fields
from typing import Any

from racer.training.hooks import Poses, Progress

READY = "ready"
"""What a worker says once, and is no event: everything is imported that every job needs."""

JOB, STOP, POSES = "job", "stop", "poses"
"""Orders to a worker: run a job; end it properly; tell where the cars are, or do not any more."""


@dataclass(frozen=True)
class Begin:
    """A job is begun."""

    attempt: int = 1
    """2 if the worker of the first attempt was killed."""


@dataclass(frozen=True)
class Phase:
    """What is being done now."""

    text: str


@dataclass(frozen=True)
class Note:
    """Something that a user should read."""

    text: str


@dataclass(frozen=True)
class Print:
    """A line that the reward function printed."""

    text: str


@dataclass(frozen=True)
class Log:
    """A line that the process wrote to its stderr: a warning, a traceback."""

    text: str


@dataclass(frozen=True)
class Report:
    """Anything else that a target tells, under a word of its own."""

    topic: str
    values: dict[str, Any]


@dataclass(frozen=True)
class End:
    """A job is done."""

    value: Any
    """What its target returned, as plain data."""


@dataclass(frozen=True)
class Failure:
    """A job has failed, in one line; no other event follows."""

    message: str
    reason: str
    """error: it says so; bug: it raised what nobody expects; endless: a call of its reward function
    did not return; crash: its process ended by itself; silent: it said nothing any more."""
    place: str | None = None
    """Which line of the reward function was running: ``mine.py:12``."""
    car: int | None = None
    """Whose call."""
    params: dict[str, Any] | None = None
    """Of this call."""
    at_load: bool = False
    """The reward function's file was being executed, before the first call."""
    saved: str | None = None
    """The file that keeps the params."""
    status: int | None = None
    """Of a process that ended by itself; negative for a signal."""
    log: str = ""
    """The traceback, or what the process wrote last."""


Event = Begin | Phase | Progress | Poses | Note | Print | Log | Report | End | Failure

_KINDS: dict[str, type[Event]] = {
    one.__name__.lower(): one
    for one in (Begin, Phase, Progress, Poses, Note, Print, Log, Report, End, Failure)
}


def event_to_dict(event: Event) -> dict[str, Any]:
    """Return an event as plain data: ``kind`` and its fields."""
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    return {"kind": type(event).__name__.lower(), **values}


def event_from_dict(values: dict[str, Any]) -> Event:
    """Return the event of plain data; JSON's lists become tuples where the event has them.

    Raises:
        KeyError: if its kind is unknown.
    """
    values = dict(values)
    kind = _KINDS[values.pop("kind")]
    if kind is Poses:
        values["cars"] = tuple(tuple(car) for car in values["cars"])
    return kind(**values)
