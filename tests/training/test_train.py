"""A training leaves a folder that says, and can do, what happened."""

import csv
import itertools
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from racer import api
from racer.algorithms.registry import make_algorithm
from racer.algorithms.vec_env import SB3VecEnv
from racer.assets import asset_folder
from racer.config.train_config import TrainConfig
from racer.env import Scenario, ScenarioVectorEnv
from racer.errors import ConfigError, RunError
from racer.evaluation import RandomDriver, evaluate
from racer.reward import RewardFailure, load_reward, read_params
from racer.runs.checkpoint_file import find_checkpoint
from racer.runs.run_folder import RunFolder, give_name_back, reserve_name
from racer.training.checkpoint import (
    PolicyDriver,
    load_checkpoint,
    save_checkpoint,
)
from racer.training.hooks import Hooks
from racer.training.train import train
from racer.vehicle import default_actions

SMALL = {"steps": 3000, "n_envs": 16, "eval_every": 1500, "eval_trials": 4, "max_seconds": 15.0}


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "first"
    return train(TrainConfig.of(**SMALL, track="oval", seed=5), folder=folder)


def test_the_folder_holds_everything(run):
    names = {path.name for path in run.folder.iterdir()}
    assert names >= {
        "run.json", "reward_function.py", "episodes.csv", "updates.csv", "evaluations.csv",
        "tensorboard", "last.zip", "best.zip", "evaluation.json", "trace.npz",
    }  # fmt: skip
    facts = json.loads((run.folder / "run.json").read_text())
    assert facts["status"] == "finished"
    assert facts["seed"] == 5
    assert facts["total_steps"] == run.total_steps >= 3000
    assert facts["config"]["track"] == "oval"
    assert facts["versions"]["torch"] == torch.__version__
    assert list((run.folder / "tensorboard").glob("events*"))


def test_tables_have_one_row_an_episode_and_one_row_an_update(run):
    episodes, updates = rows(run.folder / "episodes.csv"), rows(run.folder / "updates.csv")
    assert len(episodes) == run.episodes
    assert [int(e["episode"]) for e in episodes] == list(range(run.episodes))
    steps = [int(e["total_steps"]) for e in episodes]
    assert steps == sorted(steps)
    # vpg: every step belongs to an episode that was finished
    assert sum(int(e["steps"]) for e in episodes) == run.total_steps
    assert int(updates[-1]["total_steps"]) == run.total_steps
    for update in updates:
        mine = [e for e in episodes if e["update"] == update["update"]]
        returns = [float(e["return"]) for e in mine]
        assert float(update["mean_return"]) == pytest.approx(np.mean(returns), abs=1e-5)
        laps = [e for e in mine if e["status"] == "lap_complete"]
        assert float(update["finish_rate"]) == pytest.approx(len(laps) / len(mine), abs=1e-5)
        assert float(update["entropy"]) > 0.0


def test_the_best_evaluation_is_the_best_and_is_marked(run):
    evaluations = rows(run.folder / "evaluations.csv")
    best = [e for e in evaluations if e["is_best"] == "1"][-1]
    assert float(best["finish_rate"]) == max(float(e["finish_rate"]) for e in evaluations)


def test_a_checkpoint_acts_alone(run, tmp_path):
    alone = tmp_path / "copied.zip"
    shutil.copy(find_checkpoint(run.folder), alone)
    again = api.evaluate(alone, trials=4)
    # without the run's folder there is no reward function, but the driving is the same
    assert [t.lap_time for t in again.trials] == [t.lap_time for t in run.evaluation.trials]
    assert [t.completion for t in again.trials] == [t.completion for t in run.evaluation.trials]


def test_evaluating_the_run_again_gives_the_same_trials(run):
    assert api.evaluate(run.folder, trials=4).trials == run.evaluation.trials


def test_a_run_can_be_evaluated_on_another_track_and_reversed(run):
    other = api.evaluate(run.folder, trials=2, track="kidney", reverse=True)
    assert other.track.startswith("kidney")
    assert "reversed" in other.track


@pytest.mark.parametrize("algo", ["vpg", "ppo", "a2c"])
def test_the_same_seed_gives_the_same_episodes_and_the_same_weights(tmp_path, algo):
    def once(name, seed):
        config = TrainConfig.of(**{**SMALL, "steps": 2000}, algo=algo, seed=seed)
        result = train(config, folder=tmp_path / name)
        model = load_checkpoint(result.folder / "last.zip").model
        weights = torch.cat([p.flatten() for p in model.policy.parameters()])
        return (result.folder / "episodes.csv").read_bytes(), weights

    first, second, other = once("a", 3), once("b", 3), once("c", 4)
    assert first[0] == second[0]
    assert torch.equal(first[1], second[1])
    assert first[0] != other[0]


def test_nothing_is_overwritten_without_force(run):
    config = TrainConfig.of(**SMALL)
    with pytest.raises(RunError, match="already there"):
        train(config, folder=run.folder)


def test_force_replaces_runs_only(tmp_path):
    (tmp_path / "precious.txt").write_text("do not delete")
    with pytest.raises(RunError, match="this folder is not a run"):
        train(TrainConfig.of(**SMALL), folder=tmp_path, force=True)
    assert (tmp_path / "precious.txt").exists()


def test_runs_without_a_name_are_numbered(tmp_path):
    config = TrainConfig.of(**{**SMALL, "steps": 200}, track="oval")
    names = [train(config, runs=tmp_path).folder.name for _ in range(2)]
    assert names == ["center_line-vpg-001", "center_line-vpg-002"]


def test_bad_hyperparameters_leave_no_folder(tmp_path):
    with pytest.raises(ConfigError, match="learning_rat"):
        train(TrainConfig.of(hyperparameters={"learning_rat": 1}), runs=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_reward_keeps_its_params_and_the_checkpoint(tmp_path):
    reward = tmp_path / "late.py"
    reward.write_text(
        "def reward_function(params):\n"
        "    if params['progress'] > 20:\n"
        "        return 1 / 0\n"
        "    return params['speed']\n"
    )
    config = TrainConfig.of(**SMALL, reward=str(reward), track="oval")
    with pytest.raises(RewardFailure, match=r"late\.py:3: step \d+ of car \d+: ZeroDivisionError"):
        train(config, folder=tmp_path / "run")
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["status"] == "failed"
    assert "ZeroDivisionError" in facts["error"]
    assert read_params(tmp_path / "run" / "failure.json")["progress"] > 20
    assert load_checkpoint(tmp_path / "run" / "last.zip").config == config


def test_until_finish_stops_when_the_laps_are_finished(tmp_path):
    config = TrainConfig.of(
        until_finish=0.95, track="oval", n_envs=64, eval_trials=8, eval_every=2000, steps=150_000
    )
    result = train(config, folder=tmp_path / "run")
    assert result.stop_reason == "until_finish"
    assert result.total_steps < 150_000
    last = rows(result.folder / "evaluations.csv")[-1]
    assert float(last["finish_rate"]) >= 0.95


@pytest.mark.parametrize(("seconds", "is_once"), [(float("inf"), True), (-1.0, False)])
def test_poses_are_told_to_who_wants_them_not_too_often_and_change_nothing(
    run, tmp_path, monkeypatch, seconds, is_once
):
    monkeypatch.setattr("racer.training.callback.POSES_SECONDS", seconds)
    asked, seen = itertools.count(), []
    hooks = Hooks(on_poses=seen.append, wants_poses=lambda: next(asked) >= 10)
    again = train(
        TrainConfig.of(**SMALL, track="oval", seed=5), folder=tmp_path / "again", hooks=hooks
    )
    assert seen[0].steps == 11 * SMALL["n_envs"]
    assert len(seen) == (1 if is_once else next(asked) - 10)
    assert {len(one.cars) for one in seen} == {8}
    x, y, heading, track = seen[0].cars[3]
    assert abs(x) + abs(y) < 100.0
    assert -np.pi <= heading <= np.pi
    assert track == 0
    assert rows(again.folder / "episodes.csv") == rows(run.folder / "episodes.csv")


def test_a_hook_stops_the_training_and_the_run_is_saved(tmp_path):
    seen, asked = [], iter(range(10**9))
    hooks = Hooks(on_progress=seen.append, should_stop=lambda: next(asked) == 150)
    result = train(TrainConfig.of(**SMALL, track="oval"), folder=tmp_path / "run", hooks=hooks)
    assert result.stop_reason == "interrupted"
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "interrupted"
    assert (tmp_path / "run" / "best.zip").is_file()
    assert (seen[0].steps, seen[0].step_budget) == (SMALL["n_envs"], 3000)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not a checkpoint"), (b"PK\x05\x06" + b"\0" * 18, "not a checkpoint")],
)
def test_a_damaged_checkpoint_is_refused(tmp_path, content, message):
    (tmp_path / "best.zip").write_bytes(content)
    with pytest.raises(RunError, match=message):
        load_checkpoint(tmp_path / "best.zip")


def test_a_missing_run_or_checkpoint_is_named(tmp_path):
    with pytest.raises(RunError, match="no such run"):
        find_checkpoint(tmp_path / "none")
    with pytest.raises(RunError, match="holds no checkpoint yet"):
        find_checkpoint(tmp_path)
    with pytest.raises(RunError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "none.zip")


def test_modules_beside_the_reward_function_are_copied_with_it(tmp_path):
    (tmp_path / "helper.py").write_text("WEIGHT = 2.0\n")
    reward = tmp_path / "mine.py"
    reward.write_text(
        "from helper import WEIGHT\n\ndef reward_function(params):\n    return WEIGHT\n"
    )
    config = TrainConfig.of(**{**SMALL, "steps": 500}, reward=str(reward), track="oval")
    result = train(config, folder=tmp_path / "run")
    reward.unlink()
    (tmp_path / "helper.py").unlink()
    again = api.evaluate(result.folder, trials=2)
    assert again.trials[0].episode_return == 2.0 * again.trials[0].steps


def test_a_python_function_can_be_the_reward(tmp_path):
    config = TrainConfig.of(**{**SMALL, "steps": 500}, track="oval")
    source = load_reward(lambda params: params["speed"])
    result = train(config, reward=source, folder=tmp_path / "run")
    assert result.evaluation.trials[0].episode_return > 0
    assert (result.folder / "reward_function.txt").is_file()


def test_what_a_reward_function_prints_is_handed_on(tmp_path):
    reward = tmp_path / "chatty.py"
    reward.write_text("def reward_function(params):\n    print('hello')\n    return 1.0\n")
    config = TrainConfig.of(**{**SMALL, "steps": 200}, reward=str(reward), track="oval")
    lines = []
    train(config, folder=tmp_path / "run", hooks=Hooks(on_print=lines.append))
    assert lines[0] == "hello"
    assert len(lines) < 30


def test_what_a_reward_function_keeps_where_all_cars_share_it_is_noted_once(tmp_path, monkeypatch):
    monkeypatch.setattr("math.mine", 0, raising=False)
    reward = tmp_path / "sharing.py"
    reward.write_text(
        "import math\ndef reward_function(params):\n    math.mine += 1\n    return 1.0\n"
    )
    config = TrainConfig.of(**{**SMALL, "steps": 200}, reward=str(reward), track="oval")
    notes = []
    train(config, folder=tmp_path / "run", hooks=Hooks(on_note=notes.append))
    assert [note for note in notes if "math.mine" in note] == [
        "the reward function changes 'math.mine', which all cars share: what one is paid may "
        "depend on the others, and a training cannot be resumed exactly"
    ]


def test_a_track_file_is_found_from_any_working_folder(tmp_path, monkeypatch):
    shutil.copy(asset_folder("tracks") / "oval.toml", tmp_path / "mine.toml")
    monkeypatch.chdir(tmp_path)
    config = TrainConfig.of(**{**SMALL, "steps": 300}, track="mine.toml")
    result = train(config, folder=tmp_path / "run")
    monkeypatch.chdir(tmp_path.parent)
    assert api.evaluate(result.folder, trials=2).track == "mine"


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(run, tmp_path, monkeypatch):
    loaded = load_checkpoint(run.folder / "last.zip")
    kept = tmp_path / "kept.zip"
    save_checkpoint(loaded.model, kept, loaded.config)
    before = kept.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("racer.storage.durable.os.fsync", full)
    with pytest.raises(RunError, match="cannot be written: No space left on device"):
        save_checkpoint(loaded.model, kept, loaded.config)
    assert kept.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["kept.zip"]


def test_an_untrained_policy_is_no_driver():
    # a control that must fail: now and then chance sets up a policy that finishes some laps
    rates = []
    for seed in range(7):
        config = TrainConfig.of(seed=seed)
        venv = SB3VecEnv(ScenarioVectorEnv(config.scenario(), 1))
        driver = PolicyDriver(make_algorithm("vpg", venv, seed=seed), "untrained")
        rates.append(evaluate(driver, config.scenario(), trials=5).finish_rate)
    assert np.median(rates) == 0.0
    assert max(rates) < 0.95


@pytest.mark.parametrize("algo", ["vpg", "ppo", "a2c"])
def test_the_quick_way_to_the_most_probable_action_is_the_way_of_predict(algo):
    venv = SB3VecEnv(ScenarioVectorEnv(Scenario.of("oval", None), 64))
    model = make_algorithm(algo, venv, seed=3)
    world = Scenario.of("oval", None).world(64)
    driver, random = PolicyDriver(model, "policy"), RandomDriver(default_actions(), seed=1)
    for _ in range(20):
        world.step(*default_actions().commands(random.act(world)))
        expected, _ = model.predict(world.observation, deterministic=True)
        assert driver.act(world).tolist() == expected.tolist()


def test_names_that_are_chosen_at_the_same_moment_differ(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: reserve_name(tmp_path, "mine-vpg"), range(8)))
    assert sorted(names) == [f"mine-vpg-{number:03d}" for number in range(1, 9)]


def test_a_group_of_seeds_has_a_name_of_its_own(tmp_path):
    assert reserve_name(tmp_path, "mine", "-s0") == "mine-001"
    assert reserve_name(tmp_path, "mine") == "mine-002"
    assert reserve_name(tmp_path, "mine", "-s5") == "mine-003"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mine-001-s0", "mine-002", "mine-003-s5",
    ]  # fmt: skip


def test_a_reserved_name_is_used_or_given_back(tmp_path):
    run = RunFolder.create(tmp_path / reserve_name(tmp_path, "mine"))
    run.close()
    give_name_back(run.path)
    assert (run.path / "provenance").is_dir()
    give_name_back(tmp_path / reserve_name(tmp_path, "mine"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine-001"]
    with pytest.raises(RunError, match="already there"):
        RunFolder.create(run.path)
