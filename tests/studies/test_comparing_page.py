"""The page on comparing says what is there."""

import inspect
import json
import re
from pathlib import Path

import racer
from racer.cli import compare
from racer.studies.pairs import ENOUGH_SEEDS
from racer.studies.scores import FEWEST_SEEDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "comparing.md").read_text("utf-8")


def test_every_option_in_the_page_exists():
    known = set(inspect.signature(compare.compare).parameters)
    options = set(re.findall(r"--([a-z][a-z-]*)", PAGE)) - {
        "train",
        "resamples",
    }  # of the benchmark
    assert {"seeds", "also-track", "also-algo"} <= options
    assert {option.replace("-", "_") for option in options} <= known


def test_the_python_example_calls_what_exists():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    compile(example, "docs/comparing.md", "exec")
    assert callable(racer.compare)
    for name in re.findall(r"found\.(\w+)", example):
        assert name == "folder" or callable(getattr(racer.Comparison, name))


def test_the_number_of_trainings_and_the_limits_are_those_of_the_code():
    kept = json.loads((ROOT / "benchmarks" / "data" / "honesty.json").read_text("utf-8"))
    assert f"{sum(map(len, kept['seeds'].values()))} trainings" in PAGE
    assert f"Fewer than {FEWEST_SEEDS} seeds get no verdict; below {ENOUGH_SEEDS}" in PAGE


def test_every_setting_of_the_kept_trainings_is_in_the_page():
    kept = json.loads((ROOT / "benchmarks" / "data" / "honesty.json").read_text("utf-8"))
    for name in kept["seeds"]:
        reward, steps = name.split(", ", 1)
        assert f"| `{reward}`, {steps} |" in PAGE
