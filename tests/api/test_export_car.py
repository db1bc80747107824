"""``racer export --car`` writes what the physical car takes, and refuses what it could not see."""

import json
import tarfile

import pytest

import racer
from racer.algorithms.car_graph_run import CarGraph
from racer.cli.main import run as racer_command
from racer.config.parse import make_config
from racer.errors import ConfigError, RunError
from racer.vehicle import ContinuousActions, DiscreteActions, actions_from_metadata


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"image_size": "40x30", "critic": "state"}, ("discrete", "clipped_ppo")),
        ({"actions": ContinuousActions()}, ("continuous", "clipped_ppo")),
        ({"algo": "sac", "image_size": "160x120"}, ("continuous", "sac")),
    ],
)
def test_the_archive_has_what_the_car_looks_for(checkpoint, tmp_path, settings, words):
    made = racer.export_car(checkpoint(**settings), tmp_path / "out")
    assert made.archive == tmp_path / "out" / "car.tar.gz"
    with tarfile.open(made.archive) as archive:
        assert archive.getnames() == ["model_metadata.json", "agent/model.pb"]
        about = json.load(archive.extractfile("model_metadata.json"))
        assert CarGraph(archive.extractfile("agent/model.pb").read()).nodes
    assert (about["action_space_type"], about["training_algorithm"]) == words
    assert about["sensor"] == ["FRONT_FACING_CAMERA"]
    assert (
        actions_from_metadata(about)
        == make_config(**{"observe": "camera", **settings}).make_actions()
    )
    assert made.largest_difference < 1e-4
    whole = made.image_size == (160, 120)
    assert (made.grey_difference == 0.0) == whole
    assert made.grey_difference < 5.0
    if whole:
        assert made.action_difference < 1e-4


def test_equal_policies_make_equal_archives(checkpoint, tmp_path):
    first = racer.export_car(checkpoint(), tmp_path / "a")
    again = racer.export_car(tmp_path / "car.zip", tmp_path / "b")
    assert first.archive.read_bytes() == again.archive.read_bytes()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"observe": "state"}, "this policy sees state, the physical car grey pictures only"),
        ({"observe": "lidar"}, "this policy sees lidar, "),
        ({"observe": "camera+state"}, "this policy sees camera and state, "),
        ({"rgb": True}, "this policy sees colours"),
        ({"frame_stack": 2}, "sees 2 pictures at once, the physical car one: --frame-stack 1"),
        ({"image_size": "64x64"}, "higher than the car's camera sees"),
    ],
)
def test_what_the_car_cannot_see_is_refused_with_the_reason(checkpoint, tmp_path, settings, reason):
    with pytest.raises(ConfigError, match=reason):
        racer.export_car(checkpoint(**settings), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_angles_that_the_car_stretches_are_told(checkpoint, tmp_path):
    notes = []
    mild = DiscreteActions.from_grid(max_steering_degrees=20.0)
    racer.export_car(checkpoint(actions=mild), tmp_path, on_note=notes.append)
    assert notes[-1].startswith("the car takes the largest angle, 20°, as its full lock of 30°")
    assert "1.50 times" in notes[-1]
    notes.clear()
    racer.export_car(checkpoint(), tmp_path, on_note=notes.append)
    assert not any("full lock" in note for note in notes)


def test_a_folder_that_cannot_be_written_is_one_line(checkpoint, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file.*: cannot be written"):
        racer.export_car(checkpoint(), tmp_path / "file" / "x")


def test_the_command_says_what_became_of_pictures_and_speeds(checkpoint, tmp_path, capsys):
    assert racer_command(["export", str(checkpoint()), "--car", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "reduced to 64x48, differ from the simulator's by" in said
    assert "throttle on the car: 1 m/s 80 %, 2 m/s 100 % of what its console allows" in said
    assert (
        racer_command(["export", str(tmp_path / "car.zip"), "--car", "--json", "-o", str(tmp_path)])
        == 0
    )
    content = json.loads(capsys.readouterr().out)
    assert content["throttle"] == [[1.0, pytest.approx(0.8)], [2.0, 1.0]]
    assert racer_command(["export", "x", "--car", "--onnx"]) == 1
    assert "expected one of --onnx, --car, --sb3, got --onnx and --car" in capsys.readouterr().err
