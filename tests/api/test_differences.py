"""What differs between two runs is said in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors import numpy as safetensors

from racer.api import load_run
from racer.api.differences import Difference, difference
from racer.config.train_config import TrainConfig
from racer.storage.container import pack, unpack
from racer.training.train import train

SMALL = {"steps": 600, "n_envs": 8, "eval_every": 300, "eval_trials": 2, "track": "oval",
         "max_seconds": 5.0, "hyperparameters": {"episodes_per_update": 8}}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder with a run ``one``."""
    folder = tmp_path_factory.mktemp("runs")
    train(TrainConfig.of(**SMALL), folder=folder / "one")
    return folder


@pytest.fixture
def other(runs, tmp_path) -> Path:
    """A copy of the run whose damage is not noticed."""
    shutil.copytree(runs / "one", tmp_path / "other")
    (tmp_path / "other/digests.json").unlink()
    return tmp_path / "other"


def found(runs: Path, other: Path) -> Difference:
    return difference(load_run(runs / "one"), load_run(other))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_same_command_under_another_name_is_equal(runs):
    train(TrainConfig.of(**SMALL), folder=runs / "two")
    assert found(runs, runs / "two") == Difference((), "")
    assert found(runs, runs / "two").is_equal


def test_settings_that_differ_are_a_line_each_and_nothing_else_is_said(runs, tmp_path):
    hyperparameters = {**SMALL["hyperparameters"], "learning_rate": 0.02}
    changed = {**SMALL, "steps": 300, "seed": 5, "hyperparameters": hyperparameters}
    train(TrainConfig.of(**changed), folder=tmp_path / "three")
    lines = ("seed 0 against 5", "steps 600 against 300", "learning_rate 0.01 against 0.02")
    assert found(runs, tmp_path / "three") == Difference(lines, "")


def test_another_algorithm_is_one_line_its_hyperparameters_are_not_told(runs, other):
    facts = json.loads((other / "run.json").read_text())
    facts["config"] |= {"algo": "ppo", "hyperparameters": {}}
    facts["hyperparameters"] = {"learning_rate": 3e-4, "clip_range": 0.2}
    (other / "run.json").write_text(json.dumps(facts))
    assert found(runs, other).settings == ("algo vpg against ppo",)


def test_a_file_of_the_same_name_with_another_text_is_named(runs, other):
    change(other / "run.json", '"reward_digest": "', '"reward_digest": "0')
    assert found(runs, other).settings == ("the file of the reward center_line is another one",)


def test_another_version_is_named(runs, other):
    change(other / "run.json", '"numpy": "', '"numpy": "1.')
    (line,) = found(runs, other).settings
    assert line == f"numpy {np.__version__} against 1.{np.__version__}"


def test_a_table_names_its_first_row_that_differs(runs, other):
    table = other / "episodes.csv"
    lines = table.read_text().splitlines(keepends=True)
    cells = lines[5].split(",")
    lines[5] = ",".join([*cells[:7], "99.5", *cells[8:]])
    table.write_text("".join(lines))
    steps = int(cells[2])
    assert found(runs, other).place == (
        f"episodes.csv differs from episode 4 on (total_steps {steps:,}): "
        f"return {cells[7]} against 99.5"
    )


def test_a_shorter_table_and_a_missing_file_are_named(runs, other):
    table = other / "evaluations.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:-1]))
    n = len(lines) - 1
    assert found(runs, other).place == f"evaluations.csv has {n} rows against {n - 1}"
    (other / "episodes.csv").unlink()
    assert found(runs, other).place == f"episodes.csv is missing in {other}"


def test_a_checkpoint_names_the_weight_or_the_value_that_differs(runs, other):
    entries = unpack((other / "best.zip").read_bytes())
    weights = safetensors.load(entries["policy.safetensors"])
    name = sorted(weights)[0]
    weights[name] = weights[name] + np.float32(0.5)
    changed = entries | {"policy.safetensors": safetensors.save(weights)}
    (other / "best.zip").write_bytes(pack(changed))
    place = found(runs, other).place
    assert place == f"best.zip: policy.safetensors: {name} differs by up to 0.5"
    shutil.copy(runs / "one/best.zip", other)
    entries = unpack((other / "last.zip").read_bytes())
    training = json.loads(entries["training.json"])
    training["callback"]["n_episodes"] += 1
    entries["training.json"] = json.dumps(training).encode()
    (other / "last.zip").write_bytes(pack(entries))
    n = training["callback"]["n_episodes"]
    place = found(runs, other).place
    assert place == f"last.zip: training.json: callback/n_episodes {n - 1} against {n}"


def test_the_steps_of_an_evaluation_name_row_and_column(runs, other):
    with np.load(other / "trace.npz") as trace:
        columns = dict(trace)
    columns["speed"][7:] = 9.0
    was = float(load_run(runs / "one").trace.speed[7])
    np.savez(other / "trace.npz", **columns)
    assert found(runs, other).place == f"trace.npz differs from row 7 on: speed {was} against 9.0"


def test_the_recorded_steps_name_row_and_column(runs, tmp_path):
    import pyarrow as pa

    shutil.copytree(runs / "one", tmp_path / "other")
    (tmp_path / "other/digests.json").unlink()
    path = tmp_path / "other/steps.arrows"
    with pa.ipc.open_stream(path.read_bytes()) as stream:
        table = stream.read_all()
    rewards = table["reward"].to_pylist()
    was, rewards[20] = rewards[20], -1.0
    index = table.schema.get_field_index("reward")
    table = table.set_column(index, table.schema.field("reward"), pa.array(rewards))
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table)
    place = found(runs, tmp_path / "other").place
    assert place == f"steps.arrows differs from row 20 on: reward {was} against -1.0"


def test_what_the_evaluation_says_is_named_by_its_key(runs, other):
    content = json.loads((other / "evaluation.json").read_text())
    was = content["summary"]["completion"]
    content["summary"]["completion"] = -3.0
    (other / "evaluation.json").write_text(json.dumps(content))
    assert found(runs, other).place == (
        f"evaluation.json: summary/completion {json.dumps(was)} against -3.0"
    )
