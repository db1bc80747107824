"""``racer compare`` as a command: what it says, what it leaves, and how it is stopped."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.gate import HANGS, Stops, children, needs_gate, wait_for_end

GOOD = "def reward_function(params):\n    return 1.0 - abs(params['distance_from_center'])\n"
SPEED = "def reward_function(params):\n    return params['speed']\n"
LOOP = (
    "def reward_function(params):\n    while params['steps'] > 3:\n        pass\n    return 1.0\n"
)

TINY = ["--track", "oval", "--n-envs", "4", "--steps", "60", "--trials", "3",
        "--episodes-per-update", "4"]  # fmt: skip


@pytest.fixture
def rewards(tmp_path) -> list[str]:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "quick.py").write_text(SPEED)
    return ["good.py", "quick.py"]


def outcomes(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("runs/*/outcome.json")}


@pytest.mark.slow
def test_a_comparison_ends_with_tables_a_verdict_and_its_files(
    racer, rewards, tmp_path, in_process
):
    words = ["--seeds", "2", "--jobs", "1"]
    answer = racer("compare", *rewards, *TINY, *words)
    assert answer.status == 0
    assert "reward     good: good.py" in answer.err
    assert "each       2 seeds of 60 steps" in answer.err
    assert "note: too few seeds for a verdict: it takes 5, better 10; got 2" in answer.err
    assert "4 of 4" in answer.err
    assert "seeds that finish" in answer.out
    assert "vpg episodes_per_update=4, oval: 2 seeds of 60 steps" in answer.out
    assert "too few" in answer.out
    folder = tmp_path / "comparisons" / "good-vs-quick-001"
    assert "report        comparisons/good-vs-quick-001/report.html" in answer.out
    assert (folder / "report.html").is_file()
    assert len(outcomes(folder)) == 4

    again = racer("compare", *rewards, *TINY, *words, "--no-figures", "--json")
    assert again.status == 0
    content = json.loads(again.out)
    assert content["folder"] == "comparisons/good-vs-quick-001"
    assert len(content["scores"]["scores"]) == 4
    assert content["verdicts"]["conditions"]
    assert content["files"] == []
    assert " of 4  " not in again.err  # nothing was trained


@pytest.mark.slow
def test_an_endless_reward_function_costs_its_own_seeds_only(run_racer, rewards, tmp_path):
    (tmp_path / "loop.py").write_text(LOOP)
    words = ["--seeds", "1", "--reward-timeout", "1", "--no-figures", "--json", "--name", "x"]
    answer = run_racer("compare", "good.py", "loop.py", *TINY, *words, "--jobs", "1")
    assert answer.status == 0
    (failure,) = json.loads(answer.out)["scores"]["failures"]
    assert failure["reward"] == "loop"
    assert "the call has not returned after 1 s: an endless loop?" in failure["error"]
    assert failure["error"].startswith("loop.py:")
    assert failure["error"] in answer.err
    assert outcomes(tmp_path / "comparisons" / "x") == {
        "good-vpg_episodes_per_update=4-s0",
        "loop-vpg_episodes_per_update=4-s0",
    }
    saved = tmp_path / "comparisons" / "x" / "runs" / "loop-vpg_episodes_per_update=4-s0"
    assert len(json.loads((saved / "failure.json").read_text())["params"]) == 27


def stamps(folder: Path) -> dict[str, int]:
    """When each job was done."""
    return {
        path.parent.name: path.stat().st_mtime_ns for path in folder.glob("runs/*/outcome.json")
    }


@pytest.mark.slow
@needs_gate
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
def test_the_same_command_continues_after_ctrl_c_and_after_kill(
    start_racer, shut_gate, tmp_path, racer, in_process
):
    folder = tmp_path / "comparisons" / "good-vs-quick-001"
    stops = Stops(shut_gate, folder)
    stops.write(tmp_path / "good.py", "1.0 - abs(params['distance_from_center'])")
    stops.write(tmp_path / "quick.py", "params['speed']")
    words = ["compare", "good.py", "quick.py", *TINY, "--seeds", "3", "--jobs", "1",
             "--no-figures", "--reward-timeout", str(HANGS)]  # fmt: skip

    stops.after(1)
    process = start_racer(*words)
    shut_gate.meet(process)
    workers = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=HANGS)
    wait_for_end(*workers)
    first = stamps(folder)
    assert len(first) == 1
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted: 1 of 6 trainings are done and kept in" in err

    stops.after(3)
    process = start_racer(*words)
    shut_gate.meet(process)
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=HANGS)
    wait_for_end(*workers)
    second = stamps(folder)
    assert first.items() < second.items()
    assert len(second) == 3

    stops.after(6)
    answer = racer(*words)
    assert answer.status == 0
    assert "note: 3 of 6 trainings were done before: the rest now" in answer.err
    assert second.items() < stamps(folder).items()
    assert len(stamps(folder)) == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["center_line"], "at least two reward functions to compare, got 1"),
        (["center_line", "nothere.py"], "nothere.py: no such file:"),
        (["center_line", "center_line"], "two reward functions are called 'center_line'"),
        (["a=center_line", "b=center_line"], "a and b are the same reward function"),
        (["center_line", "speed", "--seeds", "0"], "--seeds: must be 1 or more, got 0"),
        (["center_line", "speed", "--trials", "0"], "trials: must be 1 or more, got 0"),
        (["center_line", "speed", "--jobs", "0"], "jobs: must be 1 or more, got 0"),
        (["center_line", "speed", "--track", "ovel"], "unknown track 'ovel': did you mean 'oval'"),
        (["center_line", "speed", "--also-track", "ovel"], "unknown track 'ovel'"),
        (["center_line", "speed", "--also-track", "reinvent_2018"], "twice (the main one)"),
        (["center_line", "speed", "--also-algo", "sarsa"], "also_algo: unknown algorithm 'sarsa'"),
        (["center_line", "speed", "--also-algo", "ppo:x"], "expected ALGORITHM or ALGORITHM:NAME"),
        (["center_line", "speed", "--learning-rate", "fast"], "learning_rate: expected"),
        (["center_line", "speed", "--reward-timeout", "0"], "--reward-timeout: must be positive"),
        (["center_line", "speed", "--name", "a/b"], "expected the name of a folder in comparisons"),
    ],
)
def test_each_bad_input_is_one_line(racer, words, message):
    answer = racer("compare", *words)
    assert answer.status == 1
    assert len(answer.lines) == 1
    assert answer.err.startswith("error: ")
    assert message in answer.err


def test_without_a_reward_function_the_usage_is_told(racer):
    assert racer("compare").status == 2


def test_a_changed_file_is_an_error_that_proposes_another_name(racer, rewards, tmp_path):
    from racer.config.train_config import TrainConfig
    from racer.studies.manifest import open_folder
    from racer.studies.plan import make_plan

    open_folder(make_plan(rewards, TrainConfig(), seeds=10), "mine", Path("comparisons"))
    (tmp_path / "good.py").write_text(GOOD + "# edited\n")
    answer = racer("compare", *rewards, "--name", "mine")
    assert answer.status == 1
    assert answer.err == (
        "error: comparisons/mine: was begun with something else: the file of reward function good "
        "has changed; choose another --name, such as mine-001\n"
    )
