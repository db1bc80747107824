"""A training with soft actor-critic: its actions, its files, and what it says it cannot do."""

import shutil

import numpy as np
import pytest

import racer
from racer.api.command import train_command
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError, RunError
from racer.runs.checkpoint_file import find_checkpoint
from racer.storage.container import unpack
from racer.training.checkpoint import PolicyDriver, load_checkpoint
from racer.training.clone import clone
from racer.training.hooks import Hooks
from racer.training.inheritance import parent_config
from racer.training.resume import resume
from racer.training.sights import watch_drive
from racer.training.train import train
from racer.vehicle import ContinuousActions, DiscreteActions

SMALL = {"algo": "sac", "steps": 3000, "n_envs": 8, "eval_every": 500, "eval_trials": 2,
         "track": "oval", "max_seconds": 5.0, "seed": 3,
         "hyperparameters": {"n_steps": 16, "gradient_steps": 2, "learning_starts": 300,
                             "buffer_size": 1000}}  # fmt: skip
PICTURES = {"observe": "camera", "image_size": "32x24", "steps": 400, "eval_every": 200}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the folder of a training in which the ring went round three times."""
    folder = tmp_path_factory.mktemp("sac") / "run"
    train(TrainConfig.of(**SMALL), folder=folder)
    return folder


@pytest.fixture
def copy(run, tmp_path):
    """Return a copy of it that a test may spoil."""
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    """Return the folder of a training that sees pictures, and its notes."""
    notes: list[str] = []
    folder = tmp_path_factory.mktemp("camera") / "run"
    train(TrainConfig.of(**{**SMALL, **PICTURES}), folder=folder, hooks=Hooks(on_note=notes.append))
    return folder, notes


def test_without_actions_it_takes_ranges():
    config = TrainConfig.of(algo="sac")
    assert config.make_actions() == ContinuousActions()
    assert TrainConfig.of(**config.model_dump()) == config


def test_a_list_of_actions_is_refused_in_a_line():
    given = DiscreteActions.from_grid(max_speed=3.0).to_dict()
    with pytest.raises(ConfigError, match=r"^actions: sac takes continuous ones, .* from a list: "):
        TrainConfig.of(algo="sac", actions=given)


def test_a_table_has_a_row_for_each_update(run):
    rows = (run / "updates.csv").read_text().splitlines()
    n_updates = -(-3000 // (8 * 16))
    assert len(rows) == 1 + n_updates
    columns = rows[0].split(",")
    last = dict(zip(columns, rows[-1].split(","), strict=True))
    for name in ("entropy", "policy_loss", "value_loss", "learning_rate"):
        assert np.isfinite(float(last[name]))
    assert last["approx_kl"] == ""


def test_checkpoints_hold_where_the_buffer_stands_and_not_what_is_in_it(run):
    sizes = {path.name: path.stat().st_size for path in run.glob("replay-*.bin")}
    names = sorted(sizes)
    assert len(names) <= 3
    training = load_checkpoint(run / "last.zip").training
    assert sorted(training["files"]) == names[-2:]
    assert training["files"][names[-1]]["bytes"] == sizes[names[-1]]
    entries = unpack((run / "last.zip").read_bytes())
    assert len(entries["training.safetensors"]) < 400_000


@pytest.mark.parametrize(("steps", "damaged"), [(700, False), (2200, False), (2200, True)])
def test_it_ends_as_if_it_had_not_been_stopped(run, tmp_path, steps, damaged):
    def after(n):
        calls = iter(range(10**9))
        return Hooks(should_stop=lambda: next(calls) * 8 >= n)

    train(TrainConfig.of(**SMALL), folder=tmp_path / "run", hooks=after(steps))
    if damaged:  # the checkpoint before is gone back to, and so is the buffer
        (tmp_path / "run" / "last.zip").write_bytes(b"PK")
    resume(tmp_path / "run")
    for name in ("episodes.csv", "best.zip", "steps.arrows"):
        assert (tmp_path / "run" / name).read_bytes() == (run / name).read_bytes()


def test_a_damaged_buffer_is_told_in_a_line(copy):
    training = load_checkpoint(copy / "last.zip").training
    for name in training["files"]:
        (copy / name).write_bytes(b"\0" * 100)
    with pytest.raises(RunError, match=r"replay-\d+\.bin: damaged: expected at least .* missing"):
        resume(copy, steps=100)


def test_a_camera_says_at_its_start_that_it_cannot_be_resumed_exactly(camera):
    folder, notes = camera
    assert [note for note in notes if "cannot be resumed exactly" in note] == [
        "this run cannot be resumed exactly: sac learns from pictures of many steps before, which "
        "are not saved"
    ]
    assert not list(folder.glob("replay-*"))


def test_a_camera_is_resumed_only_anyway(camera, tmp_path):
    shutil.copytree(camera[0], tmp_path / "run")
    with pytest.raises(RunError, match=r"cannot be resumed exactly: sac .*; --anyway goes on"):
        resume(tmp_path / "run", steps=200)
    assert resume(tmp_path / "run", steps=200, anyway=True).stop_reason == "budget"


def test_a_film_of_a_camera_shows_what_decides(camera):
    found = load_checkpoint(find_checkpoint(camera[0]))
    driver = PolicyDriver(found.model, "sac")
    _, watched = watch_drive(driver, found.config.scenario(), trials=1)
    saliency = watched.saliency(0, [0, 1])
    assert saliency.shape == (2, 24, 32)
    assert np.isfinite(saliency).all()


def test_a_clone_goes_on_from_its_weights(run, tmp_path):
    config = parent_config(run).model_copy(update={"steps": 300, "reward": "speed"})
    assert clone(run, config, folder=tmp_path / "clone").stop_reason == "budget"


def test_why_and_evaluate_take_it(run):
    assert racer.why(run).run == run.name
    assert len(racer.evaluate(run, trials=2).trials) == 2


def test_the_command_of_its_own_actions_names_none_and_of_others_there_is_none():
    config = TrainConfig.of(algo="sac")
    assert train_command(config, "new", {"tau": 0.01}) == (
        "racer train center_line --algo sac --tau 0.01 --name new"
    )
    assert "--continuous --max-speed 3" in train_command(config, "new", {"max_speed": 3})
    other = ContinuousActions.from_degrees((-20.0, 30.0), (1.0, 3.0)).to_dict()
    assert train_command(TrainConfig.of(algo="sac", actions=other), "new", {}) == ""
