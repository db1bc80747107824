"""One process writes a run; what a dead one left is taken over."""

import json
import subprocess
import sys

import pytest

from racer.errors import RunError
from racer.run_files import LOCK
from racer.storage.lock import RunLock, check_unlocked, is_locked


def test_a_second_lock_is_refused_until_the_first_is_given_back(tmp_path):
    first = RunLock(tmp_path)
    with pytest.raises(RunError, match="is at work there"):
        RunLock(tmp_path)
    with pytest.raises(RunError, match="wait until it has ended"):
        check_unlocked(tmp_path)
    first.release()
    first.release()
    check_unlocked(tmp_path)
    RunLock(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_process_that_was_killed_is_taken_over(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom racer.storage.lock import RunLock\n"
        "lock = RunLock(Path(sys.argv[1]))\nprint('held', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        holder = json.loads((tmp_path / LOCK).read_text())
        assert holder["pid"] == process.pid
        with pytest.raises(RunError, match=f"process {process.pid} is at work there:"):
            RunLock(tmp_path)
        process.kill()
        process.wait()
    assert (tmp_path / LOCK).exists()
    RunLock(tmp_path).release()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 999999999}', "\0\0"])
def test_a_lock_file_without_a_process_is_taken_over(tmp_path, content):
    (tmp_path / LOCK).write_text(content)
    RunLock(tmp_path).release()


@pytest.mark.parametrize(
    ("content", "who"),
    [
        (' {"pid": 12, "host": "elsewhere"}', "process 12 on elsewhere is at work there"),
        ("", "another process is at work there"),
        (" []", "another process is at work there"),
    ],
)
def test_the_message_says_who_holds_the_lock_as_far_as_the_file_does(tmp_path, content, who):
    with RunLock(tmp_path):
        (tmp_path / LOCK).write_text(content)
        with pytest.raises(RunError, match=who):
            check_unlocked(tmp_path)


def test_looking_changes_nothing(tmp_path):
    assert not is_locked(tmp_path)
    with RunLock(tmp_path):
        before = (tmp_path / LOCK).read_bytes()
        assert is_locked(tmp_path)
        assert (tmp_path / LOCK).read_bytes() == before
    (tmp_path / LOCK).write_text("left behind")
    assert not is_locked(tmp_path)
    assert (tmp_path / LOCK).read_text() == "left behind"
