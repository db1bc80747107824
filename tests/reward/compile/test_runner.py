"""The compiled runner is called as the interpreted one, and behaves as it does."""

import numpy as np
import pytest

from racer.kernels import layout
from racer.reward import CallMonitor, RewardFailure, RewardRunner, TrackFacts
from racer.reward.compile import CompiledReward, compile_reward
from racer.reward.compile.runtime import MAX_WORK

FAILS = "def reward_function(params):\n    return 1.0 / (params['steps'] - 4)\n"


def zeros(n: int) -> np.ndarray:
    return np.zeros(n, np.int64)


def test_only_the_cars_asked_for_are_paid(compiled, facts, make_rows):
    runner = compiled("def reward_function(params):\n    return params['x']\n").runner(
        [facts], zeros(6)
    )
    rows, rewards = make_rows(6), np.full(6, -1.0)
    runner(rows, np.array([1, 4]), rewards)
    assert rewards.tolist() == [-1, rows[1, layout.NOSE_X], -1, -1, rows[4, layout.NOSE_X], -1]
    runner(rows, np.array([], np.int64), rewards)


@pytest.mark.parametrize("first_car", [0, 100])
def test_the_first_car_that_fails_is_raised_and_nothing_is_written(
    compiled, facts, make_rows, first_car
):
    reward = compiled(FAILS)
    rows, rewards = make_rows(6), np.full(6, -1.0)
    rows[:, layout.M_STEPS] = [2, 3, 5, 4, 6, 4]
    with pytest.raises(RewardFailure) as compiled_failure:
        reward.runner([facts], zeros(6), first_car=first_car)(rows, np.arange(6), rewards)
    assert (rewards == -1.0).all()
    interpreted = RewardRunner(reward.source, [facts], zeros(6), first_car=first_car)
    with pytest.raises(RewardFailure) as failure:
        interpreted(rows, np.arange(6), rewards)
    assert str(compiled_failure.value) == str(failure.value)
    assert compiled_failure.value.params == failure.value.params
    assert compiled_failure.value.to_dict() == failure.value.to_dict()
    assert failure.value.car == first_car + 3


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("None", "None: a path without `return`"),
        ("params['x'] * 1e300 * 1e300", "inf"),
        ("2e5", "got 200000.0"),
        ("float('nan')", "got nan"),
        ("(params['steps'] - 9) ** 0.5", "a negative number to a fractional power"),
    ],
)
def test_a_value_that_is_no_reward_fails_as_interpreted(compiled, facts, make_rows, value, problem):
    reward = compiled(f"def reward_function(params):\n    return {value}\n")
    rows = make_rows(1, M_STEPS=2.0)
    rows[0, layout.NOSE_X] = 3.0
    found = []
    for runner in (
        reward.runner([facts], zeros(1)),
        RewardRunner(reward.source, [facts], zeros(1)),
    ):
        with pytest.raises(RewardFailure, match="step 2 of car 0") as failure:
            runner(rows, np.array([0]), np.zeros(1))
        found.append(str(failure.value))
    assert found[0] == found[1]
    assert problem in found[0]


def test_each_car_sees_its_own_track(compiled, facts, make_rows):
    other = TrackFacts(7.5, ((0.0, 1.0), (2.0, 3.0), (4.0, 5.0)), is_reversed=True)
    reward = compiled(
        "def reward_function(params):\n"
        "    w = params['waypoints']\n"
        "    return len(w) + w[-1][0] / 8 + params['track_length'] * 64 + params['is_reversed']\n"
    )
    rows, index = make_rows(4), np.array([1, 0, 0, 1])
    paid, expected = np.zeros(4), np.zeros(4)
    reward.runner([facts, other], index)(rows, np.arange(4), paid)
    RewardRunner(reward.source, [facts, other], index)(rows, np.arange(4), expected)
    assert paid.tolist() == expected.tolist()
    assert paid[0] == paid[3] != paid[1]


class Spy(CallMonitor):
    """Notes the cars whose calls are announced."""

    announced: list[int]

    def begin(self, rows, cars, tracks):
        self.announced += cars.tolist()
        return super().begin(rows, cars, tracks)


def test_a_call_that_takes_too_many_rounds_is_announced_and_left_to_python(
    compiled, facts, make_rows, tmp_path
):
    reward = compiled(
        "def reward_function(params):\n"
        "    n = 0\n"
        f"    while n < {MAX_WORK + 10} and params['x'] > 0:\n"
        "        n += 1\n"
        "    return n / 1e5\n"
    )
    rows, rewards = make_rows(3), np.zeros(3)
    rows[:, layout.NOSE_X] = [-1.0, 1.0, -1.0]
    with Spy.create(1, tmp_path) as monitor:
        monitor.announced = []
        runner = reward.runner([facts], zeros(3), first_car=7, monitor=monitor)
        runner(rows, np.arange(3), rewards)
        assert monitor.announced == [8]
        assert monitor.poll() is None
    assert runner.n_interpreted == 1
    assert rewards.tolist() == [0.0, (MAX_WORK + 10) / 1e5, 0.0]


def test_nested_loops_share_the_limit(compiled, facts, make_rows):
    reward = compiled(
        "def reward_function(params):\n"
        "    n = 0\n"
        "    for i in range(1100):\n"
        "        for j in range(1100):\n"
        "            n += 1\n"
        "    return n / 1e5\n"
    )
    runner, rewards = reward.runner([facts], zeros(1)), np.zeros(1)
    runner(make_rows(1), np.array([0]), rewards)
    assert runner.n_interpreted == 1
    assert rewards[0] == 1100 * 1100 / 1e5


def test_it_has_the_attributes_of_a_reward_runner(compiled, facts):
    reward = compiled(FAILS)
    runner, interpreted = (
        reward.runner([facts], zeros(2)),
        RewardRunner(reward.source, [facts], zeros(2)),
    )
    assert runner.source is interpreted.source
    assert runner.traits == interpreted.traits
    assert runner.prints.lines == interpreted.prints.lines == []


def test_measured_rows_may_be_a_part_of_a_larger_array(compiled, facts, make_rows):
    reward = compiled("def reward_function(params):\n    return params['x']\n")
    rows, rewards = make_rows(8), np.zeros(4)
    reward.runner([facts], zeros(4))(rows[::2], np.array([0, 1, 2, 3], np.int32), rewards)
    assert rewards.tolist() == rows[::2, layout.NOSE_X].tolist()


@pytest.mark.parametrize("name", ["reward_function", "pay"])
def test_names_of_the_user_do_not_meet_those_of_the_compiler(source, facts, make_rows, name):
    text = (
        "M, c, W, w0, wn, F, S, t1, t2, f0, inf, np = range(12)\n"
        f"def work({name}, t1=3):\n    S = {name} + t1\n    return S\n"
        "def reward_function(p):\n"
        "    M, c, W, w0 = p['x'], p['y'], 3, 4\n"
        "    t1 = wn + F\n"
        "    return M + c * W + w0 + t1 + work(M) + S + inf\n"
    )
    reward = compile_reward(source(text))
    assert isinstance(reward, CompiledReward)
    rows, paid, expected = make_rows(2), np.zeros(2), np.zeros(2)
    reward.runner([facts], zeros(2))(rows, np.arange(2), paid)
    RewardRunner(reward.source, [facts], zeros(2))(rows, np.arange(2), expected)
    assert paid.tolist() == expected.tolist()
