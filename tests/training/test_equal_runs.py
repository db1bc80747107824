"""Two runs of one command are equal, wherever and whenever; runs of before are read and go on."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from racer.api import load_run
from racer.config.train_config import TrainConfig
from racer.errors import RunError
from racer.run_files import PROVENANCE
from racer.runs.provenance import OWN_FACTS, read_provenance
from racer.runs.record import read_run
from racer.storage.container import pack, pack_tree, unpack, unpack_tree
from racer.training.checkpoint import load_checkpoint
from racer.training.clone import clone
from racer.training.inheritance import inherited, parent_config, student_settings
from racer.training.resume import resume
from racer.training.train import train

ROOT = Path(__file__).resolve().parents[2]
REWARD = """\
import random

seen = []

def reward_function(params):
    seen.append(params["speed"])
    return params["progress"] + sum(seen[-5:]) + random.random()
"""
COMMAND = {"reward": "rewards/mine.py", "track": ["roads/own.toml", "kidney"], "randomize": 1.0,
           "steps": 1600, "n_envs": 8, "eval_every": 500, "eval_trials": 2,
           "max_seconds": 5.0, "seed": 3}  # fmt: skip
HYPERPARAMETERS = {"vpg": {"episodes_per_update": 8}, "ppo": {"n_steps": 16, "batch_size": 128},
                   "sac": {}}  # fmt: skip
RUN = Path("runs/same")


def content(run: Path) -> dict[str, bytes]:
    """Return all files of a run but TensorBoard's and the provenance, by their names."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.relative_to(run).parts[0] not in ("tensorboard", PROVENANCE)
    }


def command(algo: str = "vpg", **changes) -> TrainConfig:
    own = {"algo": algo, "hyperparameters": HYPERPARAMETERS[algo]}
    return TrainConfig.of(**{**COMMAND, **own, **changes})


def move_to(folder: Path, monkeypatch) -> Path:
    """Make a working folder with a reward function and a track of its own, and go there."""
    for name in ("rewards", "roads"):
        (folder / name).mkdir(parents=True)
    (folder / "rewards/mine.py").write_text(REWARD)
    shutil.copy(ROOT / "tracks/oval.toml", folder / "roads/own.toml")
    monkeypatch.chdir(folder)
    return folder / RUN


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Return a way into two working folders, one after the other: where the run is to be."""
    return [lambda name=name: move_to(tmp_path / name, monkeypatch) for name in ("a", "b/deeper")]


@pytest.mark.parametrize("algo", ["vpg", "ppo", "sac"])
def test_two_runs_of_one_command_are_equal_byte_for_byte(places, algo):
    runs = []
    for go in places:
        runs.append(go())
        train(command(algo), folder=RUN)
        if algo == "vpg":  # pictures of equal tables are equal
            load_run(RUN).save("report", "action_space")
    one, other = map(content, runs)
    assert [name for name in one | other if one.get(name) != other.get(name)] == []
    assert {"updates.csv", "last.zip", "previous.zip", "steps.arrows"} <= one.keys()
    assert ("report.png" in one) == (algo == "vpg")
    assert not any(str(runs[0].parents[1]).encode() in data for data in one.values())
    assert not OWN_FACTS & json.loads(one["run.json"]).keys()
    assert OWN_FACTS - read_provenance(runs[0]).keys() == {"resumed"}


def test_a_clone_and_a_student_of_a_run_are_equal_too(places):
    runs = []
    for go in places:
        folder = go().parent
        train(command(record=False), folder=RUN)
        config = TrainConfig.of(**{**inherited(parent_config(RUN)), "seed": 4})
        clone(RUN, config, folder=Path("runs/clone"))
        short = {"steps": 64, "n_envs": 8, "eval_trials": 2, "image_size": "32x24"}
        train(TrainConfig.of(**{**student_settings(RUN), **short}), folder=Path("runs/student"))
        runs.append(folder)
    for name in ("clone", "student"):
        one, other = (content(folder / name) for folder in runs)
        assert [file for file in one | other if one.get(file) != other.get(file)] == []
    settings = json.loads((runs[0] / "student/run.json").read_text())["config"]
    assert settings["track"] == COMMAND["track"]
    assert settings["teacher"] == "runs/same/best.zip"


def test_files_that_a_run_names_are_found_from_any_working_folder(places, tmp_path, monkeypatch):
    run = places[0]()
    train(command(steps=500), folder=RUN)
    monkeypatch.chdir(tmp_path)
    own = str(run.parents[1] / "roads/own.toml")
    assert read_run(run).info["config"]["track"] == [own, "kidney"]
    assert load_run(run).config.track == (own, "kidney")
    assert load_checkpoint(run / "best.zip").config.track == (own, "kidney")
    resume(run, steps=200)
    kept = json.loads((run / "run.json").read_text())["config"]["track"]
    assert kept == COMMAND["track"]


def test_seconds_stand_in_one_table_and_are_read_with_the_updates(places):
    run = places[0]()
    result = train(command(), folder=RUN)
    assert (run / "updates.csv").read_text().count("seconds") == 0
    updates = read_run(run).updates
    assert len(updates["seconds"]) == len(updates["update"]) > 1
    assert (updates["seconds"] > 0.0).all()
    assert read_run(run).info["seconds"] == result.seconds


def test_damage_to_the_seconds_is_noticed(places):
    run = places[0]()
    train(command(), folder=RUN)
    table = run / PROVENANCE / "timing.csv"
    table.write_bytes(table.read_bytes().replace(b".", b"9", 1))
    with pytest.raises(RunError, match=r"timing\.csv: damaged or changed since the run ended"):
        _ = read_run(run).updates
    with pytest.raises(RunError, match=r"timing\.csv: damaged or changed: its first"):
        resume(run, steps=100)


def test_damage_to_the_provenance_is_one_line(places):
    run = places[0]()
    train(command(steps=100), folder=RUN)
    facts = run / PROVENANCE / "provenance.json"
    facts.write_text("{")
    with pytest.raises(RunError, match=r"provenance\.json: damaged or changed since the run ended"):
        read_run(run)
    (run / PROVENANCE / "digests.json").unlink()
    for read in (read_run, resume, lambda run: load_checkpoint(run / "best.zip")):
        with pytest.raises(RunError, match=r"provenance\.json: damaged: Expecting"):
            read(run)
    facts.write_text("[]")
    with pytest.raises(RunError, match=r"provenance\.json: damaged: expected a JSON object"):
        read_run(run)


def make_old(run: Path) -> None:
    """Write a run as versions did that had no provenance."""
    timing = {row["update"]: row for row in rows(run / PROVENANCE / "timing.csv")}
    table = [{**row, **timing[row["update"]]} for row in rows(run / "updates.csv")]
    lines = [",".join(table[0]), *(",".join(row.values()) for row in table)]
    facts = {**json.loads((run / "run.json").read_text()), **read_provenance(run)}
    paths = facts.pop("paths")
    facts["config"]["track"] = [paths.get(name, name) for name in facts["config"]["track"]]
    del facts["timing"]
    (run / "run.json").write_text(json.dumps(facts))
    (run / "updates.csv").write_text("".join(f"{line}\r\n" for line in lines), newline="")
    shutil.rmtree(run / PROVENANCE)
    (run / "digests.json").unlink()
    for file in run.glob("*.zip"):
        make_old_checkpoint(file, facts["config"], lines)


def make_old_checkpoint(file: Path, config: dict, lines: list[str]) -> None:
    entries = unpack(file.read_bytes())
    head = json.loads(entries["checkpoint.json"])
    entries["checkpoint.json"] = json.dumps({**head, "config": config}).encode()
    if "training.json" in entries:
        training = unpack_tree(entries["training.json"], entries["training.safetensors"])
        n_updates = training["callback"]["n_updates"]
        start = "".join(f"{line}\r\n" for line in lines[: 1 + n_updates]).encode()
        digest = hashlib.sha256(start).hexdigest()
        training["tables"]["updates.csv"] = {"bytes": len(start), "sha256": digest}
        training["callback"]["seconds"] = 1000.0
        entries["training.json"], entries["training.safetensors"] = pack_tree(training)
    file.write_bytes(pack(entries))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_of_before_is_read_and_goes_on(places):
    new, old = places[0](), Path("runs/old/same").resolve()
    train(command(), folder=RUN)
    shutil.copytree(new, old)
    make_old(old)
    before = read_run(old)
    assert before.info["started"]
    assert before.updates["seconds"].tolist() == read_run(new).updates["seconds"].tolist()
    assert load_run(old).config == load_run(new).config
    for run in (new, old):
        resume(run, steps=800)
    one, other = content(new), content(old)
    differing = {name for name in one if one[name] != other[name]}
    # where files lie stays in them as it was, and with it the digests
    assert differing <= {"best.zip", "last.zip", "previous.zip", "run.json", "digests.json",
                         "updates.csv", "steps.arrows"}  # fmt: skip
    assert not OWN_FACTS & json.loads(other["run.json"]).keys()
    seconds = read_run(old).updates["seconds"]
    assert (seconds[1:] > seconds[:-1]).all()
    assert (
        len(rows(old / PROVENANCE / "timing.csv")) == len(rows(old / "updates.csv")) == len(seconds)
    )
    config = TrainConfig.of(**{**inherited(parent_config(old)), "steps": 100})
    clone(old, config, folder=Path("runs/clone"))
