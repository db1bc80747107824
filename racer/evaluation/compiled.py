"""Compiles a reward function, and makes sure on driven cars that nothing changes.

The compiler promises the same rewards and the same failures as Python. Here the promise is kept to:
cars are driven over whole laps, off the road and into new episodes; each call is made interpreted
and compiled, and the first difference means that the function runs interpreted.
"""

import dataclasses
import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer.env import Scenario, World
from racer.errors import ConfigError, RewardError
from racer.evaluation.drivers import PurePursuitDriver, RandomDriver
from racer.kernels import layout
from racer.kernels._jit import CACHE_FOLDER
from racer.kernels.layout import Floats, Integers
from racer.kernels.random import stream_keys, uniforms
from racer.reward import RewardFailure, RewardRunner, RewardSource, params_to_json, track_facts
from racer.reward.compile import CompiledReward, CompiledRunner, Obstacle, compile_reward
from racer.reward.params import iter_params

N_CARS = 16
"""Cars that are driven; so many that an episode of each ends a few times."""

TOLERANCE = 1e-12
"""Largest relative difference where numpy's functions and libm's differ in the last bits."""

MAX_ASKED = 0.01
"""Share of calls that may be left to Python: more would be slower than calling it right away."""

_MAX_STATES_FOR_A_LAP = 4  # times the states asked for, until a lap has been completed
_MAX_FAILURES = 100  # so many failing calls say enough
_NOISE = 0.3  # share of random actions of the noisy drivers
_SEED = 20181126


@dataclass(frozen=True)
class Compilation:
    """How a reward function runs, and why."""

    source: RewardSource
    """The reward function."""
    reward: CompiledReward | None
    """It as machine code; None if it runs interpreted."""
    obstacles: tuple[Obstacle, ...]
    """What prevents compiling it; empty if nothing does."""
    n_states: int
    """States of driven cars in which both were compared; 0 if it could not be compiled at all."""

    @property
    def path(self) -> str:
        """Return ``compiled`` or ``interpreted``."""
        return "interpreted" if self.reward is None else "compiled"


def compile_checked(scenario: Scenario, *, n_states: int = 10_000) -> Compilation:
    """Compile the reward function of a scenario, and compare it with the interpreted one.

    What came out is kept in the cache folder, so the next training with the same function, track,
    actions and rules does not drive again.

    Args:
        scenario: its track, actions, car and rules are those that are driven with.
        n_states: calls to compare, at least; more where no lap was completed yet.

    Raises:
        ConfigError: if the scenario has no reward function.
    """
    source = scenario.reward
    if source is None:
        raise ConfigError("compile_checked: expected a scenario with a reward function, got none")
    world = dataclasses.replace(scenario, sensor="state").world(N_CARS)
    try:
        # the first to execute the file: it is announced to whoever watches for endless loops
        interpreted = _runner(scenario, source, world)
    except RewardError as error:
        return Compilation(source, None, (Obstacle(None, f"it cannot be executed: {error}"),), 0)
    reward = compile_reward(source)
    if not isinstance(reward, CompiledReward):
        return Compilation(source, None, reward, 0)
    verdict = _Verdict(scenario, reward, n_states)
    known = verdict.read()
    if known is None:
        known = _compare(scenario, world, interpreted, reward, n_states)
        verdict.write(known)
    problems, n_compared = known
    return Compilation(source, None if problems else reward, problems, n_compared)


def _runner(scenario: Scenario, source: RewardSource, world: World) -> RewardRunner:
    """Return what pays the cars interpreted; what the function prints is not shown."""
    facts = [track_facts(track) for track in scenario.tracks]
    return RewardRunner(source, facts, world.track_index, monitor=scenario.monitor)


# --- paying both ways ----------------------------------------------------------------------------


class _Both:
    """Pays cars interpreted and compiled, as the reward of a world, and compares.

    Attributes:
        n_calls: compared so far.
        n_failures: calls that failed, both ways alike.
        difference: the first difference, in one line.
    """

    def __init__(
        self, interpreted: RewardRunner, compiled: CompiledRunner, tolerance: float
    ) -> None:
        self.interpreted = interpreted
        self.compiled = compiled
        self.n_calls = 0
        self.n_failures = 0
        self.difference = ""
        self._tolerance = tolerance

    def __call__(self, measured: Floats, cars: Integers, rewards: Floats) -> None:
        """Pay the running cars one by one, so that one that fails does not stop the others."""
        for place in range(len(cars)):
            if self.difference:
                return
            car = cars[place : place + 1]
            expected = _outcome(self.interpreted, measured, car, rewards)
            paid = _outcome(self.compiled, measured, car, rewards)
            self.n_calls += 1
            self.n_failures += isinstance(expected, RewardFailure)
            if not self._alike(expected, paid):
                self.difference = f"{_told(paid)} instead of {_told(expected)}"
                self.row, self.car = measured[car], int(car[0])

    def _alike(self, expected: float | RewardFailure, paid: float | RewardFailure) -> bool:
        if isinstance(expected, RewardFailure) and isinstance(paid, RewardFailure):
            # not the line: CPython's own differs by one once it has warmed up to a loop
            return (expected.problem, expected.step) == (paid.problem, paid.step)
        if isinstance(expected, RewardFailure) or isinstance(paid, RewardFailure):
            return False
        if np.float64(expected).tobytes() == np.float64(paid).tobytes():
            return True
        return abs(expected - paid) <= self._tolerance * abs(expected)


def _outcome(
    runner: RewardRunner | CompiledRunner, measured: Floats, car: Integers, rewards: Floats
) -> float | RewardFailure:
    """Return what one car is paid, or how the call fails."""
    try:
        runner(measured, car, rewards)
    except RewardFailure as failure:
        return failure
    return float(rewards[car[0]])


def _told(outcome: float | RewardFailure) -> str:
    return f"the failure '{outcome}'" if isinstance(outcome, RewardFailure) else repr(outcome)


def _compare(
    scenario: Scenario,
    world: World,
    interpreted: RewardRunner,
    reward: CompiledReward,
    n_states: int,
) -> tuple[tuple[Obstacle, ...], int]:
    """Return the differences, and how many calls were compared."""
    facts = [track_facts(track) for track in scenario.tracks]
    compiled = reward.runner(facts, world.track_index)
    both = _Both(interpreted, compiled, 0.0 if reward.generated.exact else TOLERANCE)
    for _ in _drive(scenario, world, both, n_states):
        if both.difference or both.n_failures >= _MAX_FAILURES:
            break
    if both.difference:
        params = params_to_json(next(iter_params(both.row, facts[world.track_index[both.car]])))
        told = f"differs from the interpreted function: {both.difference}, with the params {params}"
        return (Obstacle(None, told),), both.n_calls
    if compiled.n_interpreted > MAX_ASKED * both.n_calls:
        asked = f"{compiled.n_interpreted} of {both.n_calls} calls"
        return (
            Obstacle(None, f"Python has to decide in {asked}, so nothing is won"),
        ), both.n_calls
    return (), both.n_calls


# --- driving -------------------------------------------------------------------------------------


def _drive(scenario: Scenario, world: World, reward: _Both, n_states: int) -> Iterator[None]:
    """Drive until enough calls are made and a lap is completed; yield after each step.

    A third of the cars follow the centre line, a third do so with noise, a third drive at random.
    All begin anew when an episode ends, as in training; of several tracks on one drawn anew.
    """
    world.reward = reward
    drivers = _Mixture(scenario)
    has_lapped = False
    while reward.n_calls < n_states or not has_lapped:
        world.step(*scenario.actions.commands(drivers.act(world)))
        yield
        has_lapped |= bool((world.measured[:, layout.STATUS] == layout.LAP_COMPLETE).any())
        if reward.n_calls >= _MAX_STATES_FOR_A_LAP * n_states:
            return
        ended = np.flatnonzero(world.terminated | world.truncated)
        if len(ended):
            world.start(ended)


class _Mixture:
    """Pure pursuit for some cars, random actions for others, and both in turn for the rest."""

    def __init__(self, scenario: Scenario) -> None:
        self._pursuit = PurePursuitDriver(scenario.actions)
        self._random = RandomDriver(scenario.actions, _SEED)
        self._keys = stream_keys(_SEED + 1, np.arange(N_CARS))
        self._share = np.repeat([0.0, _NOISE, 1.0], (6, 5, 5))
        self._n_steps = 0

    def act(self, world: World) -> NDArray[Any]:
        """Return actions for all cars."""
        actions = self._pursuit.act(world)
        is_random = uniforms(self._keys, self._n_steps) < self._share
        actions[is_random] = self._random.act(world)[is_random]
        self._n_steps += 1
        return actions


# --- what is known from an earlier time ----------------------------------------------------------


class _Verdict:
    """The result of a comparison, in a file whose name is a digest of all that it depends on."""

    def __init__(self, scenario: Scenario, reward: CompiledReward, n_states: int) -> None:
        parts = [
            reward.source.text,
            *(file.text for file in reward.source.siblings),
            str(reward.source.path),  # failures tell it
            reward.generated.text,
            repr((scenario.actions.to_dict(), scenario.vehicle, scenario.rules)),
            repr((n_states, np.__version__, platform.python_version())),
            _own_digest(),
        ]
        digest = hashlib.sha256("\0".join(parts).encode())
        for track in scenario.tracks:
            digest.update(repr((track.is_reversed, len(track.center))).encode())
            for array in (track.center, track.inner, track.outer):
                digest.update(np.ascontiguousarray(array).tobytes())
        self._path = CACHE_FOLDER / f"checked-{digest.hexdigest()[:24]}.json"

    def read(self) -> tuple[tuple[Obstacle, ...], int] | None:
        """Return obstacles and the number of calls compared; None if nothing is known."""
        try:
            data = json.loads(self._path.read_text("utf-8"))
            obstacles = tuple(Obstacle(*fields) for fields in data["obstacles"])
            return obstacles, int(data["n_states"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, known: tuple[tuple[Obstacle, ...], int]) -> None:
        """Keep a result; where the folder cannot be written, the next training compares again."""
        obstacles = [dataclasses.astuple(one) for one in known[0]]
        own = self._path.with_suffix(f".{id(self)}.tmp")
        try:
            own.write_text(json.dumps({"obstacles": obstacles, "n_states": known[1]}), "utf-8")
            own.replace(self._path)
        except OSError:
            own.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _own_digest() -> str:
    """Return a digest of the sources that decide how a reward function is compiled and paid."""
    digest = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for part in ("kernels", "track", "vehicle", "reward", "env", "evaluation"):
        for path in sorted((folder / part).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
