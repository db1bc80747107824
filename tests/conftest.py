"""Fixtures for all tests: where reference data lies."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real routes and traces; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("RACER_REFERENCE_DATA", ROOT.parent / "shared")).resolve()
    if not (folder / "tracks").is_dir():
        pytest.skip(f"no reference data in {folder}: set RACER_REFERENCE_DATA")
    return folder
