"""``racer sweep``: what each value of a setting does to the exploring and the greedy car."""

import json

import pytest

from racer.cli.interruption import Stopped
from racer.cli.main import run
from racer.studies.tune.records import SearchResult, TrialRecord
from racer.studies.tune.sweep import point_label, sweep_points

SMALL = [
    "--seeds", "2", "--steps", "200", "--n-envs", "8", "--algo", "a2c", "--track", "oval",
    "--max-seconds", "4", "--laps", "2", "--eval-trials", "2", "--jobs", "1", "--name", "x",
]  # fmt: skip


@pytest.fixture
def plan_of(monkeypatch, tmp_path):
    """Return what a command would train; nothing is trained."""
    monkeypatch.chdir(tmp_path)

    def read(*words):
        plans = []

        def faked(plan, *_, **__):
            plans.append(plan)
            raise Stopped(2)

        monkeypatch.setattr("racer.studies.tune.tune.run_tune", faked)
        assert run(list(words)) == 130
        return plans[0]

    return read


def test_it_trains_each_value_a_few_times_and_confirms_nothing_unless_asked(plan_of):
    plan = plan_of("sweep", "learning_rate=1e-4,1e-2,0.3")
    assert [point["learning_rate"] for point in plan.grid] == [0.01, 0.0001, 0.3]
    assert plan.source.name == "center_line"
    assert (plan.confirm, len(plan.seeds)) == (0, 3)
    assert (plan.config.steps, plan.config.eval_every) == (20_000, 2_000)
    assert plan_of("sweep", "lr=1e-4", "speed", "--confirm", "2").confirm == 2


def test_what_is_given_wins_over_what_a_sweep_takes_by_default(plan_of):
    plan = plan_of("sweep", "speed", "entropy=0,0.1", "--steps", "5000", "--eval-every", "777")
    assert plan.source.name == "speed"
    assert (plan.config.steps, plan.config.eval_every) == (5000, 777)


def test_tune_sweep_is_its_old_name(plan_of):
    new = plan_of("sweep", "lr=0.1,0.2", "speed", "--steps", "5000", "--eval-every", "500")
    old = plan_of(
        "tune", "speed", "--sweep", "lr=0.1,0.2", "--steps", "5000", "--eval-every", "500"
    )
    assert old.content == new.content
    assert old.confirm == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["center_line"], "sweep: expected NAME=VALUE,VALUE, got 'center_line'"),
        (["lr=0.1,0.2", "speed", "center_line"], "expected one reward function, got speed and"),
        (["lr=0.1:0.2"], "sweep: expected NAME=VALUE,VALUE,... got 'lr=0.1:0.2'"),
        (["tyres=1,2"], "tyres"),
        (["lr=0.1,0.2", "--minutes", "1"], "minutes: every trial gets the same steps"),
    ],
)
def test_each_bad_input_is_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["sweep", *words]) == 1
    (said,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert message in said


def test_points_stand_in_the_order_of_their_values(tmp_path):
    trials = tuple(TrialRecord(k, {"lr": lr}, "complete") for k, lr in enumerate((0.01, 0.3, 1e-4)))
    found = SearchResult(
        tmp_path, trials, ("lr",), frozenset(), is_sweep=True, steps=1, scores=None, verdicts=None,
        best=None, settings_file=None, unproven_file=None, sentence="",
    )  # fmt: skip
    assert list(sweep_points(found)) == ["0.0001", "0.01 (default)", "0.3"]
    both = TrialRecord(2, {"lr": 0.1, "epochs": 4}, "complete")
    assert point_label(both, ("lr", "epochs")) == "lr 0.1, epochs 4"


@pytest.mark.slow
def test_a_sweep_shows_a_table_a_sentence_and_a_picture(tmp_path, monkeypatch, capsys, in_process):
    monkeypatch.chdir(tmp_path)
    words = ["sweep", "lr=0.001,0.004", *SMALL]
    assert run(words) == 0
    out = capsys.readouterr().out
    assert "laps finished at the end (%)" in out
    assert "at the end the greedy car finishes most laps with" in out
    assert "A picture of few seeds and no proof" in out
    assert (tmp_path / "tuning/x/sweep.png").read_bytes()[:4] == b"\x89PNG"
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["sweep"]
    assert len(found) == 3 - ("0.001 (default)" in [one["value"] for one in found])
    for one in found:
        assert [seed["seed"] for seed in one["seeds"]] == [0, 1]
        assert 0.0 <= one["seeds"][0]["exploring_area"] <= 100.0
