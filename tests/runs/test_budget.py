"""A result says what budget it had; two trainings are compared at equal steps."""

from types import SimpleNamespace

import numpy as np
import pytest

from racer.config.train_config import TrainConfig
from racer.runs.budget import at_equal_steps, ending_words


@pytest.mark.parametrize(
    ("settings", "reason", "words"),
    [
        ({"steps": 20_000}, "budget", "the whole budget of 20,000 steps"),
        ({"minutes": 0.05}, "minutes", "the whole time of 3 s"),
        ({"steps": 50_000, "minutes": 0.05}, "minutes",
         "the whole time of 3 s, before 50,000 steps were driven"),
        ({"until_finish": 0.95}, "until_finish", "until 95 % of the laps were finished"),
        ({"steps": 20_000}, "interrupted", "interrupted"),
        ({}, "", ""),
    ],
)  # fmt: skip
def test_the_words_name_the_budget_that_ended_it(settings, reason, words):
    assert ending_words(TrainConfig.of(**settings), reason) == words


def training(total_steps, *episodes):
    """A run with so many steps, and episodes as (steps when they ended, completion)."""
    steps, completion = np.array(episodes or np.empty((0, 2))).T
    return SimpleNamespace(
        updates={"total_steps": np.array(total_steps)},
        episodes={"total_steps": steps, "completion": completion},
    )


def test_a_long_training_is_compared_where_the_short_one_ended():
    short = training([200, 448], (150, 4.0), (400, 8.0))
    long = training([300, 300_000], (100, 10.0), (448, 20.0), (449, 90.0), (290_000, 100.0))
    assert at_equal_steps(short, long) == {
        "steps": 448, "is_equal": False, "other_steps": 300_000, "completion": 6.0,
        "other_completion": 15.0,
    }  # fmt: skip


def test_updates_that_end_a_little_later_are_equal():
    found = at_equal_steps(training([20_480], (9, 1.0)), training([21_504], (9, 1.0)))
    assert found["is_equal"]


def test_a_training_without_an_episode_up_to_there_has_nothing_to_compare():
    found = at_equal_steps(training([64]), training([20_000], (90, 1.0)))
    assert found["completion"] is None
    assert found["other_completion"] is None
