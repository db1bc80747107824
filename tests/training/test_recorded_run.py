"""A training leaves every rewarded step, unless it is told not to."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from racer.config.train_config import TrainConfig
from racer.errors import RunError
from racer.evaluation.recorded_steps import judge_again, read_recording, recorded_world
from racer.reward import RewardFailure, load_reward
from racer.reward_lab import replay
from racer.training.hooks import Hooks
from racer.training.train import train
from racer.vehicle import ContinuousActions

SMALL = {"steps": 1500, "n_envs": 16, "eval_every": 700, "eval_trials": 2, "track": "oval"}
CONTINUOUS = {"algo": "ppo", "actions": ContinuousActions().to_dict(),
              "hyperparameters": {"n_steps": 32, "batch_size": 128}}  # fmt: skip


@pytest.mark.parametrize("changes", [{}, CONTINUOUS, {"first_steps": 1, "reverse": True}])
def test_every_step_is_recorded_and_paid_again_the_same(tmp_path, changes):
    config = TrainConfig.of(**{**SMALL, **changes}, reward="smooth_driver", seed=4)
    result = train(config, folder=tmp_path / "run")
    found = replay(result.folder, "smooth_driver")
    assert found.is_own
    assert found.n_equal == found.n_steps == result.total_steps
    assert len(found.episodes) == result.episodes
    with (result.folder / "episodes.csv").open(newline="") as file:
        returns = [float(row["return"]) for row in csv.DictReader(file)]
    assert sorted(found.episodes.old) == pytest.approx(sorted(returns), abs=1e-5)
    assert np.diff(found.episodes.update).min() >= 0


def test_recording_changes_nothing_in_a_training(tmp_path):
    runs = [
        train(TrainConfig.of(**SMALL, seed=1, record=record), folder=tmp_path / str(record))
        for record in (True, False)
    ]
    tables = [(run.folder / "episodes.csv").read_bytes() for run in runs]
    assert tables[0] == tables[1]
    assert (runs[0].folder / "steps.arrows").is_file()
    assert not (runs[1].folder / "steps.arrows").exists()
    with pytest.raises(RunError, match="train again without --no-record"):
        replay(runs[1].folder, "speed")


def test_a_training_that_stops_at_once_has_its_steps_up_to_the_last_evaluation(tmp_path):
    class Killed(BaseException):
        pass

    folder, sizes = tmp_path / "run", []

    def stop():
        path = folder / "steps.arrows"
        sizes.append(path.stat().st_size if path.exists() else 0)
        if len(sizes) > 3 and sizes[-1] > sizes[0]:  # an evaluation has flushed
            (tmp_path / "copy.arrows").write_bytes(path.read_bytes())
            raise Killed
        return False

    with pytest.raises(Killed):
        train(
            TrainConfig.of(**{**SMALL, "steps": 9000}), folder=folder, hooks=Hooks(should_stop=stop)
        )
    assert read_recording(tmp_path / "copy.arrows").n_steps >= 700


def test_a_failing_reward_function_leaves_the_steps_before_it(tmp_path):
    file = tmp_path / "bad.py"
    file.write_text("def reward_function(params):\n    return 1 / (params['steps'] - 20)\n")
    with pytest.raises(RewardFailure):
        train(TrainConfig.of(**SMALL, reward=str(file)), folder=tmp_path / "run")
    recording = read_recording(tmp_path / "run" / "steps.arrows")
    assert max(batch.steps.max() for batch in recording.batches) == 19.0
    scenario = TrainConfig.of(**SMALL).scenario(reward=load_reward(file))
    world = recorded_world(recording, scenario.tracks)
    world.reward = replace(scenario).reward_runner(world.n_cars, 0)
    for steps, rows in judge_again(recording, world):
        assert world.rewards[steps.car[rows]].tobytes() == steps.reward[rows].tobytes()


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("racer.env.recording.pa.record_batch", fail)
    with pytest.raises(RunError, match=r"steps\.arrows: the steps cannot be recorded: No space"):
        train(TrainConfig.of(**SMALL), folder=tmp_path / "run")
