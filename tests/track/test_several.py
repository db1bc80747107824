"""Several tracks at once: their names, and loading them."""

from pathlib import Path

import pytest

from racer.errors import TrackError
from racer.track import load_track, load_tracks
from racer.track.several import MAX_TRACKS, label, split_names


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("oval", ("oval",)),
        (Path("my/oval.toml"), ("my/oval.toml",)),
        (["oval", "kidney"], ("oval", "kidney")),
        ("generated:3", ("generated:3",)),
        ("generated:3-3", ("generated:3",)),
        (("oval", "generated:9-11"), ("oval", "generated:9", "generated:10", "generated:11")),
    ],
)
def test_names_are_taken_one_by_one_and_ranges_written_out(given, names):
    assert split_names(given) == names


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "track: expected at least one track, got none"),
        (["oval", "kidney", "oval"], "track: expected each track once, got 'oval' twice"),
        (["generated:2", "generated:1-3"], "each track once, got 'generated:2' twice"),
        ("generated:7-1", "generated:7-1: expected the smaller seed first, as generated:1-7"),
        ("generated:1-1000", f"generated:1-1000: expected at most {MAX_TRACKS} tracks, got 1,000"),
        (["generated:1-200", "generated:201-300"], f"at most {MAX_TRACKS} tracks, got 300"),
        (7, "track: expected a name or a list of names, got 7"),
        (["oval", 7], "track: expected a name or a file, got 7"),
    ],
)
def test_what_names_no_tracks_is_an_error_of_one_line(given, message):
    with pytest.raises(TrackError, match=message):
        split_names(given)


def test_direction_and_scale_hold_for_all_tracks():
    tracks = load_tracks(["oval", "straight"], reverse=True, scale=0.5)
    assert [track.is_reversed for track in tracks] == [True, True]
    assert tracks[1].length == pytest.approx(4.0)
    assert label(tracks) == "oval (reversed), straight (reversed)"


def test_tracks_themselves_may_stand_beside_names():
    oval = load_track("oval")
    assert load_tracks([oval, "kidney"])[0] is oval
    assert load_tracks(oval, reverse=True)[0].is_reversed


def test_two_tracks_of_one_name_are_refused_for_tables_could_not_tell_them_apart(tmp_path):
    (tmp_path / "oval.toml").write_bytes(load_track("oval").source.read_bytes())
    with pytest.raises(TrackError, match="expected each track once, got 'oval' twice"):
        load_tracks(["oval", tmp_path / "oval.toml"])


def test_an_unknown_track_among_others_is_named():
    with pytest.raises(TrackError, match="unknown track 'ovel': did you mean 'oval'"):
        load_tracks(["kidney", "ovel"])
