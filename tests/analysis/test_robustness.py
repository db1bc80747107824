"""The picture of robustness: every factor and place is in it, also for many runs or few factors."""

import pytest

from racer.analysis.robustness_figure import robustness_figure
from racer.evaluation.robustness import (
    ALL,
    GIVEN,
    OWN,
    PLAIN,
    UNSEEN,
    Laps,
    Robustness,
    RobustnessCondition,
    RobustnessOutcome,
)


def outcome(place, factor=PLAIN, strength=0.0, finished=90, roads=1):
    laps = tuple(Laps(f"road_{k}", 100, finished, 95.0, 12.0) for k in range(roads))
    return RobustnessOutcome(RobustnessCondition(place, factor, strength), laps, 12.0)


def robustness(name, factors, costs=1, places=(UNSEEN, GIVEN + "my_$road")):
    alone = [
        outcome(OWN, factor, s, finished=round(90 - 3 * costs * k * s))
        for k, factor in enumerate(factors)
        for s in (0.5, 1.0)
    ]
    together = [outcome(OWN, ALL, s, finished=30) for s in (0.5, 1.0)]
    others = [
        outcome(place, factor, strength, roads=3 if place == UNSEEN else 1)
        for place in places
        for factor, strength in ((PLAIN, 0.0), (ALL, 1.0))
    ]
    return Robustness(name, ("road_0",), (), (outcome(OWN), *alone, *together, *others))


def shown(figure):
    """Return the axes of a figure that are not empty."""
    return [axes for axes in figure.axes if axes.axison]


@pytest.mark.parametrize("n_factors", [1, 8, 17])
def test_every_factor_has_axes_of_its_own_the_costliest_first(n_factors):
    factors = [f"factor_{k}" for k in range(n_factors)]
    figure = robustness_figure([robustness("car", factors)])
    titles = [axes.get_title("left") for axes in shown(figure)]
    assert titles[:2] == ["all factors together", "own road and others"]
    assert titles[2:] == [factor.replace("_", " ") for factor in reversed(factors)]
    figure.canvas.draw()


def test_a_line_is_the_finish_rate_against_the_strength():
    figure = robustness_figure([robustness("car", ["grip"])])
    (line,) = shown(figure)[0].get_lines()
    assert line.get_xdata().tolist() == [0.0, 0.5, 1.0]
    assert line.get_ydata().tolist() == [0.9, 0.3, 0.3]


def test_every_place_is_a_row():
    axes = shown(robustness_figure([robustness("car", ["grip"])]))[1]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["own road\nroad_0", "3 roads\nnever seen", "my_$road"]


def test_several_runs_are_colours_with_their_names():
    runs = [robustness(name, ["grip", "noise"]) for name in ("one", "two", "x" * 60)]
    figure = robustness_figure(runs)
    assert len({line.get_color() for line in shown(figure)[0].get_lines()}) == 3
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names[:2] == ["one", "two"]
    assert names[2].endswith("x…")
    figure.canvas.draw()


def test_runs_may_have_different_factors_and_places():
    runs = [robustness("sees", ["contrast", "grip"]), robustness("state", ["grip"], places=())]
    figure = robustness_figure(runs)
    lines = {axes.get_title("left"): len(axes.get_lines()) for axes in shown(figure)}
    assert lines["contrast"] == 1
    assert lines["grip"] == 2


def test_a_car_for_which_no_factor_matters_is_drawn_too():
    figure = robustness_figure([robustness("car", [])])
    figure.canvas.draw()
    assert {"all factors together", "own road and others"} <= {
        axes.get_title("left") for axes in shown(figure)
    }
