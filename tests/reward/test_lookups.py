"""A reward function is handed only the params that it provably looks up, and cannot tell."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from racer.kernels import layout
from racer.reward import (
    PARAMS,
    RewardFailure,
    RewardRunner,
    TrackFacts,
    load_reward,
    reward_names,
    traits_of,
)
from racer.reward.params import iter_looked_up, iter_params


def function(*lines: str, head: str = "") -> str:
    """Return a reward file whose function has these lines."""
    return f"{head}\ndef reward_function(params):\n    " + "\n    ".join(lines) + "\n"


def pay_all(source, facts, steps, *, all_params):
    """Return what each call pays, as bytes of the reward or the text of the failure."""
    n_cars = len(steps[0][0])
    tracks, index = ([facts], np.zeros(n_cars, np.int64)) if isinstance(facts, TrackFacts) else (
        facts, np.arange(n_cars) % len(facts)
    )  # fmt: skip
    runner = RewardRunner(source, tracks, index, all_params=all_params)
    paid = []
    for measured, cars in steps:
        rewards = np.zeros(n_cars)
        try:
            runner(measured, cars, rewards)
            paid.append(rewards.tobytes())
        except RewardFailure as failure:
            paid.append((str(failure), failure.params.keys(), failure.params["x"]))
    return paid


# --- it pays the same ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", reward_names())
def test_a_shipped_function_pays_the_same_with_all_params(name, driven):
    facts, steps = driven
    source = load_reward(name)
    some, every = (pay_all(source, facts, steps, all_params=value) for value in (False, True))
    assert some == every


def test_a_published_style_pays_the_same_with_all_params(style_file, driven):
    facts, steps = driven
    source = load_reward(style_file)
    some, every = (pay_all(source, facts, steps, all_params=value) for value in (False, True))
    if traits_of(source).unrepeatable.startswith("reads the clock"):
        return  # no two runs of it pay the same
    assert some == every


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", PARAMS)
def test_a_param_alone_has_the_same_value_and_type(name, several, facts, make_rows):
    rows = make_rows(2500)  # more than are converted at a time
    other = TrackFacts(facts.length + 1.0, facts.waypoints[::-1], is_reversed=True)
    tracks = [facts, other] * 1250 if several else facts
    some = [(dict(one), type(one[name])) for one in iter_looked_up(rows, tracks, [name])]
    every = [({name: one[name]}, type(one[name])) for one in iter_params(rows, tracks)]
    assert some == every


def test_lists_are_new_for_each_row_unless_they_are_to_be_shared(facts, make_rows):
    names = [name for name, param in PARAMS.items() if param.type.startswith("list")]
    for shares_waypoints in (False, True):
        kept = [
            dict(one)
            for one in iter_looked_up(make_rows(5), facts, names, shares_waypoints=shares_waypoints)
        ]
        for name in names:
            is_shared = shares_waypoints and name == "waypoints"
            assert len({id(one[name]) for one in kept}) == (1 if is_shared else 5)


# --- what is proved, and what is not -------------------------------------------------------------

PROVED = {
    "subscripts": (["return params['speed'] + params['x']"], {"speed", "x"}),
    "get": (["return params.get('speed') + params.get('y', 0.0)"], {"speed", "y"}),
    "a key that there is not": (["return params.get('speeed', 1.0)"], set()),
    "nothing": (["return 1.0"], set()),
    "in an f-string": (["return float(f\"{params['speed']}\")"], {"speed"}),
    "in a comprehension": (["return sum([i * params['x'] for i in range(3)])"], {"x"}),
    "in a default of get": (["return params.get('z', params['x'])"], {"x"}),
    "in branches": (
        ["if params['is_offtrack']:", "    return 0.0", "return params['speed']"],
        {"is_offtrack", "speed"},
    ),
    "a string in two parts": (["return params['spe' 'ed']"], {"speed"}),
}


@pytest.mark.parametrize(("lines", "names"), PROVED.values(), ids=PROVED)
def test_constant_look_ups_are_all_that_is_handed_over(source, lines, names):
    assert set(traits_of(source(function(*lines))).lookups.names) == names


WHOLE = {
    "a call": ["return float(len(params))"],
    "a helper": ["return helper(params)"],
    "print": ["print(params)", "return 1.0"],
    "a loop": ["return float(sum(1 for name in params))"],
    "in": ["return float('objects_speed' in params)"],
    "items": ["return float(len(params.items()))"],
    "keys": ["return float(len(list(params.keys())))"],
    "another name": ["p = params", "return float(len(p))"],
    "a second name in passing": ["return float(len((p := params)))"],
    "returned": ["return params"],
    "a container": ["kept.append([params])", "return float(len(kept[0][0]))"],
    "an attribute": ["reward_function.last = params", "return 1.0"],
    "a global": ["global last", "last = params", "return 1.0"],
    "stars": ["return float(len({**params}))"],
    "stars in a call": ["return float(len(dict(**params)))"],
    "unpacked": ["first, *rest = params", "return float(len(rest))"],
    "a key that is computed": ["key = 'spe' + 'ed'", "return params[key]"],
    "a key of get that is computed": ["return params.get(str('speed'))"],
    "an f-string as key": ["return params[f\"{'speed'}\"]"],
    "another method": ["return params.setdefault('speed', 1.0)"],
    "a bound method": ["look = params.get", "return look('speed')"],
    "writing": ["params['speed'] = 2.0", "return float(len(params))"],
    "adding to": ["params['speed'] += 2.0", "return float(len(params))"],
    "deleting": ["del params['speed']", "return float(len(params))"],
    "a loop that writes": ["for params['speed'] in (1.0, 2.0):", "    pass", "return 1.0"],
    "another dict of the name": ["params = {**params}", "return params['speed']"],
    "deleting the name": ["speed = params['speed']", "del params", "return speed"],
    "a function inside": ["def f():", "    return params['speed']", "return f()"],
    "a lambda": ["return (lambda: params['speed'])()"],
    "a generator": ["return next(params['speed'] for _ in (1,))"],
    "a class inside": ["class A:", "    b = params['speed']", "return A.b"],
    "a comparison": ["return float(params == {})"],
    "truth": ["return float(bool(params) and 1.0)"],
    "a choice": ["return float(len(params if params['x'] else {}))"],
    "match": ["match params:", "    case {'speed': s}:", "        return s"],
    "format": ["return float('%(speed)s' % params)"],
    "format_map": ["return float('{speed}'.format_map(params))"],
    "an f-string": ["return float(len(f'{params}'))"],
    "locals": ["return float(len(locals()['params']))"],
    "vars": ["return float(len(vars()['params']))"],
    "eval": ["return float(len(eval('params')))"],
    "exec": ["exec('n = len(params)')", "return 1.0"],
    "a frame": ["import sys", "return float(len(sys._getframe().f_locals['params']))"],
    "a traceback": [
        "try:", "    params['speeed']", "except KeyError as error:",
        "    return float(len(error.__traceback__.tb_frame.f_locals['params']))",
    ],
    "a module that is not known": ["import gc", "return 1.0"],
    "its own code": ["reward_function.__code__ = helper.__code__", "return params['x']"],
    "yield": ["yield params['speed']"],
}  # fmt: skip
HEAD = "kept = []\nlast = None\ndef helper(params):\n    return float(len(params))\n"


@pytest.mark.parametrize("lines", WHOLE.values(), ids=WHOLE)
def test_any_other_use_gets_all_params_in_a_dict_of_its_own(source, lines):
    assert traits_of(source(function(*lines, head=HEAD))).lookups is None


ELSEWHERE = {
    "a decorator": "def d(f):\n    return lambda p: f({'speed': float(len(p))})\n@d\n"
    + function("return params['speed']").lstrip(),
    "wrapped afterwards": function("return params['speed']")
    + "inner = reward_function\nreward_function = lambda p: float(len(p))\n",
    "replaced by a helper": function("return params['speed']")
    + "def other(p):\n    return float(len(p))\nreward_function = other\n",
    "defined twice": function("return params['speed']") + function("return float(len(params))"),
    "a method": "class A:\n    def reward_function(self, p):\n        return float(len(p))\n"
    "reward_function = A().reward_function\n",
    "a lambda": "reward_function = lambda params: float(len(params))\n",
    "arguments": "def reward_function(*params):\n    return float(len(params[0]))\n",
    "a partial": "import functools\ndef f(n, p):\n    return float(len(p))\n"
    "reward_function = functools.partial(f, 1)\n",
    "defined in a branch": "if True:\n    def reward_function(params):\n        return 27.0\n",
}


@pytest.mark.parametrize("text", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_is_called_must_be_the_function_that_was_read(source, text, facts, make_rows):
    rewards = np.zeros(3)
    RewardRunner(source(text), [facts], np.zeros(3, np.int64))(make_rows(3), np.arange(3), rewards)
    assert rewards.tolist() == [27.0] * 3


def test_a_python_function_gets_all_params(facts, make_rows):
    def reward_function(params):
        return params["speed"]

    assert traits_of(load_reward(reward_function)).lookups is None


READS = {
    "an item": ["return params['waypoints'][3][0]"],
    "a slice": ["return params['waypoints'][1:3][0][0]"],
    "its length": ["return float(len(params['waypoints']))"],
    "a name": ["w = params['waypoints']", "return w[0][0] + len(w)"],
    "a name beside another": ["x, w = params['x'], params['waypoints']", "return w[0][0] + x"],
    "a loop": ["n = 0.0", "for x, y in params['waypoints']:", "    n += x", "return n"],
    "a comprehension": ["w = params['waypoints']", "return sum([x for x, y in w])"],
    "a copy": ["w = list(params['waypoints'])", "w.append(1)", "return float(len(w))"],
    "stars": ["return float(len([*params['waypoints'], 1]))"],
    "taken apart": ["(x, y), *rest = params['waypoints']", "return x + len(rest)"],
    "min with a key": ["return min(params['waypoints'], key=lambda p: p[0])[0]"],
    "a test": ["return 1.0 if params['waypoints'] else 0.0"],
    "zip": ["w = params['waypoints']", "return sum([a[0] - b[0] for a, b in zip(w, w[1:])])"],
}


@pytest.mark.parametrize("lines", READS.values(), ids=READS)
def test_a_list_of_waypoints_that_is_only_read_is_shared(source, lines):
    found = traits_of(source(function(*lines, head="kept = []"))).lookups
    assert "waypoints" in found.names
    assert found.only_reads_waypoints


ESCAPES = {
    "kept": ["kept.append(params['waypoints'])", "return float(len({id(w) for w in kept}))"],
    "kept under a name": [
        "w = params['waypoints']", "kept.append(w)", "return float(len({id(w) for w in kept}))",
    ],
    "added to": ["params['waypoints'].append(1)", "return float(len(params['waypoints']))"],
    "added to under a name": ["w = params['waypoints']", "w += [1]", "return float(len(w))"],
    "an item set": ["w = params['waypoints']", "w[0] = (len(kept), 0)", "return float(w[0][0])"],
    "an item deleted": ["w = params['waypoints']", "del w[0]", "return float(len(w))"],
    "sorted in place": ["params['waypoints'].sort()", "return params['waypoints'][0][0]"],
    "a bound method": ["add = params['waypoints'].append", "add(1)", "return 1.0"],
    "a helper": ["return helper(params['waypoints'])"],
    "another name for it": ["w = params['waypoints']", "v = w", "v.clear()", "return 1.0"],
    "two names at once": ["v = w = params['waypoints']", "v.clear()", "return float(len(w))"],
    "in passing": ["(w := params['waypoints']).clear()", "return 1.0"],
    "one of two": ["max(params['waypoints'], [])", "return 1.0"],
    "or": ["w = params['waypoints'] or []", "w.clear()", "return 1.0"],
    "chosen": ["w = params['waypoints'] if params['x'] else []", "w.clear()", "return 1.0"],
    "in a container": ["pair = (params['waypoints'], 1)", "pair[0].clear()", "return 1.0"],
    "compared": ["return float(params['waypoints'] == kept)"],
    "added to another": ["return float(len(params['waypoints'] + [1]))"],
    "global": ["global kept", "kept = params['waypoints']", "return float(len(kept))"],
    "a closure": ["w = params['waypoints']", "kept.append(lambda: w)", "return 1.0"],
    "a loop's variable": ["w = params['waypoints']", "for w in [w]:", "    w[0] = 2", "return 1.0"],
    "a with": ["w = params['waypoints']", "match w:", "    case [*w]:", "        w.clear()",
               "return 1.0"],
}  # fmt: skip
HELPER = "kept = []\ndef helper(w):\n    w.append(1)\n    return float(len(w))\n"


@pytest.mark.parametrize("lines", ESCAPES.values(), ids=ESCAPES)
def test_a_list_of_waypoints_that_is_used_otherwise_is_a_new_one(source, lines, driven):
    facts, steps = driven
    reward = source(function(*lines, head=HELPER))
    assert not traits_of(reward).lookups.only_reads_waypoints
    some, every = (pay_all(reward, facts, steps[:20], all_params=one) for one in (False, True))
    assert some == every


@pytest.mark.parametrize(
    "head",
    ["def len(w):\n    w.append(1)\n    return 1", "from helpers import *", "import helpers as len",
     "for len in ():\n    pass", "import builtins"],
)  # fmt: skip
def test_a_builtin_that_may_have_another_meaning_does_not_only_read(source, write, head):
    write("def len(w):\n    return w.append(1)\n", "helpers.py")
    found = traits_of(source(function("return len(params['waypoints'])", head=head))).lookups
    assert found is None or not found.only_reads_waypoints


# --- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("return params['sped']", "KeyError: 'sped': no such param: did you mean 'speed'?"),
        ("return params['objects_speed'][0]", "it needs objects (this is a time trial"),
        ("return 1.0 / (params['x'] - params['x'])", "ZeroDivisionError: float division by zero"),
        ("return params.get('sped')", "got None: a path without `return`"),
    ],
)
def test_a_failure_tells_the_same_and_keeps_all_params(source, facts, make_rows, line, message):
    reward, rows = source(function(line)), make_rows(3)
    assert traits_of(reward).lookups is not None
    told = []
    for all_params in (False, True):
        runner = RewardRunner(reward, [facts], np.zeros(3, np.int64), all_params=all_params)
        with pytest.raises(RewardFailure) as caught:
            runner(rows, np.array([1, 2]), np.zeros(3))
        assert list(caught.value.params) == list(PARAMS)
        assert caught.value.params["x"] == rows[1, layout.NOSE_X]
        told.append((str(caught.value), str(caught.value.params)))
    assert told[0] == told[1]
    assert message in told[0][0]


# --- programs put together by chance -------------------------------------------------------------

LINES = [
    "a = params['speed']", "a = params.get('x', 1.0)", "a = params.get('no', 2.0)",
    "w = params['waypoints']", "a = w[0][0]", "a = len(w)", "w = [*w]", "w = kept", "v = w",
    "w.append((1.0, 2.0))", "kept.append(w)", "v.clear()", "kept.append(map(len, [w]))",
    "a = sum(map(len, filter(None, [w])))", "c = params['closest_waypoints']", "a = c[0]",
    "c[0] += 1", "kept.append(a)", "kept.append(c)", "o = params['objects_speed']", "o.append(1)",
    "kept.append(o)", "a = len(params)", "kept.append(params)", "params['x'] = 3.0",
    "a = float('y' in params)", "p = params", "params = {'speed': 1.0}", "del params['x']",
    "kept.extend(params['y'] for _ in [1])", "later = (params['y'] for _ in [1])",
    "kept.append(later)", "a = sum(later)",
]  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(LINES), max_size=6))
def test_programs_put_together_by_chance_pay_the_same(tmp_path, driven, lines):
    facts, steps = driven
    path = tmp_path / "chance.py"
    start = "a, w, v, c, o, later = 0.0, [(0.0, 0.0)], [], [0, 0], [], []"
    end = "return 0.001 * a + 0.01 * len(w) + len(re.sub('0x[0-9a-f]+', '', str(kept)[-300:]))"
    path.write_text(function(start, *lines, end, head="import re\nkept = []"))
    source = load_reward(path)
    some, every = (pay_all(source, facts, steps[:4], all_params=one) for one in (False, True))
    assert some == every
