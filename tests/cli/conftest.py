"""Ways to run the command line: inside the test's process, and as a process of its own."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.gate import HANGS, Gate, gate

TESTED = Path(find_spec("racer").origin).parents[1]
"""Where the racer is that is tested here: processes test the same, which is compiled already."""


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of stderr that say something."""
        return [line for line in self.err.splitlines() if line.strip()]


def environment() -> dict[str, str]:
    paths = [str(TESTED), os.environ.get("PYTHONPATH", "")]
    own = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}
    return {**os.environ, **own, "NO_COLOR": "1", "COLUMNS": "1000"}


def start(arguments: list[str], cwd: Path, **options) -> subprocess.Popen[str]:
    """Start ``racer`` as a process in a session of its own, as a shell would."""
    return subprocess.Popen(
        [sys.executable, "-m", "racer", *arguments],
        cwd=cwd,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **options,
    )


def run_process(*arguments: str, cwd: Path, timeout: float = HANGS) -> Answer:
    process = start(list(arguments), cwd)
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return Answer(process.returncode, out, err)


@pytest.fixture
def racer(tmp_path, monkeypatch, capsys) -> Callable[..., Answer]:
    """Run a command in this process, in an empty working folder."""
    from racer.cli.main import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")  # wherever the tests run

    def call(*arguments: str) -> Answer:
        status = run(list(arguments))
        captured = capsys.readouterr()
        return Answer(status, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def training(made_once) -> tuple[Path, Answer]:
    """A short training without figures and film: its folder, and what it said."""
    words = ["train", "--steps", "1500", "--n-envs", "32", "--eval-trials", "4", "--name", "car"]
    words += ["--learning-rate", "0.02", "--no-figures", "--no-film"]

    def train(folder: Path) -> None:
        answer = run_process(*words, cwd=folder)
        assert answer.status == 0, answer.err
        (folder / "answer.json").write_text(json.dumps(asdict(answer)))

    folder = made_once("car", train)
    answer = Answer(**json.loads((folder / "answer.json").read_text()))
    return folder / "runs" / "car", answer


@pytest.fixture
def car(training) -> Path:
    """The folder of a short training."""
    return training[0]


@pytest.fixture
def racer_process(tmp_path) -> Callable[[str], Answer]:
    """Run a command line of a shell, ``racer`` in front of it, in an empty working folder."""

    def call(words: str) -> Answer:
        answer = subprocess.run(
            f"{sys.executable} -m racer {words}",
            shell=True,
            cwd=tmp_path,
            env=environment(),
            text=True,
            capture_output=True,
            timeout=HANGS,
            check=False,
        )
        return Answer(answer.returncode, answer.stdout, answer.stderr)

    return call


@pytest.fixture
def run_racer(tmp_path) -> Callable[..., Answer]:
    """Run ``racer`` as a process, in an empty working folder."""
    return functools.partial(run_process, cwd=tmp_path)


@pytest.fixture
def shut_gate(tmp_path) -> Iterator[Gate]:
    """A gate in the empty working folder, at which a reward function can wait."""
    with gate(tmp_path) as made:
        yield made


@pytest.fixture
def start_racer(tmp_path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``racer`` as a process, in an empty working folder; end it with the test."""
    started = []

    def call(*arguments: str) -> subprocess.Popen[str]:
        started.append(start(list(arguments), tmp_path))
        return started[-1]

    yield call
    for process in started:
        process.kill()
        process.communicate()
