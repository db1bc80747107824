"""Settings: each bad one has its line."""

from pathlib import Path

import pytest

from racer.config.parse import make_config, read_config
from racer.config.train_config import STEPS_CAP, TrainConfig
from racer.errors import ConfigError, RacerError
from racer.vehicle import DiscreteActions


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rewards": "x"}, "unknown setting 'rewards': did you mean 'reward'"),
        ({"algo": "pp"}, "unknown algorithm 'pp': did you mean 'ppo'"),
        ({"seed": -1}, "seed: input should be greater than or equal to 0, got -1"),
        ({"n_envs": 0}, "n_envs: .* got 0"),
        ({"until_finish": 1.5}, "until_finish: .* got 1.5"),
        ({"minutes": 0}, "minutes: .* got 0"),
        ({"steps": "many"}, "steps: .* got 'many'"),
    ],
)
def test_bad_settings_are_refused_in_one_line(values, message):
    with pytest.raises(ConfigError, match=message) as caught:
        TrainConfig.of(**values)
    assert "\n" not in str(caught.value)


def test_the_budget_is_what_was_asked_for():
    assert TrainConfig.of().step_budget == 100_000
    assert TrainConfig.of(steps=77).step_budget == 77
    assert TrainConfig.of(until_finish=0.95).step_budget == STEPS_CAP
    assert TrainConfig.of(minutes=1, steps=5000).step_budget == 5000
    assert TrainConfig.of(minutes=1).step_budget > 1e15


def test_settings_come_from_toml(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('algo = "ppo"\n[hyperparameters]\nlearning_rate = 0.001\n')
    assert read_config(path) == {"algo": "ppo", "hyperparameters": {"learning_rate": 0.001}}


def test_a_setting_of_older_versions_is_read_and_has_no_effect(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('algo = "ppo"\ncompile_reward = true\n')
    values = read_config(path)
    for make in (TrainConfig, TrainConfig.of, make_config):
        with pytest.warns(Warning, match="no longer compiled: compile_reward has no effect"):
            config = make(**values)
        assert config == TrainConfig.of(algo="ppo")
    assert TrainConfig.of_run(values) == config
    assert "compile_reward" not in config.model_dump()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("algo = ppo", r"my\.toml: .*line 1"),
        ('algorithm = "ppo"', r"my\.toml: unknown setting 'algorithm': did you mean 'algo'"),
    ],
)
def test_broken_toml_names_the_file_and_the_fault(tmp_path, text, message):
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_config(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: no such file"):
        read_config(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"track": "nowhere"}, "nowhere"),
        ({"reward": "nothing"}, "nothing"),
        ({"vehicle": "tractor"}, "unknown vehicle 'tractor'"),
        ({"observe": "smell"}, "unknown sensor 'smell'"),
    ],
)
def test_names_that_mean_nothing_are_refused_before_training(values, message):
    with pytest.raises(RacerError, match=message):
        TrainConfig.of(**values).scenario().world(1)


def test_hyperparameters_and_actions_may_stand_among_the_settings():
    actions = DiscreteActions.from_grid(max_speed=2.0)
    config = make_config(learning_rate=0.5, actions=actions, track=Path("oval"), steps=5)
    assert config == TrainConfig.of(
        hyperparameters={"learning_rate": 0.5}, actions=actions.to_dict(), track="oval", steps=5
    )


def test_a_camera_is_learned_from_with_ppo_unless_another_algorithm_is_named():
    assert TrainConfig.of(observe="camera").algo == "ppo"
    assert TrainConfig.of(observe="camera+state").algo == "ppo"
    assert TrainConfig.of(observe="state").algo == TrainConfig.of().algo == "vpg"
    assert TrainConfig.of(observe="camera", algo="a2c").algo == "a2c"


def test_the_sensor_is_made_of_the_settings():
    config = TrainConfig.of(observe="camera", image_size="80x60", rgb=True, frame_stack=2)
    assert config.make_sensor().space().shape == (6, 60, 80)
    seen = TrainConfig.of(observe="camera", hyperparameters={"critic": "state"}).make_sensor()
    assert seen.name == "camera+state"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": "64"}, "image_size: expected width x height, such as 64x48, got '64'"),
        ({"image_size": "0x0"}, "camera: width: expected 16 to 640 pixels, got 0"),
        ({"frame_stack": 9}, "camera: stack: expected 1 to 4 pictures, got 9"),
        ({"observe": "sonar"}, "unknown sensor 'sonar'"),
    ],
)
def test_a_sensor_that_cannot_be_made_is_one_line(settings, message):
    with pytest.raises(ConfigError, match=message):
        TrainConfig.of(**{"observe": "camera", **settings}).make_sensor()
