"""``racer tracks generate`` writes tracks, and nothing that was not asked for."""

import json

import pytest

from racer.track import generate_track, load_track


def test_one_track_goes_to_the_working_folder_and_is_then_a_name(racer, tmp_path):
    answer = racer("tracks", "generate", "--seed", "3")
    assert answer.status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["generated_3.toml"]
    assert "Drive on it: racer train --track generated_3.toml" in answer.out
    assert load_track("generated_3").center.tobytes() == generate_track(3).center.tobytes()


def test_many_tracks_go_to_a_folder_one_a_seed(racer, tmp_path):
    answer = racer("tracks", "generate", "--seed", "5", "--count", "3", "-o", "my/roads", "--json")
    facts = json.loads(answer.out)
    names = ["generated_5", "generated_6", "generated_7"]
    assert [fact["name"] for fact in facts] == names
    assert [fact["file"] for fact in facts] == [f"my/roads/{name}.toml" for name in names]
    assert sorted(path.stem for path in (tmp_path / "my" / "roads").iterdir()) == names
    assert facts[0]["length"] == generate_track(5).length


def test_the_table_has_a_row_for_each_track(racer):
    lines = racer("tracks", "generate", "--count", "2").out.splitlines()
    assert [line.split()[0] for line in lines if "Drawn by racer" in line] == [
        "generated_0",
        "generated_1",
    ]


def test_options_reach_the_track_and_the_file_may_have_any_name(racer, tmp_path):
    words = ["--length", "40", "--width", "0.9", "--difficulty", "easy", "-o", "[mine].toml"]
    answer = racer("tracks", "generate", *words)
    assert "racer train --track [mine].toml" in answer.out
    track = load_track(tmp_path / "[mine].toml")
    assert track.length == pytest.approx(40.0, rel=0.01)
    assert track.width == pytest.approx(0.9, abs=0.005)
    assert track.description.endswith("easy.")


def test_a_picture_shows_them_side_by_side(racer, tmp_path):
    answer = racer("tracks", "generate", "--count", "2", "--picture", "maps/sheet.png")
    assert "picture: maps/sheet.png" in answer.out
    assert (tmp_path / "maps" / "sheet.png").read_bytes()[:4] == b"\x89PNG"


def test_a_file_that_is_there_is_replaced_with_force_only(racer, tmp_path):
    there = tmp_path / "generated_1.toml"
    there.write_text("mine")
    answer = racer("tracks", "generate", "--count", "2")
    assert answer.status == 1
    assert answer.lines == [
        "error: generated_1.toml: already there: choose another --output, or use --force"
    ]
    assert there.read_text() == "mine"
    assert not (tmp_path / "generated_0.toml").exists()
    assert racer("tracks", "generate", "--count", "2", "--force").status == 0
    assert load_track(there).name == "generated_1"


def test_a_generated_track_is_shown_by_its_seed(racer):
    fact = json.loads(racer("tracks", "show", "generated:5", "--json").out)
    assert fact["name"] == "generated_5"
    assert fact["length"] == generate_track(5).length


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--count 0", "count must be 1 or more, got 0"),
        ("--seed -1", "seed must be 0 to 4294967295, got -1"),
        ("--width 3", "width must be 0.5 to 1.2 m, got 3"),
        ("--length 5", "length must be 15.2 to 60 m if the road is 0.76 m wide, got 5"),
        (
            "--difficulty mediun",
            "unknown difficulty 'mediun': did you mean 'medium'? known: easy, hard, medium",
        ),
        ("--count 2 -o x.toml", "x.toml: a folder is needed for 2 tracks, got a file's name"),
        ("-o file", "file: expected a folder or a name ending in .toml, got a file"),
        (
            "--picture x.txt",
            "x.txt: expected a name ending in png, pdf or svg, got '.txt'",
        ),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(racer, tmp_path, words, message):
    (tmp_path / "file").write_text("")
    answer = racer("tracks", "generate", *words.split())
    assert answer.status == 1
    assert answer.lines == [f"error: {message}"]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["generated:x", "generated:-1"])
def test_a_name_without_a_seed_is_one_line(racer, name):
    answer = racer("tracks", "show", name)
    assert answer.status == 1
    assert answer.lines == [
        f"error: {name}: expected generated:SEED, a whole number of 0 to 4294967295"
    ]
