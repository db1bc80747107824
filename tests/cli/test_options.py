"""Every setting is an option of every verb that has a use for it, and no option hides another."""

import inspect
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
import typer

from racer.algorithms.hyperparameter_table import TABLE
from racer.cli import setting_options as made
from racer.cli.main import app
from racer.cli.setting_options import option_words_of, setting_options, training_options
from racer.config import declaration
from racer.config.declaration import EPISODES, Setting, TrainSettings
from racer.config.words import with_options

TRAIN = {
    "train": {"reward"}, "clone": set(), "distill": {"reward"}, "compare": {"reward"},
    "tune": {"reward"}, "watch": {"reward"},
}  # fmt: skip
"""The verbs that train, and the settings that have no option there: they are an argument."""


def verbs(of: typer.Typer = app) -> Iterator[tuple[str, inspect.Signature]]:
    for command in of.registered_commands:
        assert command.callback is not None
        yield command.name or command.callback.__name__, inspect.signature(command.callback)
    for group in of.registered_groups:
        for name, signature in verbs(group.typer_instance):
            yield f"{group.name} {name}", signature


def words_of(signature: inspect.Signature) -> list[str]:
    return [word for p in signature.parameters.values() for word in option_words_of(p)]


@pytest.mark.parametrize(("verb", "signature"), list(verbs()))
def test_no_two_options_of_a_verb_share_a_word(verb, signature):
    words = words_of(signature)
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("verb", TRAIN)
def test_a_verb_that_trains_has_every_setting_and_hyperparameter(verb):
    words = set(words_of(dict(verbs())[verb]))
    for one in with_options():
        if one.name not in TRAIN[verb]:
            assert set(one.words) <= words, one.name
    for row in TABLE:
        assert "--" + row.name.replace("_", "-") in words
    assert {"--config", "--hyperparameters", "--set"} <= words


def test_a_hyperparameters_name_never_hides_an_option_of_the_verb():
    @training_options()
    def verb(
        baseline: Annotated[str, typer.Option(help="Compare with this one.")] = "none",
        *,
        settings: dict[str, Any],
    ) -> None:
        found.append((baseline, settings))

    found = []
    words = words_of(inspect.signature(verb))
    assert words.count("--baseline") == 1
    values = {p.name: p.default for p in inspect.signature(verb).parameters.values()}
    verb(**values | {"baseline": "mine", "set_hyperparameters": ["baseline=mean"]})
    assert found == [("mine", {"hyperparameters": {"baseline": "mean"}})]


def test_a_field_in_the_declaration_is_all_that_a_new_setting_needs(monkeypatch):
    class More(TrainSettings):
        tailwind: Annotated[float, Setting("Wind from behind", EPISODES, "m/s")] = 0.5

    monkeypatch.setattr(made, "TrainSettings", More)

    @setting_options(EPISODES)
    def verb(*, settings: dict[str, Any]) -> None:
        found.append(settings)

    found = []
    (p,) = (p for p in inspect.signature(verb).parameters.values() if p.name == "tailwind")
    option = p.annotation.__metadata__[0]
    assert option_words_of(p) == ["--tailwind"]
    assert option.help == "Wind from behind (m/s); 0.5 by default."
    verb(max_seconds=None, first_steps=None, start_advance=None, start_at=None, tailwind=2.0)
    assert found == [{"tailwind": 2.0}]


def test_what_was_not_given_is_no_setting():
    @setting_options(declaration.TRACK, "actions")
    def verb(*, settings: dict[str, Any]) -> None:
        found.append(settings)

    found = []
    values = {p.name: None for p in inspect.signature(verb).parameters.values()}
    verb(**values | {"track": []})
    verb(**values | {"track": ["oval"], "reverse": False, "action_max_speed": 3.0})
    assert found == [{}, {"track": ["oval"], "reverse": False, "actions": {"max_speed": 3.0}}]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("compare center_line speed --minutes 1", "minutes: a comparison gives every reward"),
        ("compare center_line speed --until-finish 0.9", "until_finish: a comparison gives"),
        ("compare center_line speed --record", "record: nobody replays the steps of so many"),
        ("tune center_line --minutes 1", "minutes: every trial gets the same steps: set steps"),
        ("tune center_line --record", "record: nobody replays the steps of so many"),
        ("compare center_line speed --lidar-beams 8", "lidar_beams: has no effect without the"),
        ("tune center_line --continuous --speed-granularity 2", "continuous actions are not in"),
        ("actions --min-speed 1", "min_speed: only continuous actions have one"),
        ("evaluate pure-pursuit --drop-duplicates --max-seconds 0", "max_seconds: input should"),
        ("reward check center_line -t oval -t kidney", "--track: expected one track, got 2"),
        ("reward map center_line -t oval -t kidney", "--track: expected one track, got 2"),
    ],
)
def test_an_option_without_a_meaning_there_is_refused_in_one_line(racer, words, message):
    answer = racer(*words.split())
    assert answer.status in (1, 2)
    assert len(answer.lines) == 1
    assert message in answer.err
