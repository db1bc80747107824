"""``racer train`` as a process: what it says, what it leaves, and how it can be stopped."""

import json
import os
import signal
from pathlib import Path

import pytest

from racer import api
from racer.runs.listing import describe_run
from racer.runs.provenance import read_provenance
from tests.gate import HANGS, children, needs_gate, wait_for_end

SHORT = ["train", "--n-envs", "8", "--eval-trials", "4", "--no-figures", "--no-film"]
ENDLESS = [*SHORT, "--steps", "1000000000000"]

FILES = {
    "run.json", "reward_function.py", "episodes.csv", "updates.csv", "best.zip", "last.zip",
    "report.png", "lap.gif", "trace.npz", "tensorboard",
}  # fmt: skip
"""Some of what a training leaves."""

LOOP = """\
calls = 0
def reward_function(params):
    global calls
    calls += 1
    while calls > 30:
        try:
            calls += 1
        except:
            pass
    return 1.0
"""

DIVIDES = """\
def reward_function(params):
    if params["steps"] > 15:
        return 1.0 / (params["speed"] - params["speed"])
    return 1.0
"""


def info(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def wait_for(process, text: str) -> str:
    """Read stderr until a line holds the text; return what was read."""
    read = ""
    while text not in read:
        line = process.stderr.readline()
        assert line, f"ended without '{text}':\n{read}"
        read += line
    return read


def test_a_training_says_what_it_uses_and_where_everything_is(training):
    folder, answer = training
    assert "center_line.py" in answer.err
    assert "reinvent_2018.toml" in answer.err
    assert "vpg: learning_rate* 0.02" in answer.err
    assert "-30°" in answer.err
    assert "loading torch" in answer.err
    assert "of 4 laps finished" in answer.out
    assert "runs/car" in answer.out
    assert "Try next:" in answer.out
    assert info(folder)["status"] == "finished"
    assert info(folder)["hyperparameters"]["learning_rate"] == 0.02
    command = read_provenance(folder)["command"]
    assert command.startswith("racer train --steps 1500 --n-envs 32")


def test_a_name_is_used_once_unless_it_is_forced(training, racer, in_process):
    folder, _ = training
    again = racer("train", "--name", "car", "--runs-dir", str(folder.parent))
    assert again.status == 1
    assert again.lines[-1] == (
        f"error: {folder}: already there: choose another --name, or replace it with --force"
    )
    assert "loading torch" not in again.err


@pytest.mark.slow
def test_json_is_the_only_thing_on_stdout_and_quiet_leaves_stderr_empty(run_racer):
    answer = run_racer(*SHORT, "--steps", "300", "--json", "--quiet", "--runs-dir", "elsewhere")
    assert answer.status == 0
    assert answer.err == ""
    (run,) = json.loads(answer.out)["runs"]
    assert run["folder"] == "elsewhere/center_line-vpg-001"
    assert run["total_steps"] >= 300
    assert run["evaluation"]["trials"] == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nosuch", "no file 'nosuch.py', and unknown reward function 'nosuch'"),
        ("--first-steps 3", "first_steps: must be 1 or 2, got 3"),
    ],
)
def test_what_the_training_process_finds_wrong_is_one_line_too(racer, words, message, in_process):
    answer = racer("train", "--quiet", *words.split())
    assert answer.status == 1
    assert answer.out == ""
    assert len(answer.lines) == 1
    assert answer.err.startswith("error: ")
    assert message in answer.err


def test_a_failing_reward_leaves_params_that_fail_again(racer, tmp_path):
    (tmp_path / "divides.py").write_text(DIVIDES)
    answer = racer(*SHORT, "divides.py", "--name", "fails")
    folder = tmp_path / "runs" / "fails"
    assert answer.status == 1
    line = "divides.py:3: step 16 of car 0: ZeroDivisionError: float division by zero"
    assert answer.lines[-2] == f"error: {line}"
    replay = "racer reward run divides.py --params runs/fails/failure.json"
    assert answer.lines[-1] == f"params saved in runs/fails/failure.json; replay: {replay}"
    assert "Traceback" not in answer.err
    assert info(folder)["status"] == "failed"
    assert info(folder)["error"] == line
    assert (folder / "last.zip").is_file()
    again = racer(*replay.split()[1:])
    assert again.status == 1
    assert again.err == "error: divides.py:3: step 16: ZeroDivisionError: float division by zero\n"


def test_an_endless_loop_is_cut_and_its_params_are_kept(racer, tmp_path):
    (tmp_path / "loop.py").write_text(LOOP)
    answer = racer(*SHORT, "loop.py", "--name", "loop", "--reward-timeout", "0.5")
    folder = tmp_path / "runs" / "loop"
    assert answer.status == 1
    assert answer.lines[-2].startswith("error: loop.py:")
    assert "the call has not returned after 0.5 s: an endless loop?" in answer.lines[-2]
    assert info(folder)["status"] == "failed"
    assert "has not returned" in info(folder)["error"]
    failure = json.loads((folder / "failure.json").read_text())
    assert 5 <= failure["line"] <= 9
    assert failure["step"] == failure["params"]["steps"]
    assert len(failure["params"]) == 27


@pytest.mark.slow
def test_an_endless_loop_in_the_file_itself_is_cut_as_well(racer, tmp_path):
    (tmp_path / "loop.py").write_text("while True:\n    pass\ndef reward_function(params): ...\n")
    answer = racer(*SHORT, "loop.py", "--reward-timeout", "0.25", "--quiet")
    assert answer.status == 1
    assert "the file is still being executed after 1.5 s: an endless loop?" in answer.err


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_evaluates_and_saves(start_racer, tmp_path):
    process = start_racer(*ENDLESS, "--name", "mine", "--eval-every", "1000")
    wait_for(process, "greedy: ")  # it was evaluated
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=HANGS)
    assert process.returncode == 130
    assert "stopping: the run is evaluated and saved" in err
    assert "Traceback" not in err
    assert "interrupted" in out
    folder = tmp_path / "runs" / "mine"
    assert info(folder)["status"] == "interrupted"
    assert (folder / "best.zip").is_file()
    assert (folder / "evaluation.json").is_file()


@pytest.mark.slow
@needs_gate
def test_ctrl_c_before_the_training_ends_at_once(start_racer, shut_gate, tmp_path):
    (tmp_path / "waits.py").write_text(f"def reward_function(params):\n    {shut_gate.waits}\n")
    process = start_racer(*ENDLESS, "waits.py", "--reward-timeout", str(HANGS))
    wait_for(process, "loading torch")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=HANGS)
    assert process.returncode == 130
    assert "interrupted before the training began" in err
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the child in /proc")
@pytest.mark.parametrize("victim", ["parent", "child"])
def test_neither_process_survives_the_other(start_racer, tmp_path, victim):
    process = start_racer(*ENDLESS, "--name", "mine")
    wait_for(process, "training")
    (child,) = children(process.pid)
    os.kill(process.pid if victim == "parent" else child, signal.SIGKILL)
    _, err = process.communicate(timeout=HANGS)
    wait_for_end(child)
    if victim == "child":
        assert process.returncode == 1
        assert "error: the training process was ended by SIGKILL: was there enough memory?" in err
        assert describe_run(tmp_path / "runs" / "mine").status == "stopped"


@pytest.mark.slow
def test_several_seeds_end_with_a_line_each_and_their_learning_curves(racer, tmp_path, in_process):
    words = ["--steps", "1500", "--n-envs", "16", "--eval-trials", "4"]
    answer = racer("train", *words, "--seeds", "2", "--seed", "3", "--name", "mine")
    assert answer.status == 0
    assert "seed 3: " in answer.out
    assert "seed 4: " in answer.out
    assert (tmp_path / "runs" / "mine-seeds.png").is_file()
    assert info(tmp_path / "runs" / "mine-s4")["seed"] == 4
    for name in ("mine-s3", "mine-s4"):
        files = {path.name for path in (tmp_path / "runs" / name).iterdir()}
        assert files >= {*FILES, "action_space.png"}


@pytest.mark.slow
@pytest.mark.parametrize("algo", ["ppo", "a2c"])
def test_every_algorithm_trains_to_a_report_and_a_film(tmp_path, algo):
    run = api.train(algo=algo, steps=1000, n_envs=8, eval_trials=4, runs_dir=tmp_path, name="mine")
    run.save("report")
    api.watch(run)
    assert {path.name for path in run.folder.iterdir()} >= FILES
