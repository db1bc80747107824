import json

import pytest

from racer.errors import ActionError
from racer.vehicle.metadata import metadata_of, read_metadata, unused_lines

ONE = [{"steering_angle": -30.0, "speed": 1.0}]


def test_absent_keys_take_the_simulators_defaults():
    metadata = read_metadata({"action_space": ONE})
    assert metadata.discrete == ((-30.0, 1.0),)
    assert metadata.steering_range is None
    assert metadata.speed_range is None
    assert metadata.sensors == ("observation",)
    assert metadata.neural_network == "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW"
    assert metadata.training_algorithm == "clipped_ppo"
    assert metadata.version == 1
    assert read_metadata({"action_space": ONE, "sensor": ["LIDAR"]}).version == 2


WHOLE = {
    "action_space": ONE, "sensor": ["FRONT_FACING_CAMERA"], "training_algorithm": "sac",
    "neural_network": "DEEP_CONVOLUTIONAL_NETWORK", "version": "4",
}  # fmt: skip


def test_each_key_that_a_training_does_not_follow_is_named():
    assert unused_lines(WHOLE, "vpg", "state") == [
        "model_metadata: training_algorithm sac: vpg is trained; --algo sac",
        "model_metadata: sensor FRONT_FACING_CAMERA: the car sees state; --observe camera",
        "model_metadata: neural_network DEEP_CONVOLUTIONAL_NETWORK has no effect: that is an "
        "option",
        "model_metadata: version 4 has no effect: here is one version of the interface",
    ]
    assert len(unused_lines(WHOLE, "sac", "camera+state")) == 2
    for given in (None, "discrete", ONE, {"max_speed": 2.0}, {"type": "discrete"}):
        assert unused_lines(given, "vpg", "state") == []
    assert unused_lines({"action_space": ONE}, "vpg", "state") == []


def test_numbers_may_be_strings_and_the_index_is_ignored():
    space = [
        {"steering_angle": "-15", "speed": "0.8", "index": 7},
        {"steering_angle": 0, "speed": 1},
    ]
    assert read_metadata({"action_space": space}).discrete == ((-15.0, 0.8), (0.0, 1.0))


def test_a_version_may_be_a_string_or_a_number():
    for version in ("4", 4, 4.0):
        assert read_metadata({"action_space": ONE, "version": version}).version == 4


def test_a_continuous_space_has_ranges():
    space = {"steering_angle": {"high": 25, "low": "-20"}, "speed": {"high": 4, "low": 0.5}}
    metadata = read_metadata(
        {"action_space": space, "action_space_type": "continuous", "training_algorithm": "sac"}
    )
    assert metadata.discrete == ()
    assert metadata.steering_range == (-20.0, 25.0)
    assert metadata.speed_range == (0.5, 4.0)
    assert metadata.training_algorithm == "sac"


def test_what_is_written_can_be_read():
    metadata = read_metadata(metadata_of("discrete", ONE))
    assert metadata.sensors == ("FRONT_FACING_CAMERA",)
    assert metadata.version == 5


def test_a_real_file_is_read(reference_data):
    metadata = read_metadata(
        reference_data / "logs" / "v4_reinvent_base" / "model" / "model_metadata.json"
    )
    assert len(metadata.discrete) == 14
    assert metadata.discrete[3] == (-20.0, 2.0)
    assert metadata.version == 4


def continuous(**changes):
    limits = {"high": 30.0, "low": -30.0}
    space = {"steering_angle": limits, "speed": {"high": 2.0, "low": 1.0}} | changes
    return {"action_space": space, "action_space_type": "continuous"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "action_space must be a list of actions, got None"),
        ({"action_space": "no"}, "action_space must be a list of actions, got 'no'"),
        ({"action_space": []}, "action_space must have at least one action, got none"),
        (
            {"action_space": {"speed": {}}},
            "action_space must be a list of actions, got an object: "
            "a continuous action space needs action_space_type 'continuous'",
        ),
        ({"action_space": [3]}, "action 0: must be an object, got 3"),
        ({"action_space": [*ONE, {"speed": 1.0}]}, "action 1: steering_angle is missing"),
        ({"action_space": [{"steering_angle": 0.0}]}, "action 0: speed is missing"),
        (
            {"action_space": [{"steering_angle": "left", "speed": 1.0}]},
            "action 0: steering_angle must be a finite number, got 'left'",
        ),
        (
            {"action_space": [{"steering_angle": 0.0, "speed": True}]},
            "action 0: speed must be a finite number, got True",
        ),
        (
            {"action_space": [{"steering_angle": 0.0, "speed": "nan"}]},
            "action 0: speed must be a finite number, got 'nan'",
        ),
        (
            {"action_space": [{"steering_angle": 0.0, "speed": 0.0}]},
            "action 0: speed must be positive, got 0",
        ),
        (
            {"action_space": [{"steering_angle": 95.0, "speed": 1.0}]},
            "action 0: steering_angle must be between -90 and 90 degrees, got 95",
        ),
        (
            {"action_space": ONE, "action_space_type": "continuous"},
            "action_space must be an object with steering_angle and speed for a "
            "continuous action space, got list",
        ),
        (continuous(speed=None), "speed: must be an object with low and high, got None"),
        (continuous(speed={"low": 1.0}), "speed: high is missing"),
        (
            continuous(speed={"low": 3.0, "high": 1.0}),
            "speed: low must be at most high, got 3 and 1",
        ),
        (continuous(speed={"low": 0.0, "high": 1.0}), "speed: speed must be positive, got 0"),
        (
            {"action_space": ONE, "action_space_type": "discreet"},
            "unknown action_space_type 'discreet': did you mean 'discrete'? "
            "known: continuous, discrete",
        ),
        ({"action_space": ONE, "sensor": "LIDAR"}, "sensor must be a list of names, got 'LIDAR'"),
        ({"action_space": ONE, "sensor": []}, "sensor must be a list of names, got []"),
        ({"action_space": ONE, "version": 9}, "version must be one of 1 to 6, got 9"),
        ({"action_space": ONE, "version": "new"}, "version must be a finite number, got 'new'"),
    ],
)
def test_a_bad_file_is_refused_with_file_action_and_field(tmp_path, data, message):
    path = tmp_path / "model_metadata.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ActionError) as caught:
        read_metadata(path)
    assert str(caught.value) == f"model_metadata.json: {message}"


@pytest.mark.parametrize(
    ("field", "value", "known"),
    [
        ("neural_network", "DEEP", "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW"),
        ("training_algorithm", "ppo", "clipped_ppo"),
        ("sensor", ["FRONT_CAMERA"], "FRONT_FACING_CAMERA"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(field, value, known):
    with pytest.raises(ActionError, match=f"model_metadata: unknown {field} .*known: .*{known}"):
        read_metadata({"action_space": ONE, field: value})


def test_a_file_that_is_missing_broken_or_no_object_is_refused(tmp_path):
    path = tmp_path / "model_metadata.json"
    with pytest.raises(ActionError, match="cannot be read: No such file"):
        read_metadata(path)
    path.write_text("{")
    with pytest.raises(ActionError, match=r"model_metadata\.json: is not valid JSON"):
        read_metadata(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ActionError, match=r"model_metadata\.json: is not valid JSON"):
        read_metadata(str(path))
    path.write_text("[]")
    with pytest.raises(ActionError, match=r"model_metadata\.json: must hold an object, got list"):
        read_metadata(path)
