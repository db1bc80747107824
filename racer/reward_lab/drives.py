"""Records what the scripted drivers do on a track: once for each track, car, actions and rules."""

import hashlib
import json
import math
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np

from racer.env import STATUS_NAMES, Scenario, World, evaluation_starts
from racer.errors import RacerError
from racer.evaluation.reference_driver import Follower
from racer.kernels import layout as L  # noqa: N812  the columns read like names: L.STATUS
from racer.kernels.layout import Floats
from racer.optimal import reference
from racer.reward import TrackFacts, track_facts
from racer.reward_lab.scripted import LABELS, ActionLimits, ScriptedDrivers
from racer.vehicle import vehicle

N_STARTS = 4
"""Starts of each driver in the direction that is trained; one less in the other."""

N_EPISODES = 2
"""Episodes of each car, one after the other."""

_KEPT = 4  # recordings kept in memory
_TIMED = 15  # steps in which all cars still drive: later ones cost more for each car
_recordings: dict[str, "Drives"] = {}


@dataclass(frozen=True, eq=False)
class Episode:
    """One lap attempt of one scripted driver."""

    driver: str
    """Who drove: a name of ``scripted.LABELS``."""
    car: int
    """Which car: its episodes are called one after the other by one instance."""
    number: int
    """0 for the car's first episode."""
    start: int
    """Number of the start."""
    is_other_way: bool
    """Driven against the direction that is trained."""
    rows: Floats
    """(n_steps, MEASURED_SIZE) what the world measured in each step."""

    @property
    def end_reason(self) -> str:
        """How it ended: a word of the traces."""
        return STATUS_NAMES[int(self.rows[-1, L.STATUS])]

    @property
    def lap_time(self) -> float | None:
        """Lap time (s); None if the lap was not completed."""
        seconds = float(self.rows[-1, L.LAP_TIME])
        return None if math.isnan(seconds) else seconds

    @property
    def completion(self) -> float:
        """How much of the lap was driven (percent); negative when backwards."""
        return 100.0 * float(self.rows[-1, L.M_PROGRESS])


@dataclass(frozen=True, eq=False)
class Drives:
    """Everything that the scripted drivers did."""

    episodes: tuple[Episode, ...]
    """In the order in which they are called: first one attempt of each driver."""
    facts: tuple[TrackFacts, TrackFacts]
    """The track as it is trained, and the other way round."""
    n_cars: int
    """Cars in both directions."""
    world_seconds: float
    """What the simulator took for a car and step (s)."""

    @property
    def n_states(self) -> int:
        """Number of recorded steps."""
        return sum(len(episode.rows) for episode in self.episodes)


def record_drives(scenario: Scenario) -> Drives:
    """Let all scripted drivers drive where a scenario says, or return what they did there before.

    Args:
        scenario: its reward function plays no part.
    """
    key = _key(scenario)
    if key not in _recordings:
        if len(_recordings) >= _KEPT:
            _recordings.pop(next(iter(_recordings)))
        _recordings[key] = _record(scenario)
    return _recordings[key]


def _key(scenario: Scenario) -> str:
    """Return a name for everything that the drives depend on."""
    track = scenario.track
    digest = hashlib.sha256()
    for line in (track.center, track.inner, track.outer):
        digest.update(np.ascontiguousarray(line).tobytes())
    actions = json.dumps(scenario.actions.to_dict(), sort_keys=True)
    parts = (track.is_reversed, actions, scenario.vehicle, astuple(scenario.rules))
    return f"{digest.hexdigest()} {parts!r}"


def _record(scenario: Scenario) -> Drives:
    """Record the drives of both directions."""
    other = replace(scenario, tracks=(scenario.track.reversed(),))
    n_starts = N_STARTS if scenario.track.is_loop else 1  # an open track has one start only
    there, seconds = _drive(scenario, n_starts, is_other_way=False, first_car=0)
    n_cars = 1 + max(episode.car for episode in there)
    back, _ = _drive(other, max(1, n_starts - 1), is_other_way=True, first_car=n_cars)
    episodes = sorted([*there, *back], key=lambda one: (one.start, one.is_other_way, one.number))
    return Drives(
        tuple(episodes),
        (track_facts(scenario.track), track_facts(other.track)),
        1 + max(episode.car for episode in back),
        seconds,
    )


def _drive(
    scenario: Scenario, n_starts: int, *, is_other_way: bool, first_car: int
) -> tuple[list[Episode], float]:
    """Drive in one direction; return the episodes, and what a car's step took (s).

    The fast lap is the reference, if there is one and the actions can follow it from each start.
    """
    for follower in (_follower(scenario), None):
        kinds = [name for name in LABELS if follower or name != "middle"]
        names = [name for name in kinds for _ in range(n_starts)]
        numbers = [start for _ in kinds for start in range(n_starts)]
        world = scenario.world(len(names), starts=evaluation_starts(n_starts)[numbers])
        drivers = ScriptedDrivers(world, names, scenario.actions, follower)
        drivers.start(np.arange(world.n_cars))
        log, seconds = _run(world, drivers)
        episodes = [
            Episode(name, first_car + car, k, number, is_other_way, rows)
            for car, (name, number) in enumerate(zip(names, numbers, strict=True))
            for k, rows in enumerate(log[car])
        ]
        fast = [one for one in episodes if one.driver == "fast"]
        if follower is None or all(one.lap_time is not None for one in fast):
            break
    return episodes, seconds


def _follower(scenario: Scenario) -> Follower | None:
    """Return what follows the reference of a scenario; None where there is none at hand."""
    top_speed = ActionLimits.of(scenario.actions).fast
    try:
        lap = reference(scenario.track, vehicle(scenario.vehicle), top_speed, solve=False)
    except RacerError:
        return None
    return Follower(lap)


def _run(world: World, drivers: ScriptedDrivers) -> tuple[list[list[Floats]], float]:
    """Let each car drive its episodes; return the rows of each, and what a car's step took (s)."""
    log: list[list[Floats]] = [[] for _ in range(world.n_cars)]
    now: list[list[Floats]] = [[] for _ in range(world.n_cars)]
    active = np.ones(world.n_cars, np.bool_)
    seconds: list[float] = []
    while active.any():
        steering, speed = drivers.commands()
        begin = time.perf_counter()
        world.step(steering, speed)
        seconds.append((time.perf_counter() - begin) / int(active.sum()))
        drivers.hold()
        for car, row in zip(world.running.tolist(), world.measured[world.running], strict=True):
            now[car].append(row)
        ended = np.flatnonzero((world.terminated | world.truncated) & active)
        for car in ended.tolist():
            log[car].append(_frozen(now[car]))
            now[car] = []
            active[car] = len(log[car]) < N_EPISODES
        again = ended[active[ended]]
        world.start(again)
        drivers.start(again)
        world.set_active(active)
    return log, float(np.median(seconds[:_TIMED]))


def _frozen(rows: Sequence[Floats]) -> Floats:
    """Return rows as one read-only array."""
    array = np.array(rows)
    array.flags.writeable = False
    return array
