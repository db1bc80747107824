"""What every algorithm promises, whichever it is."""

import subprocess
import sys

import numpy as np
import pytest
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger

from racer.algorithms.known import ALGORITHMS, FROM_REWARDS, algorithm, choices, default_name
from racer.algorithms.registry import make_algorithm
from racer.errors import ConfigError
from racer.runs.run_folder import UPDATE_COLUMNS

SHORT = {"episodes_per_update": 4, "n_steps": 8, "batch_size": 16, "learning_starts": 0,
         "gradient_steps": 2}  # fmt: skip


def short(one):
    """Return settings of an algorithm with which an update takes a few steps."""
    return one.settings(**{name: value for name, value in SHORT.items() if one.takes(name)})


def made(one, env):
    """Return an algorithm of a few steps; one that imitates, imitates a car that stands still."""
    model = make_algorithm(one.name, env, short(one), seed=0)
    if one.has_teacher:
        model.teacher = lambda: np.zeros((env.num_envs, 1), np.float32)
    return model


@pytest.fixture(params=list(ALGORITHMS))
def one(request):
    return ALGORITHMS[request.param]


def test_it_is_found_by_its_name_and_has_a_longer_one(one):
    assert algorithm(one.name) is one
    assert len(one.title) > len(one.name)


def test_its_learner_is_made_of_its_settings(one):
    kind, arguments = one.learner(one.settings().to_dict())
    assert issubclass(kind, BaseAlgorithm)
    assert "net_arch" not in arguments
    assert "" not in arguments


def test_it_learns_from_ranges_of_actions(one, target):
    model = made(one, target(4, box=True))
    before = {name: one.clone() for name, one in model.policy.state_dict().items()}
    model.learn(200, log_interval=None)
    after = model.policy.state_dict()
    assert any(not np.array_equal(before[name], after[name]) for name in before)
    assert (model.racer_algorithm, model.racer_settings) == (one.name, short(one).to_dict())


def test_what_it_says_it_logs_it_logs_and_the_tables_have_a_column_for_it(one, target):
    model = made(one, target(4, box=True))
    model.set_logger(Logger(None, []))
    model.learn(200, log_interval=None)
    measured = one.measured(model.logger.name_to_value)
    assert set(measured) <= set(UPDATE_COLUMNS)
    assert {"entropy", "policy_loss", "learning_rate"} <= set(measured)
    assert all(np.isfinite(value) for value in measured.values())


def test_before_its_first_update_nothing_is_measured(one):
    assert set(one.measured({}).values()) == {None}


def test_what_is_searched_is_its_own_and_the_default_is_among_it(one):
    defaults = one.settings()
    for dimension in one.search:
        value = getattr(defaults, dimension.name)
        assert one.takes(dimension.name)
        assert dimension.including(value) == dimension


def test_its_budget_is_longest_where_pictures_differ(one):
    budgets = [
        one.budget.steps(sees_pictures=pictures, is_random=random)
        for pictures, random in ((True, False), (True, True))
    ]
    assert 0 < budgets[0] <= budgets[1]
    state = one.budget.steps(sees_pictures=False, is_random=True)
    assert state == one.budget.steps(sees_pictures=False, is_random=False) > 0


def test_a_minus_in_front_of_a_logged_name_changes_the_sign():
    assert ALGORITHMS["ppo"].measured({"train/entropy_loss": -1.5})["entropy"] == 1.5
    assert ALGORITHMS["vpg"].measured({"train/entropy": 1.5})["entropy"] == 1.5


def test_one_is_the_default_and_one_the_default_for_pictures():
    assert sum(one.is_default for one in ALGORITHMS.values()) == 1
    assert sum(one.is_default_for_camera for one in ALGORITHMS.values()) == 1
    assert default_name(sees_pictures=False) == "vpg"
    assert default_name(sees_pictures=True) == "ppo"


def test_help_names_those_that_learn_from_rewards():
    assert choices() == "vpg, ppo, a2c or sac"
    assert "dagger" not in FROM_REWARDS


def test_one_that_takes_no_lists_says_so_in_a_line(target):
    with pytest.raises(ConfigError, match="sac: expected continuous actions, got a list"):
        make_algorithm("sac", target(4), seed=0)


def test_knowing_them_imports_neither_torch_nor_stable_baselines3():
    code = (
        "import sys, racer.algorithms.known; "
        "print([m for m in ('torch', 'stable_baselines3', 'numpy') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (output.stdout.strip(), output.stderr) == ("[]", "")
