"""What a reward function keeps is saved as plain data, and put back into a fresh file."""

import pytest

from racer.errors import RewardStateError
from racer.reward import load_reward
from racer.reward.kept_state import StateKeeper
from racer.storage.container import pack_tree, unpack_tree

KEEPS = {
    "a number": "n = 0\ndef reward_function(p):\n    global n\n    n += 1\n    return n\n",
    "a list with two names": (
        "a = []\nb = [a]\ndef reward_function(p):\n    a.append(1)\n    return len(b[0])\n"
    ),
    "a list in itself": (
        "a = [0]\na.append(a)\ndef reward_function(p):\n    a[1][0] += 1\n    return a[0]\n"
    ),
    "a function attribute": (
        "def reward_function(p):\n    f = reward_function\n"
        "    f.n = getattr(f, 'n', 0) + 1\n    return f.n\n"
    ),
    "a default": "def reward_function(p, kept=[]):\n    kept.append(1)\n    return len(kept)\n",
    "a closure": (
        "def make():\n    n = 0\n    def f(params):\n        nonlocal n\n        n += 1\n"
        "        return n\n    return f\nreward_function = make()\n"
    ),
    "an instance": (
        "class K:\n    def __init__(self):\n        self.n = 0\n        self.me = self\n"
        "k = K()\ndef reward_function(p):\n    k.me.n += 1\n    return k.n\n"
    ),
    "a class attribute": (
        "class K:\n    n = 0\ndef reward_function(p):\n    K.n += 1\n    return K.n\n"
    ),
    "collections": (
        "from collections import Counter, OrderedDict, defaultdict, deque\n"
        "d, c, q = defaultdict(list), Counter(), deque([0], maxlen=3)\no, s = OrderedDict(), {0}\n"
        "def reward_function(p):\n    d['x', 1].append(1); c['y'] += 1; q.append(q[-1] + 1)\n"
        "    o[len(o)] = frozenset(s); s.add(len(s))\n"
        "    return len(d['x', 1]) + c['y'] + sum(q) + len(o) + len(s)\n"
    ),
    "numpy": (
        "import numpy as np\na = np.zeros(3)\nb = np.float64(0.1)\nf = np.sqrt\n"
        "def reward_function(p):\n    global b\n    a[1] += 0.1\n    b = b * np.float64(1.1)\n"
        "    return a.sum() + b + f(4.0)\n"
    ),
    "generators": (
        "import random\nimport numpy as np\nr, g = random.Random(1), np.random.default_rng(2)\n"
        "o = np.random.RandomState(3)\n"
        "def reward_function(p):\n    return r.random() + g.normal() + o.normal()\n"
    ),
    "another function": (
        "def a(): return 1\ndef b(): return 2\nnow = a\ndef reward_function(p):\n    global now\n"
        "    now = b if now is a else a\n    return now()\n"
    ),
    "nan and a deleted name": (
        "x = 1\nm = float('inf')\ndef reward_function(p):\n    global m\n    if 'x' in globals():\n"
        "        del globals()['x']\n        return 1\n    m = min(m, 5.5)\n    return m\n"
    ),
    "an unchanging object": (
        "import re\nfrom decimal import Decimal\nword = re.compile('a+')\n"
        "d = Decimal('1.5')\nn = 0\n"
        "def reward_function(p):\n    global n\n    n += 1\n    return n + float(d)\n"
    ),
}


@pytest.mark.parametrize("name", list(KEEPS))
def test_a_fresh_file_with_the_state_goes_on_as_the_old_one(tmp_path, name):
    file = tmp_path / "keeps.py"
    file.write_text(KEEPS[name])
    source = load_reward(file)
    old = source.instantiate()
    keeper = StateKeeper(old)
    for _ in range(4):
        old({})
    state = unpack_tree(*pack_tree(keeper.save(old)))
    expected = [old({}) for _ in range(5)]  # what was saved is a copy
    new = source.instantiate()
    StateKeeper(new).load(new, state)
    assert [new({}) for _ in range(5)] == expected


def test_the_modules_beside_the_file_are_saved_with_it(tmp_path):
    (tmp_path / "beside.py").write_text("seen = []\ndef add():\n    seen.append(1)\n")
    file = tmp_path / "keeps.py"
    file.write_text(
        "import beside\nfrom beside import seen\n"
        "def reward_function(p):\n    beside.add()\n    return len(seen)\n"
    )
    source = load_reward(file)
    old, new = source.instantiate(), source.instantiate()
    keeper = StateKeeper(old)
    assert [old({}) for _ in range(3)] == [1, 2, 3]
    keeper.load(new, keeper.save(old))
    assert [new({}), new({})] == [4, 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (i for i in [])", "'x' holds a generator"),
        ("import io\nx = [io.StringIO()]", "'x' holds a StringIO"),
        ("class L(list): pass\nx = {'a': L()}", "'x' holds a L"),
        ("import threading\nx = threading.Lock()", "'x' holds a lock"),
        ("class K: pass\nk = K()\nk.f = lambda: 1", "'k.f' holds a function"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_is_no_plain_data_is_named(tmp_path, text, message):
    file = tmp_path / "keeps.py"
    file.write_text(f"{text}\ndef reward_function(p):\n    return 1.0\n")
    instance = load_reward(file).instantiate()
    with pytest.raises(RewardStateError, match=message):
        StateKeeper(instance).save(instance)


def test_the_state_of_another_file_is_refused(tmp_path):
    instances = []
    for name in ("a", "b"):
        file = tmp_path / f"{name}.py"
        file.write_text(f"class {name}: pass\nx = {name}()\ndef reward_function(p): return 1.0\n")
        instances.append(load_reward(file).instantiate())
    state = StateKeeper(instances[0]).save(instances[0])
    with pytest.raises(RewardStateError, match="cannot be put back"):
        StateKeeper(instances[1]).load(instances[1], state)
