"""Each kind of finding, with a small reward function that deserves it; good ones have none."""

import re
import time
from contextlib import nullcontext

import pytest

from racer.env import RuleSettings, Scenario
from racer.errors import ConfigError
from racer.reward import load_reward
from racer.reward_lab import RewardCheck, check, coverage, driven
from racer.reward_lab.findings import Cost

GOOD = "    return float(params['speed']) * (2.0 if params['all_wheels_on_track'] else 0.1)\n"


def function(*lines: str, above: str = "", last: str = GOOD) -> str:
    """A reward function whose body begins at line 2, or further down by the lines above it."""
    return above + "def reward_function(params):\n" + "".join(f"    {x}\n" for x in lines) + last


# name: (text, severity, code, line, what the message says, params that the line reads)
CASES = {
    "an exception": (
        function("a = 1.0 / (params['steps'] - 5.0)"),
        "error", "exception", 2, "ZeroDivisionError: float division by zero", ("steps",),
    ),
    "an exception through a variable": (
        function("left = params['steps'] - 5.0", "a = 1.0 / left"),
        "error", "exception", 3, "ZeroDivisionError", ("steps",),
    ),
    "the index past the last waypoint": (
        function("after = params['closest_waypoints'][1]", "params['waypoints'][after + 1]"),
        "error", "exception", 3, "IndexError", ("waypoints", "closest_waypoints"),
    ),
    "a bad second episode": (
        function("seen.append(params['steps'])", "assert seen.count(2.0) < 2", above="seen = []\n"),
        "error", "exception", 4, "AssertionError", (),
    ),
    "None from a missing return": (
        "def reward_function(params):\n    if params['progress'] < 50:\n        return 1.0\n",
        "error", "returns-none", 2, "got None: a path without `return`", ("progress",),
    ),
    "nan": (
        function("if params['progress'] > 50:", "    return float('nan')"),
        "error", "returns-nan", 3, "got nan", ("progress",),
    ),
    "nan out of a helper": (
        "def helper(params):\n    return float('nan') if params['steps'] > 9 else params['speed']\n"
        "def reward_function(params):\n    return helper(params)\n",
        "error", "returns-nan", 2, "got nan", ("speed", "steps"),
    ),
    "inf": (
        function("if params['steps'] == 7:", "    return float('inf')"),
        "error", "returns-infinite", 3, "got inf", ("steps",),
    ),
    "more than the simulator takes": (
        function("if params['progress'] == 100:", "    return 2e5"),
        "error", "returns-too-large", 3, "at most 100000 in size, got 200000.0", ("progress",),
    ),
    "text": (
        function("if params['steps'] == 7:", "    return 'much'"),
        "error", "returns-no-number", 3, "got 'much'", ("steps",),
    ),
    "a complex number": (
        function("return (params['distance_from_center'] - 0.1) ** 0.5", last=""),
        "error", "returns-no-number", 2, "to a fractional power", ("distance_from_center",),
    ),
    "an unknown key": (
        function("a = params['trak_width']"),
        "error", "unknown-key", 2, "did you mean 'track_width'?", (),
    ),
    "an unknown key with a default": (
        function("a = params.get('bearing', 0)"),
        "warning", "unknown-key", 2, "there is no param 'bearing'", (),
    ),
    "an unknown key under another name": (
        "def near(state):\n    return state.get('distance_to_center', 0)\n"
        "def reward_function(params):\n    near(params)\n" + GOOD,
        "warning", "unknown-key", 2, "there is no param 'distance_to_center'", (),
    ),
    "an unknown key where no car comes": (
        function("if params['speed'] > 9:", "    return params['trak_width']"),
        "warning", "unknown-key", 3, "there is no param 'trak_width'", ("speed",),
    ),
    "an int": (
        function("if params['progress'] == 100:", "    return 100"),
        "note", "not-a-float", 3, "returns a value of type int", ("progress",),
    ),
    "prints": (
        function("if params['steps'] % 50 == 0:", "    print('hello')"),
        "note", "prints", 3, "prints ", (),
    ),
    "statements that never ran": (
        function("if params['is_crashed']:", "    a = 1", "    return 0.5"),
        "note", "never-ran", 3, "lines 3 to 4 never ran in ", ("is_crashed",),
    ),
    "a constant of zero": (
        function("return 0.0", last=""),
        "error", "constant", None, "the reward is 0 in every state", (),
    ),
    "another constant": (
        function("return -2.0", last=""),
        "warning", "constant", None, "the reward is -2 in every state", (),
    ),
    "a reward that changes off the road only": (
        function("return -5.0 if params['is_offtrack'] else 1.0", last=""),
        "warning", "nearly-constant", None, "clean driving is paid the same, 1 a step", (),
    ),
    "small differences on a large sum": (
        function("return 1000.0 + params['speed']", last=""),
        "warning", "nearly-constant", None, "paid the same", (),
    ),
    "one event": (
        function("if params['progress'] == 100:", "    return 500.0", "return 0.0", last=""),
        "warning", "one-event", 3, "one event pays for everything", ("progress",),
    ),
    "a cost for each step, and a prize": (
        "def reward_function(params):\n    return 1999 if params['progress'] >= 99.5 else -1\n",
        "warning", "ending-early-pays", None,
        "only the finished lap pays: leaving the road at once is paid -1", (),
    ),
    "pay that comes late": (
        function("if params['steps'] >= 100:", "    return params['speed']", "return 0.0", last=""),
        "warning", "way-unpaid", None,
        "a quarter of the lap is paid no more than leaving the road at once", (),
    ),
    "straight on": (
        function("return 3.0 if params['steering_angle'] == 0 else 0.01", last=""),
        "warning", "straight-pays", None, "straight on is paid more than a fast lap", (),
    ),
    "what all cars share": (
        function("os.environ['MINE'] = str(params['steps'])", above="import os\n"),
        "note", "shared-state", None, "changes 'os.environ', which all cars share", (),
    ),
    "the time of day": (
        function("if time.time() % 2 < 1:", "    return 0.5", above="import time\n"),
        "warning", "wall-clock", 3, "time.time() reads a real clock", (),
    ),
    "a clock that is only looked at": (
        function("began = clock()", above="from time import perf_counter as clock\n"),
        "note", "wall-clock", 3, "does not depend on it", (),
    ),
    "random numbers": (
        function("a = np.random.rand()", above="import numpy as np\n"),
        "note", "random", 3, "numpy.random.rand() is random", (),
    ),
    "a random choice": (
        function("a = choice([1, 2])", above="from random import choice\n"),
        "note", "random", 3, "random.choice() is random", (),
    ),
    "a wait for step 1": (
        function("if params['steps'] == 1:", "    return 0.5"),
        "warning", "waits-for-step-1", 2, "`params['steps'] == 1` is never true", ("steps",),
    ),
    "a wait for step 1 among others": (
        function("steps = params['steps']", "if steps <= 1 or steps == 2:", "    return 0.5"),
        "note", "waits-for-step-1", 3, "`steps <= 1` is never true", ("steps",),
    ),
    "objects": (
        function("return params['objects_distance'][0]", last=""),
        "error", "needs-objects", 2, "it needs objects", ("objects_distance",),
    ),
    "the form of 2018": (
        "def reward_function(on_track, x, y, distance, orientation, progress, steps, throttle):\n"
        "    return 1.0\n",
        "error", "form-2018", 1, "the form of 2018 and 2019", (),
    ),
    "a syntax error": (
        "def reward_function(params)\n    return 1.0\n",
        "error", "cannot-load", 1, "expected ':' (not valid Python)", (),
    ),
    "a missing module": (
        "import nowhere_to_be_found\n" + function(),
        "error", "cannot-load", 1, "import of 'nowhere_to_be_found' failed", (),
    ),
    "no such function": (
        "def reward_functions(params):\n    return 1.0\n",
        "error", "cannot-load", 1, "rename it", (),
    ),
    "the end of the program": (
        function("if params['progress'] == 100:", "    raise SystemExit"),
        "error", "exception", 3, "must not end the program", ("progress",),
    ),
    "a slow lap that pays": (
        function("return 1.0 if params['all_wheels_on_track'] else 0.1", last=""),
        "warning", "slow-lap-pays", None, "it pays by the step", (),
    ),
    "weaving that pays": (
        function("return 0.01 + abs(params['steering_angle']) * params['speed']", last=""),
        "warning", "zigzag-lap-pays", None, "the zigzag is paid ", (),
    ),
    "each step costs": (
        function("return -1.0 - params['distance_from_center']", last=""),
        "warning", "ending-early-pays", None, "driving on costs more than it pays", (),
    ),
    "way lost": (
        function(
            "gained = abs(params['progress'] - last[0])", "last[0] = params['progress']",
            "return float(gained if gained < 50 else 0.0)", above="last = [0.0]\n", last="",
        ),
        "warning", "backwards-pays", None, "driving backwards is paid", (),
    ),
    "standing still that pays": (
        function(
            "moved = math.dist(last, (params['x'], params['y']))",
            "last[:] = params['x'], params['y']",
            "return 50.0 if moved < 1e-6 else params['speed'] * 0.1",
            above="import math\nlast = [0.0, 0.0]\n", last="",
        ),
        "warning", "parked-pays", None, "parked is paid more than a fast lap", (),
    ),
}  # fmt: skip


def load_or_check(checked, text: str) -> RewardCheck:
    """What a check says, also of a file that cannot be read: as the child process does it."""
    from racer.errors import RewardError
    from racer.reward_lab.verdicts import load_finding

    try:
        return checked(text)
    except RewardError as error:
        return RewardCheck("my", "my.py", "", 0.99, (load_finding(error, "my.py"),))


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_finding_names_its_line_and_the_params_behind_it(checked, case):
    text, severity, code, line, message, reads = CASES[case]
    found = load_or_check(checked, text)
    of_kind = [one for one in found.findings if one.code == code]
    assert of_kind, [(one.code, one.message) for one in found.findings]
    finding = of_kind[0]
    assert finding.severity == severity
    assert finding.line == line
    assert message in finding.message
    assert finding.reads == reads
    assert "\n" not in finding.message
    assert found.exit_status >= {"note": 0, "warning": 1, "error": 2}[severity]


def test_a_failed_call_comes_with_how_often_who_was_driving_and_all_params(checked):
    found = checked(CASES["an exception"][0])
    finding = next(one for one in found.findings if one.code == "exception")
    assert finding.first == "fast lap, step 5"
    assert 20 < finding.count < finding.of == found.n_states
    assert finding.params["steps"] == 5.0
    assert len(finding.params) == 27


def test_calls_go_on_after_one_that_failed(checked):
    found = checked(CASES["an exception"][0])
    assert found.n_states == found.n_planned


def test_what_fails_against_the_trained_direction_only_is_a_warning(checked):
    found = checked(function("if params['is_reversed']:", "    return None"))
    finding = next(one for one in found.findings if one.code == "returns-none")
    assert finding.severity == "warning"
    assert finding.message.endswith("only when the track is driven the other way round")


def test_a_call_that_takes_long_is_noted_with_its_share_of_a_step(checked, monkeypatch):
    monkeypatch.setattr(driven, "_measure_cost", lambda *_: Cost(3e-3, 1e-6, 5e-6, 3e-3))
    finding = next(one for one in checked(function()).findings if one.code == "slow-call")
    assert finding.severity == "note"
    assert "a call takes 3,000 µs, 100% of a simulated step" in finding.message


def test_a_function_that_works_something_out_once_is_not_told_to(checked, monkeypatch):
    cost = Cost(12e-6, 1e-6, 5e-6, 0.4)
    monkeypatch.setattr(driven, "_measure_cost", lambda *_: cost)
    (finding,) = checked(function()).findings
    assert finding.code == "slow-first-call"
    assert finding.message == "the first call takes 0.4 s, each later one 12 µs"


@pytest.mark.long
def test_the_cost_of_a_call_is_the_mean_of_those_after_the_first(checked):
    busy = "sum(range(100_000))"
    once = checked(function("if not kept:", f"    kept.append({busy})", above="kept = []\n"))
    assert once.cost.first > 20.0 * once.cost.call
    tenth = checked(function(f"{busy} if params['steps'] % 10 == 0 else 0"))
    each = checked(function(busy))
    assert 0.03 < tenth.cost.call / each.cost.call < 0.3
    sleeps = checked(function("sleep(0.001)", above="from time import sleep\n"))
    assert sleeps.cost.call > 1e-3


def test_what_ran_in_a_call_too_long_to_be_watched_is_not_called_never_run(checked, monkeypatch):
    text = function(
        "if not kept:", "    for k in range(200):", "        kept.append(k)", "    kept.append(0)",
        above="kept = []\n",
    )  # fmt: skip
    assert checked(text).findings == ()
    monkeypatch.setattr(coverage, "MOST_EVENTS", 100)
    found = checked(text)
    assert found.findings == ()
    assert found.coverage.is_partial
    assert found.coverage.missed == ((6, 6),)


def test_watching_makes_a_long_call_hardly_longer(tmp_path):
    path = tmp_path / "my.py"
    path.write_text(function("for k in range(2_000_000):", "    pass"))
    instance = load_reward(path).instantiate()
    seconds = {}
    for watcher in (nullcontext(), coverage.LineWatcher(str(path))):
        with watcher:
            begin = time.thread_time()
            instance({"speed": 1.0, "all_wheels_on_track": True})
            seconds[type(watcher)] = time.thread_time() - begin
    plain, watched = seconds.values()
    assert watched < 3.0 * plain + 0.2


def test_states_that_the_time_did_not_suffice_for_are_said(few_drives, tmp_path):
    path = tmp_path / "my.py"
    path.write_text(function("if params['is_reversed']:", "    return 2.0"))
    (finding,) = check(Scenario.of("reinvent_2018", path), seconds=0.0).findings
    assert finding.code == "not-seen"
    assert re.match(r"line 3 did not run in the first [\d,]+ of [\d,]+ states$", finding.message)
    assert finding.advice.startswith("the time was up")


def test_every_state_is_said_of_those_only_in_which_the_call_did_not_fail(checked):
    text = "def reward_function(params):\n    return 1.0 / (params['progress'] > 99)\n"
    found = checked(text)
    finding = next(one for one in found.findings if one.code == "constant")
    assert re.match(
        r"the reward is 1 in all \d+ states in which the call did not fail \(of [\d,]+\)$",
        finding.message,
    )


GOOD_ONES = {
    "speed on the road": function(),
    "a key of its own in the params": function("params['mine'] = 1.0", "a = params['mine']"),
    "a first step told by a fall": function(
        "is_new = params['steps'] <= last[0]", "last[0] = params['steps']",
        "if is_new:", "    last[1] = 0.0", above="last = [1e9, 0.0]\n",
    ),
    "numpy's float": function(
        "return np.float64(params['speed'])", above="import numpy as np\n", last=""
    ),
    "a bare except": function(
        "try:", "    a = 1 / (params['steps'] - 9)", "except:", "    a = 0.0"
    ),
    "sleeping on an import of time": function(above="import time\nimport datetime\n"),
    "objects that are looked for first": function(
        "near = min(params['objects_distance'], default=None)"
    ),
    "every key read": function("values = [params[key] for key in params]"),
    "a helper in another dict": function(
        "a = limits.get('fast', 1.0)", above="limits = {'fast': 2.0}\n"
    ),
    "a prize on top of a wage": function(
        "if params['progress'] == 100:", "    return 500.0", "return 0.01", last=""
    ),
    "one line": "def reward_function(params): return float(params['speed'] ** 2)\n",
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD_ONES)
def test_good_functions_raise_no_alarm(checked, case):
    found = checked(GOOD_ONES[case])
    assert found.findings == ()
    assert found.exit_status == 0


def test_what_users_write_raises_no_error(style_file, few_drives):
    found = check(Scenario.of("reinvent_2018", style_file), seconds=0.0)
    assert [one for one in found.findings if one.severity == "error"] == []
    assert found.lineup is not None


def test_files_of_2019_may_wait_for_step_1_if_the_rules_start_there(few_drives, tmp_path):
    path = tmp_path / "old.py"
    path.write_text(CASES["a wait for step 1"][0])
    rules = RuleSettings(first_steps=1)
    found = check(Scenario.of("reinvent_2018", path, rules=rules), seconds=None)
    assert "waits-for-step-1" not in found.codes


def test_the_worst_findings_come_first(checked):
    text = function("print(1)", "a = params.get('bearing')", "b = 1 / (params['steps'] - 4)")
    severities = [one.severity for one in checked(text).findings]
    assert severities == ["error", "warning", "note"]


def test_without_time_each_driver_makes_one_attempt_and_it_is_said(tmp_path, few_drives):
    path = tmp_path / "my.py"
    path.write_text(function())
    found = check(Scenario.of("reinvent_2018", path), seconds=0.0)
    assert 500 < found.n_states < found.n_planned
    assert found.lineup is not None
    assert len(found.lineup.standings) == 11


def test_a_python_function_is_checked_with_the_lines_of_its_own_file(few_drives):
    def reward(params):
        if params["is_crashed"]:
            return 0.0
        return float(params["speed"])

    found = check(Scenario.of("reinvent_2018", load_reward(reward)), seconds=None)
    assert found.codes == ("never-ran",)
    assert found.findings[0].line == reward.__code__.co_firstlineno + 2


def test_a_check_survives_the_way_through_json(checked):
    import json

    found = checked(CASES["an exception"][0])
    again = RewardCheck.from_dict(json.loads(json.dumps(found.to_dict(), default=float)))
    assert again.findings[1:] == found.findings[1:]
    assert (again.lineup, again.coverage, again.cost) == (found.lineup, found.coverage, found.cost)
    assert again.exit_status == found.exit_status == 2


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
def test_a_discount_factor_out_of_range_is_refused(checked, value):
    with pytest.raises(ConfigError, match="discount_factor: must be between 0 and 1, got"):
        checked(function(), discount_factor=value)


def test_a_scenario_without_a_reward_function_is_refused():
    with pytest.raises(ConfigError, match="expected a scenario with a reward function"):
        check(Scenario.of("reinvent_2018", None))
