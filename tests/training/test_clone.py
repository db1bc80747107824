"""A clone begins with the weights of another run, and says what changed."""

import json

import numpy as np
import pytest

from racer.api import clone, load_run, train
from racer.errors import RunError
from racer.training.checkpoint import load_checkpoint

SETTINGS = {
    "track": "oval", "n_envs": 8, "eval_trials": 2, "max_seconds": 5.0, "seed": 1,
    "hyperparameters": {"episodes_per_update": 8}, "eval_every": 500,
}  # fmt: skip


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    return train(
        "speed", name="a", runs_dir=tmp_path_factory.mktemp("runs"), steps=1500, **SETTINGS
    )


def weights(path):
    return load_checkpoint(path).weights


@pytest.mark.parametrize("which", ["best", "last"])
def test_a_clone_begins_with_the_weights_and_records_its_parent(parent, tmp_path, which):
    run = clone(parent, "b", runs_dir=tmp_path, checkpoint=which, reward="center_line",
                learning_rate=1e-9, baseline="none", steps=1)  # fmt: skip
    theirs = weights(parent.folder / f"{which}.zip")
    own = weights(run.folder / "last.zip")
    assert all(np.allclose(own[name], theirs[name], atol=1e-6) for name in theirs)
    assert run.info["parent"]["checkpoint"] == str(parent.folder / f"{which}.zip")
    changed = run.info["changed"]
    assert changed["steps"] == [1500, 1]
    assert changed["reward"] == ["speed", "center_line"]
    assert changed["hyperparameters"][1] == {
        "episodes_per_update": 8, "learning_rate": 1e-9, "baseline": "none",
    }  # fmt: skip
    assert "track" not in changed
    assert run.config.track == ("oval",)


def test_a_clone_takes_the_reward_function_of_its_parent(parent, tmp_path):
    run = clone(parent, "b", runs_dir=tmp_path, steps=1)
    texts = [(one.folder / "reward_function.py").read_text() for one in (parent, run)]
    assert texts[0] == texts[1]
    assert load_run(run.folder).info["status"] == "finished"


def test_a_clone_may_have_another_algorithm(parent, tmp_path):
    run = clone(parent, "b", runs_dir=tmp_path, algo="ppo", n_steps=16, batch_size=64, steps=200)
    assert run.config.algo == "ppo"
    assert run.config.hyperparameters == {"n_steps": 16, "batch_size": 64}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"actions": {"max_speed": 2.0, "kind": "continuous"}}, None),
        ({"net_arch": [32]}, "its weights do not fit the network"),
        ({"checkpoint": "nosuch"}, None),
    ],
)
def test_weights_that_do_not_fit_are_one_line_and_leave_no_folder(
    parent, tmp_path, changes, message
):
    from racer.vehicle import ContinuousActions

    if "actions" in changes:
        changes = {"actions": ContinuousActions()}
        message = "was trained with the action space Discrete.* the new run has Box"
    if "checkpoint" in changes:
        changes, message = {"steps": 0}, "steps: input should be greater"
    with pytest.raises(Exception, match=message) as caught:
        clone(parent, "b", runs_dir=tmp_path, **{"steps": 100, **changes})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "b").exists()


def test_a_run_is_not_replaced_by_its_own_clone(parent):
    with pytest.raises(RunError, match="cannot be replaced by its own clone"):
        clone(parent, "a", runs_dir=parent.folder.parent, force=True, steps=1)
    assert json.loads((parent.folder / "run.json").read_text())["status"] == "finished"
