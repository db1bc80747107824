"""``racer reward check``: what it prints, its JSON, its exit status."""

import functools
import json

import pytest

from racer import reward_lab

CLEAN = "def reward_function(params):\n    return float(params['speed'])\n"
WARNED = "def reward_function(params):\n    return float(params['all_wheels_on_track'])\n"
BROKEN = (
    "def reward_function(params):\n    steps = params['steps']\n    return 1.0 / (steps - 9.0)\n"
)


@pytest.fixture(autouse=True)
def few_drives(monkeypatch):
    """Each driver drives once: what is found in how much time is tested elsewhere."""
    quick = functools.partial(reward_lab.check_rewards, seconds=0.0)
    monkeypatch.setattr(reward_lab, "check_rewards", quick)


@pytest.fixture
def write(tmp_path):
    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return name

    return write


def test_several_files_are_checked_and_the_worst_decides_the_status(racer, write):
    files = [write("clean.py", CLEAN), write("warned.py", WARNED), write("broken.py", BROKEN)]
    answer = racer("reward", "check", *files, "--track", "oval")
    assert answer.status == 2
    assert answer.err == ""
    clean, warned, broken = answer.out.split("\n\n", 1)[0], answer.out, answer.out
    assert clean.splitlines()[0] == "clean.py: nothing found"
    assert "warned.py: 1 warning" in warned
    assert "warning: the slow lap is paid" in warned
    assert "[slow-lap-pays]" in warned
    assert "broken.py: 1 error" in broken
    assert "broken.py:3: error: ZeroDivisionError: float division by zero [exception]" in broken
    assert "first: fast lap, step 9; with steps 9" in broken
    assert "line-up on oval, the best driver first" in clean + answer.out
    assert answer.out.count("expected of a training: laps") == 2  # the broken one would stop
    assert "states seen; 1 of 1 statements ran;" in answer.out


def test_json_holds_everything_and_nothing_else_is_printed(racer, write, in_process):
    answer = racer("reward", "check", write("warned.py", WARNED), "--json", "--track", "oval",
                   "--discount-factor", "0.9", "-o", "line.png")  # fmt: skip
    assert answer.status == 1
    data = json.loads(answer.out)
    assert data["exit_status"] == 1
    (check,) = data["checks"]
    assert set(check) == {
        "name", "file", "track", "discount_factor", "findings", "lineup", "coverage", "cost",
        "n_states", "n_planned", "printed", "exit_status", "expects_laps", "picture",
    }  # fmt: skip
    assert check["discount_factor"] == 0.9
    assert check["lineup"]["standings"][0]["driver"] == "fast"
    assert {"severity", "code", "message", "file", "line", "count", "of", "first", "reads",
            "params", "advice", "place"} <= set(check["findings"][0])  # fmt: skip
    assert check["picture"] == "line.png"


def test_a_shipped_example_without_warnings_is_clean(racer, tmp_path, in_process):
    answer = racer("reward", "check", "progress_per_step", "-o", "out/line.png")
    assert answer.status == 0
    assert "progress_per_step.py:27: note: line 27 did not run in the first" in answer.out
    assert (tmp_path / "out" / "line.png").stat().st_size > 10_000


def test_the_console_rules_are_told_on_request(racer, write, in_process):
    name = write("mine.py", "import time\n" + CLEAN)
    answer = racer("reward", "check", name, "--console-rules", "--max-speed", "1")
    assert answer.status == 1
    assert "mine.py:1: warning: the console refuses the import of 'time'" in answer.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--track", "nowhere"], "unknown track 'nowhere'"),
        (["--discount-factor", "2"], "discount_factor: must be between 0 and 1, got 2"),
        (["--timeout", "0"], "call_seconds: must be positive"),
        (["--steering-granularity", "4"], "steering_granularity"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_line_and_status_2(racer, words, message, in_process):
    answer = racer("reward", "check", "center_line", *words)
    assert answer.status == 2
    assert len(answer.lines) == 1
    assert message in answer.err


def test_a_file_that_is_not_there_is_an_error_finding(racer, in_process):
    answer = racer("reward", "check", "nothing.py")
    assert answer.status == 2
    assert "nothing.py: 1 error" in answer.out
    assert "no such file" in answer.out


def test_a_picture_that_cannot_be_drawn_is_a_note(racer, tmp_path, in_process):
    (tmp_path / "fails.py").write_text("def reward_function(params):\n    return 1 / 0\n")
    answer = racer("reward", "check", "fails.py", "-o", "lineup.png")
    assert answer.status == 2
    assert "fails.py: no clean lap could be paid, so there is no line-up to draw" in answer.err
    assert not (tmp_path / "lineup.png").exists()
