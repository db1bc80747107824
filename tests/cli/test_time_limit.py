"""Only the reward function's own time counts against it."""

import os
import threading

import pytest

from racer.cli import time_limit as module
from racer.cli.time_limit import time_limit
from racer.errors import ConfigError
from tests.gate import HANGS


class Clock:
    """Time passes when the test says so."""

    def __init__(self, look):
        self._now = 0.0
        self._look = look
        self._looks = threading.Semaphore(0)

    def monotonic(self):
        return self._now

    def advance(self, seconds):
        self._now += seconds

    def look(self, *arguments):
        self._looks.release()
        return self._look(*arguments)

    def spend(self, seconds):
        """Let time pass, and the watcher look at it."""
        self.advance(seconds)
        while self._looks.acquire(blocking=False):
            pass
        for _ in range(3):  # the first may have begun before, the third tells that one is over
            assert self._looks.acquire(timeout=HANGS)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(module.running_line)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "running_line", clock.look)
    monkeypatch.setattr(module, "_LOOK", 0.001)
    return clock


@pytest.fixture
def ended(monkeypatch):
    """Set when the process would have been ended; the watcher then does no more."""
    event, over = threading.Event(), threading.Event()

    def end(status):
        event.set()
        over.wait()

    monkeypatch.setattr(module.os, "_exit", end)
    yield event
    over.set()


def test_time_outside_the_files_does_not_count(clock, ended):
    with time_limit(0.2, {"elsewhere.py": "elsewhere.py"}):
        clock.spend(60.0)
        clock.spend(60.0)
    assert not ended.is_set()


def test_a_call_that_takes_longer_ends_the_process_with_its_line(clock, ended, capfd):
    with time_limit(0.2, {__file__: "mine.py"}):
        clock.spend(0.1)
        assert not ended.is_set()
        clock.advance(0.2)
        assert ended.wait(HANGS)
    message = capfd.readouterr().err
    assert "error: mine.py:" in message
    assert "the call has not returned after 0.2 s: an endless loop?" in message


def test_many_short_calls_may_take_as_long_as_they_like(clock, ended):
    with time_limit(0.5, {__file__: "mine.py"}) as begin_anew:
        for _ in range(10):
            clock.spend(0.4)
            begin_anew()
    assert not ended.is_set()


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_limit_that_is_not_positive_is_refused(seconds):
    with pytest.raises(ConfigError, match="--timeout: must be positive"), time_limit(seconds, {}):
        os.getpid()
