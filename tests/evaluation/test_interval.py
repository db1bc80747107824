"""How sure a share of laps is."""

import pytest

from racer.evaluation.interval import wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilsons_interval_equals_published_figures(successes, trials, low, high):
    # Newcombe 1998, Statistics in Medicine 17, 857: table I, method 3
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)
