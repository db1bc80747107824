"""What a comparison is going to do, and what it refuses before anything is trained."""

import pytest

from racer.config.train_config import TrainConfig
from racer.errors import ConfigError, RewardError, TrackError
from racer.studies.plan import Learner, make_contenders, make_plan, parse_learner, parse_road

MAIN = Learner("vpg", {"learning_rate": 0.02})


def test_every_reward_gets_the_same_settings_and_seeds(files, tiny, tmp_path):
    config = tiny.model_copy(update={"seed": 3})
    plan = make_plan([files["good"], files["other"]], config, seeds=2, also_algo=["ppo"])
    trainings = plan.trainings(tmp_path)
    assert len(trainings) == 8
    assert [(one.reward, one.seed) for one in trainings[:4]] == [
        ("good", 3), ("other", 3), ("good", 4), ("other", 4),
    ]  # fmt: skip
    assert {one.config["steps"] for one in trainings} == {60}
    assert len({one.folder for one in trainings}) == 8
    own = ("reward", "seed", "algo", "hyperparameters")
    shared = [{k: v for k, v in one.config.items() if k not in own} for one in trainings]
    assert all(one == shared[0] for one in shared)
    assert trainings[0].config["record"] is False
    assert trainings[4].config["algo"] == "ppo"
    assert trainings[4].config["hyperparameters"] == {}
    assert all(TrainConfig.of(**one.config) for one in trainings)


def test_all_learners_get_the_steps_of_the_main_one():
    plan = make_plan(["center_line", "speed"], TrainConfig(), seeds=1, also_algo=["a2c"])
    assert plan.steps == 100_000
    assert plan.config.steps == 100_000


def test_conditions_are_every_learner_on_every_road_and_the_main_one_is_first(files, tiny):
    plan = make_plan(
        [files["good"], files["other"]], tiny, seeds=1,
        also_track=["kidney", "oval:reversed"], also_algo=["vpg:learning_rate=0.003"],
    )  # fmt: skip
    assert [one.name for one in plan.conditions] == [
        "vpg episodes_per_update=4, oval",
        "vpg episodes_per_update=4, kidney",
        "vpg episodes_per_update=4, oval (reversed)",
        "vpg episodes_per_update=4 learning_rate=0.003, oval",
        "vpg episodes_per_update=4 learning_rate=0.003, kidney",
        "vpg episodes_per_update=4 learning_rate=0.003, oval (reversed)",
    ]
    assert [one.is_training_track for one in plan.conditions] == [True, False, False] * 2


def test_the_same_algorithm_keeps_what_was_given_and_another_one_its_defaults():
    assert parse_learner("vpg:epochs=4", MAIN).hyperparameters == {
        "learning_rate": 0.02, "epochs": "4",
    }  # fmt: skip
    assert parse_learner("ppo", MAIN).hyperparameters == {}
    assert parse_learner("ppo:net_arch=32,32,lr=0.01", MAIN).settings()["net_arch"] == [32, 32]


def test_a_road_is_a_track_and_a_direction(tmp_path):
    assert parse_road("kidney").name == "kidney"
    assert parse_road("kidney:reversed").name == "kidney (reversed)"
    (tmp_path / "mine.toml").write_bytes(parse_road("oval").tracks[0].source.read_bytes())
    road = parse_road(f"{tmp_path / 'mine.toml'}:reversed")
    assert road.tracks[0].is_reversed


def test_names_come_from_the_user_or_from_the_files(files):
    contenders = make_contenders([f"mine={files['good']}", "center_line"])
    assert [one.name for one in contenders] == ["mine", "center_line"]
    named = make_contenders({"a": files["good"], "b": lambda params: 1.0})
    assert [one.name for one in named] == ["a", "b"]
    assert named[0].digest is not None
    assert named[1].digest is None


def test_a_file_with_an_equals_sign_in_its_name_is_a_file(tmp_path):
    path = tmp_path / "a=b.py"
    path.write_text("def reward_function(params):\n    return 1.0\n")
    with pytest.raises(ConfigError, match="expected letters, digits"):
        make_contenders([path, "center_line"])
    assert make_contenders([f"x={path}", "center_line"])[0].source.path == path


@pytest.mark.parametrize(
    ("rewards", "message"),
    [
        ([], "expected at least two reward functions to compare, got 0"),
        (["center_line"], "at least two reward functions to compare, got 1; racer train --seeds"),
        (["center_line", "center_line"], "two reward functions are called 'center_line'"),
        (["a=center_line", "b=center_line"], "a and b are the same reward function, .*each once"),
        (["a=center_line", "A=speed"], "two reward functions are called 'A'"),
        ({"x/y": "center_line", "b": "speed"}, "expected letters, digits and _ . \\+ -, got 'x/y'"),
        ([lambda p: 1.0, "speed"], "expected letters, digits and .*, got '<lambda>'"),
    ],
)
def test_reward_functions_that_cannot_be_told_apart_are_refused(rewards, message):
    with pytest.raises(ConfigError, match=message):
        make_contenders(rewards)


def test_one_file_under_two_names_is_refused(files):
    again = files["good"].parent / ".." / files["good"].parent.name / "good.py"
    with pytest.raises(ConfigError, match="a and b are the same reward function"):
        make_contenders({"a": files["good"], "b": again})


def test_one_function_under_two_names_is_refused():
    def mine(params):
        return 1.0

    with pytest.raises(ConfigError, match="a and b are the same reward function"):
        make_contenders({"a": mine, "b": mine})


def test_a_missing_file_and_a_syntax_error_are_found_before_anything_is_trained(tmp_path):
    with pytest.raises(RewardError, match="no such file"):
        make_contenders(["nothere.py", "center_line"])
    (tmp_path / "bad.py").write_text("def reward_function(params)\n    return 1.0\n")
    with pytest.raises(RewardError, match=r"bad\.py:1: .*not valid Python"):
        make_contenders([tmp_path / "bad.py", "center_line"])


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"seeds": 0}, ConfigError, "seeds: must be 1 or more, got 0"),
        ({"trials": 0}, ConfigError, "trials: must be 1 or more, got 0"),
        ({"also_track": ["ovel"]}, TrackError, "unknown track 'ovel': did you mean 'oval'"),
        ({"also_track": ["oval:reverse"]}, ConfigError, "expected NAME or NAME:reversed, got"),
        ({"also_track": ["oval"]}, ConfigError, r"also_track: .*'oval' twice \(the main one\)"),
        ({"also_track": ["kidney", "kidney"]}, ConfigError, "also_track: .*'kidney' twice"),
        ({"also_algo": ["ppp"]}, ConfigError, "also_algo: unknown algorithm 'ppp'"),
        ({"also_algo": ["ppo:"]}, ConfigError, "expected ALGORITHM or ALGORITHM:NAME=VALUE"),
        ({"also_algo": ["ppo:lr"]}, ConfigError, "expected ALGORITHM or ALGORITHM:NAME=VALUE"),
        ({"also_algo": ["ppo:lr=fast"]}, ConfigError, "also_algo: lr: expected"),
        ({"also_algo": ["ppo:speed=1"]}, ConfigError, "also_algo: unknown hyperparameter 'speed'"),
        ({"also_algo": ["ppo", "ppo"]}, ConfigError, "also_algo: .*'ppo' twice"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_reason(tiny, arguments, kind, message):
    with pytest.raises(kind, match=message):
        make_plan(["center_line", "speed"], tiny, **{"seeds": 1, **arguments})


@pytest.mark.parametrize(
    ("setting", "kind", "message"),
    [
        ({"track": "nowhere"}, TrackError, "unknown track 'nowhere'"),
        ({"minutes": 1.0}, ConfigError, "minutes: a comparison gives .* the same steps"),
        ({"until_finish": 0.9}, ConfigError, "until_finish: a comparison gives"),
        ({"hyperparameters": {"n_steps": 5}}, ConfigError, "n_steps has no effect with vpg"),
    ],
)
def test_settings_that_suit_no_comparison_are_refused(setting, kind, message):
    with pytest.raises(kind, match=message):
        make_plan(["center_line", "speed"], TrainConfig.of(**setting), seeds=1)
