"""Machine code is kept between runs, and by several processes at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from racer.kernels import _jit

SCRIPT = """
import sys
import numpy as np
from racer.reward import load_reward
from racer.reward.compile import compile_reward
reward = compile_reward(load_reward(sys.argv[1]))
hits = getattr(reward.pay, "stats", None)
print(sum(hits.cache_hits.values()) if hits else 1, reward.pay.__module__)
"""

TEXT = "def reward_function(params):\n    return params['x'] * {number}\n"

no_cache = pytest.mark.skipif(_jit.config.DISABLE_JIT, reason="nothing is compiled")


def start(path: Path, cache: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "RACER_CACHE": str(cache)}
    command = [sys.executable, "-W", "error", "-c", SCRIPT, str(path)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def finish(process: "subprocess.Popen[str]") -> list[str]:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output.split()


@no_cache
@pytest.mark.slow
def test_another_process_takes_the_machine_code_from_the_cache(write, tmp_path):
    path, cache = write(TEXT.format(number=3.5)), tmp_path / "cache"
    first = finish(start(path, cache))
    second = finish(start(path, cache))
    assert first[0] == "0"
    assert second == ["1", first[1]]


@no_cache
@pytest.mark.slow
def test_two_processes_that_compile_at_once_do_not_disturb_each_other(write, tmp_path):
    path, cache = write(TEXT.format(number=4.5)), tmp_path / "cache"
    processes = [start(path, cache) for _ in range(2)]
    assert finish(processes[0])[1] == finish(processes[1])[1]
    assert not [*cache.rglob("*.tmp")]
    assert finish(start(path, cache))[0] == "1"


def test_the_same_text_is_the_same_module():
    text = "answer = 41 + 1\n"
    module = _jit.load_generated(text)
    assert module.answer == 42
    assert _jit.load_generated(text) is module


def test_a_generated_file_that_was_damaged_is_written_anew(monkeypatch):
    text = "answer = 42\n"
    module = _jit.load_generated(text)
    Path(str(module.__file__)).write_text("answer = 0\n")
    monkeypatch.delitem(sys.modules, module.__name__)
    assert _jit.load_generated(text).answer == 42
