"""``racer reward replay``."""

import json
import shutil

import pytest

from racer.reward import RewardFailure, read_params
from racer.reward.runner import call_once


@pytest.fixture
def run(car, tmp_path):
    """A copy of the trained run, in runs/ of the working folder."""
    return shutil.copytree(car, tmp_path / "runs" / "car")


def test_the_own_function_is_equal_to_the_last_bit(racer, run, in_process):
    n_steps = json.loads((run / "run.json").read_text())["total_steps"]
    answer = racer("reward", "replay", str(run / "reward_function.py"), "--run", "car")
    assert answer.status == 0, answer.err
    assert f"equal to the last bit: {n_steps:,} of {n_steps:,} steps" in answer.out
    assert (run / "replay-reward_function.png").read_bytes()[:4] == b"\x89PNG"


def test_another_function_is_compared_by_order(racer, run, tmp_path, in_process):
    answer = racer("reward", "replay", "progress_per_step", "--run", "car", "-o", "r.png")
    assert answer.status == 0, answer.err
    assert "order of the episodes: rank correlation" in answer.out
    assert "equal to the last bit" not in answer.out
    assert sum(line.lstrip().startswith("best") for line in answer.out.splitlines()) == 6
    assert (tmp_path / "r.png").is_file()


def test_json_holds_episodes_and_means_along_the_lap(racer, run, in_process):
    answer = racer("reward", "replay", "speed", "--run", "car", "--json")
    data = json.loads(answer.out)
    assert data["steps"] == sum(e["steps"] for e in data["episodes"])  # vpg: whole episodes
    assert len(data["along"]) == len(data["mean_old_reward"]) == len(data["mean_new_reward"])


def test_a_failing_function_is_one_line_and_its_params_are_kept(racer, run, tmp_path):
    text = "def reward_function(params):\n    return 1 / (params['steps'] - 5)\n"
    (tmp_path / "bad.py").write_text(text)
    before = {path.name for path in run.iterdir()}
    answer = racer("reward", "replay", "bad.py", "--run", "car")
    assert answer.status == 1
    assert answer.lines[-1] == "error: bad.py:2: step 5 of car 0: ZeroDivisionError: " + (
        "float division by zero"
    )
    kept = run / "replay-bad-failure.json"
    assert {path.name for path in run.iterdir()} == {*before, kept.name}
    params = read_params(kept)
    assert params["steps"] == 5.0
    with pytest.raises(RewardFailure, match="ZeroDivisionError"):
        call_once(__import__("racer").load_reward(tmp_path / "bad.py"), params)


def test_an_endless_loop_is_ended_with_its_line(racer, run, tmp_path):
    (tmp_path / "loop.py").write_text(
        "def reward_function(params):\n    while True:\n        pass\n"
    )
    answer = racer("reward", "replay", "loop.py", "--run", "car", "--timeout", "0.5")
    assert answer.status == 1
    assert answer.lines[-1].startswith("error: loop.py:")
    assert "the call has not returned after 0.5 s: an endless loop?" in answer.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["speed", "--run", "bus"], "unknown run 'bus': known: car"),
        (["speed", "--run", "runs/car/best.zip"], "best.zip: no such run folder"),
        (["speed", "--run", "car", "--timeout", "-1"], "--timeout: must be positive, got -1"),
        (["dice.py", "--run", "car"], "dice.py: draws random numbers ('random')"),
    ],
)
def test_wrong_words_are_one_line(racer, run, tmp_path, words, message):
    text = "import random\ndef reward_function(params):\n    return random.random()\n"
    (tmp_path / "dice.py").write_text(text)
    answer = racer("reward", "replay", *words)
    assert answer.status == 1
    assert len(answer.lines) == 1
    assert message in answer.err


def test_a_run_that_was_not_recorded_says_so(racer, run):
    (run / "steps.arrows").unlink()
    (run / "digests.json").unlink()  # which lists it: then it would be missing
    answer = racer("reward", "replay", "speed", "--run", "car")
    assert answer.status == 1
    assert "has no recorded steps (steps.arrows): train again without --no-record" in answer.err
