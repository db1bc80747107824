"""The reward function of a run is code: it is executed only where it is the run's own."""

import shutil

import pytest

from racer.api import clone, distill, evaluate, train
from racer.errors import RunError

BOMB = "open('BOOM', 'w').close()\ndef reward_function(params):\n    return 1.0\n"
MINE = "def reward_function(params):\n    return 2.0\n"
SMALL = {"track": "oval", "n_envs": 8, "eval_trials": 2, "max_seconds": 5.0, "steps": 200}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose reward function was a file ``mine.py``."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "mine.py").write_text(MINE)
    return train(folder / "mine.py", name="a", runs_dir=folder, **SMALL)


@pytest.fixture
def friend(run, tmp_path, monkeypatch):
    """A checkpoint by itself in the working folder, where files of both names are bombs."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(run.folder / "best.zip", "friend.zip")
    for name in ("reward_function.py", "mine.py"):
        (tmp_path / name).write_text(BOMB)
    (run.folder.parent / "mine.py").write_text(BOMB)  # where the checkpoint says that it lies
    yield tmp_path / "friend.zip"
    assert not (tmp_path / "BOOM").exists()


def test_a_checkpoint_by_itself_is_evaluated_without_a_reward_function(friend):
    notes = []
    found = evaluate("friend.zip", trials=1, on_note=notes.append)
    assert found.trials[0].episode_return == 0.0
    assert notes == ["friend.zip: its reward function is not there: returns are 0"]


def test_a_clone_of_a_checkpoint_by_itself_needs_a_reward_function(friend, run):
    with pytest.raises(RunError, match=r"mine\.py, which is not in it and is not looked for; --re"):
        clone("friend.zip", "b", runs_dir=".", steps=1)
    (friend.with_name("own.py")).write_text(MINE)
    assert clone("friend.zip", "b", reward="own.py", runs_dir=".", steps=1).info["reward"]


def test_a_student_of_a_checkpoint_by_itself_keeps_its_tables_with_the_default_one(friend):
    camera = {"image_size": "32x24", "n_envs": 4, "steps": 16, "eval_trials": 1, "record": False}
    student = distill("friend.zip", "s", runs_dir=".", **camera)
    assert student.info["reward"] == "center_line"


def test_the_reward_function_beside_another_runs_checkpoint_is_not_executed(friend, run, tmp_path):
    other = shutil.copytree(run.folder, tmp_path / "runs" / "other")
    (other / "digests.json").unlink()
    (other / "reward_function.py").write_text(BOMB)
    shutil.copy(friend, other / "friend.zip")
    assert evaluate(other / "friend.zip", trials=1).trials[0].episode_return == 0.0
    with pytest.raises(RunError, match=r"reward_function\.py: is not the reward function of this"):
        evaluate(other, trials=1)


def test_a_runs_own_reward_function_is_named_before_it_is_executed(run):
    notes = []
    found = evaluate(run, trials=1, on_note=notes.append)
    assert notes == [f"returns are paid by {run.folder}/reward_function.py"]
    one = found.trials[0]
    assert one.episode_return == 2.0 * one.steps
    assert evaluate(run.folder / "best.zip", trials=1).trials == found.trials


def test_a_file_here_does_not_take_the_place_of_a_shipped_function(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = train("center_line", name="a", runs_dir=tmp_path / "runs", **SMALL)
    shutil.copy(run.folder / "best.zip", "friend.zip")
    assert clone("friend.zip", "b", runs_dir=".", steps=1).info["reward"] == "center_line"
    (tmp_path / "center_line.py").write_text(BOMB)
    with pytest.raises(RunError, match="--reward FILE says what the clone is trained with"):
        clone("friend.zip", "c", runs_dir=".", steps=1)
    assert not (tmp_path / "BOOM").exists()
