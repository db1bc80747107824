"""What the light verbs print: tracks, actions, reward functions."""

import json

import pytest

from racer.reward import params_to_json, reward_names
from racer.track import load_track, track_names
from racer.vehicle import DiscreteActions, actions_from_metadata


def test_tracks_lists_every_track_in_a_row_of_its_own(racer):
    answer = racer("tracks")
    assert answer.status == 0
    for name in track_names():
        rows = [line for line in answer.out.splitlines() if line.split()[:1] == [name]]
        assert len(rows) == 1
        assert f"{load_track(name).length:.1f} m" in rows[0]


def test_tracks_json_is_json_and_in_metres(racer):
    facts = {fact["name"]: fact for fact in json.loads(racer("tracks", "--json").out)}
    assert list(facts) == track_names()
    track = load_track("reinvent_2018")
    assert facts["reinvent_2018"]["length"] == track.length
    assert facts["reinvent_2018"]["turns"] == track.n_turns
    assert facts["straight"]["tightest_radius"] is None
    assert facts["straight"]["direction"] == "from end to end"


def test_show_describes_a_track_as_it_is_driven(racer):
    fact = json.loads(racer("tracks", "show", "oval", "--scale", "2", "--reverse", "--json").out)
    oval = load_track("oval")
    assert fact["length"] == pytest.approx(2 * oval.length)
    assert fact["is_reversed"]
    assert fact["direction"] == ("clockwise" if oval.is_ccw else "counter-clockwise")


def test_show_draws_a_map_into_a_folder_that_it_makes(racer, tmp_path):
    answer = racer("tracks", "show", "oval", "-o", "maps/oval.png")
    assert answer.status == 0
    assert (tmp_path / "maps" / "oval.png").read_bytes()[:4] == b"\x89PNG"
    assert "maps/oval.png" in answer.out


def test_a_file_in_the_working_folder_is_shown_as_the_source(racer, tmp_path):
    shipped = load_track("oval").source
    (tmp_path / "oval.toml").write_text(shipped.read_text().replace("Oval", "Mine"))
    assert json.loads(racer("tracks", "show", "oval", "--json").out)["file"] == "oval.toml"


def test_actions_lists_the_ten_default_actions(racer):
    lines = racer("actions").out.splitlines()
    rows = [line.split() for line in lines if line.split()[:1] and line.split()[0].isdigit()]
    assert len(rows) == 10
    assert rows[0] == ["0", "-30°", "1", "m/s"]
    assert rows[9] == ["9", "30°", "2", "m/s"]


def test_actions_json_is_a_model_metadata_that_is_read_back_the_same(racer, tmp_path):
    words = ["--max-speed", "3", "--speed-granularity", "3", "--max-steering", "20"]
    answer = racer("actions", *words, "--steering-granularity", "7", "--json")
    (tmp_path / "model_metadata.json").write_text(answer.out)
    expected = DiscreteActions.from_grid(20, 7, 3, 3)
    assert actions_from_metadata(tmp_path / "model_metadata.json") == expected
    again = racer("actions", "--action-space", "model_metadata.json", "--json")
    assert json.loads(again.out) == json.loads(answer.out)


def test_reward_list_has_a_lesson_for_every_function(racer):
    lessons = json.loads(racer("reward", "list", "--json").out)
    assert [lesson["name"] for lesson in lessons] == reward_names()
    assert all(len(lesson["lesson"]) > 10 for lesson in lessons)
    table = racer("reward", "list").out
    assert all(name in table for name in reward_names())


def test_reward_run_prints_the_reward_of_a_call(racer, tmp_path, in_process):
    (tmp_path / "double.py").write_text("def reward_function(params):\n    return 2 * params['x']")
    (tmp_path / "params.json").write_text(params_to_json({"x": 1.25}))
    assert racer("reward", "run", "double.py", "--params", "params.json").out == "2.5\n"
    answer = racer("reward", "run", "double.py", "--params", "params.json", "--json")
    assert json.loads(answer.out) == {"reward": 2.5}


def test_reward_run_names_the_line_that_failed(racer, tmp_path, in_process):
    (tmp_path / "bad.py").write_text("def reward_function(params):\n    return 1 / params['x']\n")
    (tmp_path / "params.json").write_text('{"x": 0, "steps": 7}')
    answer = racer("reward", "run", "bad.py", "--params", "params.json")
    assert answer.status == 1
    assert answer.err == "error: bad.py:2: step 7: ZeroDivisionError: division by zero\n"


def test_reward_run_cuts_an_endless_loop_and_names_its_line(racer, tmp_path):
    text = "def reward_function(params):\n    while True:\n        try:\n            x = 1\n"
    text += "        except:\n            pass\n"
    (tmp_path / "loop.py").write_text(text)
    (tmp_path / "params.json").write_text("{}")
    answer = racer("reward", "run", "loop.py", "--params", "params.json", "--timeout", "0.5")
    assert answer.status == 1
    assert len(answer.lines) == 1
    assert answer.err.startswith("error: loop.py:")
    assert "has not returned after 0.5 s" in answer.err
