"""For all tests: which run, where reference data lies, what processes share, published rewards."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.forked import ForkServer, forking

if TYPE_CHECKING:
    from racer.jobs import Feed, Listener

ROOT = Path(__file__).resolve().parents[1]

REFERENCE_DATA = Path(os.environ.get("RACER_REFERENCE_DATA", ROOT.parent / "shared")).resolve()
"""Real routes and traces, where there are any."""
NO_REFERENCE_DATA = f"no reference data in {REFERENCE_DATA}: set RACER_REFERENCE_DATA"

STYLE_FOLDER = ROOT / "tests" / "reward_styles"
STYLE_FILES = sorted([*STYLE_FOLDER.glob("*.py"), *STYLE_FOLDER.glob("*/reward_function.py")])
"""Reward functions as users write them: one file a style, or a folder with modules of its own."""

# --- which tests run ---


def parts(text: str) -> tuple[int, int]:
    """Return I and N of ``I/N``, a part of the long tests; ``all`` is 0/1 and ``none`` 0/0.

    Raises:
        UsageError: if it is no such thing.
    """
    known = {"all": (0, 1), "none": (0, 0)}
    if text in known:
        return known[text]
    first, slash, second = text.partition("/")
    if slash and first.isdecimal() and second.isdecimal() and int(first) < int(second):
        return int(first), int(second)
    raise pytest.UsageError(f"--long: expected all, none, or I/N with I from 0 to N-1, got {text}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long tests be asked for."""
    parser.addoption(
        "--long", default="none", metavar="all|I/N",
        help="run the tests marked as long, too: all of them, or part I of N",
    )  # fmt: skip


def pytest_report_header(config: pytest.Config) -> str:
    """Say which of the long tests run."""
    i, n = parts(config.getoption("--long"))
    if n == 0:
        return "long tests are left out: pytest --long all runs them, too"
    return "long tests: all" if n == 1 else f"long tests: part {i} of 0 to {n - 1}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests that were not asked for, unless they are named."""
    i, n = parts(config.getoption("--long"))
    if n == 1 or any("::" in word for word in config.args):
        return
    long = sorted(
        (item for item in items if item.get_closest_marker("long")), key=lambda item: item.nodeid
    )
    left_out = [item for k, item in enumerate(long) if n == 0 or k % n != i]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Have all tests that lack reference data told in one line."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        _, _, reason = report.longrepr
        if reason.endswith(NO_REFERENCE_DATA):
            report.longrepr = (__file__, None, reason)
    return report


def style_name(path: Path) -> str:
    """Return the name of a style: of its file, or of the folder that it fills."""
    return path.stem if path.parent == STYLE_FOLDER else path.parent.name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with an argument ``style_file`` once for each reward function of STYLE_FILES."""
    if "style_file" in metafunc.fixturenames:
        metafunc.parametrize("style_file", STYLE_FILES, ids=style_name)


# --- what the processes of one session share ---


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that has a folder filled by the first process that needs it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder = base / f"shared-{name}"
        with FileLock(folder.with_suffix(".lock")):
            if not folder.with_suffix(".made").exists():
                folder.mkdir(exist_ok=True)
                fill(folder)
                folder.with_suffix(".made").touch()
        return folder

    return make


@pytest.fixture(scope="session", autouse=True)
def compiled_once(made_once: Callable[..., Path]) -> None:
    """Where several processes test, have one of them compile the simulator for all."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    from racer.kernels._jit import CACHE_FOLDER, config

    if not config.DISABLE_JIT and not any(CACHE_FOLDER.rglob("world.*.nbi")):
        made_once("compiled", compile_kernels)


@pytest.fixture(scope="session", autouse=True)
def workers_are_forked() -> Iterator[None]:
    """Where it can be done, have worker processes forked from one that has imported torch."""
    if sys.platform != "linux":
        yield
        return
    from racer.processes import child

    with ForkServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "subprocess", forking(server))
        yield


def compile_kernels(_: Path) -> None:
    """Drive so that everything is compiled that cars need, whatever they see."""
    import numpy as np

    from racer.env import RacerVectorEnv

    for settings in ({"observe": "lidar"}, {"observe": "camera+state", "randomize": 1.0}):
        envs = RacerVectorEnv(2, **settings)
        envs.reset(seed=0)
        envs.step(np.zeros(2, int))


@pytest.fixture(scope="session")
def style_files() -> dict[str, Path]:
    """All reward functions of STYLE_FILES by the name of their style."""
    return {style_name(path): path for path in STYLE_FILES}


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real routes and traces; tests that need it are skipped where it is absent."""
    if not (REFERENCE_DATA / "tracks").is_dir():
        pytest.skip(NO_REFERENCE_DATA)
    return REFERENCE_DATA


def needs_casadi() -> None:
    """Skip the test that calls it where CasADi is not installed."""
    pytest.importorskip("casadi", reason="CasADi is not installed: pip install racer-rl[limit]")


@contextmanager
def jobs_in_process() -> Iterator[None]:
    """Let jobs run in this process that are meant for workers, where these are not the point."""
    from racer.jobs import InProcessExecutor, LocalExecutor

    def run(_: LocalExecutor, feed: "Feed", listener: "Listener") -> None:
        InProcessExecutor().run(feed, listener)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalExecutor, "run", run)
        yield


@pytest.fixture
def in_process() -> Iterator[None]:
    """The same for a test."""
    with jobs_in_process():
        yield
