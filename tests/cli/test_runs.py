"""``racer runs``, ``racer show`` and ``racer rm``."""

import json
import os
import platform
import random
import shutil
from pathlib import Path

import pytest

from racer.runs.listing import describe_run, is_alive, list_runs, status_of
from racer.storage.lock import RunLock


@pytest.fixture
def folder(car, tmp_path):
    """A folder with two runs and one that lies deeper, without digests: tests change files."""
    for name in ("runs/one", "runs/two", "runs/live/mine-001"):
        shutil.copytree(car, tmp_path / name, ignore=shutil.ignore_patterns("digests.json"))
    change(tmp_path / "runs/two/run.json", track="oval", algorithm="ppo", seed=7)
    return tmp_path / "runs"


def change(path, **facts):
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | facts), "utf-8")


def names(answer):
    return [row["name"] for row in json.loads(answer.out)]


def test_all_runs_are_rows_also_those_in_folders_below(racer, folder):
    answer = racer("runs", "--json")
    assert sorted(names(answer)) == [str(Path("live/mine-001")), "one", "two"]
    (row,) = [row for row in json.loads(answer.out) if row["name"] == "two"]
    assert (row["track"], row["algo"], row["seed"], row["reward"]) == (
        "oval", "ppo", 7, "center_line",
    )  # fmt: skip
    assert row["status"] == "finished"
    assert row["total_steps"] >= 1500


def test_the_table_names_every_run(racer, folder):
    answer = racer("runs")
    assert answer.status == 0
    for word in ("one", "two", "mine-001", "finished", "oval", "ppo"):
        assert word in answer.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--track", "oval"], {"two"}),
        (["--algo", "ppo"], {"two"}),
        (["--reward", "center_line.py", "--algo", "vpg"], {"one", "live/mine-001"}),
        (["--status", "finished"], {"one", "two", "live/mine-001"}),
        (["--status", "failed"], set()),
    ],
)
def test_runs_are_filtered(racer, folder, words, expected):
    assert {
        name.replace(os.sep, "/") for name in names(racer("runs", "--json", *words))
    } == expected


def test_the_best_come_first(racer, folder):
    rates = {"one": (1.0, 9.0), "two": (0.5, 8.0), "live/mine-001": (0.0, None)}
    for name, (rate, time) in rates.items():
        change(
            folder / name / "run.json",
            evaluation={"finish_rate": rate, "completion": 50, "median_lap_time": time},
        )
    assert names(racer("runs", "--json", "--sort", "finish"))[0] == "one"
    assert names(racer("runs", "--json", "--sort", "lap"))[:2] == ["two", "one"]
    assert names(racer("runs", "--json", "--sort", "name"))[-1] == "two"


def test_a_filter_that_fits_nothing_says_which_values_there_are(racer, folder):
    answer = racer("runs", "--track", "moon")
    assert answer.out == ""
    assert "none of 3 runs fits; track is one of oval, reinvent_2018" in answer.err


def test_an_empty_folder_says_how_to_make_a_run(racer, tmp_path):
    (tmp_path / "runs").mkdir()
    assert "racer train makes one" in racer("runs").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sort", "beauty"], "--sort: unknown key 'beauty'"),
        (["--status", "gone"], "--status: unknown status 'gone'"),
        (["--runs-dir", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_wrong_words_are_one_line(racer, folder, words, said):
    answer = racer("runs", *words)
    assert answer.status == 1
    assert len(answer.lines) == 1
    assert said in answer.err


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("run.json", b"{", "not JSON"),
        ("run.json", b"[]", "expected a JSON object"),
        ("run.json", b"\xff\xfe", "not text in UTF-8"),
        ("run.json", b'{"schema": 9}', "schema: this version of racer reads 1"),
        ("run.json", b'{"schema": 1}', "has no settings"),
        ("run.json", b'{"config": {}, "status": "odd"}', "status: unknown, got 'odd'"),
        ("updates.csv", b"x\n", "expected a column"),
        ("evaluations.csv", b"update\n", "expected a column"),
        ("best.zip", b"PK", "not a checkpoint"),
        ("last.zip", None, "missing"),
    ],
)
def test_a_damaged_run_is_a_row_with_its_problem(racer, folder, file, content, said):
    if content is None:
        (folder / "one" / file).unlink()
    else:
        (folder / "one" / file).write_bytes(content)
    rows = {row.name: row for row in list_runs(folder)}
    assert len(rows) == 3
    assert rows["one"].status == "damaged"
    assert said in rows["one"].problem
    assert rows["two"].status == "finished"
    answer = racer("runs")
    assert answer.status == 0
    assert said in answer.out
    shown = racer("show", "one")
    assert shown.status == 1
    assert len(shown.lines) == 1


@pytest.mark.slow
def test_a_run_whose_tables_were_changed_after_its_end_is_damaged(car, tmp_path):
    run = shutil.copytree(car, tmp_path / "runs" / "one")
    table = run / "updates.csv"
    table.write_text(table.read_text("utf-8").replace("1", "2"), "utf-8")
    (row,) = list_runs(tmp_path / "runs")
    assert row.status == "damaged"
    assert "updates.csv: damaged or changed since the run ended" in row.problem


def test_no_damage_of_any_file_makes_a_traceback(racer, car, tmp_path):
    rng = random.Random(0)
    files = sorted(file.name for file in car.iterdir() if file.is_file())
    for k in range(18):
        run = tmp_path / "runs" / "one"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(car, run)
        file = run / files[k % len(files)]
        content = bytearray(file.read_bytes())
        if rng.random() < 0.5:
            content = content[: rng.randrange(len(content))]
        else:
            for _ in range(rng.choice((1, 20))):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        file.write_bytes(content)
        for words in (["runs"], ["show", "one"], ["why", "one"], ["evaluate", "one", "--trials=1"]):
            answer = racer(*words)
            assert answer.status in (0, 1), (file, words)
            assert answer.status == 0 or len(answer.lines) == 1, (file, words, answer.err)


def test_a_running_run_whose_process_is_gone_has_stopped(tmp_path):
    here = {"status": "running", "host": platform.node()}
    # the number of a process that is gone may be another one's by now
    assert status_of({**here, "pid": os.getpid()}, tmp_path) == "stopped"
    with RunLock(tmp_path):
        assert status_of(here, tmp_path) == "running"
        assert status_of({"status": "finished"}, tmp_path) == "finished"
    assert status_of(here, tmp_path) == "stopped"
    assert is_alive({"host": "another computer"}, tmp_path)


def test_a_run_under_way_shows_its_newest_evaluation(folder):
    change(folder / "one/run.json", status="running", pid=os.getpid(), host=platform.node())
    facts = json.loads((folder / "one/run.json").read_text("utf-8"))
    del facts["evaluation"], facts["total_steps"]
    (folder / "one/run.json").write_text(json.dumps(facts), "utf-8")
    with RunLock(folder / "one"):
        row = describe_run(folder / "one")
    assert row.status == "running"
    assert row.total_steps >= 1500
    assert row.completion is not None


def test_show_says_what_differs_from_the_defaults_and_what_to_try(racer, folder):
    answer = racer("show", "one")
    assert answer.status == 0
    assert "steps 1500" in answer.out
    assert "learning_rate 0.02" in answer.out
    assert "best.zip" in answer.out
    assert "racer why" in answer.out


def test_show_as_json_has_the_settings_and_files(racer, folder):
    page = json.loads(racer("show", "one", "--json").out)
    assert page["settings"]["learning_rate"] == 0.02
    assert page["files"]["run.json"] > 0
    assert page["status"] == "finished"


def test_show_of_a_checkpoint_file_is_one_line(racer, folder):
    answer = racer("show", str(folder / "one" / "best.zip"))
    assert answer.status == 1
    assert "expected a run's folder, got a file" in answer.err


def test_rm_removes_the_named_runs_and_no_other(racer, folder):
    answer = racer("rm", "one", "two", "--yes")
    assert answer.status == 0
    assert [row.name for row in list_runs(folder)] == [str(Path("live/mine-001"))]


def test_rm_asks_and_a_no_keeps_the_run(racer_process, folder):
    answer = racer_process("rm one < /dev/null")
    assert answer.status == 1
    assert "error: nobody has answered: --yes removes without a question" in answer.err
    assert "Remove 1 run?" in answer.out + answer.err
    assert (folder / "one").is_dir()


def test_rm_removes_a_damaged_run(racer, folder):
    (folder / "one/run.json").write_text("{", "utf-8")
    assert racer("rm", "one", "-y").status == 0
    assert not (folder / "one").exists()


def test_rm_refuses_what_is_no_run(racer, folder, tmp_path):
    other = tmp_path / "photos"
    other.mkdir()
    (other / "run.json").write_text("{}", "utf-8")
    for name in ("photos", "runs", str(folder / "one" / "best.zip")):
        answer = racer("rm", name, "--yes")
        assert answer.status == 1
        assert "not a run" in answer.err
    assert other.is_dir()
    assert (folder / "one/best.zip").is_file()


def test_rm_refuses_a_link(racer, folder):
    (folder / "link").symlink_to(folder / "one")
    answer = racer("rm", "link", "--yes")
    assert answer.status == 1
    assert "is a link" in answer.err
    assert (folder / "one").is_dir()


def test_rm_refuses_a_run_that_is_being_trained_unless_forced(racer, folder):
    change(folder / "one/run.json", status="running", pid=os.getpid(), host=platform.node())
    with RunLock(folder / "one"):
        answer = racer("rm", "one", "two", "--yes")
        assert answer.status == 1
        assert "is being trained" in answer.err
        assert (folder / "two").is_dir()
        assert racer("rm", "one", "--yes", "--force").status == 0


def test_rm_of_an_unknown_run_is_one_line(racer, folder):
    answer = racer("rm", "won", "--yes")
    assert answer.status == 1
    assert "unknown run 'won'" in answer.err


@pytest.mark.parametrize("verb", ["why", "runs", "show", "rm"])
def test_the_verbs_are_in_the_help_and_in_the_page_on_the_command_line(racer, verb):
    page = Path(__file__).resolve().parents[2] / "docs" / "command_line.md"
    assert f" {verb} " in racer("--help").out
    assert f"`racer {verb}" in page.read_text("utf-8")


def test_show_against_says_equal_or_what_differs_and_its_status_tells(racer, folder):
    answer = racer("show", "one", "--against", "one")
    assert (answer.status, answer.out) == (0, "equal\n")
    change(folder / "one/run.json", reward_digest="another")
    answer = racer("show", "one", "--against", "two")
    assert answer.status == 1
    line = "the file of the reward center_line is another one"
    assert answer.out == f"{line}\n"
    page = json.loads(racer("show", "one", "--against", "two", "--json").out)
    assert page == {"equal": False, "settings": [line], "place": ""}


def test_show_against_no_run_is_one_line(racer, folder):
    answer = racer("show", "one", "--against", "nobody")
    assert answer.status == 1
    assert len(answer.lines) == 1


def test_text_of_strangers_is_neither_markup_nor_orders_to_the_terminal(racer, folder):
    name = "\x1b]0;mine\x07[red]$x_$\u202e"
    facts = {"reward": f"{name}.py", "track": name, "error": name, "status": "failed"}
    change(folder / "one/run.json", **facts, algorithm=name)
    for words in (["runs"], ["show", "one"], ["why", "one"], ["rm", "one", "-y"]):
        answer = racer(*words)
        for order in ("\x1b", "\x07", "\u202e"):
            assert order not in answer.out + answer.err, words
    shown = racer("runs", "--json")
    assert shown.status == 0
