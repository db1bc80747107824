"""Comparisons and searches whose trainings drive on several tracks."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from racer.config.train_config import TrainConfig
from racer.evaluation import spread_starts
from racer.studies.manifest import plan_facts
from racer.studies.plan import make_plan, parse_road
from racer.studies.training import Training, spread_trials
from racer.studies.tune.tune import settings_text
from racer.studies.tune.tune_plan import make_tune_plan
from racer.training.callback import selection_starts


@pytest.fixture
def plan(files, tiny):
    config = TrainConfig.of(
        **{**tiny.model_dump(exclude_unset=True), "track": ["oval", "straight"]}
    )
    return make_plan([files["good"], files["other"]], config, seeds=1, also_track=["kidney"])


def test_a_comparison_says_all_tracks(plan):
    assert [road.name for road in plan.roads] == ["oval, straight", "kidney"]
    assert plan.conditions[0].track == "oval, straight"
    assert plan_facts(plan, {})["track"] == "oval, straight"
    one, other = parse_road("generated:1-3"), parse_road("generated:1-4")
    assert (one.name, len(other.tracks)) == ("generated_1-3", 4)


def test_a_training_learns_and_is_measured_on_all_tracks(plan, tmp_path, do):
    training = plan.trainings(tmp_path)[0]
    assert Training.from_dict(json.loads(json.dumps(training.to_dict()))) == training
    assert (
        replace(training, config={**training.config, "track": [str(k) for k in range(9)]}).n_cars
        == 9
    )
    outcome = do(replace(training, trials=3))
    assert outcome.error is None
    assert [score.condition for score in outcome.scores] == [one.name for one in plan.conditions]
    assert json.loads((training.folder / "run.json").read_text())["track"] == ["oval", "straight"]


@pytest.mark.parametrize(("trials", "picking"), [(20, 20), (7, 4), (1, 1), (12, 3)])
@pytest.mark.parametrize("n_tracks", [1, 2, 3])
def test_no_lap_that_is_judged_starts_where_one_picked_the_checkpoint(trials, picking, n_tracks):
    starts = spread_trials(trials, picking, n_tracks)
    picked = spread_starts(picking, n_tracks, selection_starts)
    assert len(starts) == max(trials, n_tracks)
    for k in range(n_tracks):
        apart = np.abs(starts[k::n_tracks, None] - picked[None, k::n_tracks])
        assert apart.min() > 1e-6


def test_a_search_says_all_tracks_and_writes_them_down(files, tiny):
    config = TrainConfig.of(**{**tiny.model_dump(exclude_unset=True), "track": ["oval", "kidney"]})
    plan = make_tune_plan(files["good"], config, trials=2, seeds=1)
    assert plan.road.name == "oval, kidney"

    class Best:
        name = "trial 1"

    assert tomllib.loads(settings_text(plan.config, "", Best))["track"] == ["oval", "kidney"]
