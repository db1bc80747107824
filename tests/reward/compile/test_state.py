"""What a reward function keeps between calls is kept for each car, in every way that is common."""

import numpy as np
import pytest

from racer.errors import RewardStateError
from racer.kernels import layout
from racer.reward.compile import CompiledReward, compile_reward
from racer.training.container import pack_tree, unpack_tree

GLOBAL = """
prev = None
calls = 0

def reward_function(params):
    global prev, calls
    calls += 1
    gained = 0.0 if prev is None else abs(params['speed'] - prev)
    prev = params['speed']
    return gained + calls
"""

MODULE_DICT = """
last = {"steps": None, "x": 0}

def reward_function(params):
    is_first = last["steps"] is None or params["steps"] <= last["steps"]
    moved = 0 if is_first else params["x"] - last.get("x", 5)
    last["steps"], last["x"] = params["steps"], params["x"]
    return moved
"""

MODULE_LIST = """
STATE = [0.0, None]

def reward_function(params):
    STATE[0] += params['speed']
    if STATE[-1] is None or params['steps'] <= 2:
        STATE[1] = params['x']
    return STATE[0] + STATE[1]
"""

FUNCTION_ATTRIBUTES = """
def reward_function(params):
    if not hasattr(reward_function, 'prev') or params['steps'] <= 2:
        reward_function.prev = 0
    gained = params['progress'] - reward_function.prev
    reward_function.prev = params['progress']
    reward_function.count = getattr(reward_function, 'count', 0) + 1
    return gained + reward_function.count
"""

CLASS_AS_NAMESPACE = """
class PARAMS:
    prev_speed = None
    prev_heading = None
    n = 0

def reward_function(params):
    if PARAMS.prev_heading is None or params['steps'] < 3:
        PARAMS.prev_heading = params['heading']
        PARAMS.prev_speed = params['speed']
    difference = abs(params['heading'] - PARAMS.prev_heading)
    PARAMS.prev_heading = params['heading']
    PARAMS.n += 1
    return 1.0 / (1 + difference) + PARAMS.n + PARAMS.prev_speed
"""

OBJECT = """
import math

class Reward:
    LIMIT = 3

    def __init__(self, verbose=False):
        self.verbose = verbose
        self.prev_x = 0.0
        self.prev_y = 0.0
        self.first = True

    @property
    def scale(self):
        return 2 * self.LIMIT

    @staticmethod
    def norm(a, b):
        return math.hypot(a, b)

    @classmethod
    def limit(cls):
        return cls.LIMIT

    def moved(self, x, y):
        if self.first:
            self.first = False
            moved = 0
        else:
            moved = self.norm(x - self.prev_x, y - self.prev_y)
        self.prev_x, self.prev_y = x, y
        return moved

    def reward(self, params):
        if self.verbose:
            print(params)

        def clamp(value, low=0.0, high=5.0):
            return max(low, min(high, value))

        if params['steps'] <= 2:
            self.first = True
        return clamp(self.moved(params['x'], params['y'])) * self.scale + self.limit()

driver = Reward()

def reward_function(params):
    return float(driver.reward(params))
"""

CHANGED_IN_A_HANDLER = """
kept = {'n': 0, 'last': None, 'h': 1.0, 'ok': True}

def reward_function(params):
    kept['n'] += 1
    kept['ok'] = params['all_wheels_on_track']
    try:
        reward = 1.0 / (kept['n'] % 5)
    except ZeroDivisionError:
        reward = 77.0
        kept['last'] = kept['n'] * 2
    if kept['last'] is not None:
        reward += kept['last']
    kept['h'] = params['steps'] if kept['n'] % 2 else 5
    return reward + kept['h'] // 2 + kept['ok']
"""

NUMPY_NUMBER = """
kept = {'heading': None}

def reward_function(params):
    before, kept['heading'] = kept['heading'], params['heading']
    if before is None:
        return 0.0
    return 1.0 if before / (params['steps'] - 5) > 1e9 else 0.5
"""

GROWS_WITHOUT_END = """
kept = {'n': 1, 'calls': 0}

def reward_function(params):
    kept['n'] *= 3
    kept['calls'] += 1
    if kept['calls'] % 50 == 0:
        kept['n'] = 1
    return kept['n'] % 1000 + kept['calls']
"""

TEXTS = {
    "a global": GLOBAL,
    "a dict of the module": MODULE_DICT,
    "a list of the module": MODULE_LIST,
    "attributes of the function": FUNCTION_ATTRIBUTES,
    "a class as a namespace": CLASS_AS_NAMESPACE,
    "an object of the module": OBJECT,
    "state changed in an except": CHANGED_IN_A_HANDLER,
    "a numpy number": NUMPY_NUMBER,
    "an integer that outgrows 53 bits": GROWS_WITHOUT_END,
}


@pytest.mark.parametrize("name", TEXTS)
def test_state_is_kept_as_python_keeps_it(agree, name):
    agree(TEXTS[name])


def test_a_call_left_to_python_sees_and_leaves_the_state_of_its_car(agree):
    comparison = agree(CHANGED_IN_A_HANDLER)
    assert 0 < comparison.n_interpreted < len(comparison.compiled) / 3


def test_a_car_comes_back_to_compiled_code_when_its_integers_are_small_again(agree):
    comparison = agree(GROWS_WITHOUT_END)
    assert 0 < comparison.n_interpreted < len(comparison.compiled)


def test_what_a_car_is_paid_does_not_depend_on_the_others(compiled, facts, make_rows):
    reward = compiled(OBJECT)
    alone, many = reward.runner([facts], np.zeros(1)), reward.runner([facts], np.zeros(8))
    for step in range(5):
        rows = make_rows(8, seed=step)
        rows[:, layout.M_STEPS] = 2.0 + step
        one, all_of_them = np.zeros(1), np.zeros(8)
        alone(rows[:1], np.array([0]), one)
        many(rows, np.arange(8), all_of_them)
        assert one[0] == all_of_them[0]


def test_a_new_runner_begins_with_the_state_that_the_file_sets(compiled, facts, make_rows):
    reward = compiled(GLOBAL)
    rows, paid = make_rows(1), np.zeros(1)
    for _ in range(2):
        runner = reward.runner([facts], np.zeros(1))
        runner(rows, np.array([0]), paid)
        assert paid[0] == 1.0


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        ("kept['x'] = (1.0, 2.0)", "'x' keeps a tuple of 2: only numbers are kept"),
        ("kept[params['x']] = 1.0", "a key of a dict that is no constant"),
        ("kept.update(x=1)", "the method 'update' of a dict"),
        ("kept['x'] = params['heading'] if params['x'] > 0 else 1.0", "may be a numpy number"),
        ("kept['x'] = 1.0\n    len(kept)", "a list or dict that the function changes ('x')"),
        ("kept['x'] = 'left'", "'x' keeps 'left'"),
    ],
)
def test_state_that_is_no_number_under_a_constant_key_is_an_obstacle(obstacles, change, obstacle):
    text = "kept = {'x': 0.0}\ndef reward_function(params):\n"
    found = obstacles(f"{text}    {change}\n    return kept['x']\n")
    assert any(obstacle in one for one in found), found
    assert found[0].startswith("line ")


HUGE_OR_GONE = """
memory = {"n": 3, "last": 0.0}

def reward_function(params):
    memory["n"] *= 3
    paid = memory["n"] % 1000 + params["speed"] - memory["last"]
    memory["last"] = params["speed"]
    return paid
"""
"""After 40 calls its integer is left to Python."""


def paid_over(runner, steps):
    """Return what some cars are paid in each step: (n_steps, n_cars)."""
    rewards = np.zeros((len(steps), len(steps[0])))
    for row, measured in zip(rewards, steps, strict=True):
        runner(measured, np.arange(len(measured)), row)
    return rewards


@pytest.mark.parametrize("text", [GLOBAL, MODULE_DICT, CLASS_AS_NAMESPACE, HUGE_OR_GONE])
def test_what_is_kept_can_be_saved_and_put_back(compiled, facts, make_rows, text):
    reward, cars = compiled(text), np.zeros(3, np.int64)
    steps = [make_rows(3, seed) for seed in range(100)]
    whole = reward.runner([facts], cars)
    expected = paid_over(whole, steps)
    assert (whole.n_interpreted > 0) == (text is HUGE_OR_GONE)
    for n_before in (1, 30, 60):
        first, second = (reward.runner([facts], cars) for _ in range(2))
        paid_over(first, steps[:n_before])
        saved = unpack_tree(*pack_tree(first.state_dict()))
        paid_over(first, steps[:5])  # what was saved is a copy
        paid_over(second, steps[:2])  # what was there before goes
        second.load_state_dict(saved)
        assert paid_over(second, steps[n_before:]).tobytes() == expected[n_before:].tobytes()


def test_what_another_function_or_other_cars_kept_is_refused(compiled, facts):
    one, other = compiled(GLOBAL), compiled(MODULE_DICT)
    saved = one.runner([facts], np.zeros(3, np.int64)).state_dict()
    with pytest.raises(RewardStateError, match="that of another function"):
        other.runner([facts], np.zeros(3, np.int64)).load_state_dict(saved)
    with pytest.raises(RewardStateError, match="that of other cars"):
        one.runner([facts], np.zeros(4, np.int64)).load_state_dict(saved)


@pytest.mark.parametrize(
    "expression",
    ["0 < step(params) < 3", "step(params) in (1, 2)", "(a := 1) + step(params) ** 0 or 2"],
)
def test_a_call_that_changes_what_is_kept_is_never_made_twice(source, both, expression):
    text = (
        "kept = {'n': 0}\n"
        "def step(params):\n    kept['n'] = kept['n'] % 5 + 1\n    return kept['n']\n"
        f"def reward_function(params):\n    found = {expression}\n"
        "    return found + kept['n'] * 10\n"
    )
    result = compile_reward(source(text))
    if isinstance(result, CompiledReward):
        assert both(result).differences == []
    else:
        assert [one.construct for one in result] == [
            "a call that changes what is kept, in a compound expression"
        ]
