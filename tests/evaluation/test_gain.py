"""What a training added is said in words that follow from two evaluations."""

import pytest

from racer.evaluation.gain import gain_words


def figures(rate, lap=None, completion=None):
    return {"trials": 20, "finish_rate": rate, "median_lap_time": lap, "best_lap_time": lap,
            "completion": 100.0 * rate if completion is None else completion}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ((0.0, None, 7.6), (1.0, 10.0), "0 of 20 laps finished, completion 8 %; "
         "training added 20 laps"),
        ((0.7, 12.9), (1.0, 10.55), "14 of 20 laps finished, median 12.90 s; "
         "training added 6 laps and took 2.35 s off them"),
        ((1.0, 10.0), (1.0, 10.2), "20 of 20 laps finished, median 10.00 s; "
         "training added next to nothing"),
        ((1.0, 10.0), (0.95, 12.0), "20 of 20 laps finished, median 10.00 s; "
         "training made them 2.00 s slower"),
        ((0.7, 12.9), (0.65, 12.0), "14 of 20 laps finished, median 12.90 s; "
         "training took 0.90 s off them"),
        ((0.7, 12.9), (0.2, 8.0), "14 of 20 laps finished, median 12.90 s; "
         "training took 10 laps away"),
        ((0.0, None, 8.0), (0.0, None, 40.0), "0 of 20 laps finished, completion 8 %; "
         "training added 32 % of the lap"),
        ((0.0, None, 40.0), (0.0, None, 8.0), "0 of 20 laps finished, completion 40 %; "
         "training took away 32 % of the lap"),
        ((0.0, None, 8.0), (0.05, 9.0), "0 of 20 laps finished, completion 8 %; "
         "training added next to nothing"),
    ],
)  # fmt: skip
def test_the_words_follow_from_the_figures(before, after, words):
    assert gain_words(figures(*before), figures(*after)) == f"untrained: {words}"


def test_a_clone_began_with_the_weights_of_its_parent():
    words = gain_words(figures(1.0, 10.0), figures(1.0, 9.0), parent=True)
    assert words == (
        "with the weights of its parent: 20 of 20 laps finished, median 10.00 s; "
        "training took 1.00 s off them"
    )


@pytest.mark.parametrize("before", [None, {}, "much", {"trials": 20, "finish_rate": "all"}])
def test_of_runs_that_do_not_tell_nothing_is_said(before):
    assert gain_words(before, figures(1.0, 9.0)) == ""
