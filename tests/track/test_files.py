import shutil

import pytest

from racer.assets import asset_folder
from racer.errors import TrackError
from racer.track import load_track, track_names
from racer.track.files import _NEAREST


def test_the_names_of_the_shipped_tracks_are_sorted():
    assert track_names() == sorted(track_names())
    assert "oval" in track_names()


def test_an_unknown_name_lists_near_and_known_ones():
    with pytest.raises(
        TrackError, match=r"unknown track 'ovel': did you mean 'oval'\? known: bott"
    ):
        load_track("ovel")


def test_a_missing_file_is_said_with_one_of_nearly_that_name(tmp_path):
    (tmp_path / "Monaco.npy").touch()
    with pytest.raises(TrackError, match=r"nowhere\.toml: no such file$"):
        load_track(tmp_path / "nowhere.toml")
    for name in ("monaco.npy", "MONACO.npy", "Monacco.npy"):
        with pytest.raises(TrackError, match=r": no such file: did you mean '.*Monaco\.npy'\?"):
            load_track(tmp_path / name)


def test_a_real_routes_name_is_told_what_is_nearest_and_how_to_give_the_route():
    with pytest.raises(
        TrackError,
        match=r"unknown track 'reinvent_base': of ours 'reinvent_2018' is nearest to DeepRacer's; "
        r"DeepRacer's routes are given as files: --track reinvent_base\.npy",
    ):
        load_track("reinvent_base")
    for real, ours in _NEAREST.items():
        assert load_track(ours)
        assert real == real.lower()


def test_a_runs_name_is_told_from_a_tracks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "run.json").touch()
    for name in ("mine", "runs/mine"):
        with pytest.raises(TrackError, match=f"{name}: is a run: expected a track: bott"):
            load_track(name)


def test_a_file_in_the_working_folder_wins_over_a_shipped_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_track("oval").source == asset_folder("tracks") / "oval.toml"
    shutil.copy(asset_folder("tracks") / "circle.toml", tmp_path / "oval.toml")
    track = load_track("oval")
    assert track.title == "Circle"
    assert track.source.resolve() == tmp_path / "oval.toml"


def test_another_kind_of_file_is_refused_with_the_known_kinds(tmp_path):
    path = tmp_path / "oval.txt"
    path.write_text("")
    with pytest.raises(
        TrackError, match=r"oval.txt: a track file ends in .toml, .npy or .csv, got"
    ):
        load_track(path)


def test_reverse_and_scale_are_applied():
    plain = load_track("oval")
    track = load_track("oval", reverse=True, scale=2.0)
    assert track.is_reversed
    assert not track.is_ccw
    assert track.length == pytest.approx(2.0 * plain.length)
    assert track.source == plain.source


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_must_be_positive(scale):
    with pytest.raises(TrackError, match=r"oval.toml: scale must be positive, got"):
        load_track("oval", scale=scale)
