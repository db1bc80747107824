"""The command line with several tracks."""

import json

import pytest


def test_a_driver_is_evaluated_on_every_track_that_is_named(racer):
    words = ["evaluate", "pure-pursuit", "--track", "oval", "-t", "straight", "--trials", "3"]
    result = json.loads(racer(*words, "--json").out)
    assert [trial["track"] for trial in result["trials"]] == ["oval", "straight", "oval"]
    assert result["summary"]["track"] == "oval, straight"
    answer = racer(*words)
    assert "pure-pursuit on oval, straight" in answer.out
    median = result["summary"]["tracks"]["oval"]["median_lap_time"]
    assert f"oval: 2 of 2 laps finished, median {median:.3f} s" in answer.out


def test_too_few_trials_are_made_one_a_track_and_that_is_said(racer):
    words = ["evaluate", "random", "-t", "oval", "-t", "kidney", "-t", "straight", "--trials", "2"]
    answer = racer(*words, "--json")
    assert len(json.loads(answer.out)["trials"]) == 3
    assert "--trials 2 are too few: one lap on each of 3 tracks" in answer.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("-t oval -t oval", "error: track: expected each track once, got 'oval' twice"),
        ("-t oval -t ovel", "error: unknown track 'ovel': did you mean 'oval'"),
        ("-t generated:3-1", "error: generated:3-1: expected the smaller seed first"),
    ],
)
def test_what_names_no_tracks_is_one_line(racer, words, message):
    answer = racer("evaluate", "pure-pursuit", *words.split())
    assert answer.status == 1
    assert answer.err.startswith(message)
    assert len(answer.lines) == 1


def test_a_run_on_several_tracks_is_trained_listed_shown_and_explained(racer, in_process):
    few = ["--steps", "600", "--n-envs", "8", "--eval-trials", "2", "--no-film", "--name", "both"]
    answer = racer("train", "-t", "oval", "-t", "straight", *few)
    assert answer.status == 0, answer.err
    assert "oval, straight (8.0 to 16.2 m): each episode draws one of 2" in answer.err
    assert "  straight: " in answer.out
    (row,) = json.loads(racer("runs", "--track", "straight", "--json").out)
    assert (row["track"], row["tracks"]) == ("oval, straight", ["oval", "straight"])
    assert json.loads(racer("runs", "--track", "kidney", "--json").out or "[]") == []
    assert "settings  track oval, straight, n_envs 8" in racer("show", "both").out
    assert racer("why", "both").status == 0
    assert racer("evaluate", "both", "-t", "kidney", "--trials", "1").status == 0
    assert "on oval, straight" in racer("evaluate", "both", "--trials", "2").out
