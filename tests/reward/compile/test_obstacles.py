"""What is not compiled is named with its line; nothing ends in a traceback."""

import pytest

from racer.reward import load_reward
from racer.reward.compile import Obstacle, compile_reward
from racer.reward.compile import build as build_module

BODIES = {
    "print(params)": "line 4: a call of print",
    "while params['x'] > 0:\n        pass\n    else:\n        pass": "line 4: while with else",
    "x = [w[0] for w in params['waypoints']]": "line 4: a list comprehension",
    "x = sorted(params['closest_waypoints'])": "line 4: a call of sorted",
    "x = f'{params}'": "line 4: a formatted text",
    "x = {'a': params['x']}": "line 4: a dict made in the call",
    "with open('x') as f:\n        pass": "line 4: with",
    "class Inner:\n        pass": "line 4: a class made in the call",
    "x = (i for i in range(3))": "line 4: a generator",
    "yield 1": "line 4: a generator",
    "del params['x']": "line 4: del",
    "import os": "line 4: the import of os",
    "x = eval('1')": "line 4: a call of eval",
    "try:\n        x = 1\n    finally:\n        pass": "line 4: finally",
    "try:\n        x = 1\n    except Exception as e:\n        print(e)": "line 7: a call of print",
    "params['x'] = 1.0": "line 4: a change of the params",
    "x = params['waypoints'][2:5]": "line 4: a slice of the waypoints",
    "params['waypoints'].append(1)": "line 4: the attribute 'append' of the waypoints",
    "x = params['spede']": "line 4: the unknown param 'spede'",
    "x = params[str(params['x'])]": "line 4: a call of str",
    "for k in params:\n        pass": "line 4: a loop over the params",
    "x = params['closest_objects'][5]": "line 4: item 5 of a list of 2",
    "x = params['objects_location'][0]": "line 4: an item of an empty list",
    "x = (params['heading'] > 0) + (params['heading'] > 1)": "line 4: arithmetic on a comparison",
    "x = round(params['x'], int(params['y']))": "line 4: round() to what is no constant number",
    "x = 1 if params['x'] > 0 else (1, 2)": "line 4: one name for",
    "x = max(params['waypoints'], key=len)": "line 4: max() with key",
    "x = 10 ** 400 % 7 + 10000000000000000000000": "line 4: an integer of more than 53 bits",
    "x = lambda: x()\n    x()": "line 4: 'lambda', which calls itself",
    "x = math.gamma(params['x'])": "line 4: a call of math.gamma",
    "x = params['x'] is params['y']": "line 4: 'is' between values",
    "x = 1\n    x.y = 2": "line 5: an attribute of int",
    "nonlocal_ = params['x'] << 2": "line 4: the operator LShift",
    "x = isinstance(params['x'] if params['y'] > 0 else 1, int)": "line 4: isinstance()",
    "x = math.sqrt(*params['closest_waypoints'])": "line 4: an argument with a star",
    "a, b, c = params['closest_waypoints']": "line 4: an assignment of a list of 2 to 3 names",
    "return 'left'": "line 3: a reward that is no number",
    "return params['waypoints']": "line 3: a reward that is no number",
}


@pytest.mark.parametrize("body", BODIES)
def test_a_construct_that_is_not_compiled_is_named_with_its_line(obstacles, body):
    found = obstacles(f"import math\n\ndef reward_function(params):\n    {body}\n    return 1.0\n")
    assert found[0].startswith(BODIES[body]), found


def test_every_obstacle_is_named_at_once_and_what_follows_from_it_is_not(obstacles):
    text = (
        "def reward_function(params):\n"
        "    a = sorted([params['x']])\n"
        "    b = a[0] + 1\n"
        "    print(b)\n"
        "    return b\n"
    )
    assert obstacles(text) == ["line 2: a call of sorted", "line 4: a call of print"]


def test_what_is_never_executed_is_no_obstacle(agree):
    agree(
        "VERBOSE = False\n"
        "def unused():\n    print(open('x'))\n"
        "def reward_function(params):\n"
        "    if VERBOSE:\n        print(params)\n"
        "    if params['objects_location']:\n        return params['objects_location'][0][0]\n"
        "    return params['x']\n"
        "if __name__ == '__main__':\n    print(reward_function({}))\n"
    )


FILES = {
    "line 3: the module random": (
        "import random\ndef reward_function(params):\n    return random.random()\n"
    ),
    "values that differ each time": (
        "import random\nBONUS = random.random()\ndef reward_function(params):\n    return BONUS\n"
    ),
    "values that differ": (
        "import time\nSTART = time.time()\ndef reward_function(p):\n    return START"
    ),
    "line 3: the module time": (
        "import time\ndef reward_function(params):\n    return time.time()\n"
    ),
    "the file cannot be": (
        "raise ValueError('no')\ndef reward_function(params):\n    return 1.0\n"
    ),
    "'f', which a function returned": (
        "def make():\n"
        "    a = 1\n"
        "    def f(params):\n"
        "        return a\n"
        "    return f\n"
        "reward_function = make()\n"
    ),
    "a reward_function that is no plain function": (
        "class R:\n    def __call__(self, params):\n        return 1.0\nreward_function = R()\n"
    ),
    "line 2: 'f', which calls": (
        "def f(p):\n    return f(p)\ndef reward_function(p):\n    return f(p)\n"
    ),
    "line 4: 'f', which never returns": (
        "def f(p):\n    raise ValueError\ndef reward_function(p):\n    return f(p)\n"
    ),
    "line 4: 'f' with a param": (
        "def f(*a):\n    return 1\ndef reward_function(p):\n    return f(p)\n"
    ),
    "line 4: a call of 'f' w": (
        "def f(a):\n    return 1\ndef reward_function(p):\n    return f(p, 1)\n"
    ),
    "line 6: a call of": (
        "import functools\n"
        "@functools.lru_cache\n"
        "def f(a):\n"
        "    return 1\n"
        "def reward_function(p):\n"
        "    return f(1)\n"
    ),
}


@pytest.mark.parametrize("reason", FILES)
def test_a_file_that_is_not_compiled_says_why(obstacles, reason):
    found = obstacles(FILES[reason])
    assert found[0].startswith(reason), found


def test_a_python_function_has_no_file_to_compile():
    found = compile_reward(load_reward(lambda params: 1.0))
    assert found == (Obstacle(None, "a Python function without a file of its own"),)


def test_an_obstacle_in_a_module_beside_the_file_names_that_file(write, obstacles):
    write("def helper(params):\n    return sorted([params['x']])[0]\n", "beside.py")
    found = obstacles(
        "from beside import helper\ndef reward_function(params):\n    return helper(params)\n"
    )
    assert len(found) == 1
    assert found[0].endswith("beside.py:2: a call of sorted")


def test_a_module_beside_the_file_is_compiled_with_it(write, agree):
    write("SCALE = 2\ncalls = 0\ndef helper(x):\n    global calls\n    calls += 1\n"
          "    return x * SCALE + calls\n", "beside.py")  # fmt: skip
    agree("import beside\ndef reward_function(params):\n    return beside.helper(params['x'])\n")


def test_what_numba_cannot_compile_is_an_obstacle_in_one_line(source, monkeypatch):
    def refuse(text):
        raise build_module.CompilationError("Failed in nopython\nCannot unify a and b\nmore")

    monkeypatch.setattr(build_module, "load_generated", refuse)
    found = compile_reward(source("def reward_function(params):\n    return 1.0\n"))
    assert [str(one) for one in found] == ["numba cannot compile it: Cannot unify a and b"]


def test_a_full_disk_is_an_obstacle_in_one_line(source, monkeypatch):
    def refuse(text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build_module, "load_generated", refuse)
    (found,) = compile_reward(source("def reward_function(params):\n    return 1.0\n"))
    assert found.construct == (
        "the cache folder cannot be written: [Errno 28] No space left on device"
    )


def test_compiling_prints_nothing_and_leaves_the_random_numbers_alone(compiled, capsys):
    import random

    before = random.getstate()
    compiled("print('hello')\ndef reward_function(params):\n    return 1.0\n")
    assert capsys.readouterr().out == ""
    assert random.getstate() == before
