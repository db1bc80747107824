"""Files of a run that were cut or changed: one clear line, never a traceback or a wrong result."""

import random
import shutil

import pytest

COMMANDS = {
    "run.json": ["plot car -o out", "resume car --steps 1", "watch car -o lap.gif"],
    "episodes.csv": ["plot car -o out"],
    "updates.csv": ["plot car -o out"],
    "evaluations.csv": ["plot car -o out"],
    "trace.npz": ["plot car -o out", "watch car -o lap.gif"],
    "best.zip": ["evaluate car", "clone car --name b", "watch car --track oval -o lap.gif"],
    "last.zip": ["evaluate car --checkpoint last", "clone car --from last --name b"],
    "reward_function.py": ["evaluate car"],
    "steps.arrows": ["reward replay speed --run runs/car"],
}


def cut(data: bytes, rng: random.Random) -> bytes:
    """Return data that were cut."""
    return data[: rng.randrange(len(data))]


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Return data of which one bit was flipped."""
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_damaged_file_is_one_line(racer, car, tmp_path, name, in_process):
    run = tmp_path / "runs" / "car"
    shutil.copytree(car, run)
    data, rng = (run / name).read_bytes(), random.Random(name)
    for command in COMMANDS[name]:
        words = command.split()
        trains = words[0] in ("resume", "clone")
        for harm in (rng.choice((cut, flipped)),) if trains else (cut, flipped):
            (run / name).write_bytes(harm(data, rng))
            answer = racer(*words, *(["--quiet"] if trains else []))
            assert answer.status == 1, (command, answer)
            assert len(answer.lines) == 1, answer.err
            assert answer.err.startswith("error: ")
            assert name in answer.err
    assert not (tmp_path / "runs" / "b").exists()


READERS = {
    **dict.fromkeys(("run.json", "episodes.csv", "updates.csv"), "plot car -o out"),
    "evaluations.csv": "plot car -o out",
    "trace.npz": "watch car -o lap.gif",
    "best.zip": "evaluate car",
    "last.zip": "evaluate car --checkpoint last",
    "reward_function.py": "evaluate car",
    "steps.arrows": "reward replay speed --run runs/car",
    "provenance/timing.csv": "plot car -o out",
    "provenance/provenance.json": "show car",
    "provenance": "show car",
}


@pytest.mark.parametrize("name", list(READERS))
def test_a_file_that_is_gone_is_damage_like_a_flipped_bit(racer, car, tmp_path, name, in_process):
    run = tmp_path / "runs" / "car"
    shutil.copytree(car, run)
    (run / name).rename(tmp_path / "gone")
    answer = racer(*READERS[name].split())
    assert answer.status == 1, answer
    assert len(answer.lines) == 1, answer.err
    assert name in answer.err
    assert "missing" in answer.err or name == "run.json"


def test_what_stands_in_for_a_file_of_an_unfinished_run_is_named(racer, car, tmp_path):
    unsealed = shutil.ignore_patterns("digests.json")
    run = shutil.copytree(car, tmp_path / "runs" / "car", ignore=unsealed)
    (run / "best.zip").unlink()
    (run / "reward_function.py").unlink()
    answer = racer("evaluate", "car", "--trials", "1")
    assert answer.status == 0
    assert answer.lines[:2] == [
        "note: runs/car/best.zip: not there; last.zip is taken",
        "note: runs/car/last.zip: its reward function is not there: returns are 0",
    ]


def test_undamaged_files_are_used(racer, car, tmp_path, in_process):
    shutil.copytree(car, tmp_path / "runs" / "car")
    for command in ("evaluate car --trials 1", "reward replay speed --run car"):
        assert racer(*command.split()).status == 0


def test_a_pickled_checkpoint_is_read_only_where_that_is_said(racer, car, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.writestr("data", "{}")
        archive.writestr("racer.json", "{}")
    answer = racer("evaluate", "old.zip")
    assert answer.status == 1
    assert "can run any code that is in it; if you trust who made it: --allow-pickle" in answer.err
    answer = racer("evaluate", "old.zip", "--allow-pickle")
    assert answer.err.startswith("error: old.zip: not a checkpoint of racer")
