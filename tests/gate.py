"""Where a test meets a program: a reward function that waits, however quick or slow both are."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HANGS = 900.0
"""After so long nothing will come any more (s): no result depends on it."""

needs_gate = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes and signals")


class Gate:
    """A named pipe: who reads it waits until the test opens the gate."""

    def __init__(self, folder: Path) -> None:
        """Make a gate that is shut, in a folder."""
        self.path = folder / "gate"
        os.mkfifo(self.path)
        self._held: list[int] = []

    @property
    def waits(self) -> str:
        """The statement of Python that waits here."""
        return f"open({str(self.path)!r}).read()"

    def meet(self, process: subprocess.Popen[str]) -> None:
        """Return when the program waits; it goes on waiting until the gate is opened."""
        wait_until(self._has_reader, process)

    def _has_reader(self) -> bool:
        try:
            self._held.append(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody reads
            return False
        return True

    def open(self) -> None:
        """Let everybody pass who has come so far."""
        while self._held:
            os.close(self._held.pop())


@contextmanager
def gate(folder: Path) -> Iterator[Gate]:
    """Give a gate, which is open in the end."""
    made = Gate(folder)
    try:
        yield made
    finally:
        made.open()


class Stops:
    """A reward function whose file waits once so many trainings of a study have an outcome."""

    def __init__(self, gate: Gate, folder: Path) -> None:
        """Prepare; nothing is stopped before ``after`` is told.

        Args:
            gate: where the function waits.
            folder: of the study: its trainings leave an outcome.json somewhere in it.
        """
        self._folder = folder
        self._most = gate.path.with_name("most")
        self._gate = gate
        self.after(10**9)

    def after(self, n_outcomes: int) -> None:
        """Have the next training wait as soon as there are so many outcomes."""
        self._most.write_text(str(n_outcomes))

    def write(self, path: Path, body: str) -> Path:
        """Write the file of a reward function ``params -> body`` that waits."""
        path.write_text(
            "from pathlib import Path\n"
            f"if len(list(Path({str(self._folder)!r}).rglob('outcome.json'))) >= "
            f"int(Path({str(self._most)!r}).read_text()):\n"
            f"    {self._gate.waits}\n"
            f"def reward_function(params):\n    return {body}\n"
        )
        return path


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait until a condition holds; fail with what the program said if it ends before."""
    hangs = time.monotonic() + HANGS
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < hangs
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Return whether a process runs: one that has ended and was not yet waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_end(*pids: int) -> None:
    """Wait until all of these processes have ended."""
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that are not gone."""
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
