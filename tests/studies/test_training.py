"""One training of a comparison: what it measures, and what it leaves."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from racer.env import Scenario
from racer.errors import RunError
from racer.evaluation import PurePursuitDriver, evaluate
from racer.jobs import Listener
from racer.runs.record import read_run
from racer.studies.plan import make_plan
from racer.studies.runner import Runner
from racer.studies.training import (
    AGAIN,
    OUTCOME,
    Outcome,
    Training,
    drive,
    learning_curve,
    off_tracks_a_lap,
    read_score,
    trial_starts,
)
from racer.training.callback import selection_starts


class StraightOn:
    """Never steers: it leaves the track in the first bend."""

    name = "straight on"

    def __init__(self, actions):
        rows = actions.table()
        self._action = min(range(len(rows)), key=lambda k: abs(rows[k][1]))

    def act(self, world):
        return np.full(world.n_cars, self._action)


@pytest.fixture(scope="module")
def trainings(files, tmp_path_factory, tiny):
    plan = make_plan(
        [files["good"], files["divides"], files["unloadable"]],
        tiny,
        seeds=1,
        trials=3,
        also_track=["kidney:reversed"],
    )
    return plan.trainings(tmp_path_factory.mktemp("trainings"))


@pytest.fixture(scope="module")
def outcome(trainings, do):
    return do(trainings[0])


def test_a_training_survives_the_way_to_a_worker(trainings):
    plain = json.loads(json.dumps(trainings[0].to_dict()))
    assert Training.from_dict(plain) == trainings[0]


def test_a_worker_and_this_process_measure_the_same(trainings, outcome):
    there = replace(trainings[0], folder=trainings[0].folder.with_name("there"))
    (found,) = Runner(jobs=1).run_all([there], there.folder.parent).values()
    assert [replace(one, folder="") for one in found.scores] == [
        replace(one, folder="") for one in outcome.scores
    ]


def test_modules_beside_a_reward_function_travel_with_it(tmp_path, tiny):
    (tmp_path / "helper.py").write_text("x = 1.0\n")
    (tmp_path / "mine.py").write_text(
        "import helper\ndef reward_function(p):\n    return helper.x\n"
    )
    training = make_plan([tmp_path / "mine.py", "speed"], tiny, seeds=1).trainings(tmp_path)[0]
    again = Training.from_dict(json.loads(json.dumps(training.to_dict())))
    (tmp_path / "helper.py").unlink()
    assert again.source.siblings == training.source.siblings
    assert again.source.instantiate()({}) == 1.0


def test_every_road_gets_a_score_and_all_share_the_learning_curve(trainings, outcome):
    first, second = outcome.scores
    assert (first.reward, first.seed) == ("good", 0)
    assert first.condition == "vpg episodes_per_update=4, oval"
    assert second.condition == "vpg episodes_per_update=4, kidney (reversed)"
    assert first.curve_steps == second.curve_steps
    assert len(first.curve_finish_rate) == len(first.curve_steps) > 0
    assert 0.0 < first.completion < 100.0
    assert first.folder == str(trainings[0].folder)


def test_the_same_training_has_the_same_scores(trainings, outcome, do):
    again = replace(trainings[0], folder=trainings[0].folder.with_name("again"))
    scores = [replace(score, folder="") for score in do(again).scores]
    assert scores == [replace(score, folder="") for score in outcome.scores]


def test_an_outcome_is_read_as_it_was_written(trainings, outcome, tmp_path):
    assert loaded(trainings[0]) == (outcome, None)
    elsewhere = replace(trainings[0], folder=tmp_path)
    assert loaded(elsewhere) == (None, None)
    failed = Outcome(error="mine.py: no", at_load=True)
    failed.save(elsewhere)
    assert loaded(elsewhere) == (failed, None)


def loaded(training):
    """Return the outcome that is taken for a training, and why one that is there is not."""
    listener = Ear()
    return Outcome.load(training, listener), listener.why


class Ear(Listener):
    why = None

    def hear(self, name, event):
        assert event.topic == AGAIN
        self.why = event.values["why"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"scores": [{}], "error": null}', '{"x": NaN}', "[" * 10_000]
)
def test_an_outcome_that_is_none_is_trained_again_and_that_is_said(trainings, tmp_path, text):
    (tmp_path / OUTCOME).write_text(text)
    found, why = loaded(replace(trainings[0], folder=tmp_path))
    assert found is None
    assert f"{OUTCOME}: damaged: " in why
    assert why.endswith(": it is trained again")


def test_a_changed_bit_in_an_outcome_is_noticed(trainings, outcome, tmp_path):
    training = replace(trainings[0], folder=tmp_path)
    outcome.save(training)
    data = bytearray((tmp_path / OUTCOME).read_bytes())
    data[data.index(b'"finish_rate": ') + 15] ^= 1  # one digit
    (tmp_path / OUTCOME).write_bytes(data)
    assert loaded(training) == (
        None, f"{tmp_path / OUTCOME}: damaged: it does not fit its digest: it is trained again"
    )  # fmt: skip


def test_the_outcome_of_other_settings_is_taken_for_no_training(trainings, outcome, tmp_path):
    training = replace(trainings[0], folder=tmp_path)
    outcome.save(training)
    assert loaded(training)[0] == outcome
    others = (
        replace(training, config={**training.config, "steps": 7}),
        replace(training, trials=4),
        replace(training, roads={}),
        replace(training, source=trainings[1].source),
    )
    for other in others:
        assert loaded(other) == (
            None, f"{tmp_path / OUTCOME}: belongs to other settings: it is trained again"
        )  # fmt: skip


@pytest.mark.parametrize("name", ["finish_rate", "last_finish_rate", "completion", "race_time"])
@pytest.mark.parametrize("value", [-7, math.nan, -0.1, "1", math.inf])
def test_figures_that_no_training_can_have_come_to_are_refused(outcome, name, value):
    values = {**outcome.scores[0].to_dict(), name: value}
    with pytest.raises(RunError, match=f"{name}: expected .*, got {value!r}"):
        read_score(values)
    with pytest.raises(RunError, match="finish_rate: expected 0 to 1, got 7"):
        read_score({**values, "finish_rate": 7})


def test_what_an_earlier_attempt_has_left_is_removed(trainings, outcome, do):
    folder = trainings[0].folder.with_name("begun")
    folder.mkdir()
    (folder / "episodes.csv").write_text("half a li")
    found = do(replace(trainings[0], folder=folder))
    assert [replace(one, folder="") for one in found.scores] == [
        replace(one, folder="") for one in outcome.scores
    ]


def test_a_reward_function_that_fails_is_an_outcome_with_its_line(trainings, do):
    found = do(trainings[1])
    assert found.scores == ()
    assert found.error.endswith(
        "divides.py:2: step 5 of car 0: ZeroDivisionError: float division by zero"
    )
    assert not found.at_load
    assert loaded(trainings[1]) == (found, None)
    assert (trainings[1].folder / "failure.json").is_file()


def test_a_file_that_cannot_be_executed_fails_at_load(trainings, do):
    found = do(trainings[2])
    assert found.at_load
    assert "unloadable.py:1: import of 'no_such_module' failed" in found.error
    assert loaded(trainings[2]) == (found, None)


# --- measures ---


@pytest.mark.parametrize("trials", range(1, 65))
def test_no_lap_starts_where_the_best_checkpoint_was_picked(trials):
    for eval_trials in range(1, 65):
        starts = trial_starts(trials, eval_trials)
        assert len(starts) == trials
        assert np.allclose(np.diff(starts), 1.0 / trials)
        assert 0.0 <= starts[0] < starts[-1] + 1e-9 < 1.0 + 1e-9
        assert not set(starts.round(9)) & set(selection_starts(eval_trials).round(9))


def test_without_an_off_track_the_race_time_is_the_lap_time():
    scenario = Scenario.of("oval", None)
    found = drive(PurePursuitDriver(scenario.actions), scenario, trial_starts(4, 20))
    assert found["finish_rate"] == 1.0
    assert found["completion"] == 100.0
    assert found["race_time"] == found["lap_time"] >= found["best_lap_time"]
    assert found["off_tracks"] == 0.0


def test_a_car_that_leaves_the_track_goes_on_in_the_race():
    scenario = Scenario.of("oval", None)
    found = drive(StraightOn(scenario.actions), scenario, trial_starts(4, 20))
    assert found["finish_rate"] == 0.0
    assert found["lap_time"] is None
    assert 0.0 < found["completion"] < 100.0
    assert found["off_tracks"] > 1.0
    assert found["steering_change"] == 0.0


def test_off_tracks_are_counted_a_lap_driven():
    scenario = Scenario.of("oval", None)
    laps = evaluate(PurePursuitDriver(scenario.actions), scenario, trials=3)
    driven = [(100.0, 1), (50.0, 2), (0.0, 0)]
    trials = tuple(
        replace(trial, completion=completion, off_tracks=off_tracks)
        for trial, (completion, off_tracks) in zip(laps.trials, driven, strict=True)
    )
    assert off_tracks_a_lap(replace(laps, trials=trials)) == pytest.approx(3 / 1.51)


def test_how_fast_it_learned_is_read_from_the_tables(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    head = "episode,update,total_steps,car,start,steps,return,completion,status,lap_time,"
    rows = ["0,0,90,0,0,90,1,40,off_track,,1,1", "1,0,250,1,0,200,1,100,lap_complete,9.5,,",
            "2,1,240,2,0,200,1,100,lap_complete,9.7,,"]  # fmt: skip
    (tmp_path / "episodes.csv").write_text("\n".join([head + "off_track_x,off_track_y", *rows, ""]))
    head = "update,total_steps,finish_rate,completion,median_lap_time,best_lap_time,is_best"
    rows = ["0,100,0.0,40.0,,,1", "1,200,0.95,99.0,9.9,9.8,1", "2,300,0.9,95.0,9.9,9.8,0"]
    (tmp_path / "evaluations.csv").write_text("\n".join([head, *rows, ""]))
    found = learning_curve(read_run(tmp_path))
    assert found["steps_to_first_lap"] == 240
    assert found["steps_to_finish"] == 200
    assert found["curve_steps"] == (100, 200, 300)
    assert found["curve_finish_rate"] == (0.0, 0.95, 0.9)
    assert found["curve_completion"] == (40.0, 99.0, 95.0)
