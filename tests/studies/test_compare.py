"""``racer.compare`` from Python: what it returns, what it keeps, and what it continues."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import racer
from racer.errors import ConfigError, RunError, TrackError
from racer.jobs import Begin, End, Failure, Listener, Note
from racer.storage.lock import RunLock
from racer.studies.compare import collect_scores, run_plan
from racer.studies.manifest import open_folder
from racer.studies.plan import make_plan
from racer.studies.runner import LOG, Runner
from racer.studies.training import OUTCOME, Outcome
from racer.studies.tune.search import TuneListener
from tests.conftest import jobs_in_process


class Diary(Listener):
    """Writes down which trainings begin and end."""

    def __init__(self):
        self.begun, self.ended = [], []

    def hear(self, name, event):
        reward, _, seed = name.partition(", ")
        which = reward, int(seed.rpartition(" ")[2])
        if isinstance(event, Begin):
            self.begun.append(which)
        elif isinstance(event, End | Failure):
            self.ended.append(which)


@pytest.fixture(scope="module")
def settings(tiny):
    return tiny.model_dump(exclude_unset=True)


@pytest.fixture(scope="module")
def comparison(files, settings, tmp_path_factory):
    """Two files, two seeds, two roads, in a folder of its own, trained in this process."""
    with jobs_in_process():
        return racer.compare(
            {"mine": files["good"], "other": files["other"]},
            seeds=2,
            trials=3,
            also_track=["kidney"],
            comparisons_dir=tmp_path_factory.mktemp("comparisons"),
            **settings,
        )


def test_every_seed_has_a_score_under_every_condition(comparison):
    scores = comparison.scores
    assert scores.rewards == ("mine", "other")
    assert scores.seeds == (0, 1)
    assert scores.steps == 60
    assert scores.failures == ()
    for condition in scores.conditions:
        for name in scores.rewards:
            assert [one.seed for one in scores.of(name, condition.name)] == [0, 1]
    assert [one.track for one in scores.conditions] == ["oval", "kidney"]


def test_what_was_measured_can_be_read_printed_and_exported(comparison):
    assert "mine" in comparison.table()
    assert "kidney: 2 seeds of 60 steps, trained elsewhere" in comparison.table()
    assert max(map(len, comparison.table(80).splitlines())) <= 80
    assert "too few" in comparison.verdict()
    content = json.loads(json.dumps(comparison.to_dict()))
    assert len(content["scores"]["scores"]) == 8
    assert content["verdicts"]["sentence"] == comparison.verdict().splitlines()[0]


def test_report_and_figures_are_in_the_comparisons_folder(comparison):
    drawn = comparison.plot()
    assert comparison.report == comparison.folder / "report.html"
    assert comparison.report.is_file()
    assert drawn
    assert all(path.parent == comparison.folder and path.suffix == ".png" for path in drawn)


def test_runs_are_trained_without_what_nobody_looks_at(comparison):
    folder = Path(comparison.scores.scores[0].folder)
    assert folder.parent == comparison.folder / "runs"
    names = {path.name for path in folder.iterdir()}
    assert {"run.json", "best.zip", "last.zip", OUTCOME} <= names
    assert not {"report.png", "lap.gif", "steps.arrows"} & names


def test_a_comparison_that_is_done_trains_nothing_again_and_more_seeds_only_those(
    comparison, files, tiny, in_process
):
    rewards = {"mine": files["good"], "other": files["other"]}
    again = make_plan(rewards, tiny, seeds=2, trials=3, also_track=["kidney"])
    folder = open_folder(again, comparison.folder.name, comparison.folder.parent)
    diary = Diary()
    found = run_plan(again, folder, Runner(diary, jobs=1))
    assert (diary.begun, len(diary.ended)) == ([], 4)
    assert found.scores == comparison.scores

    lost = found.scores.of("mine", found.scores.conditions[0].name)[1]
    (Path(lost.folder) / OUTCOME).unlink()  # as after kill -9
    more = make_plan(rewards, tiny, seeds=3, trials=3, also_track=["kidney"])
    assert open_folder(more, None, comparison.folder.parent) == folder
    longer = run_plan(more, folder, Runner(diary, jobs=1))
    assert diary.begun == [("mine", 1), ("mine", 2), ("other", 2)]
    assert set(found.scores.scores) < set(longer.scores.scores)


def test_python_functions_are_trained_here_and_one_that_fails_spoils_nothing(settings, tmp_path):
    calls = []

    def counts(params):
        calls.append(params["steps"])
        return 1.0

    def fails(params):
        raise ValueError("no")

    found = racer.compare(
        {"counts": counts, "fails": fails, "no_params": lambda: 1.0},
        seeds=2,
        trials=2,
        comparisons_dir=tmp_path,
        listener=(diary := Diary()),
        **settings,
    )
    assert calls
    assert {one.reward for one in found.scores.scores} == {"counts"}
    errors = {(one.reward, one.seed): one.error for one in found.scores.failures}
    assert "ValueError: no" in errors["fails", 0]
    assert "ValueError: no" in errors["fails", 1]
    assert errors["no_params", 0] == errors["no_params", 1]
    assert ("no_params", 1) not in diary.begun
    assert len(diary.ended) == 6


def test_a_failure_that_was_final_is_not_tried_again(files, tiny, tmp_path):
    plan = make_plan([files["good"], files["unloadable"]], tiny, seeds=2)
    folder = open_folder(plan, "x", tmp_path)
    trainings = plan.trainings(folder)
    unloadable = next(one for one in trainings if one.reward == "unloadable")
    Outcome(error="mine.py:1: no", at_load=True).save(unloadable)
    scored = Outcome(error="good.py:1: no")
    for one in trainings:
        if one.reward == "good":
            scored.save(one)
    diary = Diary()
    found = run_plan(plan, folder, Runner(diary, jobs=1))
    assert diary.begun == []
    assert [(one.reward, one.seed) for one in found.scores.failures] == [
        ("good", 0), ("unloadable", 0), ("good", 1), ("unloadable", 1),
    ]  # fmt: skip
    assert collect_scores(plan, folder, {one.folder: scored for one in trainings}).scores == ()


@pytest.mark.slow
def test_a_script_without_a_main_guard_compares(files, tmp_path):
    script = tmp_path / "script.py"
    rewards = {"a": str(files["good"]), "b": str(files["other"])}
    script.write_text(
        "import racer\n"
        f"found = racer.compare({rewards}, seeds=1, steps=60, n_envs=4, eval_trials=2, trials=2,\n"
        "    track='oval', max_seconds=4.0, jobs=1)\n"
        "print('once', len(found.scores.scores))\n"
    )
    answer = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "once 2\n"
    assert (tmp_path / "comparisons" / "a-vs-b-001" / "compare.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"seeds": 0}, ConfigError, "seeds: must be 1 or more, got 0"),
        ({"jobs": 0}, ConfigError, "jobs: must be 1 or more, got 0"),
        ({"reward_timeout": 0}, ConfigError, "reward_timeout: must be positive, got 0"),
        ({"track": "nowhere"}, TrackError, "unknown track 'nowhere'"),
        ({"stepz": 5}, ConfigError, "unknown setting 'stepz': did you mean 'steps'"),
        ({"learning_rate": -1}, ConfigError, "learning_rate: expected"),
        ({"name": "a/b"}, ConfigError, "expected the name of a folder"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, arguments, kind, message):
    with pytest.raises(kind, match=message):
        racer.compare(["center_line", "speed"], comparisons_dir=tmp_path, **arguments)


@pytest.mark.parametrize(
    "study",
    [
        lambda **rest: racer.compare(["center_line", "speed"], seeds=0, **rest),
        lambda **rest: racer.tune("center_line", seeds=0, **rest),
    ],
)
def test_what_to_know_of_the_commands_is_told_once_before_anything_else(study):
    heard = []
    ear = TuneListener()
    ear.hear = lambda job, event: heard.append((job, event))
    with pytest.raises(ConfigError, match="seeds"):
        study(listener=ear, actions={"max_speed": 4.0})
    ((job, event),) = heard
    assert job == ""
    assert isinstance(event, Note)
    assert "above 2.5 m/s are commanded, and no log of version 6 is faster" in event.text


def test_a_taken_name_with_other_settings_is_refused(comparison, files, settings):
    with pytest.raises(RunError, match="steps was 60, now 61; choose another --name, such as"):
        racer.compare(
            {"mine": files["good"], "other": files["other"]},
            name=comparison.folder.name,
            seeds=3,
            trials=3,
            also_track=["kidney"],
            comparisons_dir=comparison.folder.parent,
            **{**settings, "steps": 61},
        )


def test_a_second_process_is_kept_out_while_the_first_one_works(files, tiny, tmp_path):
    plan = make_plan({"mine": files["good"], "other": files["other"]}, tiny, seeds=1, trials=3)
    with RunLock(tmp_path), pytest.raises(RunError, match="is at work there"):
        run_plan(plan, tmp_path, Runner(jobs=1))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def mixed(files, settings, tmp_path_factory):
    """Reward functions of which only one can be trained, in two workers, from Python."""
    diary = Diary()
    names = ["unloadable", "divides", "dies", "good", "loops"]
    found = racer.compare(
        [files[name] for name in names],
        seeds=1,
        trials=2,
        jobs=1,  # at a time: the second takes the place of the one that died
        reward_timeout=0.5,
        comparisons_dir=tmp_path_factory.mktemp("mixed"),
        listener=diary,
        **settings,
    )
    return found, {(one.reward, one.seed): one.error for one in found.scores.failures}, diary


def test_every_training_has_an_outcome_whatever_happens_to_others(mixed):
    found, errors, diary = mixed
    assert {(one.reward, one.seed) for one in found.scores.scores} == {("good", 0)}
    assert len(diary.ended) == 5
    assert errors["divides", 0].endswith("ZeroDivisionError: float division by zero")
    assert errors["dies", 0] == "the worker process ended with status 7"


def test_an_endless_call_is_found_from_python_too_with_its_line_and_params(mixed):
    found, errors, _ = mixed
    assert re.search(
        r"loops\.py:[23]: step \d+ of car \d: the call has not returned after 0\.5 s: an end",
        errors["loops", 0],
    )
    (failure,) = found.folder.glob("runs/loops-*/failure.json")
    assert failure.parent.name == "loops-vpg_episodes_per_update=4-s0"


def test_what_would_come_again_is_kept_and_a_dead_worker_is_tried_again_later(mixed):
    found, _, _ = mixed
    kept = {path.parent.name.partition("-")[0] for path in found.folder.glob(f"runs/*/{OUTCOME}")}
    assert kept == {"good", "unloadable", "divides", "loops"}


def test_a_file_that_cannot_be_executed_is_not_tried_with_every_seed(
    files, tiny, tmp_path, mixed, in_process
):
    _, errors, _ = mixed
    plan = make_plan([files["good"], files["unloadable"]], tiny, seeds=2, trials=2)
    found = run_plan(plan, tmp_path, Runner(diary := Diary()))
    assert [one for one in diary.begun if one[0] == "unloadable"] == [("unloadable", 0)]
    assert len(diary.ended) == 4
    for one in found.scores.failures:
        assert (one.reward, one.error) == ("unloadable", errors["unloadable", 0])
    assert [one.seed for one in found.scores.failures] == [0, 1]


def test_what_a_worker_wrote_that_could_not_begin_is_kept(files, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    plan = make_plan([files["good"], files["other"]], tiny, seeds=1)
    with pytest.raises(RunError, match=r"ended with status 1: .*No module named .*before it could"):
        run_plan(plan, tmp_path, Runner(jobs=1))
    assert "Traceback" in (tmp_path / LOG).read_text()


def test_a_kill_while_a_function_is_loaded_costs_that_training_only(files, tiny, tmp_path):
    left = tmp_path / "left"
    left.mkdir()
    for number in range(2):  # both attempts of the first seed
        (left / str(number)).touch()
    (tmp_path / "killed.py").write_text(
        "import os, pathlib, signal\n"
        f"for file in pathlib.Path({str(left)!r}).iterdir():\n"
        "    file.unlink()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "def reward_function(params):\n    return 1.0\n"
    )
    plan = make_plan([tmp_path / "killed.py", files["good"]], tiny, seeds=2)
    folder = open_folder(plan, "x", tmp_path)
    found = run_plan(plan, folder, Runner(jobs=1)).scores
    assert [(one.reward, one.seed) for one in found.scores] == [
        ("good", 0), ("killed", 1), ("good", 1)
    ]  # fmt: skip
    assert "SIGKILL" in found.failures[0].error
    again = run_plan(plan, folder, Runner(jobs=1)).scores
    assert len(again.scores) == 4
