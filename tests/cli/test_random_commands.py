"""Random command lines of the benchmark are reproducible, and reach every verb."""

import runpy
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "random_commands.py"


@pytest.fixture(scope="module")
def benchmark():
    return runpy.run_path(str(FILE))


@pytest.mark.long
def test_a_command_follows_from_seed_and_number(benchmark):
    make = benchmark["command_line"]
    first = [make(7, number) for number in range(40)]
    assert [make(7, number) for number in reversed(range(40))][::-1] == first
    assert [make(8, number) for number in range(40)] != first


@pytest.mark.long
def test_all_verbs_come_and_none_that_would_stay(benchmark):
    typer, app = benchmark["typer"], benchmark["app"]
    verbs = {path for path, _ in benchmark["verbs"](typer.main.get_command(app))}
    lines = [benchmark["command_line"](7, number) for number in range(300)]
    reached = {path for path in verbs for line in lines if tuple(line[: len(path)]) == path}
    assert reached == verbs
    words = {word for line in lines for word in line}
    assert not words & benchmark["_LEFT_OUT"]


def test_what_a_command_leaves_is_found_and_tidied_up(benchmark, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "subprocess.run", lambda *_, **__: (tmp_path / "work/runs/base").mkdir(parents=True)
    )
    scratch = benchmark["Scratch"](tmp_path)
    assert list(scratch.tidy()) == []
    (scratch.tmp / "torch").mkdir()
    (scratch.work / ".123-run.json").write_text("")
    (scratch.work / "surprise.txt").write_text("")
    (scratch.work / "good.py").write_text("")
    found = [one.what for one in scratch.tidy()]
    assert found == ["a file left behind", "a temporary file", "an input was changed",
                     "a file nobody asked for", "a file nobody asked for"]  # fmt: skip
    assert list(scratch.tidy()) == []
