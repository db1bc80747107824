"""From what a user says to checked settings: who wins, and a line for whatever cannot be used."""

import json

import pytest

from racer.config.parse import make_config
from racer.config.train_config import TrainConfig
from racer.errors import RacerError
from racer.vehicle import ContinuousActions, DiscreteActions


def test_nothing_said_is_the_defaults():
    config = make_config()
    assert config == TrainConfig.of()
    assert (config.reward, config.track, config.algo) == ("center_line", ("reinvent_2018",), "vpg")
    assert config.hyperparameters == {}


def test_what_is_said_wins_over_the_file_and_the_file_over_the_run_it_starts_from(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('track = "oval"\nsteps = 5000\n[hyperparameters]\nepochs = 3\n')
    base = {"track": "kidney", "seed": 9, "hyperparameters": {"epochs": 2, "entropy": 0.1}}
    config = make_config(base, config_file=path, steps=7000, learning_rate="1e-3")
    assert (config.track, config.steps, config.seed) == (("oval",), 7000, 9)
    assert config.hyperparameters == {"epochs": 3, "entropy": 0.1, "learning_rate": 0.001}


def test_hyperparameters_get_their_first_name_and_the_strongest_value(tmp_path):
    path = tmp_path / "hyperparameters.json"
    path.write_text(json.dumps({"lr": 0.0003, "num_epochs": 10, "stack_size": 1, "batch_size": 64}))
    notes = []
    config = make_config(
        algo="ppo",
        hyperparameter_file=path,
        hyperparameters={"learning_rate": "0.002", "gamma": "0.9"},
        on_note=notes.append,
    )
    expected = {"learning_rate": 0.002, "epochs": 10, "batch_size": 64, "discount_factor": 0.9}
    assert config.hyperparameters == expected
    assert len(notes) == 1
    assert notes[0].startswith("stack_size has no effect")


def test_without_anyone_to_tell_a_remark_is_a_warning():
    with pytest.warns(UserWarning, match="stack_size has no effect"):
        make_config(algo="ppo", stack_size=1)


@pytest.mark.parametrize(
    ("given", "actions"),
    [
        ("continuous", ContinuousActions()),
        ({"max_speed": 3.0, "speed_granularity": 1, "max_steering": 20.0},
         DiscreteActions.from_grid(20.0, 5, 3.0, 1)),
        ({"continuous": True, "max_speed": 3.0, "max_steering": 20.0},
         ContinuousActions.from_degrees((-20.0, 20.0), (0.5, 3.0))),
        ([(-30, 1.0), (30, 2.0)], DiscreteActions.from_list([(-30.0, 1.0), (30.0, 2.0)])),
    ],
)  # fmt: skip
def test_actions_are_kept_as_plain_data_whatever_describes_them(given, actions):
    config = make_config(actions=given)
    assert config.actions == actions.to_dict()
    assert config.make_actions() == actions
    assert TrainConfig.of(**config.model_dump()) == config


def test_actions_may_stand_in_a_file_of_settings(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text("[actions]\ncontinuous = true\nmin_speed = 1.0\n")
    assert make_config(config_file=path).make_actions() == ContinuousActions(speed_low=1.0)


def test_a_lidar_has_its_own_settings_in_degrees():
    config = make_config(
        observe="lidar", lidar_form="sectors", lidar_beams=32, lidar_sectors=4, lidar_clip=1.0,
        lidar_angle=180.0, lidar_yaw=0.0,
    )  # fmt: skip
    sensor = config.make_sensor().to_dict()
    assert sensor == {
        "sensor": "lidar", "form": "sectors", "n_beams": 32, "n_sectors": 4, "n_values": 8,
        "clip": 1.0, "half_angle": pytest.approx(1.5707963267948966), "yaw": 0.0,
    }  # fmt: skip


def test_a_reward_function_that_only_the_file_of_settings_names_is_told(tmp_path):
    path, notes = tmp_path / "theirs.toml", []
    path.write_text("reward = 'theirs.py'\n")
    assert make_config(config_file=path, on_note=notes.append).reward == "theirs.py"
    assert notes == [f"{path}: names the reward function: theirs.py is executed"]
    make_config(config_file=path, on_note=notes.append, reward="speed")
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"algo": "sarsa"}, "unknown algorithm 'sarsa': known: a2c, ppo, sac, vpg"),
        ({"steps": 0}, "steps: input should be greater than or equal to 1, got 0"),
        ({"until_finish": 2.0}, "until_finish: input should be less than or equal"),
        ({"seed": -1}, "seed: input should be greater than or equal to 0, got -1"),
        ({"learing_rate": "1"}, "did you mean 'learning_rate'?"),
        ({"hyperparameters": {"learing_rate": "1"}}, "did you mean 'learning_rate'?"),
        ({"hyperparameters": 3}, "hyperparameters: expected names with values, got 3"),
        ({"lr": "fast"}, "lr: expected a number above 0"),
        ({"lr": "0.1", "learning_rate": "0.2"}, "are the same setting"),
        ({"algo": "ppo", "episodes_per_update": "5"}, "set n_steps"),
        ({"config_file": "nosuch.toml"}, "nosuch.toml: no such file"),
        ({"config_file": "unknown.toml"}, "unknown.toml: unknown setting 'learning'"),
        ({"config_file": "mine.py"}, "mine.py: expected a .toml file of settings, got a Python"),
        ({"config_file": "negative.toml"}, "negative.toml: steps: input should be"),
        ({"hyperparameter_file": "nosuch.json"}, "nosuch.json: cannot be read"),
        ({"hyperparameter_file": "broken.json"}, "broken.json: line 1"),
        ({"actions": {"max_speed": -1.0}}, "max_speed must be positive, got -1"),
        ({"actions": {"action_space": "nosuch.json"}}, "nosuch.json: cannot be read"),
        ({"actions": {"action_space": "a.json", "max_speed": 1.0}}, "leave out max_speed"),
        ({"actions": "nosuch.json"}, "nosuch.json: cannot be read"),
        ({"randomize": "lots"}, "randomize: expected a strength such as 1.0"),
        ({"randomize": "9"}, "expected a strength from 0 to 3"),
        ({"lidar_beams": 8}, "lidar_beams: has no effect without the lidar: set observe"),
        ({"rgb": True}, "rgb: has no effect without the camera: set observe, which is state"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, monkeypatch, settings, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unknown.toml").write_text("learning = 3\n")
    (tmp_path / "negative.toml").write_text("steps = -3\n")
    (tmp_path / "broken.json").write_text("{'a': 1}\n")
    with pytest.raises(RacerError, match=message.replace("?", r"\?")) as error:
        make_config(**settings, on_note=[].append)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lidar_form": "rings"}, "lidar: unknown form 'rings'"),
        ({"lidar_beams": 1}, "lidar: n_beams: expected 2 to 1024, got 1"),
        ({"lidar_clip": 99.0}, "lidar: clip: expected 0.15 to 12 m, got 99"),
    ],
)
def test_a_lidar_that_cannot_be_made_is_one_line(settings, message):
    with pytest.raises(RacerError, match=message):
        make_config(observe="lidar", **settings).make_sensor()
