"""``racer attach`` and ``racer train --detach``: a training outlives who started or watches it."""

import ast
import json
import os
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import environment
from tests.gate import needs_gate, wait_for_end, wait_until

pytestmark = needs_gate

ENDLESS = ["train", "--n-envs", "8", "--eval-trials", "4", "--no-figures", "--no-film",
           "--steps", "1000000000000", "--name", "mine"]  # fmt: skip


def follow(start_racer, *words, cwd):
    """Attach with standard error in a pipe; return the process once it has shown the training."""
    process = start_racer("attach", "mine", *words)
    read = ""
    while "training" not in read:
        line = process.stderr.readline()
        assert line, read
        read += line
    return process, read


@pytest.mark.slow
def test_a_detached_training_goes_on_is_shown_left_and_ended(run_racer, start_racer, tmp_path):
    answer = run_racer(*ENDLESS, "--detach")
    assert answer.status == 0, answer.err
    assert "run  runs/mine: the training goes on by itself" in answer.out
    assert "attach with: racer attach runs/mine" in answer.out
    folder = tmp_path / "runs" / "mine"
    pid = json.loads((folder / "attach.json").read_text())["pid"]

    process, read = follow(start_racer, cwd=tmp_path)
    assert "reward     " in read
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 0
    assert "the training goes on; racer attach mine shows it again" in err
    assert json.loads((folder / "run.json").read_text())["status"] == "running"

    ended = run_racer("attach", "mine", "--stop")
    assert ended.status == 0
    assert "of 4 laps finished" in ended.out
    assert "interrupted" in ended.out
    wait_for_end(pid)
    assert json.loads((folder / "run.json").read_text())["status"] == "interrupted"
    assert not (folder / "attach.json").exists()
    late = run_racer("attach", "mine")
    assert late.status == 1
    assert late.err == ("error: runs/mine: is not being trained, so nobody can attach to it\n")


@pytest.mark.slow
def test_a_training_of_another_terminal_is_shown_and_may_be_ended(start_racer, tmp_path):
    training = start_racer(*ENDLESS)
    wait_until((tmp_path / "runs" / "mine" / "attach.json").is_file, training)
    process, _ = follow(start_racer, "--stop", cwd=tmp_path)
    out, _ = process.communicate()
    assert "of 4 laps finished" in out
    out, _ = training.communicate()
    assert training.returncode == 0
    assert "interrupted" in out


@pytest.mark.parametrize("words", [["nosuch"], ["center_line", "--first-steps", "3"]])
def test_what_is_wrong_with_a_detached_training_is_one_line(run_racer, tmp_path, words):
    answer = run_racer("train", *words, "--detach")
    assert answer.status == 1
    assert answer.out == ""
    assert len(answer.lines) == 1
    assert answer.err.startswith("error: ")
    assert list(tmp_path.rglob("run.json")) == []


@pytest.mark.slow
def test_a_reward_function_that_fails_at_once_is_told_when_detaching(run_racer, tmp_path):
    (tmp_path / "bad.py").write_text("def reward_function(params):\n    return 1 / 0\n")
    answer = run_racer("train", "bad.py", *ENDLESS[1:], "--detach")
    assert answer.status == 1
    assert "error: bad.py:2: step 2 of car 0: ZeroDivisionError" in answer.err


def test_a_run_that_is_not_there_is_one_line(racer):
    answer = racer("attach", "nosuch")
    assert answer.status == 1
    assert "nosuch: no such run" in answer.err


def test_who_watches_a_training_loads_nothing_heavy():
    code = "import racer.cli.detach, sys; print(sorted(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    heavy = {"torch", "stable_baselines3", "matplotlib", "numba", "scipy", "gymnasium"}
    assert heavy & set(ast.literal_eval(answer.stdout)) == set()
