"""What ends the process that checks becomes one line, and the next file is checked all the same."""

import sys

import pytest

import racer
from racer.errors import ConfigError, RacerError
from racer.reward_lab import RewardCheck, check_reward, check_rewards

BAD = {
    "loop": (
        "def reward_function(params):\n    while params['steps'] > 20:\n"
        "        try:\n            pass\n        except:\n            pass\n    return 1.0\n"
    ),
    "loading": "while True:\n    pass\ndef reward_function(params):\n    return 1.0\n",
    "crash": (
        "import ctypes\ndef reward_function(params):\n    if params['progress'] > 50:\n"
        "        ctypes.string_at(0)\n    return 1.0\n"
    ),
    "exit": (
        "import os\ndef reward_function(params):\n    os.write(1, b'{}\\n')\n"
        "    if params['steps'] > 9:\n        os._exit(3)\n    return 1.0\n"
    ),
    "memory": "kept = []\ndef reward_function(params):\n    kept.append(bytearray(50_000_000))\n"
    "    return 1.0\n",
    "syntax": "def reward_function(params)\n    return 1.0\n",
    "good": "def reward_function(params):\n    return float(params['speed'])\n",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, RewardCheck]:
    """All of the files, checked in one go."""
    folder = tmp_path_factory.mktemp("bad")
    for name, text in BAD.items():
        (folder / f"{name}.py").write_text(text)
    paths = [folder / f"{name}.py" for name in BAD]
    checks = check_rewards(paths, track="oval", call_seconds=0.5, seconds=0.0, memory=1 << 30)
    return dict(zip(BAD, checks, strict=True))


@pytest.mark.slow
def test_an_endless_loop_is_told_with_its_line_and_the_params_of_the_call(found):
    (finding,) = found["loop"].findings
    assert finding.code == "endless-loop"
    assert finding.line in (2, 3, 4)
    assert finding.message == "the call has not returned after 0.5 s: an endless loop?"
    assert finding.first == "fast lap, step 21"
    assert finding.reads == ("steps",)
    assert finding.params["steps"] == 21.0
    assert found["loop"].exit_status == 2


@pytest.mark.slow
def test_a_file_whose_execution_never_ends_is_told(found):
    (finding,) = found["loading"].findings
    assert finding.line in (1, 2)
    assert "the file, which is executed first, has not returned after 0.5 s" in finding.message
    assert finding.params is None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_a_crash_is_told_with_its_line(found):
    (finding,) = found["crash"].findings
    assert (finding.code, finding.line) == ("crash", 4)
    assert finding.message == "the process was ended by SIGSEGV while the call ran"
    assert finding.params["progress"] > 50.0


@pytest.mark.slow
def test_an_end_of_the_process_from_inside_is_told(found):
    (finding,) = found["exit"].findings
    assert finding.code == "crash"
    assert finding.message == "the process ended with status 3 while the call ran"
    assert finding.first == "fast lap, step 10"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory can be limited on Linux only")
def test_memory_that_runs_out_is_told_with_its_line(found):
    finding = found["memory"].findings[0]
    assert (finding.code, finding.line, finding.count) == ("out-of-memory", 3, 1)


@pytest.mark.slow
def test_other_files_are_checked_in_the_same_go(found):
    assert [one.name for one in found.values()] == list(BAD)
    assert found["syntax"].findings[0].code == "cannot-load"
    assert found["good"].findings == ()
    assert found["good"].lineup is not None


def test_a_python_function_is_checked_here(few_drives):
    found = racer.check_reward(lambda params: float(params["speed"]), track="oval", seconds=0.0)
    assert found.exit_status == 0
    assert found.track == "oval"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trak": "oval"}, "unknown option 'trak': did you mean 'track'?"),
        ({"scratch": "/"}, "unknown option 'scratch'"),
        ({"call_seconds": 0.0}, "call_seconds: must be positive, got 0"),
        ({"memory": 0}, "memory: must be positive, got 0"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_at_once(options, message):
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        check_reward("center_line", **options)


def test_what_the_other_process_refuses_is_raised_here():
    with pytest.raises(RacerError, match="unknown track 'nowhere'"):
        check_reward("center_line", track="nowhere")
