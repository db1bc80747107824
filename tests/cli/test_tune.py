"""``racer tune`` on the command line."""

import json

import pytest

from racer.cli.interruption import Stopped
from racer.cli.main import run
from racer.cli.options import parse_duration
from racer.errors import ConfigError
from racer.jobs import Begin, End
from racer.studies.scores import SeedScore
from racer.studies.training import Outcome
from racer.studies.tune.records import TrialRecord
from racer.studies.tune.search import make_training

SMALL = [
    "tune", "center_line", "--trials", "2", "--seeds", "1", "--steps", "200", "--n-envs", "8",
    "--algo", "a2c", "--track", "oval", "--max-seconds", "4", "--laps", "2", "--jobs", "1",
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


def play(monkeypatch, part) -> None:
    """Let a search tell its listener what ``part`` says, and be interrupted then."""

    def faked(plan, folder, runner, listener, **_):
        part(plan, folder, listener)
        raise Stopped(2)

    monkeypatch.setattr("racer.studies.tune.tune.run_tune", faked)


def seed_of(number: int) -> SeedScore:
    return SeedScore(
        reward="", condition="a2c, oval", seed=0, finish_rate=number / 4.0, completion=100.0,
        race_time=13.1, lap_time=None, best_lap_time=None, off_tracks=0.0, steering_change=0.0,
        steps_to_first_lap=None, steps_to_finish=None, last_finish_rate=0.0,
    )  # fmt: skip


def record(number: int) -> TrialRecord:
    return TrialRecord(number, {"learning_rate": 0.02 / 3}, "complete", (seed_of(number),))


def train(plan, folder, listener, name: str) -> None:
    job = make_training(plan, name, {}, 0, folder / name).name
    listener.hear(job, Begin())
    listener.hear(job, End(Outcome(scores=(seed_of(1),)).to_dict()))


def test_a_trial_counts_when_it_ends_and_ctrl_c_says_how_many(tmp_path, monkeypatch, capsys):
    def part(plan, folder, listener):
        listener.trial(record(2))
        train(plan, folder, listener, "trial 3")
        listener.trial(record(1))
        listener.trial(record(4))

    monkeypatch.chdir(tmp_path)
    play(monkeypatch, part)
    assert run([*SMALL, "--trials", "9"]) == 130
    said = " ".join(capsys.readouterr().err.split())
    assert "note: 1 of 9 trials were done before: the rest now" in said
    assert "1 of 9 trial 3, a2c, seed 0: greedy, best checkpoint: 25 % of laps finished" in said
    assert "trial 2: greedy 50 % of laps finished, race time 13.1 s learning_rate=0.00667" in said
    assert "trial 1:" not in said  # no better than trial 2
    assert "trial 4: greedy 100 % of laps finished" in said
    assert "interrupted: 3 of 9 trials are done and kept in tuning/" in said
    assert said.endswith("the same command continues")


def test_the_confirmation_counts_the_trainings_that_there_are(tmp_path, monkeypatch, capsys):
    def part(plan, folder, listener):
        listener.trial(record(0))
        listener.trial(record(1))
        listener.confirm(2, 5)
        train(plan, folder, listener, "trial 1")

    monkeypatch.chdir(tmp_path)
    play(monkeypatch, part)
    assert run([*SMALL, "--confirm", "3", "--confirm-seeds", "5"]) == 130
    said = " ".join(capsys.readouterr().err.split())
    assert "1 of 10 trial 1, a2c, seed 0" in said
    assert "interrupted: the search is done and kept in" in said


@pytest.mark.slow
def test_a_sweep_ends_with_a_table_a_verdict_and_settings(
    tmp_path, monkeypatch, capsys, in_process
):
    monkeypatch.chdir(tmp_path)
    words = [*SMALL, "--sweep", "lr=0.002,0.004", "--confirm", "1", "--confirm-seeds", "1"]
    assert run([*words, "--name", "x"]) == 0
    out = capsys.readouterr().out
    assert "2 values, 1 seeds each of 200 steps: laps finished at the end (%)" in out
    assert "racer train --config tuning/x/best.toml" in " ".join(out.split())
    assert run([*words, "--name", "x", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["number"] for one in found["trials"]] == [0, 1]
    assert (tmp_path / "tuning/x/report.html").is_file()
