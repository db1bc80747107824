"""``racer watch --live``: a reward file is tried at each save."""

import json
import re

import pytest

from tests.gate import HANGS, wait_until

CHECKED = {
    2: "check of v2:",
    3: "v3 could not be checked: these are the findings of v2",
    4: "v4 could not be checked: these are the findings of v2",
}
"""Which version the findings on the page are said to be of, by the version that was saved."""

GOOD = """
def reward_function(params):
    return 1.0 if params["all_wheels_on_track"] else 0.001
"""


def save(file, text):
    """Save a file in one stroke: nobody finds half of it."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def state(folder):
    """What the page would show now; empty while there is none."""
    path = folder / "state.js"
    if not path.is_file():
        return {"history": [[]]}
    return json.loads(re.fullmatch(r"show\((.*)\);\n", path.read_text("utf-8"), re.S)[1])


@pytest.mark.slow
def test_each_save_is_checked_trained_and_drawn_and_errors_do_not_end_the_session(
    start_racer, tmp_path
):
    file = tmp_path / "mine.py"
    file.write_text(GOOD)
    words = ["watch", "--live", "mine.py", "--steps", "1000", "--versions", "5", "-o", "session"]
    words += ["--track", "straight", "--n-envs", "16", "--eval-trials", "4"]
    process = start_racer(*words, "--reward-timeout", "0.5")
    folder = tmp_path / "session"

    wait_until(lambda: len(state(folder)["history"]) > 1, process)
    first = state(folder)
    assert {picture["kind"] for picture in first["pictures"]} == {"film", "curves", "lineup"}
    assert all((folder / picture["file"]).is_file() for picture in first["pictures"])
    assert "laps finished" in first["headline"]
    assert first["headline"].endswith("steps of training, the whole budget of 1,000 steps")

    for number, (text, expected) in enumerate(
        [
            ("def reward_function(params):\n    return 1 / 0\n", "ZeroDivisionError"),
            ("def reward_function(params)\n    return 1\n", "not valid Python"),
            ("def reward_function(params):\n    while True:\n        pass\n", "endless loop"),
        ],
        start=2,
    ):
        save(file, text)
        wait_until(lambda n=number: len(state(folder)["history"]) > n, process)
        assert expected in state(folder)["error"]
        assert state(folder)["history"][-1][2] == "failed"
        assert state(folder)["checked"].startswith(CHECKED[number])

    save(file, GOOD.replace("0.001", "0.002"))
    out, err = process.communicate(timeout=HANGS)
    assert process.returncode == 0
    last = state(folder)
    assert last["error"] == ""
    assert last["checked"] == "check of v5:"
    assert all(one["caption"].startswith("v5: ") for one in last["pictures"])
    assert [row[0] for row in last["history"][1:]] == ["v1", "v2", "v3", "v4", "v5"]
    assert "(v1:" in last["headline"]
    assert "Traceback" not in out + err
    assert (folder / "v005" / "reward_function.py").read_text() == file.read_text()


@pytest.mark.parametrize(
    ("settings", "budget"),
    [
        ({}, (50_000, 0.05, None)),
        ({"steps": 300_000}, (300_000, None, None)),
        ({"minutes": 1.0}, (None, 1.0, None)),
        ({"until_finish": 0.9}, (None, None, 0.9)),
        ({"steps": 9, "minutes": 1.0}, (9, 1.0, None)),
    ],
)
def test_a_budget_that_is_given_is_the_whole_budget(tmp_path, monkeypatch, settings, budget):
    from racer.cli import live

    found = []
    monkeypatch.setattr(live.Live, "run", lambda self: found.append(self._config) or 0)
    file = tmp_path / "mine.py"
    file.write_text(GOOD)
    live.watch_live(str(file), settings=settings, output=tmp_path / "session", reward_timeout=10.0)
    assert tuple(found[0][name] for name in ("steps", "minutes", "until_finish")) == budget


def test_versions_with_other_budgets_are_compared_at_equal_steps():
    from racer.cli.live import result_line

    summary = {"trials": 20, "finish_rate": 0.5, "median_lap_time": 9.0}
    history = [[], ["v1", "10:00:00", "95 %", "8.50 s", "300,000", "ok"]]
    beside = {"steps": 448, "is_equal": False, "other_steps": 300_000, "completion": 6.0,
              "other_completion": None}  # fmt: skip
    text = "greedy: 10 of 20 laps finished, median 9.00 s"
    assert result_line(summary, history, None) == text
    equal = {**beside, "is_equal": True}
    assert result_line(summary, history, equal) == f"{text} (v1: 95 %, 8.50 s)"
    assert result_line(summary, history, beside) == (
        f"{text}; v1 had 300,000 steps: after 448 steps the completion in training was 6 %, with "
        "v1 no episode yet"
    )


def test_a_file_that_is_not_there_is_one_line(racer):
    answer = racer("watch", "--live", "center_line")
    assert answer.status == 1
    assert answer.lines == [
        "error: center_line: no such file: give a file that you can edit, as center_line.py"
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--live", "--json"], "--live draws a page: leave out --json, --camera, --line, --trial"),
        (
            ["--steps", "100", "--versions", "2"],
            "nothing is trained: leave out --steps, --versions",
        ),
        (["--live", "--reward-timeout", "0"], "--reward-timeout: must be positive, got 0"),
        (["--live", "--versions", "0"], "--versions: must be 1 or more, got 0"),
        (["--live", "--algo", "dqn"], "unknown algorithm 'dqn'"),
    ],
)
def test_options_that_do_not_fit_are_one_line(racer, tmp_path, words, message):
    (tmp_path / "mine.py").write_text(GOOD)
    answer = racer("watch", "mine.py", *words)
    assert answer.status == 1
    (line,) = answer.lines
    assert message in line
    assert not (tmp_path / "live").exists()


def test_the_page_is_complete_in_itself_and_shows_names_as_text(tmp_path):
    from racer.cli.live_page import Page

    page = Page(tmp_path, title="<script>.py")
    text = page.begin().read_text("utf-8")
    assert "<h1>&lt;script&gt;.py</h1>" in text
    assert "http" not in text
