import re
import shlex

import pytest

from racer.api.command import changed_settings, train_command
from racer.cli.main import run
from racer.config.train_config import TrainConfig
from racer.vehicle import ContinuousActions, DiscreteActions, words_of


def test_settings_at_their_defaults_are_not_said():
    assert changed_settings(TrainConfig.of()) == {}
    assert train_command(TrainConfig.of(), "new", {}) == "racer train center_line --name new"


def test_what_differs_is_said_with_hyperparameters_by_name():
    config = TrainConfig.of(
        algo="ppo", seed=3, track="oval", hyperparameters={"learning_rate": 0.02, "epochs": 4}
    )
    assert changed_settings(config) == {
        "track": "oval", "algo": "ppo", "seed": 3, "learning_rate": 0.02,
    }  # fmt: skip


def test_several_tracks_are_an_option_each():
    config = TrainConfig.of(track=["oval", "generated:1-2"])
    assert changed_settings(config) == {"track": ["oval", "generated:1", "generated:2"]}
    assert train_command(config, "new", {}) == (
        "racer train center_line --track oval --track generated:1 --track generated:2 --name new"
    )


def test_a_change_wins_over_the_setting_of_the_run():
    config = TrainConfig.of(reward="my reward.py", hyperparameters={"learning_rate": 0.02})
    command = train_command(config, "new", {"learning_rate": 0.01, "normalize_advantage": True})
    assert command == (
        "racer train 'my reward.py' --learning-rate 0.01 --normalize-advantage yes --name new"
    )


def test_a_change_of_the_reward_replaces_it():
    command = train_command(TrainConfig.of(reward="speed"), "new", {"reward": "racing_line"})
    assert command == "racer train racing_line --name new"


def test_a_grid_of_actions_is_written_as_its_four_numbers():
    space = DiscreteActions.from_grid(20.0, 7, 3.0, 3)
    assert words_of(space.to_dict()) == {
        "max_speed": 3.0, "speed_granularity": 3, "max_steering": 20.0,
        "steering_granularity": 7,
    }  # fmt: skip
    config = TrainConfig.of(actions=space.to_dict())
    command = train_command(config, "new", {"max_steering": 30})
    assert "--max-steering 30 --steering-granularity 7" in command


def test_ranges_to_both_sides_are_written_in_words():
    space = ContinuousActions.from_degrees((-20.0, 20.0), (0.5, 3.0))
    command = train_command(TrainConfig.of(actions=space.to_dict()), "new", {})
    assert "--continuous --max-speed 3 --min-speed 0.5 --max-steering 20" in command


@pytest.mark.parametrize(
    "space",
    [
        ContinuousActions.from_degrees((-20.0, 30.0), (0.5, 2.0)),
        DiscreteActions.from_list([(0.0, 1.0), (10.0, 2.0)]),
    ],
)
def test_another_action_space_needs_a_file_so_there_is_no_command(space):
    config = TrainConfig.of(actions=space.to_dict())
    assert words_of(space.to_dict()) is None
    assert train_command(config, "new", {"entropy": 0.01}) == ""


def test_every_option_that_is_written_is_one_of_racer_train(capsys):
    config = TrainConfig.of(
        algo="ppo", track="oval", track_scale=2.0, reverse=True, seed=1, n_envs=8, steps=100,
        minutes=1.0, until_finish=0.5, vehicle="ideal", max_seconds=9.0, first_steps=1,
        drop_duplicates=True, eval_every=50, eval_trials=3,
        hyperparameters={"net_arch": [32, 32], "target_kl": 0.1, "learning_rate": 1e-4},
    )  # fmt: skip
    command = train_command(config, "new", {})
    assert run(["train", "--help"]) == 0
    offered = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    written = {word for word in shlex.split(command) if word.startswith("--")}
    assert written <= offered
    assert "--net-arch 32,32" in command
    assert "--learning-rate 0.0001" in command


def test_a_student_is_taught_again_by_its_teacher():
    values = {"algo": "dagger", "teacher": "runs/old/best.zip", "observe": "camera"}
    config = TrainConfig.of(**values, seed=3)
    assert changed_settings(config) == {**values, "seed": 3}
    assert train_command(config, "new", {"seed": 4}) == (
        "racer distill runs/old/best.zip --observe camera --seed 4 --name new"
    )
    assert train_command(config, "new", {"reward": "speed"}) == ""
