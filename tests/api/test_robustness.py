"""racer.robustness: what is driven, what is refused, what is saved."""

import json
import os
import shutil

import pytest
from matplotlib.figure import Figure

import racer
from racer.api.run import load_run
from racer.env.factors import FACTORS
from racer.errors import ConfigError, RunError
from racer.evaluation.robustness import ALL, GIVEN, OWN, PLAIN, UNSEEN, Robustness
from racer.track import load_track
from racer.track.generate import generate_drawing, toml_text

FEW = {"n_envs": 8, "eval_trials": 2, "record": False}
QUICK = {"trials": 2, "strengths": [1.0], "unseen": 1}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return two hardly trained runs: one that knows its state, one that sees."""
    folder = tmp_path_factory.mktemp("runs")
    state = racer.train(track="oval", steps=600, name="state", runs_dir=folder, **FEW)
    sees = racer.train(
        track="generated:1001", steps=64, name="sees", runs_dir=folder, observe="camera",
        image_size="32x24", **FEW,
    )  # fmt: skip
    return state, sees


@pytest.fixture
def undrawn(monkeypatch):
    """Draw nothing: an empty figure is saved in the place of the picture."""
    monkeypatch.setattr("racer.analysis.robustness_figure.robustness_figure", lambda _: Figure())


def test_a_run_is_measured_drawn_and_saved_in_its_folder(runs):
    state, _ = runs
    told = []
    report = racer.robustness(state, **QUICK, on_progress=lambda *words: told.append(words))
    assert report.data == state.folder / "robustness.json"
    assert report.picture.read_bytes()[:4] == b"\x89PNG"
    assert [one.name for one in state.folder.iterdir() if one.name.startswith(".")] == []
    saved = json.loads(report.data.read_text())
    assert saved == json.loads(json.dumps(report.to_dict()))
    (one,) = report.runs
    assert Robustness.from_dict(saved["runs"][0]) == one
    assert saved["runs"][0]["verdict"]
    assert saved["settings"] == {**QUICK, "tracks": [], "checkpoint": "best"}
    done, total, name = told[-1]
    assert done == total == sum(outcome.trials for outcome in one.outcomes)
    assert name == "state"
    assert [words[0] for words in told] == sorted(words[0] for words in told)


def test_every_factor_is_driven_or_left_out_with_a_note(runs, undrawn):
    notes = []
    report = racer.robustness(
        runs, trials=1, strengths=[1.0], unseen=0, output=runs[0].folder / "both",
        on_note=notes.append,
    )  # fmt: skip
    state, sees = report.runs
    assert sees.left_out == ()
    for run in report.runs:
        driven = {one.condition.factor for one in run.outcomes} - {PLAIN, ALL}
        assert driven | set(run.left_out) == set(FACTORS)
        assert not driven & set(run.left_out)
    assert "contrast" in state.left_out
    (note,) = notes
    assert note.startswith("state: left out, as they change nothing for it: ")
    assert all(name in note for name in state.left_out)


def test_a_road_of_a_training_is_never_one_that_was_not_seen(runs, undrawn):
    report = racer.robustness(runs, trials=1, strengths=[1.0], unseen=2, output=runs[0].folder)
    for run in report.runs:
        roads = [road.road for road in run.find(UNSEEN).roads]
        assert roads == ["generated_1002", "generated_1003"]


def test_a_track_of_the_training_is_refused_under_any_name(runs, tmp_path):
    state, sees = runs
    copy = tmp_path / "mine.toml"
    copy.write_text(toml_text(generate_drawing(1001)))
    for run, track in ((state, "oval"), (sees, copy), (sees, "generated:1001")):
        name = load_track(track).name
        message = f"track: {name} is the own road of {run.name}: expected one that it never saw"
        with pytest.raises(ConfigError, match=message):
            racer.robustness(run, tracks=[track], output=tmp_path, **QUICK)
    assert list(tmp_path.iterdir()) == [copy]


def test_a_track_that_one_of_several_knows_is_left_out_for_that_one(runs, tmp_path, undrawn):
    notes = []
    report = racer.robustness(
        runs, tracks=["oval", "kidney"], output=tmp_path, on_note=notes.append, **QUICK
    )
    state, sees = report.runs
    assert state.find(GIVEN + "oval") is None
    assert "state: oval is its own road: left out" in notes
    assert sees.find(GIVEN + "oval", ALL, 1.0).trials == 2
    assert {road.road for road in state.find(GIVEN + "kidney").roads} == {"kidney"}


def test_two_calls_are_equal_and_a_run_alone_as_among_others(runs, tmp_path, undrawn):
    alone = racer.robustness(runs[0], output=tmp_path, unseen=1, trials=2, strengths=[0.0, 1.0])
    among = racer.robustness(
        [runs[0], "random"], output=tmp_path, unseen=1, trials=2, strengths=[1.0, 0.0, 1.0]
    )
    assert alone.runs[0] == among.runs[0]
    plain = alone.runs[0].find(OWN)
    assert alone.runs[0].find(OWN, "grip", 0.0).roads == plain.roads


def test_a_driver_has_the_road_and_the_car_of_the_first_run(runs, tmp_path, undrawn):
    report = racer.robustness([runs[0], "pure-pursuit"], output=tmp_path, **QUICK)
    assert [one.roads for one in report.runs] == [("oval",), ("oval",)]
    assert report.runs[1].find(OWN).finished == 2


def test_a_driver_alone_is_saved_in_the_working_folder(tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    report = racer.robustness("random", **QUICK)
    assert report.runs[0].find(OWN).finished == 0
    assert "hardly laps its own road" in report.to_dict()["runs"][0]["verdict"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "robustness.json",
        "robustness.png",
    ]


def test_a_run_is_found_by_its_folder_and_by_a_checkpoint(runs, tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    by_folder = racer.robustness(str(runs[0].folder), output=tmp_path, **QUICK)
    by_file = racer.robustness(runs[0].folder / "best.zip", output=tmp_path, **QUICK)
    assert by_file.runs[0].outcomes == by_folder.runs[0].outcomes
    assert load_run(runs[0].folder).name == by_folder.runs[0].name


def test_runs_of_one_name_are_refused(runs, tmp_path):
    copy = shutil.copytree(runs[0].folder, tmp_path / "other" / "state")
    with pytest.raises(ConfigError, match="two runs are called 'state': expected a name for each"):
        racer.robustness([runs[0], copy], output=tmp_path, **QUICK)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "trials: must be 1 or more, got 0"),
        ({"unseen": -1}, "unseen: must be 0 or more, got -1"),
        ({"strengths": []}, "strengths: expected at least one, such as 0.5,1,1.5, got none"),
        ({"strengths": [1.0, -0.5]}, "strengths: expected 0 to 3, got -0.5"),
        ({"strengths": [float("nan")]}, "strengths: expected 0 to 3, got nan"),
        ({"strengths": [99.0]}, "strengths: expected 0 to 3, got 99"),
        ({"tracks": ["kidney", "kidney"]}, "track: kidney: expected once, got twice"),
        ({"checkpoint": "newest"}, "checkpoint: must be best or last, got 'newest'"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_driven(runs, tmp_path, settings, message):
    with pytest.raises(ConfigError, match=message):
        racer.robustness(runs[0], output=tmp_path / "out", **{**QUICK, **settings})
    assert not (tmp_path / "out").exists()


def test_no_run_a_file_in_the_way_and_an_unwritable_folder_are_said(runs, tmp_path):
    with pytest.raises(ConfigError, match="robustness: expected at least one run, got none"):
        racer.robustness([])
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file: expected a folder for the files, got a file"):
        racer.robustness(runs[0], output=tmp_path / "file", **QUICK)
    with pytest.raises(ConfigError, match="file: expected a folder for the files, got a file"):
        racer.robustness(runs[0], output=tmp_path / "file" / "below", **QUICK)
    (tmp_path / "robustness.png").mkdir()
    with pytest.raises(OSError, match="directory"):
        racer.robustness("random", output=tmp_path, **QUICK)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="cannot be written: permission denied"):
        racer.robustness("random", output=tmp_path / "new", **QUICK)
