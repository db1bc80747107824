import functools
import math
import random
import sys
from random import shuffle

import numpy as np
import pytest

from racer.reward import keeps_state, load_reward, reward_names, traits_of

STATELESS = {
    "plain": "def reward_function(params):\n    return params['speed'] * 2\n",
    "docstring, imports and constants": (
        "'''Doc.'''\nfrom __future__ import annotations\nimport math\nimport numpy as np\n"
        "from math import *\nLIMIT: float = 2.0 * math.pi\nLOW, HIGH = 1, -2\n"
        "def reward_function(params):\n    return sqrt(LIMIT) + np.hypot(LOW, HIGH)\n"
    ),
    "helpers, nested helpers, lambdas": (
        "half = lambda x: x / 2\n"
        "def twice(x, factor=2.0, *, offset=(0, 1)):\n    return factor * x\n"
        "def reward_function(params):\n"
        "    def inner(x):\n        return twice(x)\n"
        "    return inner(half(params['speed']))\n"
    ),
    "changes its params and local lists": (
        "def reward_function(params):\n"
        "    found = []\n    found.append(params['speed'])\n    found[0] += 1\n"
        "    params['waypoints'][0] = (0, 0)\n    del params['x']\n    return found[0]\n"
    ),
    "reads tables": (
        "LEFT = [1, 2, 3] + list(range(10, 20))\nFAST = {4, 5}\nPAY = {'a': 1.0}\n"
        "PAIRS = [(1, 2), (3, 4)]\n"
        "def reward_function(params):\n"
        "    i = params['closest_waypoints'][1]\n    reward = LEFT[i % len(LEFT)]\n"
        "    reward += sum(LEFT) + PAY.get('a', 0) + max(LEFT)\n"
        "    for one in LEFT:\n        reward += one\n"
        "    if i in FAST or i not in LEFT:\n        reward *= 2\n"
        "    return reward + sum(a * b for a, b in PAIRS) + LEFT.index(1)\n"
    ),
    "a main guard": (
        "def reward_function(params):\n    return 1.0\nif __name__ == '__main__':\n    print(1)\n"
    ),
    "an alias": "def pay(params):\n    return 1.0\nreward_function = pay\n",
    "racer's own helpers": (
        "from racer.reward.shaping import tolerance\n"
        "def reward_function(params):\n    return tolerance(params['speed'], 1, 2)\n"
    ),
}

KEEPING = {
    "a global": "n = 0\ndef reward_function(p):\n    global n\n    n += 1\n    return n\n",
    "a list that grows": "s = []\ndef reward_function(p):\n    s.append(1)\n    return len(s)\n",
    "a dict that is written": (
        "last = {'x': 0}\ndef reward_function(p):\n    last['x'] += 1\n    return last['x']\n"
    ),
    "a table under a second name": (
        "T = [1]\ndef reward_function(p):\n    t = T\n    t += [1]\n    return len(t)\n"
    ),
    "a table handed to a helper": (
        "T = [1]\ndef grow(x):\n    x.append(1)\n    return len(x)\n"
        "def reward_function(p):\n    return grow(T)\n"
    ),
    "a table from max of two": (
        "A = [1]\nB = [2]\ndef reward_function(p):\n    max(A, B).append(3)\n    return len(B)\n"
    ),
    "a table from sum": (
        "A = [1]\ndef reward_function(p):\n    x = sum([], A)\n    x.append(3)\n    return len(A)\n"
    ),
    "a table in a local list": (
        "T = [1]\ndef reward_function(p):\n    x = [T][0]\n    x += [1]\n    return len(T)\n"
    ),
    "a table inside a tuple": (
        "T = ([1],)\ndef reward_function(p):\n    T[0].append(1)\n    return len(T[0])\n"
    ),
    "a nested table": (
        "T = [[1]]\ndef reward_function(p):\n    T[0].append(1)\n    return len(T[0])\n"
    ),
    "a table read by a shadowed built-in": (
        "T = [1]\ndef len(x):\n    x.append(1)\n    return 1\n"
        "def reward_function(p):\n    len(T)\n    return 1.0 * T[-1]\n"
    ),
    "a function attribute": (
        "def reward_function(p):\n    reward_function.n = getattr(reward_function, 'n', 0) + 1\n"
        "    return reward_function.n\n"
    ),
    "a function's dict": (
        "def reward_function(p):\n    reward_function.__dict__['n'] = 1\n    return 1.0\n"
    ),
    "a default value that grows": (
        "def reward_function(p, seen=[]):\n    seen.append(1)\n    return len(seen)\n"
    ),
    "a keyword default that grows": (
        "def reward_function(p, *, seen={}):\n    seen[len(seen)] = 1\n    return len(seen)\n"
    ),
    "a default taken from a name bound twice": (
        "X = [1]\ndef f(a=X):\n    a.append(1)\nX = 1\ndef reward_function(p):\n    return 1.0\n"
    ),
    "an object": (
        "class Reward:\n    n = 0\n    def __call__(self, p):\n        self.n += 1\n"
        "        return self.n\nreward_function = Reward()\n"
    ),
    "a closure": (
        "def make():\n    n = 0\n    def f(p):\n        nonlocal n\n        n += 1\n"
        "        return n\n    return f\nreward_function = make()\n"
    ),
    "a closure over a list": (
        "def make():\n    seen = []\n    def f(p):\n        seen.append(1)\n"
        "        return len(seen)\n    return f\nreward_function = make()\n"
    ),
    "an iterator": (
        "import itertools\nn = itertools.count()\ndef reward_function(p): return next(n)\n"
    ),
    "a cache": (
        "import functools\n@functools.cache\ndef f():\n    return object()\n"
        "def reward_function(p):\n    return 1.0\n"
    ),
    "globals()": ("def reward_function(p):\n    globals()['n'] = 1\n    return 1.0\n"),
    "exec": "def reward_function(p):\n    exec('import sys')\n    return 1.0\n",
    "another module's variable": (
        "import math\ndef reward_function(p):\n    math.n = 1\n    return 1.0\n"
    ),
    "an array": (
        "import numpy as np\nA = np.zeros(3)\n"
        "def reward_function(p):\n    A[0] += 1\n    return A[0]\n"
    ),
    "a module that is not known": ("import collections\ndef reward_function(p):\n    return 1.0\n"),
    "random numbers": "import random\ndef reward_function(p):\n    return random.random()\n",
    "numpy's random numbers": (
        "import numpy as np\ndef reward_function(p):\n    return np.random.rand()\n"
    ),
    "statements that run on import": (
        "x = 1\nfor i in range(3):\n    x += 1\ndef reward_function(p):\n    return 1.0\n"
    ),
    "a file": "def reward_function(p):\n    return len(open('x').read())\n",
    "a table caught by match": (
        "T = [1]\ndef reward_function(p):\n    match T:\n        case x:\n            x += [1]\n"
        "    return len(T)\n"
    ),
}


@pytest.mark.parametrize("name", STATELESS)
def test_a_source_that_only_computes_is_proved_to_keep_no_state(name, source):
    assert not keeps_state(source(STATELESS[name]))


@pytest.mark.parametrize("name", KEEPING)
def test_a_source_that_may_remember_is_not_taken_for_stateless(name, source):
    assert keeps_state(source(KEEPING[name]))


def test_siblings_count_as_part_of_the_source(write):
    write("def half(x):\n    return x / 2\n", "pure.py")
    write("n = []\ndef count():\n    n.append(1)\n    return len(n)\n", "counter.py")
    pure = "from pure import half\ndef reward_function(p):\n    return half(p['speed'])\n"
    assert not keeps_state(load_reward(write(pure)))
    counting = "from counter import count\ndef reward_function(p):\n    return count()\n"
    assert keeps_state(load_reward(write(counting)))
    table = "from pure import half\nT = [1]\ndef reward_function(p):\n    return half(T)\n"
    assert keeps_state(load_reward(write(table)))


def test_the_shipped_functions_with_a_memory_are_the_three_that_say_so():
    keeping = {name for name in reward_names() if keeps_state(load_reward(name))}
    assert keeping == {"progress_per_step", "racing_line", "smooth_driver"}


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "from random import gauss",
        "import numpy as np\nx = np.random.rand()",
        "from numpy import random as r",
        "import numpy.random",
        "from scipy import stats\nx = stats.norm.rvs()",
        "import importlib",
        "x = __import__('os')",
        "x = getattr(object, 'a' + 'b', None)",
        "import some_unknown_package",
    ],
)
def test_random_numbers_are_noticed(text, source):
    assert traits_of(source(text + "\ndef reward_function(p): return 1.0\n")).is_random


@pytest.mark.parametrize(
    "text",
    [
        "print(1)",
        "import logging",
        "import sys\nsys.stdout.write('x')",
        "import some_unknown_package",
    ],
)
def test_output_is_noticed(text, source):
    assert traits_of(source(text + "\ndef reward_function(p): return 1.0\n")).writes_output


def test_random_numbers_and_output_of_siblings_are_noticed(write):
    write("import random\nprint('hello')\n", "noisy.py")
    found = traits_of(load_reward(write("import noisy\ndef reward_function(p): return 1.0\n")))
    assert found.is_random
    assert found.writes_output


def test_ordinary_files_need_nothing_around_them():
    for name in reward_names():
        found = traits_of(load_reward(name))
        assert not found.is_random
        assert not found.writes_output


def test_getattr_with_a_plain_name_hides_nothing(source):
    text = "def reward_function(p):\n    return getattr(reward_function, 'n', 1.0)\n"
    assert not traits_of(source(text)).is_random


def draw():
    return random.random()


def one_further(params):
    return draw()


class Drawer:
    def __init__(self):
        self.generator = np.random.default_rng(1)

    def __call__(self, params):
        return self.generator.normal()


@pytest.mark.parametrize(
    "function",
    [
        lambda params: random.random(),
        lambda params: np.random.rand(),  # noqa: NPY002
        lambda params: getattr(random, "gauss")(0, 1),  # noqa: B009
        lambda params: shuffle(params["waypoints"]),
        functools.partial(one_further),
        one_further,
        Drawer(),
        Drawer().__call__,
        lambda params, tools=(draw,): tools[0](),
        eval("lambda params: __import__('random').random()", {}),
        lambda params: pytest.approx(1.0),
    ],
)
def test_random_numbers_that_a_python_callable_can_reach_are_noticed(function):
    assert traits_of(load_reward(function)).is_random


def test_a_closure_over_a_random_function_is_noticed():
    inner = draw

    def my_reward(params):
        return inner()

    assert traits_of(load_reward(my_reward)).is_random


def test_a_python_callable_that_only_computes_needs_nothing_around_it():
    factor = np.float64(2.0)

    class Quiet:
        def __call__(self, params):
            return math.sqrt(params["speed"]) * factor

    def my_reward(params):
        return 1.0 if params["steps"] == 1 else float(np.hypot(*params["waypoints"][0]))

    typed = eval("lambda params: params['speed'] * 2", {"__name__": "__main__"})
    for function in (Quiet(), my_reward, typed, max):
        found = traits_of(load_reward(function))
        assert not found.is_random
        assert not found.writes_output
        assert found.keeps_state  # nothing is proved about what it sees
    assert traits_of(load_reward(my_reward)).first_step == 1


def test_output_of_a_python_callable_is_noticed():
    assert traits_of(load_reward(lambda params: sys.stdout.write("x"))).writes_output


def test_a_callable_that_reaches_very_much_counts_as_not_understood():
    many = [[n] for n in range(3000)]
    found = traits_of(load_reward(lambda params: len(many)))
    assert found.is_random
    assert found.writes_output


@pytest.mark.parametrize(
    ("comparison", "step"),
    [
        ("params['steps'] == 1", 1),
        ("steps <= 1", 1),
        ("self.steps < 2", 1),
        ("steps == 2", 2),
        ("steps == 0", 0),
        ("steps > 1", None),
        ("steps == 50", None),
        ("speed == 1", None),
    ],
)
def test_the_first_step_that_a_file_expects_is_read_from_its_comparisons(comparison, step, source):
    text = f"def reward_function(params):\n    return 1.0 if {comparison} else 0.0\n"
    assert traits_of(source(text)).first_step == step
