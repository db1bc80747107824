"""What a reward function keeps where all cars share it is seen, and honest functions are not."""

import os
import sys

import numpy as np
import pytest

from racer.env import Scenario
from racer.errors import RewardStateError

SHARED = {
    "math.mine": ("import math", "math.mine = getattr(math, 'mine', 0) + 1"),
    "math.other": ("import math", "setattr(math, 'other', params['steps'])"),
    "builtins.mine": ("import builtins", "builtins.mine = params['steps']"),
    "sys.mine": ("import sys", "sys.mine = params['steps']"),
    "keyword.kwlist": ("import keyword", "keyword.kwlist.append('mine')"),
    "fractions.Fraction.mine": ("import fractions", "fractions.Fraction.mine = params['steps']"),
    "json.dumps.mine": ("import json", "json.dumps.mine = params['steps']"),
    "decimal.getcontext()": ("import decimal", "decimal.getcontext().prec += 1"),
    "os.environ": ("import os", "os.environ['MINE'] = str(params['steps'])"),
    "os.getcwd()": ("import os", "os.chdir('..')"),
    "sys.path": ("import sys", "sys.path.append('/mine')"),
    "sys.getrecursionlimit()": ("import sys", "sys.setrecursionlimit(3000)"),
    "numpy.geterr()": ("import numpy as np", "np.seterr(all='raise')"),
    "numpy.get_printoptions()": ("import numpy as np", "np.set_printoptions(precision=3)"),
    "warnings.filters": ("import warnings", "warnings.simplefilter('ignore', BytesWarning)"),
}
HONEST = {
    "module variables": ("seen = []", "seen.append(params['steps'])"),
    "random numbers": ("import random", "random.seed(3); random.random()"),
    "decimals": ("import decimal", "decimal.Decimal(1) / 3"),
    "caches of modules": ("import re", "re.match('a' + str(params['steps']), 'b')"),
    "a late import": ("pass", "import colorsys; colorsys.rgb_to_hsv(1, 1, 1)"),
    "what the file sets for all": ("import decimal; decimal.getcontext().prec = 40", "pass"),
    "numpy and scipy": ("from scipy import stats", "stats.norm.pdf(params['steps'])"),
}


@pytest.fixture
def shared_by(tmp_path, monkeypatch):
    """Return what is seen of a function, given what it does above itself and in each call."""

    def call(above: str, line: str):
        path = tmp_path / "mine.py"
        path.write_text(f"{above}\ndef reward_function(params):\n    {line}\n    return 1.0\n")
        scenario = Scenario.of("oval", path)
        world, runner = scenario.world(2), scenario.reward_runner(2, seed=0)
        world.reward = runner
        for _ in range(4):
            world.step(np.zeros(2), np.ones(2))
        return runner

    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    kept = dict(os.environ), sys.path[:], sys.getrecursionlimit()
    with np.printoptions():
        yield call
    sys.path[:] = kept[1]
    sys.setrecursionlimit(kept[2])
    os.environ.clear()
    os.environ.update(kept[0])


@pytest.fixture(autouse=True)
def _undo():
    """Take back what the functions do to modules and the decimal context."""
    import builtins
    import decimal
    import fractions
    import json
    import keyword
    import math
    import warnings

    words = keyword.kwlist[:]
    with decimal.localcontext(), warnings.catch_warnings():
        yield
    keyword.kwlist[:] = words
    for owner in (builtins, fractions.Fraction, json.dumps, math, sys):
        for name in ("mine", "other"):
            if name in vars(owner):
                delattr(owner, name)


@pytest.mark.parametrize("name", SHARED)
def test_what_all_cars_share_is_named_when_a_call_changes_it(shared_by, name):
    runner = shared_by(*SHARED[name])
    assert runner.shared == name
    with pytest.raises(RewardStateError, match="which belongs to the whole process"):
        runner.state_dict()


@pytest.mark.parametrize("case", HONEST)
def test_what_is_a_cars_own_or_nobodys_is_no_change(shared_by, case):
    assert shared_by(*HONEST[case]).shared == ""
