"""Checks of reward functions that a test writes, over few drives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from racer.env import Scenario
from racer.reward_lab import RewardCheck, check, drives


@pytest.fixture
def few_drives(monkeypatch):
    """Let each driver start from one place only, in each direction."""
    monkeypatch.setattr(drives, "N_STARTS", 1)
    monkeypatch.setattr(drives, "_recordings", _FEW)


_FEW: dict[str, drives.Drives] = {}


@pytest.fixture
def checked(tmp_path: Path, few_drives: None) -> Callable[..., RewardCheck]:
    """Return a function that checks the text of a reward function, in this process."""

    def call(text: str, *, track: str = "reinvent_2018", name: str = "my.py", **options):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return check(Scenario.of(track, path), seconds=None, **options)

    return call
