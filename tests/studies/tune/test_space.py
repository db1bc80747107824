"""Which settings are searched."""

import pytest

from racer.algorithms.known import FROM_REWARDS
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError, RacerError
from racer.studies.tune.space import (
    default_params,
    make_grid,
    make_space,
    parse_dimension,
    with_params,
)
from racer.studies.tune.tune_plan import make_tune_plan


def config(algo="vpg", **settings):
    return TrainConfig.of(algo=algo, **settings)


@pytest.mark.parametrize("algo", FROM_REWARDS)
def test_each_algorithm_has_a_space_whose_values_can_all_be_trained(algo):
    for one in FROM_REWARDS[algo].search:
        for value in one.choices or (one.low, one.high):
            made = with_params(config(algo), {one.name: value})
            assert made.hyperparameters[one.name] == value


@pytest.mark.parametrize("algo", FROM_REWARDS)
def test_the_defaults_are_within_every_space(algo):
    also = ["actions", "network"] if FROM_REWARDS[algo].takes_lists else ["network"]
    dimensions = make_space(config(algo), also=also)
    defaults = default_params(config(algo), [one.name for one in dimensions])
    for one in dimensions:
        value = defaults[one.name]
        assert value in one.choices if one.choices else one.low <= value <= one.high


def test_an_algorithm_that_takes_ranges_searches_no_list_of_actions():
    with pytest.raises(ConfigError, match="sac takes ranges of actions: max_speed cannot be"):
        make_space(config("sac"), also=["actions"])


def test_the_values_without_a_search_are_the_default_actions():
    base = config()
    made = with_params(base, {"max_speed": 2.0})
    assert made.make_actions().to_dict() == base.make_actions().to_dict()


def test_what_the_user_has_set_is_not_searched():
    names = [one.name for one in make_space(config(hyperparameters={"lr": 0.02}))]
    assert "learning_rate" not in names
    assert "entropy" in names


def test_a_range_of_the_user_is_widened_to_the_value_without_a_search():
    (one, *_) = make_space(config(), ["learning_rate=0.02:0.05"])
    assert (one.low, one.high) == (0.01, 0.05)


def test_a_range_over_a_power_of_ten_is_searched_by_powers_of_ten():
    assert parse_dimension("learning_rate=1e-4:1e-2", "vpg").is_log
    assert not parse_dimension("discount_factor=0.9:0.99", "vpg").is_log


def test_names_of_deepracer_and_stable_baselines3_are_understood():
    assert parse_dimension("gamma=0.9,0.99", "ppo").name == "discount_factor"
    assert parse_dimension("net_arch=32,32;64", "ppo").choices == ("32,32", "64")


def test_a_grid_has_all_combinations_and_the_defaults_first():
    plan = make_tune_plan("center_line", config(), sweep=["lr=0.001,0.01", "entropy=0.0,0.01"])
    assert plan.n_trials == 4
    assert plan.grid[0] == {"learning_rate": 0.01, "entropy": 0.0}
    beside = make_tune_plan("center_line", config(), sweep=["lr=0.001,0.1"])
    assert [point["learning_rate"] for point in beside.grid] == [0.01, 0.001, 0.1]


def test_the_seeds_of_the_confirmation_are_none_of_the_search():
    plan = make_tune_plan("center_line", config(seed=5))
    assert not set(plan.seeds) & set(plan.confirm_seeds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lerning_rate=1:2", "learning_rate"),
        ("learning_rate", "expected learning_rate=LOW:HIGH"),
        ("learning_rate=", "expected learning_rate=LOW:HIGH"),
        ("learning_rate=a:b", "expected a number, got 'a'"),
        ("learning_rate=0.1:0.01", "expected LOW below HIGH"),
        ("learning_rate=-1:1", "above 0"),
        ("learning_rate=0.1,0.1", "each value once"),
        ("epochs=1:5", "takes single values"),
        ("clip_range=0.1,0.2", "hyperparameter of vpg"),
        ("max_speed=-1,2", "max_speed"),
        ("steering_granularity=4,5", "steering_granularity"),
    ],
)
def test_each_bad_range_is_one_line(text, message):
    with pytest.raises(RacerError, match=message) as caught:
        make_space(config(), [text])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "given", "message"),
    [
        ({}, {"trials": 0}, "trials: must be 1 or more, got 0"),
        ({}, {"seeds": 0}, "seeds: must be 1 or more"),
        ({}, {"seeds": 2000}, "seeds: must be at most 1000"),
        ({}, {"laps": 0}, "laps: must be"),
        ({}, {"confirm": -1}, "confirm: must be 0 or more, got -1"),
        ({}, {"confirm_seeds": 0}, "confirm_seeds: must be"),
        ({}, {"also": ["colour"]}, "actions, network"),
        ({}, {"sweep": ["lr=0.1:0.2"]}, "expected NAME=VALUE,VALUE"),
        ({}, {"sweep": ["lr=0.1,0.2", "learning_rate=0.1"]}, "each name once"),
        ({}, {"sweep": ["lr=0.1"], "search": ["epochs=1,2"]}, "leave out search"),
        ({"minutes": 1.0}, {}, "set steps"),
        ({"until_finish": 0.9}, {}, "set steps"),
        ({"hyperparameters": {"lr": 0.1}}, {"search": ["lr=0.1,0.2"]}, "has a fixed value"),
    ],
)
def test_each_bad_plan_is_one_line(settings, given, message):
    with pytest.raises(ConfigError, match=message):
        make_tune_plan("center_line", config(**settings), **given)


def test_actions_are_given_or_searched_but_not_both():
    given = config(actions=config().make_actions().to_dict())
    with pytest.raises(ConfigError, match="action space is given and searched"):
        make_space(given, also=["actions"])


def test_a_python_function_is_refused():
    with pytest.raises(ConfigError, match="expected a file"):
        make_tune_plan(lambda params: 1.0, config())


def test_a_grid_takes_no_ranges():
    with pytest.raises(ConfigError, match="expected NAME=VALUE"):
        make_grid(config(), ["learning_rate=0.1:0.2"])
