"""Which statements ran, with known answers."""

import sys

import pytest

from racer.reward import load_reward
from racer.reward_lab.coverage import LineWatcher, file_of, parse_reward
from racer.reward_lab.findings import Coverage

# text, values of params["x"], (statements, ran, missed)
CASES = {
    "both branches": (
        "def reward_function(params):\n    if params['x'] > 0:\n        return 1.0\n"
        "    return 0.0\n",
        [1, -1], (3, 3, ()),
    ),
    "one branch": (
        "def reward_function(params):\n    if params['x'] > 0:\n        a = 1\n        return 1.0\n"
        "    else:\n        return 0.0\n",
        [-1], (4, 2, ((3, 4),)),
    ),
    "a helper that is never called": (
        "def helper(a):\n    '''Says so.'''\n    b = a\n    return b\n"
        "def reward_function(params):\n    return 1.0\n",
        [1], (3, 1, ((3, 4),)),
    ),
    "two groups": (
        "def reward_function(params):\n    if params['x'] > 5:\n        return 1.0\n    a = 1\n"
        "    if params['x'] > 6:\n        return 2.0\n    return float(a)\n",
        [1], (6, 4, ((3, 3), (6, 6))),
    ),
    "a statement of several lines": (
        "def reward_function(params):\n    a = (\n        params['x']\n        + 1\n    )\n"
        "    return float(\n        a\n    )\n",
        [1], (2, 2, ()),
    ),
    "module level does not count": (
        "import math\nif math.pi > 4:\n    a = 1\nclass A:\n    b = 2\n"
        "def reward_function(params):\n    pass\n    global a\n    return 1.0\n",
        [1], (1, 1, ()),
    ),
    "a loop, a try and a nested function": (
        "def reward_function(params):\n    def inner(a):\n        return a + 1\n    total = 0\n"
        "    for k in range(3):\n        try:\n            total += inner(k)\n"
        "        except ValueError:\n            total = 7\n    return float(total)\n",
        [1], (7, 6, ((9, 9),)),
    ),
    "a line that runs only at last": (
        "def reward_function(params):\n    for k in range(int(params['x'])):\n"
        "        if k == 900:\n            return 2.0\n    return 1.0\n",
        [5, 5, 1000], (4, 4, ()),
    ),
    "one line": ("def reward_function(params): return 1.0\n", [1], (1, 1, ())),
    "match": (
        "def reward_function(params):\n    match params['x']:\n        case 1:\n"
        "            return 1.0\n        case _:\n            return 0.0\n",
        [1], (3, 2, ((6, 6),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_statements_that_ran_are_counted_and_the_others_grouped(tmp_path, case):
    text, values, (statements, ran, missed) = CASES[case]
    path = tmp_path / "my.py"
    path.write_text(text)
    source = load_reward(path)
    watcher = LineWatcher(file_of(source))
    instance = source.instantiate()
    for value in values:
        with watcher:
            instance({"x": value})
    assert watcher.coverage(parse_reward(source)) == Coverage(statements, ran, missed)


def test_who_watched_before_watches_again():
    before = sys.gettrace()
    with LineWatcher("nowhere.py"):
        assert sys.gettrace() != before
    assert sys.gettrace() == before
