"""A type checker sees what ``racer.train`` and its like take: as declared, and nothing else."""

import inspect
from typing import Any, get_args, get_type_hints

import pytest

import racer
from racer.algorithms.hyperparameter_table import NO_EFFECT, TABLE
from racer.api.keywords import TrainKeywords
from racer.config.declaration import (
    CAR,
    EPISODES,
    RANDOM,
    SENSOR,
    TRACK,
    TrainSettings,
    declared,
)
from racer.config.keywords import DriveKeywords, FieldKeywords, SettingKeywords
from racer.config.parse import make_config
from racer.training.hooks import HookKeywords, Hooks

BY_NAME = {"reward", "actions"}  # what the functions have as arguments of their own
KINDS: dict[str, set[Any]] = {"number": {float}, "count": {int}, "switch": {bool}, "choice": {str}}


def kinds(hint):
    """The types that a hint allows."""
    return set(get_args(hint)) if "|" in str(hint) else {hint}


def test_the_keywords_are_the_declared_settings_with_their_types():
    hints, keywords = get_type_hints(TrainSettings), get_type_hints(FieldKeywords)
    assert keywords.keys() == {one.name for one in declared(TrainSettings)} - BY_NAME
    for name, hint in keywords.items():
        own = {kind for kind in kinds(hints[name]) if kind in (bool, int, float, str, type(None))}
        assert own <= kinds(hint), name


def test_a_drive_has_the_settings_of_its_groups():
    groups = {CAR, EPISODES, RANDOM, SENSOR, TRACK}
    own = {one.name for one in declared(TrainSettings) if one.setting.group in groups}
    assert get_type_hints(DriveKeywords).keys() == own - BY_NAME


def test_hyperparameters_are_keywords_under_all_their_names():
    keywords = get_type_hints(SettingKeywords)
    arguments = {"actions", "config_file", "hyperparameter_file"}
    names = {name for row in TABLE for name in row.names} | NO_EFFECT.keys()
    assert keywords.keys() - get_type_hints(FieldKeywords).keys() == names | arguments
    taken = inspect.signature(make_config).parameters
    assert arguments - {"actions"} == taken.keys() - {"base", "on_note", "settings"}
    for row in TABLE:
        for name in row.names:
            assert KINDS.get(row.kind, {str}) <= kinds(keywords[name]), name
            assert (type(None) in kinds(keywords[name])) == row.optional, name


def test_hooks_are_keywords():
    assert list(HookKeywords.__annotations__) == Hooks.names()
    both = {*SettingKeywords.__annotations__, *HookKeywords.__annotations__}
    assert TrainKeywords.__annotations__.keys() == both


VERBS = [
    racer.train, racer.resume, racer.clone, racer.distill, racer.compare, racer.tune,
    racer.evaluate, racer.watch,
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_takes_just_anything(verb):
    rest = list(inspect.signature(verb).parameters.values())[-1]
    assert rest.kind == rest.VAR_KEYWORD
    assert str(rest.annotation).rstrip("]'>").endswith("Keywords")


def test_mypy_sees_a_misspelt_keyword_and_a_wrong_type(tmp_path):
    api = pytest.importorskip("mypy.api", reason="mypy is not installed: pip install .[dev]")
    file = tmp_path / "mine.py"
    file.write_text(
        "import racer\n"
        'racer.train("center_line", track="oval", steps=1000, lr=0.01, on_note=print)\n'
        "racer.train(stepz=1000)\n"
        'racer.compare(["a.py", "b.py"], learning_rate="fast")\n'
        "racer.evaluate('run', tracks='oval')\n"
    )
    out, err, status = api.run(["--no-error-summary", "--cache-dir", ".mypy_cache", str(file)])
    assert status == 1, err
    problems = [line.partition("mine.py:")[2] for line in out.splitlines() if "error:" in line]
    assert [line.partition(":")[0] for line in problems] == ["3", "4", "5"]
    assert '"stepz"' in problems[0]
    assert '"learning_rate"' in problems[1]
    assert '"tracks"' in problems[2]
