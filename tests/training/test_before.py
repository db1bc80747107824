"""What the car could before it learned anything is told, and is no result of a training."""

import csv
import json

import numpy as np
import pytest

from racer.algorithms.learner_state import has_learned
from racer.analysis.why.case import Case
from racer.api import load_run
from racer.api.training_jobs import summary
from racer.config.train_config import TrainConfig
from racer.env import evaluation_starts
from racer.evaluation import evaluate, spread_starts
from racer.jobs import Context
from racer.reward import load_reward
from racer.runs.listing import describe_run
from racer.studies.training import Training, learning_curve, run_training
from racer.training.callback import RunCallback, selection_starts
from racer.training.checkpoint import PolicyDriver, load_checkpoint
from racer.training.clone import clone
from racer.training.hooks import Hooks
from racer.training.resume import resume
from racer.training.session import make_setup
from racer.training.train import train

# with seed 0 the untrained car finishes most laps of reinvent_2018
LUCKY = {"steps": 1500, "n_envs": 16, "eval_every": 700, "eval_trials": 6, "algo": "ppo",
         "seed": 0, "hyperparameters": {"n_steps": 32}}  # fmt: skip
UNLEARNED = {"algo": "sac", "steps": 200, "n_envs": 4, "eval_every": 50, "eval_trials": 2,
             "track": "oval", "max_seconds": 5.0}  # fmt: skip


@pytest.fixture(scope="module")
def lucky(tmp_path_factory):
    """A training whose policy drives well by luck, and what it came to."""
    return train(TrainConfig.of(**LUCKY), folder=tmp_path_factory.mktemp("before") / "run")


@pytest.fixture(scope="module")
def untrained():
    """The policy that it began with, and where it drives."""
    setup = make_setup(TrainConfig.of(**LUCKY), Hooks())
    return PolicyDriver(setup.model, "policy"), setup.scenario


def rows(run):
    with (run.folder / "evaluations.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_first_row_is_the_policy_before_its_first_update(lucky, untrained):
    first = rows(lucky)[0]
    laps = evaluate(*untrained, starts=spread_starts(6, 1, selection_starts))
    assert (first["update"], first["total_steps"], first["is_best"]) == ("0", "0", "0")
    assert float(first["finish_rate"]) == pytest.approx(laps.finish_rate, abs=1e-6)
    assert float(first["median_lap_time"]) == pytest.approx(laps.median_lap_time, abs=1e-6)


def test_tensorboard_shows_all_evaluations_at_their_steps_and_what_was_set(lucky):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(lucky.folder / "tensorboard"))
    events.Reload()
    shown = [(e.step, pytest.approx(e.value, abs=1e-5)) for e in events.Scalars("eval/finish_rate")]
    expected = [(int(row["total_steps"]), float(row["finish_rate"])) for row in rows(lucky)]
    assert shown == expected
    start = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"center_line" in start
    assert b"learning_rate" in start
    assert b"reinvent_2018" in start


def test_what_training_added_is_measured_on_equal_starts(lucky, untrained):
    laps = evaluate(*untrained, starts=spread_starts(6, 1, evaluation_starts))
    assert lucky.before == laps.figures()
    assert json.loads((lucky.folder / "run.json").read_text())["before"] == laps.figures()
    assert laps.finish_rate >= 0.5, "luck has changed: take another seed"
    finished = round(6 * laps.finish_rate)
    assert summary(lucky)["added"].startswith(f"untrained: {finished} of 6 laps finished, median ")


def test_the_best_checkpoint_has_learned_something(lucky):
    best = load_checkpoint(lucky.folder / "best.zip")
    flagged = [int(row["total_steps"]) for row in rows(lucky) if row["is_best"] == "1"]
    assert best.facts["total_steps"] == flagged[-1] > 0


def test_an_untrained_policy_is_not_the_best_even_if_all_others_are_worse(tmp_path, monkeypatch):
    drive = RunCallback._drive

    def worse_each_time(self, starts_of):
        self.model.policy.action_net.bias.data[0] += 5.0 * has_learned(self.model)
        return drive(self, starts_of)

    monkeypatch.setattr(RunCallback, "_drive", worse_each_time)
    result = train(TrainConfig.of(**LUCKY), folder=tmp_path / "run")
    best = load_checkpoint(result.folder / "best.zip")
    assert best.facts["total_steps"] > 0
    assert result.evaluation.finish_rate < result.before["finish_rate"]
    assert "training took" in summary(result)["added"]


def test_readers_do_not_take_luck_for_learning(lucky):
    run = load_run(lucky.folder)
    table, learned = run.evaluations, run.record.trained_evaluations
    assert table["total_steps"][0] == 0
    assert learned["total_steps"].tolist() == table["total_steps"][1:].tolist()
    case = Case(run.record, run.tracks, run.actions)
    assert len(case.finish_rates) == len(np.unique(learned["total_steps"]))
    curve = learning_curve(run.record)
    assert curve["curve_steps"][0] == 0
    assert curve["steps_to_finish"] is None or curve["steps_to_finish"] > 0


def test_a_training_under_way_has_no_finish_rate_by_luck(lucky, tmp_path):
    """Only the first row is there: the list of runs waits for the next one."""
    folder = tmp_path / "run"
    folder.mkdir()
    facts = json.loads((lucky.folder / "run.json").read_text())
    for name in ("evaluation", "total_steps"):
        del facts[name]
    (folder / "run.json").write_text(json.dumps({**facts, "status": "running"}))
    for name in ("episodes.csv", "updates.csv", "evaluations.csv"):
        text = (lucky.folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(text[:2]))
    assert describe_run(folder).finish_rate is None


def test_a_clone_begins_where_its_parent_stands(lucky, tmp_path):
    result = clone(lucky.folder, TrainConfig.of(**LUCKY), folder=tmp_path / "clone")
    assert result.before == lucky.evaluation.figures()
    assert summary(result)["added"].startswith("with the weights of its parent: ")


@pytest.mark.parametrize("why", ["its first update never came", "it was stopped before"])
def test_a_training_that_learned_nothing_has_no_best_checkpoint(tmp_path, why):
    notes: list[str] = []
    is_stopped = why == "it was stopped before"
    stop = (lambda: True) if is_stopped else None
    hooks = Hooks(on_note=notes.append, should_stop=stop)
    result = train(TrainConfig.of(**UNLEARNED), folder=tmp_path / "run", hooks=hooks)
    names = {path.name for path in result.folder.iterdir()}
    assert "last.zip" in names
    assert "best.zip" not in names
    assert notes[-1].endswith("steps: nothing was learned, and best.zip is not written")
    assert len(rows(result)) == 1
    assert result.evaluation.figures() == result.before
    assert describe_run(result.folder).status == ("interrupted" if is_stopped else "finished")


def test_it_can_go_on_and_learn(tmp_path):
    train(TrainConfig.of(**UNLEARNED), folder=tmp_path / "run")
    resumed = resume(tmp_path / "run", steps=2200)
    assert (tmp_path / "run" / "best.zip").is_file()
    assert "has_learned" not in json.loads((tmp_path / "run" / "run.json").read_text())
    assert resumed.before is not None


def test_a_comparison_does_not_score_what_was_never_updated(tmp_path):
    config = TrainConfig.of(**UNLEARNED)
    training = Training(
        "center_line", "sac", config.model_dump(), load_reward("center_line"), tmp_path / "run",
        {"oval": {}}, 2,
    )  # fmt: skip
    outcome = run_training(training, Context(lambda event: None))
    assert outcome["scores"] == []
    assert outcome["error"] == "its policy was never updated: more steps are needed"
