"""From checked settings to requests for trainings, and the folders of their runs."""

import json

import pytest

from racer.api.training_jobs import TrainRequest
from racer.cli.make_requests import make_requests, run_folders
from racer.cli.options import RunFolderOptions, TrainingOptions
from racer.config.parse import make_config
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError, RacerError


def requests_of(folder, settings=None, *, seeds=1, **where):
    where = RunFolderOptions(runs_dir=folder, **where)
    return make_requests(settings or {}, where, TrainingOptions(), note=[].append, seeds=seeds)


def test_several_seeds_differ_in_nothing_else(tmp_path):
    requests = requests_of(tmp_path, {"seed": 5}, seeds=3)
    assert [one.config["seed"] for one in requests] == [5, 6, 7]
    assert len({json.dumps({**one.config, "seed": 0}) for one in requests}) == 1
    assert [one.is_first for one in requests] == [True, False, False]
    assert [one.is_last_of_several(stopped=False) for one in requests] == [False, False, True]
    assert requests[0].is_last_of_several(stopped=True)
    assert not requests_of(tmp_path)[0].is_last_of_several(stopped=True)


def test_a_request_survives_the_way_to_a_worker(tmp_path):
    settings = {
        "steps": 3, "track": ["oval", "generated:1-2"], "net_arch": "32,32", "minutes": 0.1,
        "actions": {"max_speed": 3.0}, "randomize": "grip=0.5", "observe": "lidar+camera",
        "lidar_angle": 270.0,
    }  # fmt: skip
    request = requests_of(tmp_path, settings, name="ä", seeds=2)[0]
    data = json.loads(json.dumps(request.job().data))
    assert TrainRequest(**{**data, "seeds": tuple(data["seeds"])}).folder == request.folder
    assert TrainConfig.of(**data["config"]) == make_config(**settings)
    assert data["force"] is False


def test_no_seed_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="--seeds: must be 1 or more, got 0"):
        requests_of(tmp_path, seeds=0)


def test_a_run_without_a_name_gets_the_next_free_number(tmp_path):
    config, where = make_config(), RunFolderOptions(runs_dir=tmp_path)
    assert run_folders(where, config) == [tmp_path / "center_line-vpg-001"]
    assert (tmp_path / "center_line-vpg-001").is_dir()  # nobody else takes it
    (tmp_path / "center_line-vpg-002-s0").mkdir()
    assert run_folders(where, config) == [tmp_path / "center_line-vpg-003"]
    assert run_folders(where, config, stem="a-clone") == [tmp_path / "a-clone-001"]


def test_several_seeds_get_a_folder_each(tmp_path):
    requests = requests_of(tmp_path / "new", {"seed": 4}, name="mine", seeds=2)
    assert [one.folder for one in requests] == [
        str(tmp_path / "new" / f"mine-s{seed}") for seed in (4, 5)
    ]


def test_a_name_that_is_taken_is_refused_before_anything_is_trained(tmp_path):
    (tmp_path / "mine-s1").mkdir()
    with pytest.raises(RacerError, match="mine-s1: already there: choose another --name"):
        requests_of(tmp_path, name="mine", seeds=2)
    assert len(requests_of(tmp_path, name="mine", force=True, seeds=2)) == 2


@pytest.mark.parametrize("name", ["a/b", "..", ".", ""])
def test_a_name_must_be_the_name_of_a_folder(tmp_path, name):
    with pytest.raises(ConfigError, match="--name: expected the name of a folder"):
        requests_of(tmp_path, name=name)


def test_a_folder_for_runs_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RacerError, match="file: no folder for runs can be made: File exists"):
        requests_of(tmp_path / "file")


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_limit_must_be_positive(seconds):
    with pytest.raises(ConfigError, match="--reward-timeout: must be positive"):
        TrainingOptions(reward_timeout=seconds)


def test_what_a_training_does_not_take_of_model_metadata_is_told_by_the_command(racer, tmp_path):
    metadata = {
        "action_space": [{"steering_angle": 0, "speed": 1.0, "index": 0}],
        "sensor": ["FRONT_FACING_CAMERA"], "training_algorithm": "sac", "version": "3",
        "neural_network": "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
    }  # fmt: skip
    (tmp_path / "model_metadata.json").write_text(json.dumps(metadata))
    answer = racer("train", "nosuch", "--action-space", "model_metadata.json")
    assert answer.status == 1
    notes = [line for line in answer.lines if line.startswith("note: model_metadata.json: ")]
    assert len(notes) == 4
    assert notes[0].endswith("training_algorithm sac: vpg is trained; --algo sac")
    assert notes[1].endswith("sensor FRONT_FACING_CAMERA: the car sees state; --observe camera")
