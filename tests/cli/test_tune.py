"""``racer tune`` on the command line."""

import json

import pytest

from racer.cli.main import run
from racer.cli.tune import parse_duration
from racer.errors import ConfigError

SMALL = [
    "tune", "center_line", "--trials", "2", "--seeds", "1", "--steps", "1500", "--n-envs", "8",
    "--algo", "a2c", "--track", "oval", "--laps", "4", "--jobs", "1",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seconds"), [("600", 600.0), ("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0)]
)
def test_a_time_is_in_seconds_minutes_or_hours(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-5", "0", "10 days", "nan"])
def test_another_time_is_one_line(text):
    with pytest.raises(ConfigError, match="expected a time such as"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tune", "no_such_reward"], "no_such_reward"),
        ([*SMALL, "--trials", "0"], "trials: must be 1 or more, got 0"),
        ([*SMALL, "--timeout", "soon"], "expected a time such as 600"),
        ([*SMALL, "--search", "lr"], "LOW:HIGH"),
        ([*SMALL, "--search", "clip_range=0.1,0.2"], "hyperparameter of a2c"),
        ([*SMALL, "--also", "tyres"], "actions, network"),
        ([*SMALL, "--sweep", "lr=0.1:0.2"], "expected NAME=VALUE,VALUE"),
        ([*SMALL, "--lr", "0.1", "--search", "lr=0.1,0.2"], "has a fixed value"),
        ([*SMALL, "--jobs", "0"], "jobs: must be 1 or more"),
        ([*SMALL, "--reward-timeout", "0"], "must be positive"),
        ([*SMALL, "--name", "a/b"], "expected the name of a folder"),
        ([*SMALL, "--storage", "nosuch://here"], "the study cannot be opened"),
        ([*SMALL, "--max-speed", "2", "--also", "actions"], "given and searched"),
    ],
)
def test_each_bad_input_is_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(words) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert len(said) == 1
    assert message in said[0]


@pytest.mark.slow
def test_a_sweep_ends_with_a_table_a_verdict_and_settings(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [*SMALL, "--sweep", "lr=0.002,0.004", "--confirm", "1", "--confirm-seeds", "1"]
    assert run([*words, "--name", "x"]) == 0
    out = capsys.readouterr().out
    assert "2 points" in out
    assert "racer train --config tuning/x/best.toml" in " ".join(out.split())
    assert run([*words, "--name", "x", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["number"] for one in found["trials"]] == [0, 1]
    assert (tmp_path / "tuning/x/report.html").is_file()
