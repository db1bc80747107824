import json
import math

import numpy as np
import pytest

from racer.errors import RunError
from racer.runs import provenance, run_folder
from racer.runs.record import (
    DIAGNOSTICS,
    EPISODE_COLUMNS,
    EVALUATION_COLUMNS,
    TIMING_COLUMNS,
    UPDATE_COLUMNS,
    read_run,
)

HEADER = "episode,update,total_steps,car,track,start,steps,return,completion,status,lap_time,off_track_x,off_track_y\n"  # noqa: E501
FIRST = "0,0,40,3,oval,0.25,40,12.5,31.0,off_track,,1.5,-2.0\n"
SECOND = "1,0,190,1,kidney,0.5,150,99.0,100.0,lap_complete,9.87,,\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run.json").write_text('{"schema": 1, "seed": 7}', encoding="utf-8")
    (tmp_path / "episodes.csv").write_text(HEADER + FIRST + SECOND, encoding="utf-8")
    return tmp_path


def test_a_table_is_read_into_columns_of_the_right_kind(folder):
    episodes = read_run(folder).episodes
    assert list(episodes) == HEADER.strip().split(",")
    assert episodes["total_steps"].tolist() == [40, 190]
    assert episodes["total_steps"].dtype == np.int64
    assert episodes["status"].tolist() == ["off_track", "lap_complete"]
    assert episodes["return"].tolist() == [12.5, 99.0]


def test_an_empty_cell_of_a_number_is_nan(folder):
    episodes = read_run(folder).episodes
    np.testing.assert_array_equal(episodes["lap_time"], [np.nan, 9.87])
    np.testing.assert_array_equal(episodes["off_track_x"], [1.5, np.nan])


@pytest.mark.parametrize("cut", [1, 5, 20, len(SECOND)])
def test_a_last_line_that_is_still_being_written_is_left_out(folder, cut):
    (folder / "episodes.csv").write_text(HEADER + FIRST + SECOND[:-cut], encoding="utf-8")
    assert read_run(folder).episodes["episode"].tolist() == [0]


@pytest.mark.parametrize("text", ["", "episode,upd", HEADER])
def test_a_table_that_has_just_been_begun_has_all_columns_and_no_rows(folder, text):
    (folder / "episodes.csv").write_text(text, encoding="utf-8")
    episodes = read_run(folder).episodes
    assert set(episodes) == set(EPISODE_COLUMNS)
    assert all(len(column) == 0 for column in episodes.values())


def test_windows_line_ends_and_blank_lines_are_read_too(folder):
    text = (HEADER + FIRST + "\n" + SECOND).replace("\n", "\r\n")
    (folder / "episodes.csv").write_bytes(text.encode())
    assert read_run(folder).episodes["episode"].tolist() == [0, 1]


def test_diagnostics_are_kept_where_they_are_and_may_be_absent_or_empty(folder):
    names = [*UPDATE_COLUMNS, "entropy", "clip_fraction"]
    row = ["0", "100", "2", "3", "40", "0.5", "", "1.2", ""]
    text = ",".join(names) + "\n" + ",".join(row) + "\n"
    (folder / "updates.csv").write_text(text, encoding="utf-8")
    updates = read_run(folder).updates
    assert updates["entropy"].tolist() == [1.2]
    assert np.isnan(updates["clip_fraction"]).all()
    assert "approx_kl" not in updates
    assert np.isnan(updates["seconds"]).all()  # there is no table of them


@pytest.mark.parametrize(("written", "read"), [("1", True), ("True", True), ("false", False)])
def test_whether_an_evaluation_is_the_best_is_read_in_each_spelling(folder, written, read):
    text = ",".join(EVALUATION_COLUMNS) + f"\n3,100,0.5,70,,,{written}\n"
    (folder / "evaluations.csv").write_text(text, encoding="utf-8")
    assert read_run(folder).evaluations["is_best"].tolist() == [read]


def test_before_the_first_evaluation_there_are_none(folder):
    run = read_run(folder)
    assert set(run.evaluations) == set(EVALUATION_COLUMNS)
    assert len(run.evaluations["update"]) == 0
    assert run.evaluation is None
    assert run.trace is None


def test_a_table_is_read_once_and_again_by_a_new_reading(folder):
    run = read_run(folder)
    first = run.episodes
    (folder / "episodes.csv").write_text(HEADER + FIRST, encoding="utf-8")
    assert run.episodes is first
    assert len(read_run(folder).episodes["episode"]) == 1


def test_the_run_has_the_name_of_its_folder_and_the_facts_of_run_json(folder):
    run = read_run(str(folder))
    assert run.name == folder.name
    assert run.info["seed"] == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + FIRST + "1,0,190\n" + SECOND, "line 3: expected 13 values, got 3"),
        (
            HEADER + FIRST.replace("12.5", "much"),
            "line 2: return: expected a number, got 'much'",
        ),
        (
            HEADER + FIRST + SECOND.replace("190", "1.9e2"),
            "line 3: total_steps: expected a whole number, got '1.9e2'",
        ),
        (HEADER.replace("return", "reward"), "line 1: expected a column 'return', got episode, "),
    ],
)
def test_a_broken_table_is_named_with_its_line(folder, text, message):
    (folder / "episodes.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RunError) as error:
        _ = read_run(folder).episodes
    assert str(error.value).startswith(f"{folder / 'episodes.csv'}: {message}")
    assert "\n" not in str(error.value)


def test_a_broken_verdict_of_an_evaluation_is_named(folder):
    text = ",".join(EVALUATION_COLUMNS) + "\n3,100,0.5,70,,,perhaps\n"
    (folder / "evaluations.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match="line 2: is_best: expected true or false, got 'perhaps'"):
        _ = read_run(folder).evaluations


def test_a_missing_table_is_named(folder):
    with pytest.raises(RunError, match=r"updates\.csv: cannot be read: No such file"):
        _ = read_run(folder).updates


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(RunError, match="nowhere: no such run folder"):
        read_run(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"run\.json: cannot be read: No such file"),
        (b'{"schema": 1,\n "seed"', r"run\.json: line 2: not JSON: Expecting ':' delimiter"),
        (b"[1, 2]", r"run\.json: expected a JSON object, got list"),
        (b'{"schema": 2}', r"run\.json: schema: this version of racer reads 1, got 2"),
        (b"\xff\xfe\xff", r"run\.json: not text in UTF-8"),
    ],
)
def test_a_folder_without_a_good_run_json_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunError, match=message):
        read_run(tmp_path)


def test_a_broken_final_evaluation_is_named(folder):
    (folder / "evaluation.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"evaluation\.json: line 1: not JSON"):
        _ = read_run(folder).evaluation


def test_a_final_evaluation_is_read(folder):
    (folder / "evaluation.json").write_text(json.dumps({"summary": {"trials": 3}}), "utf-8")
    assert read_run(folder).evaluation == {"summary": {"trials": 3}}


def test_the_laps_of_the_final_evaluation_are_read(new_run, trace):
    run = new_run()
    trace.save(run.folder / "trace.npz")
    np.testing.assert_array_equal(run.trace.speed, trace.speed)


def test_a_trace_that_is_none_is_named(folder):
    (folder / "trace.npz").write_text("rubbish", "utf-8")
    with pytest.raises(RunError, match=r"trace\.npz: not a trace of racer"):
        _ = read_run(folder).trace


def test_a_table_that_is_no_text_table_is_named_with_its_line(folder):
    (folder / "episodes.csv").write_text(HEADER + "1" * 200_000 + "\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"episodes\.csv: line 2: field larger than field limit"):
        _ = read_run(folder).episodes


def test_training_writes_the_columns_that_analysis_reads():
    assert list(EPISODE_COLUMNS) == list(run_folder.EPISODE_COLUMNS)
    assert [*UPDATE_COLUMNS, *sorted(DIAGNOSTICS)] == [
        *run_folder.UPDATE_COLUMNS[: len(UPDATE_COLUMNS)],
        *sorted(run_folder.UPDATE_COLUMNS[len(UPDATE_COLUMNS) :]),
    ]
    assert list(EVALUATION_COLUMNS) == list(run_folder.EVALUATION_COLUMNS)
    assert list(TIMING_COLUMNS) == list(provenance.TIMING_COLUMNS)


def test_what_training_writes_is_read_back(tmp_path):
    folder = run_folder.RunFolder.create(tmp_path / "run")
    folder.describe(**provenance.provenance(), seed=3)
    episode = dict.fromkeys(EPISODE_COLUMNS, 1)
    row = episode | {"return": 1.25, "status": "off_track", "lap_time": math.nan}
    folder.episodes.write([row])
    folder.evaluations.write([{"update": 0, "total_steps": 5, "finish_rate": 0.0,
                               "completion": 3.0, "is_best": True}])  # fmt: skip
    folder.close()
    run = read_run(tmp_path / "run")
    assert run.info["seed"] == 3
    assert run.episodes["return"].tolist() == [1.25]
    assert np.isnan(run.episodes["lap_time"]).all()
    assert run.evaluations["is_best"].tolist() == [True]
    assert len(run.updates["update"]) == 0


def test_files_from_before_there_were_several_tracks_get_the_track_of_their_run(folder):
    (folder / "run.json").write_text('{"schema": 1, "track": "oval"}', encoding="utf-8")
    old = [line.split(",") for line in (HEADER + FIRST + SECOND).splitlines()]
    text = "".join(",".join(row[:4] + row[5:]) + "\n" for row in old)
    (folder / "episodes.csv").write_text(text, encoding="utf-8")
    run = read_run(folder)
    assert run.episodes["track"].tolist() == ["oval", "oval"]
    assert run.episodes["start"].tolist() == [0.25, 0.5]


def test_the_episodes_of_one_of_several_tracks_can_be_taken(folder):
    (folder / "run.json").write_text('{"schema": 1, "track": ["oval", "kidney"]}', encoding="utf-8")
    run = read_run(folder)
    assert run.tracks == ("oval", "kidney")
    assert run.episodes_on("kidney")["episode"].tolist() == [1]
