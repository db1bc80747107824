"""Best and last: the last policy of a training is told beside the best one."""

import numpy as np
import pytest

from racer.runs.policies import last_policy, last_words


def test_the_last_policy_is_that_of_the_last_evaluation_and_the_last_whole_batch(new_run):
    run = new_run()
    table = run.evaluations
    table["finish_rate"][-1], table["completion"][-1] = 0.05, 31.0
    table["median_lap_time"][-1] = np.nan
    last = last_policy(run)
    assert last["steps"] == table["total_steps"][-1]
    assert last["best_steps"] == table["total_steps"][np.flatnonzero(table["is_best"])[-1]]
    assert (last["finish_rate"], last["completion"]) == (0.05, 31.0)
    assert last["median_lap_time"] is None
    assert last["explored_finish_rate"] == pytest.approx(run.updates["finish_rate"][-1])


def test_a_training_without_an_evaluation_has_no_last_policy_yet(new_run):
    assert last_policy(new_run(n_updates=2)) is None


def test_words_say_which_of_the_two_cars_it_was():
    last = {
        "steps": 20_000, "best_steps": 4_000, "finish_rate": 0.0, "completion": 4.6,
        "median_lap_time": None, "explored_finish_rate": 0.02,
    }  # fmt: skip
    assert last_words(last) == [
        "greedy car, last policy: 0 % of laps finished, completion 5 %",
        "exploring car, last batch: 2 % of laps finished",
    ]
    assert "median 12.35 s" in last_words({**last, "median_lap_time": 12.345})[0]
    assert len(last_words({**last, "explored_finish_rate": None})) == 1
