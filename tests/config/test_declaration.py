"""The declaration and what it speaks of agree: defaults in words, units, the page of options."""

import inspect
from pathlib import Path

from racer.config.declaration import ActionSettings, TrainSettings, declared
from racer.config.train_config import TrainConfig
from racer.config.words import option_words, settings_table
from racer.env import RacerEnv, RuleSettings
from racer.sensors import CameraSensor, LidarSensor
from racer.sensors.lidar import CLIPS
from racer.vehicle import ContinuousActions, DiscreteActions
from racer.vehicle.action_words import WORDS

ROOT = Path(__file__).resolve().parents[2]


def test_every_field_is_declared():
    assert [one.name for one in declared(TrainSettings)] == list(TrainConfig.model_fields)
    assert tuple(one.name for one in declared(ActionSettings)) == WORDS


def test_the_defaults_that_are_told_are_those_of_the_sensor():
    told = {one.name: one.setting.default for one in declared(TrainSettings)}
    lidar = LidarSensor()
    assert told["lidar_form"] == lidar.form
    assert told["lidar_beams"] == str(lidar.n_beams)
    assert told["lidar_sectors"] == str(lidar.n_sectors)
    assert told["lidar_values"] == str(lidar.n_values)
    rest = ", ".join(f"{form} {clip:g}" for form, clip in CLIPS.items() if form != "beams")
    assert told["lidar_clip"] == f"{CLIPS['beams']:g}, {rest}"
    assert round(lidar.half_angle * 360 / 3.141592653589793, 2) == float(told["lidar_angle"])


def test_the_defaults_that_are_told_are_those_of_the_actions():
    told = {one.name: one.setting.default for one in declared(ActionSettings)}
    grid = inspect.signature(DiscreteActions.from_grid).parameters
    assert float(told["max_speed"]) == grid["max_speed"].default
    assert int(told["speed_granularity"]) == grid["speed_granularity"].default
    assert float(told["max_steering"]) == grid["max_steering_degrees"].default
    assert int(told["steering_granularity"]) == grid["steering_granularity"].default
    (_, _, slow), (_, left, fast) = ContinuousActions().table()
    assert (slow, left, fast) == tuple(
        float(told[name]) for name in ("min_speed", "max_steering", "max_speed")
    )


def test_a_camera_is_the_same_in_an_environment_and_in_a_training():
    sensor = TrainConfig.of(observe="camera").make_sensor()
    assert sensor == CameraSensor()
    assert RacerEnv(observe="camera").observation_space.shape == (1, 48, 64)
    assert TrainConfig.of().first_steps == RuleSettings().first_steps


def test_a_setting_is_written_as_its_option():
    assert option_words("rgb", False) == ["--grey"]
    assert option_words("record", False) == ["--no-record"]
    assert option_words("track", ("oval", "kidney")) == ["--track", "oval", "--track", "kidney"]
    assert option_words("randomize", {"grip": 0.5}) == ["--randomize", "grip=0.5"]
    assert option_words("lidar_clip", 2.0) == ["--lidar-clip", "2"]
    assert option_words("learning_rate", 0.01) == ["--learning-rate", "0.01"]


def test_the_page_on_the_command_line_has_the_table_of_settings():
    assert settings_table() in (ROOT / "docs" / "command_line.md").read_text("utf-8")
