"""The picture of a sweep shows both cars: while they learn, at the end, on the whole."""

import numpy as np
import pytest

from racer.analysis.sweep import learned, sweep_figure


def lines(axes, gid):
    return [line for line in axes.get_lines() if line.get_gid() == gid]


@pytest.fixture
def values(new_run):
    return {
        "0.01": [new_run(f"a{k}", k) for k in range(3)],
        "0.3": [new_run(f"b{k}", k, learns=0.2) for k in range(3)],
    }


def test_the_end_is_the_last_whole_batch_and_the_last_policy_never_the_best(new_run):
    run = new_run()
    assert learned(run).exploring_last == pytest.approx(100 * run.updates["finish_rate"][-1])
    run.evaluations["finish_rate"][:] = [1.0] * (len(run.evaluations["finish_rate"]) - 1) + [0.25]
    assert learned(run).greedy_last == 25.0
    cut = new_run("cut")
    for name, column in cut.updates.items():
        cut.updates[name] = column[:-1]  # the last batch was cut off
    assert learned(cut).exploring_last == pytest.approx(100 * cut.updates["finish_rate"][-1])


def test_the_area_is_the_mean_height_of_the_curve(new_run):
    run = new_run()
    run.episodes["completion"][:] = 40.0
    assert learned(run).exploring_area == pytest.approx(40.0)
    table = run.evaluations
    for name, column in table.items():
        table[name] = column[:2]
    table["total_steps"][:], table["completion"][:] = [1000, 3000], [0.0, 60.0]
    # 0 up to 1,000 steps, then straight up to 60 at 3,000: 2,000 steps of 30 in the mean
    assert learned(run).greedy_area == pytest.approx(2000 * 30.0 / 3000)


def test_a_training_without_a_point_has_no_end_and_no_area(new_run):
    assert np.isnan(list(vars(learned(new_run(n_updates=0))).values())).all()


def test_every_seed_of_both_cars_is_drawn_with_mean_and_spread(values, draw):
    figure = draw(sweep_figure(values, title="What lr does", what="learning_rate"))
    exploring, greedy, end, area = figure.axes
    assert [len(lines(axes, "seed")) for axes in (exploring, greedy)] == [6, 6]
    assert len(exploring.collections) == len(greedy.collections) == 2  # a band a value
    for axes, measure in ((end, "last"), (area, "area")):
        for car in ("exploring", "greedy"):
            means = [line.get_ydata()[0] for line in lines(axes, f"{car} mean")]
            by_hand = [
                np.mean([getattr(learned(run), f"{car}_{measure}") for run in group])
                for group in values.values()
            ]
            np.testing.assert_allclose(means, by_hand)
        lowest = [line.get_ydata().min() for line in lines(axes, "spread")]
        assert len(lowest) == 4
    assert [text.get_text() for text in end.get_xticklabels()] == list(values)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [
        "0.01", "0.3", "exploring car, mean of 3 seeds", "greedy car, mean of 3 seeds",
        "lowest to highest seed",
    ]  # fmt: skip


def test_a_greedy_mean_joins_the_evaluations_that_every_seed_has(values, draw):
    run = values["0.01"][0]
    for name, column in run.evaluations.items():
        run.evaluations[name] = column[:2]
    greedy = draw(sweep_figure(values, title="", what="lr")).axes[1]
    mean = lines(greedy, "mean")[0]
    assert len(mean.get_xdata()) == 2


def test_values_whose_trainings_are_gone_are_left_empty(new_run, draw):
    figure = draw(sweep_figure({"a": [], "b": [new_run()]}, title="", what="lr"))
    assert len(lines(figure.axes[2], "exploring mean")) == 1
    draw(sweep_figure({"a": []}, title="", what="lr"))
