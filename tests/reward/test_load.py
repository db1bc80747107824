import functools
import gc
import pickle
import sys
import threading
from pathlib import Path

import pytest

from racer.assets import asset_folder
from racer.errors import RewardError
from racer.reward import RewardSource, load_reward, reward_names

PLAIN = "def reward_function(params):\n    return 1.5\n"


def test_a_shipped_name_is_found():
    source = load_reward("center_line")
    assert source.name == "center_line"
    assert source.path == asset_folder("reward_functions") / "center_line.py"
    assert "def reward_function" in source.text
    assert "center_line" in reward_names()


def test_a_path_is_found_with_and_without_its_suffix(write):
    path = write(PLAIN)
    assert load_reward(path).text == PLAIN
    assert load_reward(str(path)[:-3]).text == PLAIN


def test_a_file_in_the_working_folder_wins_over_a_shipped_name(write, monkeypatch, tmp_path):
    write(PLAIN, "center_line.py")
    monkeypatch.chdir(tmp_path)
    source = load_reward("center_line")
    assert source.text == PLAIN
    assert source.label == "center_line.py"


@pytest.mark.parametrize(
    "encoded",
    [
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("    ", "\t").encode(),
        b"# -*- coding: euc-kr -*-\n# \xc7\xd1\xb1\xdb\n" + PLAIN.encode(),
        "# 速度と中心線\n".encode() + PLAIN.encode(),
    ],
    ids=["byte order mark", "windows line ends", "tabs", "declared encoding", "japanese"],
)
def test_a_file_is_read_as_python_reads_it(encoded, write):
    assert load_reward(write(encoded)).instantiate()({}) == 1.5


def test_loading_executes_nothing(write):
    load_reward(write("raise SystemExit\n" + PLAIN))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "center_lane",
            "no file 'center_lane.py', and unknown reward function 'center_lane': "
            "did you mean 'center_line'? known: ",
        ),
        ("nowhere/my_reward.py", "nowhere/my_reward.py: no such file: shipped reward functions: "),
    ],
)
def test_a_missing_file_is_reported_with_what_there_is(name, message):
    with pytest.raises(RewardError) as caught:
        load_reward(name)
    assert str(caught.value).startswith(message)
    assert "center_line" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_path_names_the_file_that_was_meant(write):
    path = write(PLAIN, "my_reward.py")
    with pytest.raises(RewardError, match=r"my_rewart.py: no such file: did you mean '.*my_reward"):
        load_reward(path.with_name("my_rewart.py"))


def test_a_folder_is_no_reward_function(tmp_path):
    with pytest.raises(RewardError, match="expected a Python file, got a folder"):
        load_reward(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"def reward_function(params)\n    return 1\n",
            r"my\.py:1: expected ':' \(not valid Python",
        ),
        (b"def f(p):\n        a = 1\n\tb = 2\n", r"my\.py:3: inconsistent use of tabs and spaces"),
        (b"x = 1\nreturn 5\n", r"my\.py:2: 'return' outside function \(not valid Python\)"),
        (b"print 'hello'\n", r"my\.py:1: Missing parentheses"),
        (b"# \xff\n", r"my\.py: expected UTF-8 text: invalid or missing encoding"),
        (b"# coding: klingon\n", r"my\.py: expected UTF-8 text: unknown encoding: klingon"),
        (b"1\n2\n3 # \xff\n", r"my\.py: expected UTF-8 text: 'utf-8' codec can't decode byte 0xff"),
        (b"x = 1\0\n", r"my\.py.*null byte"),
    ],
)
def test_a_file_that_is_not_python_is_reported_with_its_line(content, message, write):
    with pytest.raises(RewardError, match=message) as caught:
        load_reward(write(content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", r"my\.py: expected `def reward_function\(params\)`, found no function of this"),
        (
            "\ndef reward_func(params): return 1\n",
            r"my\.py:2: expected `.*`, got `def reward_func`: rename it",
        ),
        (
            "class Reward:\n    def reward_function(self, params):\n        return 1\n",
            r"my\.py:2: expected .* outside a class, got a method: add "
            r"`reward_function = Reward\(\)\.reward_function` to the end of the file",
        ),
        ("reward_function = 3\n", r"my\.py: expected `.*`, got a variable of type int"),
        (
            "def reward_function(on_track, x, y, distance_from_center, car_orientation, progress,\n"
            "    steps, throttle, steering, track_width, waypoints, closest_waypoint):\n"
            "    return 1\n",
            r"my\.py:1: reward_function takes 12 parameters \(on_track, x, y, …\), which is the "
            r"form of 2018 and 2019; expected `.*`, with params\['x'\] for x",
        ),
        (
            "def reward_function(self, params):\n    return 1\n",
            r"my\.py:1: reward_function takes \(self, params\) like a method; expected",
        ),
        (
            "def reward_function():\n    return 1\n",
            r"my\.py:1: reward_function takes \(\); expected one parameter",
        ),
        (
            "def reward_function(params, speed):\n    return 1\n",
            r"my\.py:1: reward_function takes \(params, speed\); expected one parameter",
        ),
        ("a = 1\nb = a / 0\n", r"my\.py:2: while the file was executed: ZeroDivisionError: "),
        ("raise SystemExit(3)\n", r"my\.py:1: while the file was executed: SystemExit: 3"),
        (
            "import math\nimport no_such_module_at_all\n",
            r"my\.py:2: import of 'no_such_module_at_all' failed: no such module is installed or "
            "beside the file",
        ),
        ("from math import hypotenuse\n", r"my\.py:1: while .*: ImportError: cannot import name"),
        ("from . import other\n", r"my\.py:1: while the file was executed: ImportError"),
    ],
)
def test_a_file_that_cannot_be_used_is_reported_in_one_line(text, message, source):
    with pytest.raises(RewardError, match=message) as caught:
        source(text).instantiate()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "def reward_function(params, verbose=False): return 1.0\n",
        "def reward_function(*args): return 1.0\n",
        "class R:\n    def pay(self, p): return 1.0\nreward_function = R().pay\n",
        "class R:\n    def __call__(self, p): return 1.0\nreward_function = R()\n",
        "import functools\nreward_function = functools.partial(lambda a, p: a, 1.0)\n",
        "reward_function = lambda params: 1.0\n",
        "reward_function = float\n",
    ],
)
def test_whatever_can_be_called_with_the_params_alone_is_a_reward_function(text, source):
    reward = source(text).instantiate()
    if "= float" not in text:
        assert reward({}) == 1.0


def test_each_instance_has_variables_of_its_own(source):
    counting = source("n = 0\ndef reward_function(p):\n    global n\n    n += 1\n    return n\n")
    first, second = counting.instantiate(), counting.instantiate()
    assert [first({}), first({}), second({}), first({})] == [1, 2, 1, 3]


def test_a_module_has_a_real_name_under_which_it_finds_itself(source):
    text = (
        "import sys\n"
        "assert __name__ != '__main__'\n"
        "assert sys.modules[__name__].__dict__ is globals()\n"
        "marker = object()\n"
        "def reward_function(params):\n"
        "    assert sys.modules[__name__].marker is marker\n"
        "    return __name__\n"
    )
    first, second = source(text).instantiate(), source(text).instantiate()
    assert first({}) != second({})
    assert first({}) in sys.modules


def test_a_module_leaves_when_its_instance_is_dropped(source):
    instance = source("def reward_function(params):\n    return __name__\n").instantiate()
    name = instance({})
    assert name in sys.modules
    del instance
    gc.collect()
    assert name not in sys.modules


def test_a_module_that_fails_leaves_nothing_behind(source):
    before = set(sys.modules), list(sys.path), list(sys.meta_path)
    with pytest.raises(RewardError):
        source("import sys\nsys.path.append('x')\n1 / 0\n").instantiate()
    with pytest.raises(RewardError):
        source("x = 1\n").instantiate()
    assert before == (set(sys.modules), list(sys.path), list(sys.meta_path))


def test_code_under_the_main_guard_is_not_executed(source):
    text = PLAIN + "if __name__ == '__main__':\n    raise SystemExit\n"
    assert source(text).instantiate()({}) == 1.5


def test_old_habits_that_python_warns_of_do_not_disturb(source):
    text = "def reward_function(params):\n    '''\\d'''\n    return 1.0 if 1 is 1 else 0.0\n"
    assert source(text).instantiate()({}) == 1.0


def test_a_python_function_is_a_source_with_its_text():
    def my_reward(params):
        return 2.5

    source = load_reward(my_reward)
    assert source.name == "my_reward"
    assert "return 2.5" in source.text
    assert source.path is None
    assert source.instantiate()({}) == 2.5


def test_a_callable_object_is_copied_for_each_instance():
    class Counter:
        n = 0

        def __call__(self, params):
            self.n += 1
            return self.n

    counter = Counter()
    source = load_reward(counter)
    first, second = source.instantiate(), source.instantiate()
    assert [first({}), first({}), second({})] == [1, 2, 1]
    assert counter.n == 0
    assert source.name == "Counter"


def test_a_callable_that_cannot_be_copied_is_refused():
    class Locked:
        def __init__(self):
            self.lock = threading.Lock()

        def __call__(self, params):
            return 1.0

    with pytest.raises(
        RewardError, match="Locked: cannot be copied for each car: TypeError: cannot"
    ):
        load_reward(Locked()).instantiate()


def test_a_callable_without_source_text_is_fine():
    source = load_reward(functools.partial(max, 1.0))
    assert source.text == "" or "partial" in source.text
    assert load_reward(eval("lambda params: 1.0")).instantiate()({}) == 1.0


def test_a_callable_with_other_parameters_is_refused():
    with pytest.raises(RewardError, match=r"<lambda>:\d+: reward_function takes \(x, y\)"):
        load_reward(lambda x, y: 1.0).instantiate()


def test_a_source_of_a_file_can_be_sent_to_another_process(write):
    write("SPEED = 2.0\n", "helper.py")
    source = load_reward(write("import helper\ndef reward_function(p): return helper.SPEED\n"))
    again = pickle.loads(pickle.dumps(source))
    assert again == source
    assert again.instantiate()({}) == 2.0


def test_a_source_can_be_made_of_text_alone():
    assert RewardSource(None, PLAIN, "typed").instantiate()({}) == 1.5
    with pytest.raises(RewardError, match="typed:1: while the file was executed: ZeroDivision"):
        RewardSource(None, "1 / 0", "typed").instantiate()


# --- modules beside the file -------------------------------------------------------------------


COUNTER = "n = 0\ndef count():\n    global n\n    n += 1\n    return n\n"


def test_each_instance_has_its_own_siblings(write):
    write(COUNTER, "counter.py")
    source = load_reward(
        write("from counter import count\ndef reward_function(p): return count()\n")
    )
    assert [file.name for file in source.siblings] == ["counter"]
    first, second = source.instantiate(), source.instantiate()
    assert [first({}), first({}), second({})] == [1, 2, 1]
    assert "counter" not in sys.modules


def test_a_sibling_imported_during_the_call_keeps_its_state(write):
    write(COUNTER, "counter.py")
    text = "def reward_function(p):\n    import counter\n    return counter.count()\n"
    source = load_reward(write(text))
    first, second = source.instantiate(), source.instantiate()
    assert [first({}), first({}), second({})] == [1, 2, 1]
    assert "counter" not in sys.modules


def test_a_sibling_finds_itself_while_the_function_runs(write):
    write("import sys\nx = 4.0\ndef look(): return sys.modules[__name__].x\n", "mirror.py")
    source = load_reward(write("import mirror\ndef reward_function(p): return mirror.look()\n"))
    assert source.instantiate()({}) == 4.0


def test_siblings_may_import_each_other_and_come_from_packages(write):
    write("from tools.deep.numbers import TWO\n", "middle.py")
    write("", "tools/__init__.py")
    write("TWO = 2.0\n", "tools/deep/numbers.py")
    write("from .deep import numbers\nFOUR = 2 * numbers.TWO\n", "tools/more.py")
    source = load_reward(
        write("import middle\nfrom tools import more\ndef reward_function(p): return more.FOUR\n")
    )
    names = [file.name for file in source.siblings]
    assert names == ["middle", "tools", "tools.deep", "tools.deep.numbers", "tools.more"]
    assert source.instantiate()({}) == 4.0
    assert not {"middle", "tools", "tools.deep", "tools.more"} & set(sys.modules)


def test_a_folder_of_modules_without_init_is_a_package(write):
    write("X = 3.0\n", "my_parts/part.py")
    source = load_reward(write("from my_parts.part import X\ndef reward_function(p): return X\n"))
    assert source.instantiate()({}) == 3.0


def test_a_sibling_wins_over_a_module_of_the_same_name_which_comes_back(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "helper_of_all", sys)
    write("X = 5.0\n", "helper_of_all.py")
    source = load_reward(write("import helper_of_all as h\ndef reward_function(p): return h.X\n"))
    assert source.instantiate()({}) == 5.0
    assert sys.modules["helper_of_all"] is sys


def test_siblings_do_not_replace_the_standard_library_or_racer(write):
    write("raise RuntimeError\n", "math.py")
    write("raise RuntimeError\n", "racer/__init__.py")
    text = "import math\nimport racer.reward.shaping\ndef reward_function(p): return math.sqrt(4)\n"
    source = load_reward(write(text))
    assert source.siblings == ()
    assert source.instantiate()({}) == 2.0


def test_siblings_are_those_of_the_moment_of_loading(write):
    path = write("X = 1.0\n", "constants.py")
    source = load_reward(write("import constants\ndef reward_function(p): return constants.X\n"))
    path.write_text("X = 2.0\n")
    assert source.instantiate()({}) == 1.0


def test_nothing_is_written_beside_the_file(write, tmp_path):
    write("X = 1.0\n", "constants.py")
    load_reward(write("import constants\ndef reward_function(p): return 1\n")).instantiate()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["constants.py", "my.py"]


@pytest.mark.parametrize(
    ("sibling", "message"),
    [
        (b"x = (\n", r"broken\.py:1: '\(' was never closed \(not valid Python\)"),
        (b"x = 1\ny = x / 0\n", r"broken\.py:2: while the file was executed: ZeroDivisionError"),
        (b"# \xff\n", "broken.py cannot be read: invalid or missing encoding"),
        (b"import absent_thing\n", r"broken\.py:1: import of 'absent_thing' failed"),
    ],
)
def test_a_broken_sibling_is_named(sibling, message, write):
    write(sibling, "broken.py")
    with pytest.raises(RewardError, match=message):
        load_reward(write("import broken\n" + PLAIN)).instantiate()


def test_messages_show_a_path_below_the_working_folder_shortly(write, monkeypatch, tmp_path):
    path = write(PLAIN, "rewards/mine.py")
    assert load_reward(path).label == str(path)
    assert load_reward(path) == load_reward(path)
    monkeypatch.chdir(tmp_path)
    assert load_reward(path).label == str(Path("rewards") / "mine.py")
