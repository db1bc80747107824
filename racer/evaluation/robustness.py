"""How often a car still laps when something differs: each random factor, all, roads never seen.

All conditions have the same fixed starts, and a factor draws the same numbers whoever drives and
however strong it is: what differs between two runs, or two strengths, is no luck of the draw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from racer.env import Scenario
from racer.env.factors import FACTORS
from racer.errors import RunError
from racer.evaluation.drivers import Driver
from racer.evaluation.evaluate import evaluate
from racer.evaluation.interval import wilson_interval
from racer.kernels.layout import Floats
from racer.sensors import make_sensor
from racer.track import Track

OWN, UNSEEN, GIVEN = "own", "unseen", "track:"
"""Where a condition is driven: on the roads of the training, on new ones, on a track by name."""

PLAIN, ALL = "plain", "all"
"""In place of a factor's name: nothing is random, all is."""

ELSEWHERE = 1.0
"""The strength of all factors together on other roads, and in a summary."""


@dataclass(frozen=True)
class RobustnessCondition:
    """What is driven, and what differs there."""

    place: str
    """``OWN``, ``UNSEEN``, or ``GIVEN`` and a track's name."""
    factor: str = PLAIN
    """A name of ``FACTORS``, ``ALL`` or ``PLAIN``."""
    strength: float = 0.0
    """Of the factor; 0 if nothing is random."""

    @property
    def randomize(self) -> float | dict[str, float]:
        """The strengths, as a scenario takes them."""
        return self.strength if self.factor in (PLAIN, ALL) else {self.factor: self.strength}


@dataclass(frozen=True)
class Laps:
    """What came of the trials on one road."""

    road: str
    trials: int
    finished: int
    completion: float
    """Mean of all trials (percent)."""
    median_lap_time: float | None
    """Of those that finished (s)."""


@dataclass(frozen=True)
class RobustnessOutcome:
    """What came of one condition."""

    condition: RobustnessCondition
    roads: tuple[Laps, ...]
    """One for each road."""
    median_lap_time: float | None
    """Of all trials that finished (s)."""

    @property
    def trials(self) -> int:
        """How many laps were tried."""
        return sum(road.trials for road in self.roads)

    @property
    def finished(self) -> int:
        """How many of them were completed."""
        return sum(road.finished for road in self.roads)

    @property
    def finish_rate(self) -> float:
        """Share of trials that completed the lap, in [0, 1]."""
        return self.finished / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval for the finish rate on these roads, 95 %."""
        return wilson_interval(self.finished, self.trials)

    @property
    def completion(self) -> float:
        """Mean completion of all trials (percent)."""
        return sum(road.completion * road.trials for road in self.roads) / self.trials

    @property
    def worst(self) -> Laps:
        """The road with the fewest laps, among equals the one that is driven least far."""
        return min(self.roads, key=lambda road: (road.finished / road.trials, road.completion))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            **asdict(self.condition),
            "trials": self.trials,
            "finished": self.finished,
            "finish_rate": self.finish_rate,
            "interval": list(self.interval),
            "median_lap_time": self.median_lap_time,
            "completion": self.completion,
            "worst_road": self.worst.road,
            "roads": [asdict(road) for road in self.roads],
        }


@dataclass(frozen=True)
class Robustness:
    """What came of all conditions for one run or driver."""

    name: str
    roads: tuple[str, ...]
    """Those of the training."""
    left_out: tuple[str, ...]
    """Factors that change nothing for this car."""
    outcomes: tuple[RobustnessOutcome, ...]

    def find(
        self, place: str, factor: str = PLAIN, strength: float = 0.0
    ) -> RobustnessOutcome | None:
        """Return what came of a condition; None if it was not driven."""
        wanted = RobustnessCondition(place, factor, strength)
        return next((one for one in self.outcomes if one.condition == wanted), None)

    @property
    def summary(self) -> dict[str, RobustnessOutcome | None]:
        """The four conditions to look at first."""
        return {
            "own": self.find(OWN),
            "own_all": self.find(OWN, ALL, ELSEWHERE),
            "unseen": self.find(UNSEEN),
            "unseen_all": self.find(UNSEEN, ALL, ELSEWHERE),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        rates = {key: one.finish_rate if one else None for key, one in self.summary.items()}
        return {
            "name": self.name,
            "roads": list(self.roads),
            "left_out": list(self.left_out),
            "summary": rates,
            "outcomes": [one.to_dict() for one in self.outcomes],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Robustness":
        """Return what ``to_dict`` wrote.

        Raises:
            RunError: if it is something else.
        """
        try:
            outcomes = tuple(_outcome(one) for one in values["outcomes"])
            return cls(values["name"], tuple(values["roads"]), tuple(values["left_out"]), outcomes)
        except (KeyError, TypeError) as error:
            raise RunError(f"robustness: not what racer wrote: {error!r}") from error


def _outcome(values: Mapping[str, Any]) -> RobustnessOutcome:
    condition = RobustnessCondition(values["place"], values["factor"], values["strength"])
    roads = tuple(Laps(**road) for road in values["roads"])
    return RobustnessOutcome(condition, roads, values["median_lap_time"])


# --- what is driven ---


def own_roads(scenario: Scenario) -> tuple[Track, ...]:
    """Return the roads of a run's training."""
    return scenario.tracks


def conditions(
    factors: Sequence[str], strengths: Sequence[float], elsewhere: Sequence[str]
) -> tuple[RobustnessCondition, ...]:
    """Return all conditions, in the order of the tables.

    Args:
        factors: those that matter to the car.
        strengths: of each of them.
        elsewhere: other places: ``UNSEEN``, ``GIVEN`` and a name.
    """
    alone = [RobustnessCondition(OWN, factor, s) for factor in factors for s in strengths]
    together = [RobustnessCondition(OWN, ALL, s) for s in sorted({*strengths, ELSEWHERE})]
    others = [
        one
        for place in elsewhere
        for one in (RobustnessCondition(place), RobustnessCondition(place, ALL, ELSEWHERE))
    ]
    return (RobustnessCondition(OWN), *alone, *together, *others)


def factors_that_matter(scenario: Scenario) -> tuple[str, ...]:
    """Return the factors that change what a car sees or how it moves: with a camera, all."""
    has_camera = "camera" in make_sensor(scenario.sensor).name.split("+")
    return tuple(name for name, factor in FACTORS.items() if has_camera or not factor.is_seen)


# --- driving ---


def measure_robustness(
    driver: Driver,
    scenario: Scenario,
    wanted: Sequence[RobustnessCondition],
    places: Mapping[str, Sequence[Track]],
    *,
    trials: int,
    on_laps: Callable[[int], None] = lambda _: None,
) -> tuple[RobustnessOutcome, ...]:
    """Drive every condition.

    Args:
        driver: who drives.
        scenario: the car, its sensor, actions and rules, and the roads of the training.
        wanted: the conditions.
        places: the roads of each place but ``OWN``.
        trials: laps of a condition on each road; those of the training share them.
        on_laps: called with how many more laps were tried, road by road.
    """
    scenario = replace(scenario, reward=None)
    return tuple(_drive(driver, scenario, one, places, trials, on_laps) for one in wanted)


def count_laps(
    scenario: Scenario,
    wanted: Sequence[RobustnessCondition],
    places: Mapping[str, Sequence[Track]],
    trials: int,
) -> int:
    """Return how many laps ``measure`` will try."""
    own = sum(_shares(trials, len(own_roads(scenario))))
    return sum(own if one.place == OWN else trials * len(places[one.place]) for one in wanted)


def _drive(
    driver: Driver,
    scenario: Scenario,
    condition: RobustnessCondition,
    places: Mapping[str, Sequence[Track]],
    trials: int,
    on_laps: Callable[[int], None],
) -> RobustnessOutcome:
    """Drive one condition. Each road has draws of its own, the same in all conditions."""
    is_own = condition.place == OWN
    roads = own_roads(scenario) if is_own else places[condition.place]
    shares = _shares(trials, len(roads)) if is_own else [trials] * len(roads)
    rules = scenario.rules if is_own else replace(scenario.rules, max_seconds=None)
    there = replace(scenario, rules=rules, randomize=condition.randomize)
    laps, times = [], []
    for k, (road, n) in enumerate(zip(roads, shares, strict=True)):
        found = evaluate(driver, replace(there, tracks=(road,)), trials=n, seed=k)
        times += found.lap_times
        n_finished = len(found.lap_times)
        laps.append(Laps(found.track, n, n_finished, found.completion, found.median_lap_time))
        on_laps(n)
    return RobustnessOutcome(condition, tuple(laps), _median(times))


def _shares(trials: int, n_roads: int) -> list[int]:
    """Return how many trials each of some roads has: at least one."""
    return [max(len(part), 1) for part in np.array_split(np.arange(trials), n_roads)]


def _median(times: Sequence[float]) -> float | None:
    return float(np.median(times)) if times else None


def is_same_road(one: Track, other: Track) -> bool:
    """Return whether two tracks are one road, in either direction, whatever they are called.

    Their laps are equally long within 1 %, and their centre lines lie within 10 cm.
    """
    if abs(one.length - other.length) > 0.01 * other.length:
        return False
    x, y = one.center.T
    off: Floats = np.abs(np.asarray(other.project(x, y).lateral))
    return bool(off.max() < 0.1)
