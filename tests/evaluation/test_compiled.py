"""A reward function runs compiled only if driven cars are paid the same both ways."""

import dataclasses

import numpy as np
import pytest

from racer.env import RuleSettings, Scenario, World
from racer.errors import ConfigError
from racer.evaluation import compile_checked
from racer.evaluation import compiled as compiled_module
from racer.kernels import layout
from racer.reward import CallMonitor, RewardSource, load_reward, reward_names
from racer.reward.compile import compile_reward

N_STATES = 600
INTERPRETED = {"racing_line"}
"""Shipped examples that numpy's arrays keep from being compiled."""


@pytest.fixture
def scenario(tmp_path):
    """Return a function that makes a scenario of a text."""

    def make(text: str, name: str = "my.py", **settings) -> Scenario:
        path = tmp_path / name
        path.write_text(text)
        return Scenario.of("oval", path, **settings)

    return make


def function(body: str) -> str:
    return f"def reward_function(params):\n    {body}\n"


@pytest.mark.parametrize("name", sorted(set(reward_names()) - INTERPRETED))
def test_a_shipped_example_is_compiled(name):
    found = compile_checked(Scenario.of("oval", name), n_states=N_STATES)
    assert found.path == "compiled", found.obstacles
    assert found.reward is not None
    assert found.n_states >= N_STATES


@pytest.mark.parametrize("name", sorted(INTERPRETED))
def test_an_example_that_is_not_compiled_says_why(name):
    found = compile_checked(Scenario.of("oval", name), n_states=N_STATES)
    assert found.path == "interpreted"
    assert found.reward is None
    assert found.n_states == 0
    assert all(obstacle.line for obstacle in found.obstacles)


def test_a_compiled_reward_pays_a_training_what_the_interpreted_one_pays():
    plain = Scenario.of("oval", "smooth_driver")
    compiled = dataclasses.replace(plain, compiled=compile_checked(plain, n_states=50).reward)
    returns = []
    for one in (plain, compiled):
        world = one.world(4)
        world.reward = one.reward_runner(4, seed=0)
        for step in range(80):
            world.step(*one.actions.commands(np.full(4, step % 10)))
            world.start(np.flatnonzero(world.terminated | world.truncated))
        returns.append(world.returns.tolist())
    assert returns[0] == returns[1]


class Log:
    """Stands in for what pays both ways, and notes what is driven."""

    def __init__(self) -> None:
        self.n_calls = 0
        self.rows = []

    def __call__(self, measured, cars, rewards):
        self.n_calls += len(cars)
        self.rows.append(measured[cars].copy())


@pytest.mark.parametrize("rules", [RuleSettings(), RuleSettings(max_resets=3)])
def test_the_drive_completes_laps_leaves_the_road_and_begins_anew(rules):
    log = Log()
    scenario = Scenario.of("oval", None, rules=rules)
    for _ in compiled_module._drive(scenario, scenario.world(compiled_module.N_CARS), log, 5000):
        pass
    rows = np.concatenate(log.rows)
    assert 5000 <= len(rows) <= 20_000
    assert (rows[:, layout.STATUS] == layout.LAP_COMPLETE).any()
    assert (rows[:, layout.STATUS] == layout.OFF_TRACK).any()
    assert (rows[:, layout.M_STEPS] == 2.0).sum() > 2 * compiled_module.N_CARS
    assert len(np.unique(rows[:, layout.CLOSEST_BEFORE])) > 50


def test_a_difference_is_an_obstacle_that_tells_the_params(scenario, monkeypatch):
    mine = scenario(function("return params['x'] * 2"))
    other = scenario(function("return params['x'] * 2 if params['steps'] < 30 else 0.5"), "no.py")
    monkeypatch.setattr(compiled_module, "compile_reward", lambda _: compile_reward(other.reward))
    found = compile_checked(mine, n_states=N_STATES)
    assert found.path == "interpreted"
    (obstacle,) = found.obstacles
    assert obstacle.construct.startswith("differs from the interpreted function: 0.5 instead of ")
    assert '"steps": 30.0' in obstacle.construct
    assert 0 < found.n_states < N_STATES


def test_other_state_in_a_later_episode_is_a_difference(scenario, monkeypatch):
    text = "kept = {{'n': 0}}\n" + function(
        "kept['n'] = {first} if params['steps'] == 2 else kept['n'] + 1\n    return kept['n'] / 10"
    )
    mine, other = scenario(text.format(first="kept['n']")), scenario(text.format(first=0), "no.py")
    monkeypatch.setattr(compiled_module, "compile_reward", lambda _: compile_reward(other.reward))
    (obstacle,) = compile_checked(mine, n_states=N_STATES).obstacles
    assert "differs" in obstacle.construct


def test_a_failure_that_only_one_way_has_is_a_difference(scenario, monkeypatch):
    mine = scenario(function("return 1 / (params['steps'] - 20)"))
    other = scenario(
        function("return 1 / (params['steps'] - 20) if params['x'] > 9 else 0"), "n.py"
    )
    monkeypatch.setattr(compiled_module, "compile_reward", lambda _: compile_reward(other.reward))
    (obstacle,) = compile_checked(mine, n_states=N_STATES).obstacles
    assert "differs" in obstacle.construct


def test_rare_failures_that_both_ways_have_are_no_obstacle(scenario):
    found = compile_checked(scenario(function("return 1 / (params['steps'] - 150)")), n_states=2000)
    assert found.path == "compiled", found.obstacles


def test_a_function_that_python_must_decide_too_often_stays_interpreted(scenario):
    found = compile_checked(scenario(function("return 2 ** 80 % 7 + 2.0 ** 10")), n_states=N_STATES)
    assert found.path == "interpreted"
    assert found.obstacles[0].construct == (
        f"Python has to decide in {found.n_states} of {found.n_states} calls, so nothing is won"
    )


def test_a_function_that_always_fails_is_not_driven_to_the_end(scenario):
    found = compile_checked(scenario(function("return 1 / 0")), n_states=N_STATES)
    assert found.path == "interpreted"
    assert found.n_states < 300


def test_the_verdict_is_kept_for_the_next_time(scenario, monkeypatch):
    mine = scenario(function("return params['speed'] + 0.125"))
    first = compile_checked(mine, n_states=N_STATES)

    def fail(*_):
        raise AssertionError("driven again")

    monkeypatch.setattr(compiled_module, "_compare", fail)
    again = compile_checked(mine, n_states=N_STATES)
    assert (
        (again.path, again.n_states) == (first.path, first.n_states) == ("compiled", again.n_states)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": RuleSettings(max_seconds=9.0)},
        {"vehicle": "kinematic"},
        {"tracks": Scenario.of("oval", None, reverse=True).tracks},
        {"tracks": Scenario.of("reinvent_2018", None).tracks},
        {"actions": Scenario.of("oval", None).actions.from_grid(max_speed=3.0)},
        {"reward": "other"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_verdict_is_that_of_one_track_car_and_function(scenario, changes):
    mine = scenario(function("return params['speed'] + 0.25"))
    if "reward" in changes:
        changes = {"reward": scenario(function("return params['speed'] + 0.5"), "o.py").reward}
    other = dataclasses.replace(mine, **changes)
    paths = []
    for one in (mine, other):
        reward = compile_reward(one.reward)
        paths.append(compiled_module._Verdict(one, reward, N_STATES)._path)
    assert paths[0] != paths[1]


def test_a_damaged_verdict_is_made_anew(scenario):
    mine = scenario(function("return params['speed'] + 0.75"))
    compile_checked(mine, n_states=50)
    verdict = compiled_module._Verdict(mine, compile_reward(mine.reward), 50)
    verdict._path.write_text("{}")
    assert compile_checked(mine, n_states=50).path == "compiled"
    assert verdict.read() is not None


def test_interpreted_calls_are_announced(scenario, tmp_path):
    with CallMonitor.create(1, tmp_path) as monitor:
        seen = []
        begin = monitor.begin
        monitor.begin = lambda *batch: seen.append(len(batch[0])) or begin(*batch)
        mine = scenario(function("return params['speed'] + 0.875"), monitor=monitor)
        assert compile_checked(mine, n_states=50).path == "compiled"
        assert set(seen) == {1}
        assert monitor.poll() is None


def test_a_camera_is_not_rendered_while_comparing(scenario, monkeypatch):
    made = []
    original = World.__init__

    def note(self, *arguments, **settings):
        made.append(settings["sensor"])
        original(self, *arguments, **settings)

    monkeypatch.setattr(World, "__init__", note)
    mine = scenario(function("return params['speed'] + 1.5"))
    compile_checked(dataclasses.replace(mine, sensor="camera"), n_states=50)
    assert made == ["state"]


def test_nothing_is_printed(scenario, capsys):
    text = "print('hello')\n" + function("return params['x']") + "print('there')\n"
    assert compile_checked(scenario(text), n_states=50).path == "compiled"
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_file_that_cannot_be_executed_is_an_obstacle(scenario):
    found = compile_checked(scenario("import nothing_of_that_name\n" + function("return 1.0")))
    assert found.path == "interpreted"
    assert "import of 'nothing_of_that_name' failed" in str(found.obstacles[0])


def test_a_python_function_stays_interpreted():
    found = compile_checked(Scenario.of("oval", load_reward(lambda params: 1.0)))
    assert isinstance(found.source, RewardSource)
    assert [str(one) for one in found.obstacles] == ["a Python function without a file of its own"]


def test_a_scenario_without_a_reward_function_is_an_error():
    with pytest.raises(ConfigError, match="expected a scenario with a reward function, got none"):
        compile_checked(Scenario.of("oval", None))
