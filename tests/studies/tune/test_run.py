"""A search ends the same however often it was stopped, and says only what it has measured."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from racer.config.parse import read_config
from racer.config.train_config import TrainConfig
from racer.errors import RewardError, RunError
from racer.storage.lock import RunLock, is_locked
from racer.studies.scores import Condition, Scores, SeedScore
from racer.studies.tune.records import TrialRecord, objective
from racer.studies.tune.tune import confirmed, judgement, settings_text, trials_csv, tune
from racer.studies.tune.tune_plan import CONFIRMATION, make_tune_plan
from racer.studies.verdict import verdicts
from tests.gate import Gate, Stops, gate, needs_gate

SMALL = {
    "trials": 4, "seeds": 2, "confirm": 1, "confirm_seeds": 2, "laps": 2, "steps": 200,
    "n_envs": 8, "eval_every": 1000, "eval_trials": 2, "jobs": 1, "name": "x",
    "track": "oval", "algo": "a2c", "max_seconds": 4.0,
}  # fmt: skip


def score(finish_rate, race_time=None, seed=0):
    return SeedScore(
        "r", "c", seed, finish_rate, 100.0 * finish_rate, race_time, race_time, race_time, 0.0, 0.0,
        None, None, finish_rate,
    )  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    """Return what must not depend on interruptions."""
    return {name: (folder / name).read_bytes() for name in ("trials.csv", "best.toml")}


def test_more_laps_finished_are_always_better_then_the_shorter_race():
    ordered = [
        [score(0.5, 9.0)] * 3,
        [score(0.5, 9.0)] * 2 + [score(0.55, None)],
        [score(1.0, None)] * 3,
        [score(1.0, 30.0)] * 3,
        [score(1.0, 12.0)] * 3,
    ]
    values = [objective(seeds) for seeds in ordered]
    assert values == sorted(values)
    assert len(set(values)) == len(values)


def test_of_equal_laps_the_shorter_mean_race_time_is_better():
    uneven, even = (
        [score(1.0, time) for time in times] for times in ((7.50, 15.48), (8.64, 12.48))
    )
    assert objective(even) > objective(uneven)


def test_the_settings_file_is_read_as_settings(tmp_path):
    config = TrainConfig.of(algo="ppo", hyperparameters={"net_arch": (32, 32), "lr": 1e-5})
    config = config.model_copy(update={"actions": config.make_actions().to_dict(), "steps": 7})
    file = tmp_path / "best.toml"
    file.write_text(settings_text(config, "It helped.", TrialRecord(3, {}, "complete")))
    values = read_config(file)
    assert (
        TrainConfig.of(**values).model_dump()
        == TrainConfig.of(
            **{**config.model_dump(), "hyperparameters": {"net_arch": [32, 32], "lr": 1e-5}}
        ).model_dump()
    )


def confirmation(**times):
    """The verdicts of ten seeds each, whose races take so long (s); None: they never finish."""
    names = tuple(name.replace("_", " ") for name in times)
    scores = tuple(
        replace(
            score(0.0 if t is None else 1.0, None if t is None else t + k / 100, k), reward=name
        )
        for name, t in zip(names, times.values(), strict=True)
        for k in range(10)
    )
    whole = Scores(names, (Condition("c", "vpg", "oval"),), tuple(range(10)), 1000, scores)
    return verdicts(whole, baseline="defaults")


def trials(*numbers):
    return [TrialRecord(number, {}, "complete") for number in numbers]


@pytest.mark.parametrize(
    ("times", "best", "unproven", "said"),
    [
        ({"defaults": 15.0, "trial_1": 12.0, "trial_2": 11.0}, 2, None, "helped. trial 2 is"),
        ({"defaults": 15.0, "trial_1": 12.0, "trial_2": None}, 1, None, "helped. trial 1 is"),
        ({"defaults": 15.0, "trial_1": 15.0, "trial_2": None}, 0, 1, "not been shown to help"),
        ({"defaults": 12.0, "trial_1": 15.0, "trial_2": 16.0}, 0, 1, "defaults is better than"),
    ],
)
def test_a_trial_is_recommended_only_if_fresh_seeds_show_that_it_is_better(
    times, best, unproven, said
):
    found = confirmation(**times)
    chosen, ahead = confirmed(trials(0, 1, 2), found)
    assert chosen.number == best
    assert (None if ahead is None else ahead.number) == unproven
    assert said in judgement(found, chosen)
    assert ("Tuning helped" in judgement(found, chosen)) == (unproven is None)


def test_the_settings_file_names_a_shipped_function_and_where_a_file_is(tmp_path, monkeypatch):
    file = tmp_path / "mine.py"
    file.write_text("def reward_function(params):\n    return 1.0\n")
    monkeypatch.chdir(tmp_path)
    best = TrialRecord(0, {}, "complete")
    for given, named in (("center_line", "center_line"), ("mine.py", str(file))):
        plan = make_tune_plan(given, TrainConfig.of())
        assert f'reward = "{named}"\n' in settings_text(plan.config, "", best)


def test_a_trial_without_seeds_has_no_figures():
    record = TrialRecord(2, {"a": 1}, "running")
    assert (record.finish_rate, record.race_time, record.value) == (None, None, None)
    assert trials_csv(["a"], [record]).splitlines()[1] == "2,running,0,,,,1"


@pytest.mark.slow
@needs_gate
def test_a_search_that_was_killed_ends_as_one_that_was_not(tmp_path, in_process):
    with gate(tmp_path) as shut_gate:
        killed_and_not(shut_gate, tmp_path)


def killed_and_not(shut_gate: Gate, tmp_path: Path) -> None:
    stops = Stops(shut_gate, tmp_path / "cut")
    reward = str(stops.write(tmp_path / "mine.py", "1.0 - params['distance_from_center']"))
    small = {**SMALL, "steps": 100, "trials": 3, "laps": 2, "eval_trials": 2}
    whole = tune(reward, tuning_dir=tmp_path / "whole", **small)
    assert [one.state for one in whole.trials].count("complete") >= 2
    assert whole.trials[0].params == {**whole.trials[0].params, "learning_rate": 0.002}
    code = (
        "import json, sys; from racer.studies.tune.tune import tune; "
        f"tune({reward!r}, tuning_dir={str(tmp_path / 'cut')!r}, **json.loads(sys.argv[1]))"
    )
    for n_outcomes in (2, 5):
        stops.after(n_outcomes)
        process = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(small)], start_new_session=True
        )
        shut_gate.meet(process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    stops.after(10**9)
    cut = tune(reward, tuning_dir=tmp_path / "cut", **small)
    assert files(cut.folder) == files(whole.folder)
    assert cut.sentence == whole.sentence


@pytest.mark.slow
def test_a_finished_search_goes_on_with_more_trials_and_refuses_another(tmp_path, in_process):
    given = {**SMALL, "tuning_dir": tmp_path, "trials": 2, "seeds": 1, "confirm": 0}
    first = tune("center_line", **given)
    assert "Not confirmed" in first.sentence
    more = tune("center_line", **{**given, "trials": 3})
    assert more.trials[:2] == first.trials
    assert len(more.trials) == 3
    with pytest.raises(RunError, match="was begun with something else"):
        tune("center_line", **{**given, "steps": 300})


@pytest.mark.slow
def test_a_sweep_trains_every_point_with_every_seed_also_into_a_journal(tmp_path, in_process):
    given = {**SMALL, "tuning_dir": tmp_path, "confirm": 0, "storage": str(tmp_path / "a.journal")}
    found = tune("center_line", sweep=["learning_rate=0.001,0.002"], **given)
    assert [one.params["learning_rate"] for one in found.trials] == [0.002, 0.001]
    assert [len(one.seeds) for one in found.trials] == [2, 2]
    assert {one.state for one in found.trials} == {"complete"}


@pytest.mark.slow
def test_a_reward_function_that_fails_ends_the_search(tmp_path, in_process):
    file = tmp_path / "bad.py"
    file.write_text("def reward_function(params):\n    return 1.0 / 0.0\n")
    with pytest.raises(RewardError, match=r"bad\.py:2: .*ZeroDivisionError"):
        tune(file, tuning_dir=tmp_path, **SMALL)


def test_a_storage_that_cannot_be_opened_is_one_line(tmp_path):
    for storage in ("nosuch://x", str(tmp_path / "missing" / "study.db")):
        with pytest.raises(RunError, match="the study cannot be opened") as caught:
            tune("center_line", tuning_dir=tmp_path, storage=storage, **SMALL)
        assert "\n" not in str(caught.value)
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 100)
    with pytest.raises(RunError, match="the study cannot be opened"):
        tune("center_line", tuning_dir=tmp_path, storage=str(broken), **SMALL)


@pytest.mark.slow
def test_who_shares_a_search_waits_while_the_other_confirms_and_finds_the_same(
    tmp_path, monkeypatch, in_process
):
    given = {**SMALL, "tuning_dir": tmp_path, "trials": 2, "seeds": 1}
    first = tune("center_line", **given)
    lock, answers = RunLock(first.folder / CONFIRMATION), []

    def look(folder: Path) -> bool:
        answers.append(is_locked(folder))
        if len(answers) == 3:
            lock.release()
        return answers[-1]

    monkeypatch.setattr("racer.studies.tune.tune.is_locked", look)
    second = tune("center_line", **given)
    assert answers == [True, True, True, False]
    assert (second.trials, second.sentence) == (first.trials, first.sentence)
