"""A model's folder of deepracer-for-cloud or the console is trained as it says, or says why not."""

import json

import numpy as np
import pytest

from racer.config.parse import make_config
from racer.deepracer.foreign_lines import lines_of
from racer.deepracer.model_folder import read_model_folder
from racer.errors import RacerError
from racer.track import load_track
from tests.cli.conftest import racer  # noqa: F401  a fixture

ACTIONS = [{"steering_angle": str(a), "speed": 1.5, "index": i} for i, a in enumerate((-20, 0, 20))]
REWARD = "def reward_function(params):\n    return float(params['progress'])\n"


@pytest.fixture
def model(tmp_path):
    """A folder as DRfC lays it out, trained on a track that lies beside it."""
    folder = tmp_path / "model-of-mine"
    for name in ("model", "ip", "tracks"):
        (folder / name).mkdir(parents=True)
    (folder / "reward_function.py").write_text(REWARD)
    metadata(folder)
    (folder / "ip" / "hyperparameters.json").write_text('{"lr": 0.0007, "stack_size": 1}')
    params(folder, WORLD_NAME="my_oval", RACE_TYPE="TIME_TRIAL")
    track = load_track("oval")
    np.save(folder / "tracks" / "my_oval.npy",
            np.concatenate([track.center, track.inner, track.outer], axis=1))  # fmt: skip
    return folder


def metadata(folder, **changes):
    content = {"action_space": ACTIONS, "sensor": ["FRONT_FACING_CAMERA"], "version": "5",
               "neural_network": "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
               "action_space_type": "discrete", "training_algorithm": "clipped_ppo"}  # fmt: skip
    content = {key: one for key, one in {**content, **changes}.items() if one is not None}
    (folder / "model" / "model_metadata.json").write_text(json.dumps(content))


def params(folder, **values):
    lines = [f'{name}: "{value}"' for name, value in values.items()]
    (folder / "training_params.yaml").write_text("\n".join(["---", *lines]) + "\n")


def config_of(folder, **words):
    found = read_model_folder(folder, **words)
    return make_config(on_note=found.notes.append, **found.settings), found.notes


def test_track_actions_algorithm_sensor_car_and_hyperparameters_are_followed(model):
    config, notes = config_of(model)
    assert config.track == (str(model / "tracks" / "my_oval.npy"),)
    assert config.algo == "ppo"
    assert config.observe == "camera"
    assert config.vehicle == "deepracer_v5"
    assert config.hyperparameters == {"learning_rate": 0.0007}
    assert np.degrees(config.make_actions().steering) == pytest.approx([-20, 0, 20])
    assert any("stack_size has no effect" in note for note in notes)


@pytest.mark.parametrize(
    ("version", "car"), [(1, "deepracer"), (3, "deepracer_v4"), (4, "deepracer_v4"),
                         ("5", "deepracer_v5"), (6, "deepracer")]
)  # fmt: skip
def test_every_version_has_its_car(model, version, car):
    metadata(model, version=version)
    config, notes = config_of(model)
    assert config.vehicle == car
    assert any("no car here moves as that old one" in note for note in notes) == (version == 1)


@pytest.mark.parametrize(
    ("sensors", "observe", "form"),
    [
        (["STEREO_CAMERAS"], "camera", None),
        (["FRONT_FACING_CAMERA", "SECTOR_LIDAR"], "camera+lidar", "sectors"),
        (["LIDAR"], "lidar", "beams"),
        (["DISCRETIZED_SECTOR_LIDAR", "LEFT_CAMERA"], "camera+lidar", "discretized"),
    ],
)
def test_sensors_are_followed(model, sensors, observe, form):
    metadata(model, sensor=sensors)
    config, _ = config_of(model)
    assert (config.observe, config.lidar_form) == (observe, form)


def test_what_has_no_meaning_here_is_named_in_a_line_each(model):
    told = {"WORLD_NAME": "my_oval", "RACE_TYPE": "OBJECT_AVOIDANCE", "NUMBER_OF_OBSTACLES": 3,
            "NUMBER_OF_RESETS": 4, "COLLISION_PENALTY": 5, "SOMETHING_NEW": 7,
            "SAGEMAKER_SHARED_S3_BUCKET": "b", "REVERSE_DIR": "True"}  # fmt: skip
    params(model, **told)
    config, notes = config_of(model)
    text = "\n".join(notes)
    assert config.reverse
    for key in told.keys() - {"WORLD_NAME", "REVERSE_DIR"}:
        assert key in text
    assert len([note for note in notes if "NUMBER_OF_RESETS" in note]) == 1


@pytest.mark.parametrize(
    ("told", "advance", "at"),
    [
        ({"CHANGE_START_POSITION": "True"}, 0.05, None),
        ({"CHANGE_START_POSITION": "False"}, 0.0, 0.0),
        ({"ROUND_ROBIN_ADVANCE_DIST": "0.1", "START_POSITION_OFFSET": "0.25"}, 0.1, 0.25),
    ],
)
def test_where_episodes_start_is_followed(model, told, advance, at):
    params(model, WORLD_NAME="my_oval", **told)
    config, _ = config_of(model)
    assert (config.start_advance, config.start_at) == (advance, at)


def test_a_run_env_says_the_same_as_training_params(model):
    (model / "training_params.yaml").unlink()
    (model / "run.env").write_text(
        "# a comment\nDR_WORLD_NAME=my_oval\nDR_RACE_TYPE=TIME_TRIAL\n"
        "DR_TRAIN_REVERSE_DIRECTION=True\nDR_LOCAL_S3_BUCKET=bucket\nDR_TRAIN_MIN_EVAL_TRIALS=5\n"
    )
    config, notes = config_of(model)
    assert config.reverse
    assert any("DR_TRAIN_MIN_EVAL_TRIALS 5 has no effect" in note for note in notes)
    assert any("DR_LOCAL_S3_BUCKET" in note for note in notes)


def test_a_route_is_found_by_its_direction_in_the_folder_of_routes(model, tmp_path):
    params(model, WORLD_NAME="my_oval", TRACK_DIRECTION_CLOCKWISE="True")
    routes = tmp_path / "routes"
    routes.mkdir()
    (model / "tracks" / "my_oval.npy").rename(routes / "my_oval_cw.npy")
    config, _ = config_of(model, routes=routes)
    assert config.track == (str(routes / "my_oval_cw.npy"),)
    with pytest.raises(RacerError, match=r"trained on my_oval, but there is no my_oval_cw.npy"):
        config_of(model)


def line_of(track, scale=1.0):
    points = load_track(track).center * scale
    rows = ",\n    ".join(f"[{x:.4f}, {y:.4f}, 2.5, 0.08]" for x, y in points.tolist())
    return f"RACING_LINE = [\n    {rows}\n]\n\n{REWARD}"


def test_a_racing_line_of_another_track_is_told(model):
    (model / "reward_function.py").write_text(line_of("kidney", 2.0))
    _, notes = config_of(model)
    (note,) = [note for note in notes if "racing line" in note]
    assert "reward_function.py: line 1: a racing line of" in note
    assert "it belongs to another track" in note
    (model / "reward_function.py").write_text(line_of("oval"))
    _, notes = config_of(model)
    assert not [note for note in notes if "racing line" in note]


def test_lists_that_are_no_lines_are_not_taken_for_one():
    assert list(lines_of("x = [1, 2] * 30\ny = [(1, 2)] * 3\nz = [[i, 2] for i in 'abc']")) == []
    assert list(lines_of("def broken(:")) == []


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("model/model_metadata.json", "{", "model_metadata.json: is not valid JSON"),
        ("model/model_metadata.json", '{"action_space": []}', "at least one action, got none"),
        ("model/model_metadata.json", '{"sensor": ["EYES"], "action_space": []}', "action"),
        ("model/model_metadata.json", '{"version": 5}', "action_space must be a list"),
        ("ip/hyperparameters.json", '{"lr": "fast"}', "lr: expected a number"),
        ("ip/hyperparameters.json", '{"learn_quickly": 1}', "learn_quickly"),
        ("ip/hyperparameters.json", '{"lr": 0.00', "hyperparameters.json: line 1"),
        ("training_params.yaml", "WORLD_NAME\n", "line 1: expected NAME: value"),
        ("training_params.yaml", "RACE_TYPE: TIME_TRIAL\n", "names no track"),
        ("training_params.yaml", "ROUND_ROBIN_ADVANCE_DIST: far\n", "part of the lap from 0 to 1"),
        ("training_params.yaml", "WORLD_NAME: my_oval\nREVERSE_DIR: maybe\n", "True or False"),
    ],
)
def test_a_broken_file_is_an_error_of_one_line(model, file, text, message):
    (model / file).write_text(text)
    with pytest.raises(RacerError, match=message) as caught:
        config_of(model)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["reward_function.py", "model/model_metadata.json"])
def test_a_missing_file_is_named(model, name):
    (model / name).unlink()
    with pytest.raises(RacerError, match=f"expected a file {name.split('/')[-1]} there"):
        read_model_folder(model)


def test_a_route_with_nan_is_refused(model):
    np.save(model / "tracks" / "my_oval.npy", np.full((30, 6), np.nan))
    with pytest.raises(RacerError, match=r"my_oval.npy: row 0, column 0 is not finite"):
        read_model_folder(model)


def test_the_command_trains_the_model(model, racer, in_process):  # noqa: F811
    metadata(model, sensor=["LIDAR"])
    answer = racer("train", "--deepracer", str(model), "--steps", "200", "--n-envs", "4",
                   "--eval-trials", "2", "--no-film", "--no-figures", "--name", "mine",
                   "--set", "n_steps=16")  # fmt: skip
    assert answer.status == 0, answer.err
    assert "stack_size has no effect" in answer.err
    assert racer("train", "--routes", ".", "--steps", "10").status == 1
