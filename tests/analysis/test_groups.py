import numpy as np
import pytest

from racer.algorithms.known import FROM_REWARDS
from racer.analysis.groups import group_runs, group_title


def test_seeds_of_one_idea_are_one_group(new_run):
    runs = [new_run(f"r{i}", i) for i in range(3)]
    assert group_runs(runs) == {"vpg, center_line, bean": runs}


def test_a_single_run_is_a_group(new_run):
    run = new_run()
    assert group_runs(run) == {"vpg, center_line, bean": [run]}


def test_groups_are_named_by_what_differs(new_run):
    vpg, ppo = new_run("a"), new_run("b", 1, algorithm="ppo")
    assert group_runs([vpg, ppo]) == {"vpg": [vpg], "ppo": [ppo]}


def test_a_reward_is_named_without_its_folder_and_suffix(new_run):
    runs = [new_run("a", reward="/home/me/speed.py"), new_run("b", reward="center_line.py")]
    assert list(group_runs(runs)) == ["speed", "center_line"]


def test_hyperparameters_tell_groups_apart(new_run):
    runs = [new_run(str(v), hyperparameters={"learning_rate": v, "gamma": 0.9}) for v in (0.1, 1)]
    assert list(group_runs(runs)) == ["learning_rate 0.1", "learning_rate 1"]


def test_hyperparameters_are_not_named_where_the_algorithm_tells_enough(new_run):
    own = {name: FROM_REWARDS[name].settings().to_dict() for name in ("vpg", "ppo")}
    a = new_run("a", algorithm="vpg", hyperparameters=own["vpg"])
    b = new_run("b", algorithm="ppo", hyperparameters=own["ppo"])
    assert list(group_runs([a, b])) == ["vpg", "ppo"]
    c = new_run("c", algorithm="ppo", hyperparameters={**own["ppo"], "learning_rate": 0.1})
    assert list(group_runs([a, c])) == ["vpg", "ppo, learning_rate 0.1"]


def test_a_label_says_all_settings_that_differ_and_none_that_does_not(new_run):
    rates = {"learning_rate": 0.1, "entropy": 0.0, "epochs": 2, "discount_factor": 0.9}
    other = {"learning_rate": 0.2, "entropy": 0.1, "epochs": 3, "discount_factor": 0.9}
    steering = np.radians([-30.0, 0.0, 30.0]).tolist()
    a = new_run(
        "a", hyperparameters=rates, config={"reverse": False, "steps": 1, "max_seconds": None},
        actions={"type": "discrete", "steering": steering, "speed": [1.0, 1.0, 1.0]},
    )  # fmt: skip
    b = new_run(
        "b", hyperparameters=other, config={"reverse": True, "steps": 2, "max_seconds": 9.0},
        actions={"type": "discrete", "steering": steering, "speed": [1.0, 4 / 3, 1.0]},
    )  # fmt: skip
    assert list(group_runs([a, b])) == [
        "learning_rate 0.1, entropy 0.0, epochs 2, actions 3 up to 30° and 1\xa0m/s, reverse False",
        "learning_rate 0.2, entropy 0.1, epochs 3, actions 3 up to 30° and 1.33\xa0m/s, "
        "reverse True, max_seconds 9.0",
    ]


def test_a_different_reward_is_always_named(new_run):
    a = new_run("a", algorithm="vpg")
    b = new_run("b", algorithm="ppo", reward="speed.py")
    assert list(group_runs([a, b])) == ["vpg, center_line", "ppo, speed"]


@pytest.mark.parametrize("place", [0, 29])
def test_long_differences_get_short_and_different_labels(new_run, place):
    lists = np.ones((2, 30, 2))
    lists[1, place] = 2
    actions = [{"list": one.tolist()} for one in lists]
    labels = list(group_runs([new_run(str(i), actions=actions[i]) for i in range(2)]))
    assert len(set(labels)) == 2
    assert all(len(label) <= 50 for label in labels)


def test_a_missing_fact_is_a_difference_too(new_run):
    a, b = new_run("a"), new_run("b", vehicle="ideal")
    assert list(group_runs([a, b])) == ["defaults", "vehicle ideal"]


def test_given_groups_are_kept(new_run):
    run = new_run()
    assert group_runs({"mine": [run]}) == {"mine": [run]}


def test_what_runs_have_in_common_is_said(new_run):
    a, b = new_run("a"), new_run("b", algorithm="ppo")
    assert group_title([a, b]) == "center_line, bean"


def test_runs_that_say_nothing_of_themselves_go_by_their_name(new_run):
    run = new_run("mine")
    run.info.clear()
    assert group_title([run]) == "mine"
    assert list(group_runs([run])) == ["mine"]


def test_runs_of_an_edited_reward_function_are_not_seeds_of_one(new_run):
    before, after = new_run("first", reward_digest="aaa"), new_run("second", reward_digest="bbb")
    assert group_runs([before, after]) == {"first": [before], "second": [after]}
