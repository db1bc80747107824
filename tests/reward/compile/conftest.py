"""Fixtures: the same cars paid by Python and by compiled code."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from racer.kernels import layout
from racer.kernels.layout import Floats
from racer.reward import RewardFailure, RewardRunner, RewardSource, TrackFacts
from racer.reward.compile import CompiledReward, CompiledRunner, compile_reward

Outcome = float | str


@dataclass
class Comparison:
    """What Python and compiled code made of the same calls."""

    interpreted: list[Outcome]
    compiled: list[Outcome]
    n_interpreted: int
    """Calls that the compiled code left to Python."""

    @property
    def differences(self) -> list[tuple[Outcome, Outcome]]:
        pairs = zip(self.interpreted, self.compiled, strict=True)
        return [(a, b) for a, b in pairs if not same(a, b)]


def same(a: Outcome, b: Outcome) -> bool:
    """Return whether two outcomes are equal to the last bit, or the same failure."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def outcomes(
    runner: RewardRunner | CompiledRunner, steps: list[Floats]
) -> tuple[list[Outcome], list[RewardFailure]]:
    """Return what each call pays, or how it fails, car by car and step by step."""
    found: list[Outcome] = []
    failures = []
    for measured in steps:
        for car in range(len(measured)):
            rewards = np.full(len(measured), np.nan)
            try:
                runner(measured, np.array([car]), rewards)
                found.append(float(rewards[car]))
            except RewardFailure as failure:
                # without the line: CPython's own differs by one once it has warmed up to a loop
                found.append(f"step {failure.step} of car {failure.car}: {failure.problem}")
                failures.append(failure)
    return found, failures


@pytest.fixture
def compiled(source: Callable[[str], RewardSource]) -> Callable[[str], CompiledReward]:
    """Return a function that compiles a text, which must be possible."""

    def make(text: str) -> CompiledReward:
        result = compile_reward(source(text))
        assert isinstance(result, CompiledReward), [str(one) for one in result]
        return result

    return make


@pytest.fixture
def obstacles(source: Callable[[str], RewardSource]) -> Callable[[str], list[str]]:
    """Return a function that gives the obstacles of a text, which must have some."""

    def make(text: str) -> list[str]:
        result = compile_reward(source(text))
        assert not isinstance(result, CompiledReward)
        return [str(one) for one in result]

    return make


Both = Callable[..., Comparison]


@pytest.fixture
def both(
    facts: TrackFacts, laps: Callable[[int], list[Floats]], make_rows: Callable[..., Floats]
) -> Both:
    """Return a function that pays three cars over two episodes and 60 further rows both ways.

    Each row comes once for each of some values of ``sim_time``, if told so.
    """
    steps = [*laps(3), *(make_rows(3, seed) for seed in range(20))]

    def compare(reward: CompiledReward, times: Sequence[float] = ()) -> Comparison:
        driven = steps
        if times:
            driven = [np.tile(measured, (len(times), 1)) for measured in steps]
            for measured in driven:
                measured[:, layout.SIM_TIME] = np.repeat(times, 3)
        cars = np.zeros(len(driven[0]), np.int64)
        interpreted, expected = outcomes(RewardRunner(reward.source, [facts], cars), driven)
        runner = reward.runner([facts], cars)
        paid, failures = outcomes(runner, driven)
        assert [failure.params for failure in failures] == [one.params for one in expected]
        return Comparison(interpreted, paid, runner.n_interpreted)

    return compare


@pytest.fixture
def agree(compiled: Callable[[str], CompiledReward], both: Both) -> Callable[[str], Comparison]:
    """Return a function that checks that a text pays the same compiled as interpreted.

    A body of statements becomes a function; ``p`` is short for the params.
    """

    def check(text: str) -> Comparison:
        if "def reward_function" not in text:
            lines = "".join(f"    {line}\n" for line in text.strip().splitlines())
            text = f"import math\n\ndef reward_function(p):\n{lines}"
        comparison = both(compiled(text))
        assert comparison.differences == []
        return comparison

    return check


@pytest.fixture
def agree_each(
    compiled: Callable[[str], CompiledReward], both: Both
) -> Callable[[Sequence[str]], Comparison]:
    """Return a function that checks expressions, all in one function: compiling takes a while."""

    def check(expressions: Sequence[str]) -> Comparison:
        lines = ["import math", "import numpy as np", "", "def reward_function(p):"]
        for number, text in enumerate(expressions):
            lines += [f"    if p['sim_time'] == {number}:", f"        return {text}"]
        comparison = both(compiled("\n".join(lines) + "\n"), range(len(expressions)))
        n_paid = len(comparison.interpreted)
        shown = [
            (expressions[place // 3 % len(expressions)], *pair)
            for place, pair in enumerate(
                zip(comparison.interpreted, comparison.compiled, strict=True)
            )
            if not same(*pair)
        ]
        assert shown == []
        assert n_paid % len(expressions) == 0
        return comparison

    return check
