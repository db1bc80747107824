import json
import logging
import math
import pickle
import random
import signal
import sys

import numpy as np
import pytest

from racer.errors import RewardError
from racer.kernels import layout
from racer.reward import (
    RewardFailure,
    RewardRunner,
    TrackFacts,
    call_once,
    iter_params,
    load_reward,
    params_to_json,
    read_params,
    reward_names,
    save_failure,
)


def run(source, facts, rows, cars=None, **options):
    rewards = np.full(len(rows), np.nan)
    runner = RewardRunner(source, [facts], np.zeros(len(rows), np.int64), **options)
    runner(rows, np.arange(len(rows)) if cars is None else np.asarray(cars, np.int64), rewards)
    return rewards


# --- what is called, with what -----------------------------------------------------------------


def test_a_reward_is_what_the_function_returns_for_the_params_of_the_row(facts, make_rows):
    rows = make_rows(200)
    function = load_reward("center_line").instantiate()
    expected = [function(params) for params in iter_params(rows, facts)]
    assert run(load_reward("center_line"), facts, rows).tolist() == expected
    assert set(expected) == {1.0, 0.5, 0.1, 1e-3}


def test_only_the_listed_cars_are_called_in_their_order(facts, make_rows):
    called = []

    def note(params):
        called.append(params["speed"])
        return params["speed"]

    rows = make_rows(6)
    rows[:, layout.M_SPEED] = np.arange(6) + 1.0
    rewards = run(load_reward(note), facts, rows, cars=[4, 0, 5])
    assert called == [5.0, 1.0, 6.0]
    np.testing.assert_array_equal(rewards, [1.0, np.nan, np.nan, np.nan, 5.0, 6.0])


def test_no_cars_means_no_calls(facts, make_rows, source):
    rewards = run(source("def reward_function(p): return 1 / 0\n"), facts, make_rows(3), cars=[])
    assert np.isnan(rewards).all()


def test_each_car_gets_its_own_track(make_rows, facts, source):
    other = TrackFacts(9.0, ((0.0, 0.0), (9.0, 0.0)))
    runner = RewardRunner(
        source("def reward_function(p): return p['track_length']\n"),
        [facts, other],
        np.array([0, 1, 1, 0]),
    )
    rewards = np.zeros(4)
    runner(make_rows(4), np.arange(4), rewards)
    assert rewards.tolist() == [facts.length, 9.0, 9.0, facts.length]


@pytest.mark.parametrize(
    ("expression", "reward"),
    [
        ("3", 3.0),
        ("True", 1.0),
        ("np.float64(2.5)", 2.5),
        ("np.float32(0.5)", 0.5),
        ("np.array(1.5)", 1.5),
        ("np.array([1.5])", 1.5),
        ("'1e-3'", 1e-3),
        ("-1e5", -1e5),
        ("100000", 1e5),
    ],
)
def test_whatever_float_takes_is_a_reward(expression, reward, facts, make_rows, source):
    text = f"import numpy as np\ndef reward_function(params):\n    return {expression}\n"
    assert run(source(text), facts, make_rows(2)).tolist() == [reward, reward]


def test_what_a_function_does_to_its_params_reaches_no_other_call(facts, make_rows, source):
    text = (
        "def reward_function(params):\n"
        "    assert len(params) == 27 and len(params['waypoints']) == 41\n"
        "    params['waypoints'][:] = []\n    params.clear()\n    return 1.0\n"
    )
    assert run(source(text), facts, make_rows(5)).tolist() == [1.0] * 5


# --- state of each car -------------------------------------------------------------------------

REMEMBER = (
    "last = 0.0\n"
    "def reward_function(params):\n"
    "    global last\n"
    "    last = 0.5 * last + params['x']\n"
    "    return last\n"
)


def test_the_state_of_cars_does_not_mix(source, drive):
    rewards = drive(source(REMEMBER), n_cars=5, n_steps=4)
    alone = [drive(source(REMEMBER), n_cars=1 + car, n_steps=4)[:, car] for car in range(5)]
    np.testing.assert_array_equal(rewards, np.array(alone).T)


def test_the_order_of_calls_of_different_cars_does_not_matter(facts, make_rows, source):
    rows = make_rows(4)
    forward, backward = np.zeros(4), np.zeros(4)
    runners = [RewardRunner(source(REMEMBER), [facts], np.zeros(4, np.int64)) for _ in range(2)]
    for _ in range(3):
        runners[0](rows, np.arange(4), forward)
        runners[1](rows, np.arange(4)[::-1], backward)
    np.testing.assert_array_equal(forward, backward)


@pytest.mark.parametrize(("first_line", "n_executed"), [("pass", 1), ("class A: pass", 7)])
def test_a_stateless_source_is_executed_once_and_another_one_for_each_car(
    first_line, n_executed, facts, source
):
    text = f"{first_line}\ndef reward_function(params): return 1.0\n"
    before = set(sys.modules)
    runner = RewardRunner(source(text), [facts], np.zeros(7, np.int64))
    assert len(set(sys.modules) - before) == n_executed
    del runner


@pytest.mark.parametrize("name", ["center_line", "progress_per_step", "racing_line"])
def test_rewards_of_a_car_do_not_depend_on_the_number_of_cars(name, drive):
    many = drive(load_reward(name), n_cars=9, n_steps=4)
    few = drive(load_reward(name), n_cars=2, n_steps=4)
    np.testing.assert_array_equal(many[:, :2], few)


# --- random numbers ----------------------------------------------------------------------------

RANDOM = (
    "import random\nimport numpy as np\n"
    "start = random.random()\n"
    "def reward_function(params):\n"
    "    return start + 10 * random.gauss(0, 1) + 100 * np.random.normal()\n"
)


def test_random_rewards_depend_on_the_seed_and_the_car_only(source, drive):
    many = drive(source(RANDOM), n_cars=6, n_steps=4, seed=3)
    assert len(set(many.ravel())) == many.size
    np.testing.assert_array_equal(many, drive(source(RANDOM), n_cars=6, n_steps=4, seed=3))
    np.testing.assert_array_equal(many[:, :2], drive(source(RANDOM), n_cars=2, n_steps=4, seed=3))
    assert not np.isin(many, drive(source(RANDOM), n_cars=6, n_steps=4, seed=4)).any()


def test_a_single_car_can_have_the_stream_of_any_car_of_a_batch(facts, make_rows, source):
    rows = np.repeat(make_rows(1), 5, axis=0)
    batch = run(source(RANDOM), facts, rows, seed=8)
    single = run(source(RANDOM), facts, rows[:1], seed=8, first_car=3)
    assert single[0] == batch[3]


def test_a_function_that_seeds_itself_gets_what_it_would_get_alone(source, drive):
    text = "import random\nrandom.seed(42)\ndef reward_function(p): return random.random()\n"
    alone = random.Random(42)
    expected = [alone.random() for _ in range(3)]
    assert drive(source(text), n_cars=3)[:, 2].tolist() == expected


def test_numpys_random_numbers_of_a_self_seeding_function_are_those_it_would_get_alone(
    source, drive
):
    text = (
        "import numpy as np\nnp.random.seed(42)\ndef reward_function(p): return np.random.rand()\n"
    )
    alone = np.random.RandomState(42)
    assert drive(source(text), n_cars=3)[:, 2].tolist() == alone.rand(3).tolist()


def test_the_random_numbers_of_the_process_are_left_alone(source, drive):
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    alone = np.random.RandomState(5)
    assert np.random.normal() == alone.normal()  # noqa: NPY002  draws two, keeps one
    drive(source(RANDOM), n_cars=2)
    call_once(source(RANDOM), {})
    assert random.random() == random.Random(5).random()
    assert np.random.normal() == alone.normal()  # noqa: NPY002
    assert np.random.normal() == alone.normal()  # noqa: NPY002


# --- output ------------------------------------------------------------------------------------


def test_what_a_function_prints_is_kept_counted_and_cut(facts, make_rows, source, capsys):
    text = (
        "import sys\nprint('hello')\n"
        "def reward_function(params):\n"
        "    print('speed', params['speed'])\n"
        "    sys.stderr.write('x' * 600 + '\\n')\n"
        "    return 1.0\n"
    )
    passed_on = []
    rows = make_rows(50, M_SPEED=2.0)
    runner = RewardRunner(source(text), [facts], np.zeros(50, np.int64), output=passed_on.append)
    runner(rows, np.arange(50), np.zeros(50))
    assert capsys.readouterr() == ("", "")
    prints = runner.prints
    n_modules = 1 if not runner.traits.keeps_state else 50
    assert prints.n_lines == n_modules + 100
    assert prints.n_characters == n_modules * 6 + 50 * (10 + 601)
    assert len(prints.lines) == 20
    assert all(len(line) <= 500 for line in prints.lines)
    assert passed_on == [*prints.lines, "(further output of the reward function is dropped)"]


def test_a_line_may_be_printed_in_pieces(facts, make_rows, source):
    text = (
        "def reward_function(params):\n"
        "    print('a', end='')\n    print('b', 'c', sep='-')\n    print()\n    return 1.0\n"
    )
    runner = RewardRunner(source(text), [facts], np.zeros(1, np.int64))
    runner(make_rows(1), np.arange(1), np.zeros(1))
    assert runner.prints.lines == ["ab-c", ""]


def test_caught_output_can_be_used_like_a_terminals(facts, make_rows, source):
    text = (
        "import sys\ndef reward_function(params):\n"
        "    print('é'.encode(sys.stdout.encoding), sys.stdout.isatty(), flush=True)\n"
        "    assert sys.stdout.writable()\n    return 1.0\n"
    )
    runner = RewardRunner(source(text), [facts], np.zeros(1, np.int64))
    runner(make_rows(1), np.arange(1), np.zeros(1))
    assert runner.prints.lines == ["b'\\xc3\\xa9' False"]


def test_logging_is_caught_like_print(facts, make_rows, source, capsys, monkeypatch):
    text = (
        "import logging\n"
        "def reward_function(p):\n    logging.getLogger('mine').warning('late')\n    return 1\n"
    )
    runner = RewardRunner(source(text), [facts], np.zeros(1, np.int64))
    monkeypatch.setattr(logging.root, "handlers", [])  # pytest's own
    runner(make_rows(1), np.arange(1), np.zeros(1))
    assert runner.prints.lines == ["late"]
    assert capsys.readouterr() == ("", "")


def test_standard_output_is_the_old_one_after_a_failure(facts, make_rows, source):
    before = sys.stdout, sys.stderr
    with pytest.raises(RewardFailure):
        run(source("def reward_function(p):\n    print(1)\n    return None\n"), facts, make_rows(1))
    assert (sys.stdout, sys.stderr) == before


# --- failures ----------------------------------------------------------------------------------


def fail(source, facts, rows, **options):
    with pytest.raises(RewardFailure) as caught:
        run(source, facts, rows, **options)
    assert "\n" not in str(caught.value)
    return caught.value


def test_an_exception_names_file_line_step_and_car(facts, make_rows, write, monkeypatch, tmp_path):
    text = (
        "def reward_function(params):\n"
        "    params['speed'] = -1\n"
        "    return helper(params)\n\n"
        "def helper(params):\n"
        "    if params['steps'] == 37:\n"
        "        return 1.0 / (params['x'] - params['x'])\n"
        "    return 1.0\n"
    )
    source = load_reward(write(text))
    rows = make_rows(6, M_STEPS=5)
    rows[3, layout.M_STEPS] = 37
    monkeypatch.chdir(tmp_path)
    failure = fail(source, facts, rows)
    assert str(failure) == ("my.py:7: step 37 of car 3: ZeroDivisionError: float division by zero")
    assert (failure.file, failure.line, failure.step, failure.car) == ("my.py", 7, 37, 3)
    (before,) = iter_params(rows[3:4], facts)
    assert failure.params == before  # not as the function left them
    assert isinstance(failure, RewardError)
    assert isinstance(failure.__cause__, ZeroDivisionError)


def test_nothing_is_written_when_a_call_fails(facts, make_rows, source):
    failing = source("def reward_function(p): return 1.0 if p['steps'] < 5 else None\n")
    rows = make_rows(3, M_STEPS=2)
    rows[2, layout.M_STEPS] = 9
    rewards = np.full(3, np.nan)
    runner = RewardRunner(failing, [facts], np.zeros(3, np.int64))
    with pytest.raises(RewardFailure):
        runner(rows, np.arange(3), rewards)
    assert np.isnan(rewards).all()


EXPECTED = "expected a finite number of at most 100000 in size, got "


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("None", EXPECTED + "None: a path without `return`"),
        ("float('nan')", EXPECTED + "nan"),
        ("float('inf')", EXPECTED + "inf"),
        ("params['heading'] / 0 * -1", EXPECTED + "-inf"),
        ("100000.5", EXPECTED + "100000.5"),
        ("-10 ** 6", EXPECTED + "-1000000.0"),
        ("10 ** 400", EXPECTED + "1" + "0" * 59),
        ("'fast'", EXPECTED + "'fast'"),
        ("[1.0]", EXPECTED + "[1.0]"),
        ("(-8.0) ** 0.5", None),
        ("reward_function", None),
    ],
)
def test_what_cannot_be_a_reward_is_named(expression, problem, facts, make_rows, source):
    text = f"x = 1\n\ndef reward_function(params):\n    return {expression}\n"
    failure = fail(source(text), facts, make_rows(1, M_STEPS=4, M_HEADING=1.0))
    assert (failure.line, failure.step, failure.car) == (3, 4, 0)
    if problem:
        assert failure.problem == problem
    elif "**" in expression:
        assert failure.problem.startswith(EXPECTED + "(")
        assert failure.problem.endswith("j): a negative number to a fractional power")
    else:
        assert failure.problem.startswith(EXPECTED + "<function reward_function")


def test_the_first_car_that_fails_is_reported_whatever_the_way(facts, make_rows, source):
    text = (
        "def reward_function(p):\n"
        "    if p['steps'] == 7: raise ValueError('later')\n"
        "    return float('nan') if p['steps'] == 6 else 1.0\n"
    )
    rows = make_rows(5, M_STEPS=2)
    rows[1, layout.M_STEPS], rows[3, layout.M_STEPS] = 6, 7
    assert fail(source(text), facts, rows).car == 1
    rows[1, layout.M_STEPS], rows[3, layout.M_STEPS] = 7, 6
    assert fail(source(text), facts, rows).car == 1


def test_the_car_is_named_by_its_place_in_the_larger_batch(facts, make_rows, source):
    text = "def reward_function(p): return None\n"
    assert fail(source(text), facts, make_rows(1), first_car=5).car == 5


@pytest.mark.parametrize(
    "expression",
    [
        "objects_location[next_object]",
        "params['objects_location'][params['closest_objects'][1]]",
        "self.params['objects_distance'][0]",
        "inner(objects_location)",
    ],
)
def test_a_function_that_needs_objects_is_told_so(expression, facts, make_rows, source):
    text = (
        "class Keep: pass\n"
        "def inner(where):\n    return where[0]\n"
        "def reward_function(params):\n"
        "    objects_location = params['objects_location']\n"
        "    _, next_object = params['closest_objects']\n"
        "    self = Keep()\n    self.params = params\n"
        f"    x = {expression}\n    return 1.0\n"
    )
    if "self" in expression:
        text = text.replace("self.params['objects_distance'][0]", "self.far[0]").replace(
            "self.params = params", "self.far = params['objects_distance']"
        )
    failure = fail(source(text), facts, make_rows(1))
    assert failure.problem == (
        "IndexError: list index out of range: it needs objects "
        "(this is a time trial: the lists of objects are empty)"
    )


def test_another_index_error_is_not_blamed_on_objects(facts, make_rows, source):
    text = (
        "def reward_function(params):\n"
        "    objects = params['objects_location']\n"
        "    return params['waypoints'][params['closest_waypoints'][1] + 100][0]\n"
    )
    failure = fail(source(text), facts, make_rows(1))
    assert failure.problem == "IndexError: list index out of range"
    assert failure.line == 3


def test_a_misspelt_param_gets_the_nearest_name(facts, make_rows, source):
    failure = fail(
        source("def reward_function(p):\n    return p['trak_width']\n"), facts, make_rows(1)
    )
    assert failure.problem == "KeyError: 'trak_width': no such param: did you mean 'track_width'?"
    failure = fail(source("def reward_function(p):\n    return p['gizmo']\n"), facts, make_rows(1))
    assert failure.problem.startswith(
        "KeyError: 'gizmo': no such param: known: all_wheels_on_track,"
    )


def test_a_key_error_of_the_users_own_dict_gets_no_advice(facts, make_rows, source):
    text = "def reward_function(p):\n    table = {}\n    return table['trak_width']\n"
    assert fail(source(text), facts, make_rows(1)).problem == "KeyError: 'trak_width'"


def test_a_file_that_waits_for_the_first_step_of_2019_is_told(facts, make_rows, source):
    text = (
        "start = None\n"
        "def reward_function(params):\n    global start\n"
        "    if params['steps'] == 1:\n        start = params['progress']\n"
        "    return 1.0 if params['progress'] > start else 0.5\n"
    )
    failure = fail(source(text), facts, make_rows(1, M_STEPS=2))
    assert failure.problem.endswith(
        ": the file seems to wait for steps == 1; the first call has steps == 2"
    )


def test_endless_recursion_is_a_failure(facts, make_rows, source):
    text = (
        "def deep(n):\n    return deep(n + 1)\ndef reward_function(params):\n    return deep(0)\n"
    )
    failure = fail(source(text), facts, make_rows(1))
    assert failure.problem.startswith("RecursionError: maximum recursion depth exceeded")
    assert failure.line == 2


def test_leaving_the_program_is_a_failure(facts, make_rows, source):
    text = "import sys\ndef reward_function(params):\n    sys.exit('enough')\n"
    failure = fail(source(text), facts, make_rows(1))
    assert failure.problem == "SystemExit: enough: a reward function must not end the program"


def test_a_key_pressed_to_stop_gets_through(facts, make_rows, source, monkeypatch):
    # whoever started the tests may have told them to ignore the key
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        run(source("def reward_function(p): raise KeyboardInterrupt\n"), facts, make_rows(1))


def test_the_line_of_a_failure_in_a_sibling_is_named(facts, make_rows, write):
    write("\n\ndef half(x):\n    return x / 0\n", "helper.py")
    source = load_reward(
        write("from helper import half\ndef reward_function(p):\n    return half(1)\n")
    )
    failure = fail(source, facts, make_rows(1))
    assert failure.file.endswith("helper.py")
    assert failure.line == 4


def test_the_line_of_a_failure_inside_a_library_is_the_users(facts, make_rows, source):
    text = "import statistics\ndef reward_function(p):\n    x = 1\n    return statistics.mean([])\n"
    failure = fail(source(text), facts, make_rows(1))
    assert failure.line == 4
    assert failure.problem.startswith("StatisticsError: mean requires")


def test_a_failure_of_a_python_function_names_the_file_it_stands_in(facts, make_rows):
    def my_reward(params):
        return params["speed"] / 0

    failure = fail(load_reward(my_reward), facts, make_rows(1))
    assert failure.file.endswith("test_run.py")
    assert failure.line == my_reward.__code__.co_firstlineno + 1
    nothing = fail(load_reward(lambda params: None), facts, make_rows(1))
    assert nothing.file.endswith("test_run.py")


def test_a_message_of_many_lines_is_cut_to_one(facts, make_rows, source):
    text = "def reward_function(p):\n    raise ValueError('a' * 300 + '\\nb')\n"
    failure = fail(source(text), facts, make_rows(1))
    assert len(failure.problem) == 200


def test_numpy_warnings_are_no_failures(facts, make_rows, source):
    text = (
        "import numpy as np\ndef reward_function(params):\n"
        "    x = params['heading'] / 0.0\n    return float(np.clip(x, 0, 1))\n"
    )
    assert run(source(text), facts, make_rows(1, M_HEADING=1.0)).tolist() == [1.0]


# --- repeating a failed call -------------------------------------------------------------------


def test_a_failure_can_be_saved_and_repeated(facts, make_rows, source, tmp_path):
    failing = source("def reward_function(p):\n    return 1 / 0 if p['progress'] > 0 else 1\n")
    failure = fail(failing, facts, make_rows(3, M_PROGRESS=0.3))
    save_failure(failure, tmp_path / "failure.json")
    assert json.loads((tmp_path / "failure.json").read_text())["message"] == str(failure)
    params = read_params(tmp_path / "failure.json")
    assert params == failure.params
    assert type(params["heading"]) is np.float64
    with pytest.raises(RewardFailure, match=r"my\.py:2: step \d+: ZeroDivisionError"):
        call_once(failing, params)


def test_a_failure_can_travel_between_processes(facts, make_rows, source):
    failure = fail(source("def reward_function(p): return None\n"), facts, make_rows(2))
    again = pickle.loads(pickle.dumps(failure))
    assert str(again) == str(failure)
    assert again.to_dict() == failure.to_dict()
    assert again.params == failure.params


def test_a_single_call_gives_the_reward_and_leaves_the_params_alone(facts, make_rows, source):
    (params,) = iter_params(make_rows(1), facts)
    before = params_to_json(params)
    assert call_once(load_reward("center_line"), params) in {1.0, 0.5, 0.1, 1e-3}
    call_once(source("def reward_function(p):\n    p['waypoints'].clear()\n    return 1\n"), params)
    assert params_to_json(params) == before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SystemExit", r"my\.py:2: step 9: SystemExit: a reward function must not"),
        ("return None", r"my\.py:1: step 9: expected a finite number .*, got None"),
        ("return params['tracklength']", r"my\.py:2: step 9: .*: did you mean 'track_length'"),
    ],
)
def test_a_single_call_fails_like_one_of_many(body, message, facts, make_rows, source):
    (params,) = iter_params(make_rows(1, M_STEPS=9), facts)
    with pytest.raises(RewardFailure, match=message) as caught:
        call_once(source(f"def reward_function(params):\n    {body}\n"), params)
    assert caught.value.car is None


def test_params_may_stand_in_a_file_alone(tmp_path):
    path = tmp_path / "params.json"
    path.write_text('{"speed": 2.0, "waypoints": [[0, 1]]}')
    assert read_params(path) == {"speed": 2.0, "waypoints": [(0.0, 1.0)]}
    assert call_once(load_reward(lambda params: params["speed"]), read_params(path)) == 2.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"failure\.json: cannot be read"),
        ("{\n,", r"failure\.json:2: not valid JSON"),
        ("3", r"failure\.json: expected a JSON object, got 3"),
    ],
)
def test_a_report_that_cannot_be_read_says_why(content, message, tmp_path):
    path = tmp_path / "failure.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RewardError, match=message):
        read_params(path)


def test_a_report_with_bad_params_says_so(tmp_path):
    path = tmp_path / "failure.json"
    path.write_text(json.dumps({"params": {"heading": "north"}}))
    with pytest.raises(RewardError, match=r"failure\.json: params: heading or waypoints"):
        read_params(path)


def test_every_shipped_function_pays_finite_rewards_on_any_row(facts, make_rows):
    for name in reward_names():
        rewards = run(load_reward(name), facts, make_rows(100))
        assert np.isfinite(rewards).all()
        assert math.isfinite(rewards.sum())


def test_a_param_that_a_file_lacks_is_not_said_to_be_misspelt(tmp_path):
    (tmp_path / "mine.py").write_text("def reward_function(params):\n    return params['speed']\n")
    with pytest.raises(RewardFailure) as caught:
        call_once(load_reward(tmp_path / "mine.py"), {"x": 1.0, "y": 2.0})
    assert caught.value.problem == (
        "KeyError: 'speed': the params of this call lack it; they have x, y"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 2**20000", "got a whole number of 20,001 bits"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise type('Odd', (BaseException,), {})('x')", "Odd: x"),
        ("raise type('E', (Exception,), {'__str__': lambda _: 1 / 0})", "E that cannot be shown"),
        ("raise type('E', (Exception,), {'__str__': lambda _: 7})", "E that cannot be shown"),
        ("return type('R', (), {'__repr__': lambda _: 1 / 0})()", "got R that cannot be shown"),
    ],
)  # fmt: skip
def test_whatever_a_reward_function_raises_or_returns_is_one_line(tmp_path, body, said):
    (tmp_path / "mine.py").write_text(f"def reward_function(params):\n    {body}\n")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a worker
    try:
        with pytest.raises(RewardFailure) as caught:
            call_once(load_reward(tmp_path / "mine.py"), {"x": 1.0})
    finally:
        signal.signal(signal.SIGINT, before)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ctrl_c_in_a_call_is_no_failure_of_the_function(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import signal\ndef reward_function(params):\n    signal.raise_signal(signal.SIGINT)\n"
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            call_once(load_reward(tmp_path / "mine.py"), {"x": 1.0})
    finally:
        signal.signal(signal.SIGINT, before)
