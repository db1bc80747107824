"""What a training shows, without a terminal and on one."""

from dataclasses import replace

import pytest
from rich.console import Console

from racer.cli import train_view
from racer.cli.output import number, percent, print_json
from racer.cli.train_view import TrainView, facts_lines, settings_line
from racer.jobs import Note, Phase, Progress, Report

PROGRESS = Progress(
    steps=2000, step_budget=10_000, seconds=0.5, time_budget=None, episodes=64,
    mean_return=12.345, completion=40.4, finish_rate=0.25, lap_time=9.876,
)  # fmt: skip

START = {
    "reward": "mine.py", "algorithm": "vpg", "hyperparameters": {}, "given": [],
    "tracks": [{"name": "oval", "file": "oval.toml", "length": 9.0, "is_reversed": False}],
    "until_finish": None, "vehicle": "deepracer", "n_envs": 8, "actions": [["0", 0.0, 1.0]],
}  # fmt: skip
"""What is trained with what."""

JOB = "runs/mine"


def test_the_facts_are_a_line_of_the_exploring_car_and_one_of_the_greedy_car():
    assert facts_lines(PROGRESS) == [
        "64 episodes · 4,000 steps/s · exploring: return 12.3, completion 40 %",
        "greedy: 25 % of laps finished, lap 9.88 s",
    ]


def test_facts_that_are_not_there_yet_are_left_out():
    nothing = dict.fromkeys(("mean_return", "completion", "finish_rate", "lap_time"))
    assert facts_lines(replace(PROGRESS, **nothing, episodes=0)) == ["0 episodes · 4,000 steps/s"]
    no_lap = replace(PROGRESS, lap_time=None, finish_rate=0.0)
    assert facts_lines(no_lap)[-1] == "greedy: 0 % of laps finished"


def test_settings_that_were_given_have_a_star():
    event = {
        "hyperparameters": {"learning_rate": 0.1, "net_arch": [64, 64], "target_kl": None},
        "given": ["learning_rate"],
    }
    assert settings_line(event) == "learning_rate* 0.1, net_arch 64,64, target_kl –"


@pytest.mark.parametrize(
    ("change", "until", "done"),
    [
        ({}, None, "2,000 of 10,000 steps"),
        ({"time_budget": 60.0}, None, "2,000 steps, 0 of 60 s"),
        ({}, 0.95, "2,000 steps, until 95 % of laps are finished"),
    ],
)
def test_without_a_terminal_the_first_progress_is_a_line(capsys, change, until, done):
    with TrainView() as view:
        view.hear(JOB, Report("start", {**START, "until_finish": until}))
        view.hear(JOB, Report("run", {"folder": "runs/mine", "seed": 0}))
        view.hear(JOB, Phase("loading torch"))
        view.hear(JOB, replace(PROGRESS, **change))
        view.hear(JOB, replace(PROGRESS, **change))
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2].endswith("mine: loading torch")
    assert f"mine: training  {done}  64 episodes" in lines[-1]


def test_without_a_terminal_a_line_comes_every_few_seconds(capsys, monkeypatch):
    monkeypatch.setattr(train_view, "PLAIN_SECONDS", -1.0)  # also on a clock that stands still
    view = TrainView()
    view.hear(JOB, Phase("compiling the simulator"))
    view.tick()
    assert capsys.readouterr().err.count("compiling the simulator") == 2


def test_quiet_shows_errors_only(capsys):
    with TrainView(quiet=True) as view:
        view.hear(JOB, Report("start", START))
        view.hear(JOB, Phase("loading torch"))
        view.hear(JOB, PROGRESS)
        view.hear(JOB, Note("something"))
        view.tick()
        view.error("it failed [here]")
    assert capsys.readouterr().err == "error: it failed [here]\n"


def test_on_a_terminal_a_note_is_written_where_the_progress_line_was_erased(capsys, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(
        train_view, "console", lambda stderr: Console(stderr=True, force_terminal=True, width=60)
    )
    with TrainView() as view:
        view.hear(JOB, PROGRESS)
        view.hear(JOB, Note("first"))
        view.hear(JOB, Note("one note that is so long that it takes more than one line here"))
    before, _, after = capsys.readouterr().err.partition("one note that")
    assert "training" in before
    assert "training" not in before[before.rindex("\x1b[2K") :]
    assert "training" not in after.partition("line here")[0]


def test_numbers_without_a_value_are_a_dash():
    assert number(None) == number(float("nan")) == percent(None) == "–"
    assert number(1.234, 1, "s") == "1.2 s"
    assert percent(0.955, 1) == "95.5 %"


def test_json_has_null_for_what_is_no_number(capsys):
    print_json({"a": float("nan"), "b": [float("inf"), 1], 3: (True,)})
    assert capsys.readouterr().out == (
        '{\n "a": null,\n "b": [\n  null,\n  1\n ],\n "3": [\n  true\n ]\n}\n'
    )
