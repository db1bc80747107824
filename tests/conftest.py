"""Fixtures for all tests: where reference data lies, reward functions in published styles."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

STYLE_FOLDER = ROOT / "tests" / "reward_styles"
STYLE_FILES = sorted([*STYLE_FOLDER.glob("*.py"), *STYLE_FOLDER.glob("*/reward_function.py")])
"""Reward functions as users write them: one file a style, or a folder with modules of its own."""


def style_name(path: Path) -> str:
    """Return the name of a style: of its file, or of the folder that it fills."""
    return path.stem if path.parent == STYLE_FOLDER else path.parent.name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with an argument ``style_file`` once for each reward function of STYLE_FILES."""
    if "style_file" in metafunc.fixturenames:
        metafunc.parametrize("style_file", STYLE_FILES, ids=style_name)


@pytest.fixture(scope="session")
def style_files() -> dict[str, Path]:
    """All reward functions of STYLE_FILES by the name of their style."""
    return {style_name(path): path for path in STYLE_FILES}


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real routes and traces; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("RACER_REFERENCE_DATA", ROOT.parent / "shared")).resolve()
    if not (folder / "tracks").is_dir():
        pytest.skip(f"no reference data in {folder}: set RACER_REFERENCE_DATA")
    return folder
