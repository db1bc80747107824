"""Workers find the tests' targets."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _targets(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    yield
    sys.modules.pop("jobs_to_run", None)
