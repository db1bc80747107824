"""What the random elements of each episode were is recorded, in training and in evaluations."""

import csv

import numpy as np
import pytest

from racer import api
from racer.config.train_config import TrainConfig
from racer.env.factors import COLUMNS
from racer.env.randomize import Randomization
from racer.runs.record import read_run
from racer.training.train import train

ON = {"grip": 1.0, "latency": 2.0, "steering_bias": 0.5}
SMALL = {"track": "oval", "algo": "vpg", "steps": 1500, "n_envs": 6, "eval_trials": 3, "seed": 4,
         "max_seconds": 6.0, "hyperparameters": {"episodes_per_update": 6}}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elements") / "run"
    train(TrainConfig.of(**SMALL, randomize=ON), folder=folder)
    return folder


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_episode_has_a_row_with_what_its_car_drew(run):
    episodes, elements = rows_of(run / "episodes.csv"), rows_of(run / "elements.csv")
    assert [row["episode"] for row in episodes] == [row["episode"] for row in elements]
    assert len(elements) > 10
    randomization = Randomization.of(ON)
    assert set(elements[0]) == {"episode", *randomization.columns}
    begun = dict.fromkeys(range(6), 0)
    for episode, element in zip(episodes, elements, strict=True):
        car = int(episode["car"])
        drawn = randomization.draw(4, np.array([car]), np.array([begun[car]]))[0]
        begun[car] += 1
        for name in randomization.columns:
            assert float(element[name]) == pytest.approx(drawn[COLUMNS.index(name)], abs=1e-6)


def test_evaluations_say_what_each_trial_drew(run):
    trials = api.evaluate(run, trials=5).trials
    assert all(set(trial.elements) == set(Randomization.of(ON).columns) for trial in trials)
    assert len({trial.elements["grip"] for trial in trials}) == 5
    again = api.evaluate(run, trials=5).trials
    assert [trial.elements for trial in again] == [trial.elements for trial in trials]
    plain = api.evaluate(run, trials=2, randomize=0.0).trials
    assert all(trial.elements == {} for trial in plain)


def test_a_run_without_random_elements_has_no_such_table(tmp_path):
    train(TrainConfig.of(**SMALL), folder=tmp_path / "plain")
    assert not (tmp_path / "plain" / "elements.csv").exists()


def test_readers_take_a_run_with_random_elements(run):
    assert read_run(run)
