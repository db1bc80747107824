"""Help comes at once, and names everything."""

import ast
import subprocess
import sys

import pytest

from racer.algorithms.hyperparameter_table import TABLE
from tests.cli.conftest import environment

HEAVY = {
    "torch",
    "stable_baselines3",
    "numba",
    "matplotlib",
    "gymnasium",
    "numpy",
    "scipy",
    "filelock",
    "racer.api",
    "racer.jobs",
}


def modules_after(code: str) -> set[str]:
    code = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint(sorted(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return set(ast.literal_eval(answer.stdout.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["evaluate", "--help"]])
def test_help_imports_nothing_heavy(words):
    code = f"from racer.cli.main import main; sys.argv = ['racer', *{words}]; main()"
    assert HEAVY & modules_after(code) == set()


def test_help_lists_every_verb(racer):
    answer = racer("--help")
    assert answer.status == 0
    for verb in ("train", "evaluate", "watch", "plot", "tracks", "actions", "reward"):
        assert f" {verb} " in answer.out


def test_every_hyperparameter_is_an_option_of_train(racer):
    answer = racer("train", "--help")
    for row in TABLE:
        assert "--" + row.name.replace("_", "-") in answer.out


def test_no_words_at_all_show_the_help(racer):
    answer = racer()
    assert answer.status == 2
    assert "racer train" in answer.out + answer.err


def test_the_version_is_a_line_on_stdout(racer):
    answer = racer("--version")
    assert answer.status == 0
    assert len(answer.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [("nosuch", "nosuch"), ("train --nosuch", "--nosuch"), ("train --steps many", "--steps")],
)
def test_wrong_usage_ends_with_status_2(racer, words, named):
    answer = racer(*words.split())
    assert answer.status == 2
    assert named in answer.err
    assert "Traceback" not in answer.err
