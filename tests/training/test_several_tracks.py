"""Trainings on several tracks: what they leave, and that they go on exactly."""

import csv
import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from racer.config.parse import read_config
from racer.config.train_config import TrainConfig
from racer.env.track_draws import drawn_tracks
from racer.errors import ConfigError, RunError, TrackError
from racer.reward_lab import replay
from racer.runs.record import read_run
from racer.runs.run_folder import EPISODE_COLUMNS, CsvTable
from racer.track import load_track
from racer.training.checkpoint import load_checkpoint
from racer.training.hooks import Hooks
from racer.training.inheritance import parent_config
from racer.training.resume import resume
from racer.training.train import train

TRACKS = ["oval", "straight", "kidney"]
SMALL = {"steps": 1500, "n_envs": 8, "eval_every": 500, "eval_trials": 4, "track": TRACKS,
         "max_seconds": 5.0, "seed": 3, "hyperparameters": {"episodes_per_update": 8}}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("several") / "run"
    notes = []
    train(TrainConfig.of(**SMALL), folder=folder, hooks=Hooks(on_note=notes.append))
    assert notes == []
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_says_all_of_its_tracks(run):
    facts = json.loads((run / "run.json").read_text())
    assert facts["track"] == facts["config"]["track"] == TRACKS
    summary = facts["evaluation"]
    assert summary["track"] == "oval, straight, kidney"
    assert [one["trials"] for one in summary["tracks"].values()] == [2, 1, 1]
    assert len(load_checkpoint(run / "last.zip").facts["track_digest"]) == 3


def test_each_episode_tells_the_track_that_its_car_drew(run):
    counts: dict[int, int] = {}
    for row in rows(run / "episodes.csv"):
        car = int(row["car"])
        number = counts.get(car, 0)
        counts[car] = number + 1
        drawn = drawn_tracks(3, np.array([car]), np.array([number]), 3)[0]
        assert row["track"] == TRACKS[drawn]
    assert set(read_run(run).episodes["track"]) == set(TRACKS)


@pytest.mark.parametrize("kill", [True, False])
def test_a_training_that_was_stopped_ends_as_one_that_was_not(run, tmp_path, kill):
    calls = iter(range(10**9))

    class Killed(BaseException):
        pass

    def should_stop():
        if next(calls) < 120:
            return False
        if kill:
            raise Killed
        return True

    folder = tmp_path / "run"
    with suppress(Killed):
        train(TrainConfig.of(**SMALL), folder=folder, hooks=Hooks(should_stop=should_stop))
    resume(folder)
    for name in ("episodes.csv", "evaluations.csv", "steps.arrows", "best.zip", "trace.npz"):
        assert (folder / name).read_bytes() == (run / name).read_bytes(), name


def test_the_recorded_steps_are_paid_again_to_the_last_bit(run):
    found = replay(run, run / "reward_function.py")
    assert found.is_own
    assert found.n_equal == found.n_steps >= 1500
    page = found.to_dict()
    assert page["track"] == "oval, straight, kidney"
    assert list(page["tracks"]) == TRACKS
    for number, track in enumerate(found.tracks):
        edges, old, new = found.by_position(number)
        assert edges[-1] == pytest.approx(track.length)
        assert np.array_equal(old, new, equal_nan=True)
        assert np.isfinite(old).any()


def test_a_changed_track_is_named_when_a_run_is_resumed(tmp_path):
    (tmp_path / "mine.toml").write_bytes(load_track("oval").source.read_bytes())
    tracks = ["kidney", str(tmp_path / "mine.toml")]
    folder = tmp_path / "run"
    train(TrainConfig.of(**{**SMALL, "track": tracks, "steps": 300}), folder=folder)
    assert parent_config(folder).track == ("kidney", str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_bytes(load_track("kidney").source.read_bytes())
    with pytest.raises(RunError, match="the track 'mine' has changed since"):
        resume(folder, steps=100)


def test_too_few_trials_are_made_one_a_track_and_that_is_said(tmp_path):
    notes = []
    config = TrainConfig.of(**{**SMALL, "steps": 100, "eval_trials": 2})
    result = train(config, folder=tmp_path / "run", hooks=Hooks(on_note=notes.append))
    assert notes == [
        "eval_trials: 2 are too few for 3 tracks: each evaluation drives one lap a track"
    ]
    assert [trial.track for trial in result.evaluation.trials] == TRACKS


def test_a_table_of_an_older_run_is_gone_on_with_in_its_own_columns(tmp_path):
    old = [name for name in EPISODE_COLUMNS if name != "track"]
    table = CsvTable(tmp_path / "episodes.csv", old)
    position = table.position()
    table.close()
    table = CsvTable(tmp_path / "episodes.csv", EPISODE_COLUMNS, position)
    table.write([{"episode": 7, "track": "oval", "status": "off_track"}])
    table.close()
    (row,) = rows(tmp_path / "episodes.csv")
    assert (row["episode"], row["status"]) == ("7", "off_track")


def test_tracks_come_from_toml_as_one_name_or_a_list(tmp_path):
    file = tmp_path / "some.toml"
    for text, tracks in (('"oval"', ("oval",)), ('["oval", "kidney"]', ("oval", "kidney"))):
        file.write_text(f"track = {text}\n")
        assert TrainConfig.of(**read_config(file)).track == tracks


@pytest.mark.parametrize(
    ("track", "message"),
    [
        ([], "track: expected at least one track, got none"),
        (["oval", "oval"], "track: expected each track once, got 'oval' twice"),
        (3, "track: expected a name or a list of names, got 3"),
    ],
)
def test_what_names_no_tracks_is_an_error_of_one_line(track, message):
    with pytest.raises(ConfigError, match=message):
        TrainConfig.of(track=track)


def test_a_missing_track_is_named():
    with pytest.raises(TrackError, match="unknown track 'nowhere'"):
        TrainConfig.of(track=["oval", "nowhere"]).scenario()


def test_settings_are_kept_as_a_name_for_one_track_and_as_a_list_for_several():
    for track, kept in (("oval", "oval"), (["oval"], "oval"), (TRACKS, TRACKS)):
        config = TrainConfig.of(track=track)
        assert config.model_dump()["track"] == kept
        assert TrainConfig.of(**json.loads(config.model_dump_json())) == config
