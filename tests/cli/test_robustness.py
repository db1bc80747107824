"""racer robustness: tables, a verdict, JSON, and one line for each mistake."""

import json
import signal

import pytest

WORDS = ["--trials", "2", "--strengths", "1", "--unseen", "2"]
MESSAGES = [
    ("nosuch", "nosuch: no such run"),
    ("random --trials 0", "trials: must be 1 or more, got 0"),
    ("random --unseen -1", "unseen: must be 0 or more, got -1"),
    ("random --strengths -1", "strengths: expected 0 to 3, got -1"),
    ("random --strengths 9", "strengths: expected 0 to 3, got 9"),
    ("random --strengths nan", "strengths: expected 0 to 3, got nan"),
    ("random --strengths ,", "--strengths: expected numbers such as 0.5,1,1.5, got ','"),
    ("random --strengths=", "--strengths: expected numbers such as 0.5,1,1.5, got ''"),
    ("random --strengths 1,much", "--strengths: expected numbers such as 0.5,1,1.5, got '1,much'"),
    ("random --track nosuch", "unknown track 'nosuch'"),
    ("random --track broken.toml", "broken.toml"),
    ("random --track reinvent_2018", "track: reinvent_2018 is the own road of random: expected"),
    ("random --track oval --track oval", "track: oval: expected once, got twice"),
    ("random random", "two runs are called 'random': expected a name for each"),
    ("random -o broken.toml", "broken.toml: expected a folder for the files, got a file"),
    ("empty.zip", "empty.zip: not a checkpoint of racer"),
    ("empty.zip --checkpoint newest", "checkpoint: must be best or last, got 'newest'"),
    (".", "holds no checkpoint yet"),
]


@pytest.mark.parametrize(("words", "message"), MESSAGES)
def test_a_mistake_is_one_line_and_writes_nothing(racer, tmp_path, words, message):
    (tmp_path / "broken.toml").write_text("width = = 3\n")
    (tmp_path / "empty.zip").write_text("")
    answer = racer("robustness", *words.split())
    assert answer.status == 1
    assert answer.out == ""
    assert len(answer.lines) == 1
    assert answer.err.startswith("error: ")
    assert message in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.toml", "empty.zip"]


def test_one_run_is_a_row_a_condition_a_verdict_and_two_files(racer, car):
    answer = racer("robustness", str(car), *WORDS, "--track", "kidney")
    assert answer.status == 0
    assert answer.lines[0].startswith("note: car: left out, as they change nothing for it: ")
    result = json.loads((car / "robustness.json").read_text())["runs"][0]
    lines = answer.out.splitlines()
    assert lines[0].strip() == "car, greedy, trained on reinvent_2018"
    rows = [line for line in lines if " of " in line and "%" in line]
    assert len(rows) == len(result["outcomes"]) + 2  # and the worst of the two new roads, twice
    for row in ("its own road", "grip", "all together", "2 roads it never saw, all together"):
        assert any(line.strip().startswith(row) for line in rows), row
    assert f"car: {result['verdict']}" in lines
    assert f"picture  {car / 'robustness.png'}" in lines
    assert (car / "robustness.png").is_file()


def test_the_table_says_what_the_json_says(racer, car):
    words = ["robustness", str(car), *WORDS]
    table, result = racer(*words).out, json.loads(racer(*words, "--json").out)["runs"][0]
    rows = [line for line in table.splitlines() if " of " in line and "%" in line]
    rows = [line for line in rows if "worst:" not in line]
    for row, one in zip(rows, result["outcomes"], strict=True):
        assert f"{one['finished']} of {one['trials']}" in row
        assert f"{one['completion']:.1f} %" in row
        if one["median_lap_time"] is not None:
            assert f"{one['median_lap_time']:.2f} s" in row
        assert one["finish_rate"] == one["finished"] / one["trials"]
        assert one["interval"][0] <= one["finish_rate"] <= one["interval"][1]


def test_several_runs_are_a_column_each_and_a_summary(racer, car, tmp_path):
    answer = racer("robustness", str(car), "pure-pursuit", "random", *WORDS)
    assert answer.status == 0
    lines = answer.out.splitlines()
    head = next(line for line in lines if line.strip())
    assert head.split() == ["condition", "and", "strength", "car", "pure-pursuit", "random"]
    at = next(k for k, line in enumerate(lines) if "own road " in line and "all at 1" in line)
    summary = {line.split()[0]: line.split()[1:4] for line in lines[at + 2 : at + 5]}
    assert summary["pure-pursuit"] == ["2", "of", "2"]
    assert summary["random"] == ["0", "of", "2"]
    assert any(line.startswith("random: it hardly laps its own road") for line in lines)
    files = sorted(path.name for path in (tmp_path / "robustness").iterdir())
    assert files == ["robustness.json", "robustness.png"]


def test_quick_means_fewer_laps_and_one_strength(racer, tmp_path):
    words = ["robustness", "random", "--quick", "--json", "-o", "there"]
    outcomes = json.loads(racer(*words).out)["runs"][0]["outcomes"]
    assert {one["strength"] for one in outcomes} == {0.0, 1.0}
    assert {one["trials"] for one in outcomes if one["place"] == "own"} == {20}
    assert {len(one["roads"]) for one in outcomes if one["place"] == "unseen"} == {3}
    assert (tmp_path / "there" / "robustness.json").is_file()


def test_ctrl_c_is_one_line_and_leaves_nothing(racer, tmp_path, monkeypatch):
    from racer.evaluation import robustness

    drive, begun = robustness.evaluate, iter(range(10**9))

    def interrupted(*arguments, **options):
        if next(begun) == 2:
            signal.raise_signal(signal.SIGINT)
        return drive(*arguments, **options)

    monkeypatch.setattr(robustness, "evaluate", interrupted)
    answer = racer("robustness", "pure-pursuit", *WORDS)
    assert answer.status == 130
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert answer.lines[-1] == "interrupted: nothing was written"
    assert list(tmp_path.iterdir()) == []
