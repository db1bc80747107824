"""Only the reward function's own time counts against it."""

import os
import threading
import time

import pytest

from racer.cli import time_limit as module
from racer.cli.time_limit import time_limit
from racer.errors import ConfigError


@pytest.fixture
def ended(monkeypatch):
    """Set when the process would have been ended; it goes on instead."""
    event = threading.Event()

    monkeypatch.setattr(module.os, "_exit", lambda status: event.set())
    return event


def test_time_outside_the_files_does_not_count(ended):
    with time_limit(0.2, {"elsewhere.py": "elsewhere.py"}):
        time.sleep(0.6)
    assert not ended.is_set()


def test_a_call_that_takes_longer_ends_the_process_with_its_line(ended, capfd):
    with time_limit(0.2, {__file__: "mine.py"}):
        ended.wait(10.0)
    assert ended.is_set()
    message = capfd.readouterr().err
    assert "error: mine.py:" in message
    assert "the call has not returned after 0.2 s: an endless loop?" in message


def test_many_short_calls_may_take_as_long_as_they_like(ended):
    with time_limit(0.5, {__file__: "mine.py"}) as begin_anew:
        for _ in range(10):
            time.sleep(0.1)
            begin_anew()
    assert not ended.is_set()


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_limit_that_is_not_positive_is_refused(seconds):
    with pytest.raises(ConfigError, match="--timeout: must be positive"), time_limit(seconds, {}):
        os.getpid()
