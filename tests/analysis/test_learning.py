import numpy as np
import pytest

from racer.analysis import learning
from racer.analysis.learning import (
    FINISH_RATE,
    LAP_TIME,
    RETURN,
    diagnostics,
    learning_curves,
    update_curve,
)
from racer.runs.record import read_run

LABELS = ["episode return", "completion (%)", "finish rate (%)", "lap time (s)"]


def lines(axes, gid):
    return [line for line in axes.get_lines() if line.get_gid() == gid]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_axes_carry_the_words_of_the_field_and_units(new_run, draw):
    figure = draw(learning_curves(new_run()))
    assert [axes.get_ylabel() for axes in figure.axes] == LABELS
    assert [axes.get_xlabel() for axes in figure.axes[2:]] == ["training steps"] * 2
    assert figure.get_suptitle() == "Learning: vpg, center_line, bean, seed 0"


def test_dots_are_the_episodes_and_the_line_is_the_mean_of_each_update(new_run):
    run = new_run()
    axes = learning_curves(run).axes[0]
    (dots,), (line,) = lines(axes, "episodes"), lines(axes, "updates")
    np.testing.assert_array_equal(dots.get_ydata(), run.episodes["return"])
    np.testing.assert_array_equal(dots.get_xdata(), run.episodes["total_steps"])
    np.testing.assert_allclose(line.get_ydata(), run.updates["mean_return"], rtol=1e-12)
    np.testing.assert_array_equal(line.get_xdata(), run.updates["total_steps"])


def test_finish_rate_and_lap_time_are_those_of_the_updates(new_run):
    run = new_run()
    _, rates = update_curve(run, FINISH_RATE)
    np.testing.assert_allclose(rates, 100 * run.updates["finish_rate"], rtol=1e-12)
    _, times = update_curve(run, LAP_TIME)
    np.testing.assert_allclose(times, run.updates["median_lap_time"], rtol=1e-12)


def test_a_finish_rate_has_no_dots(new_run):
    assert not lines(learning_curves(new_run()).axes[2], "episodes")


def test_evaluations_are_diamonds_and_the_best_is_ringed(new_run):
    run = new_run()
    axes = learning_curves(run).axes[2]
    (diamonds,), (ring,) = lines(axes, "evaluations"), lines(axes, "best")
    np.testing.assert_allclose(diamonds.get_ydata(), 100 * run.evaluations["finish_rate"])
    last_best = np.flatnonzero(run.evaluations["is_best"])[-1]
    assert ring.get_xdata() == [run.evaluations["total_steps"][last_best]]


def test_the_policy_before_its_first_update_is_a_hollow_diamond(new_run):
    run = new_run()
    path = run.folder / "evaluations.csv"
    head, *rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, "0,0,0.25,40.0,12.5,12.0,0\n", *rows]))
    figure = learning_curves(read_run(run.folder))
    (hollow,), (diamonds,) = (lines(figure.axes[2], gid) for gid in ("before", "evaluations"))
    assert hollow.get_xdata().tolist() == [0]
    assert hollow.get_ydata().tolist() == [25.0]
    assert hollow.get_color() == "white"
    np.testing.assert_allclose(diamonds.get_ydata(), 100 * run.trained_evaluations["finish_rate"])
    assert legend(figure)[2:] == ["evaluation", "before the first update", "best checkpoint"]


def test_the_legend_names_what_there_is(new_run):
    both = learning_curves(new_run("a"))
    assert legend(both)[0] == "one episode"
    assert legend(both)[2:] == ["evaluation", "best checkpoint"]
    without = new_run("b", n_updates=2)
    assert len(legend(learning_curves(without))) == 2


def test_of_very_many_episodes_some_are_drawn_and_the_legend_says_so(new_run, monkeypatch):
    monkeypatch.setattr(learning, "MOST_DOTS", 300)
    run = new_run()  # 896 episodes
    figure = learning_curves(run)
    (dots,) = lines(figure.axes[0], "episodes")
    np.testing.assert_array_equal(dots.get_ydata(), run.episodes["return"][::3])
    assert legend(figure)[0] == "one episode (1 of 3 drawn)"


def test_several_seeds_are_thin_lines_with_their_mean_and_band(new_run, draw):
    runs = [new_run(f"r{i}", i) for i in range(3)]
    figure = draw(learning_curves(runs))
    axes = figure.axes[0]
    seeds, (mean,) = lines(axes, "seed"), lines(axes, "mean")
    for line, run in zip(seeds, runs, strict=True):
        np.testing.assert_allclose(line.get_ydata(), run.updates["mean_return"], rtol=1e-12)
    at = mean.get_xdata()
    by_hand = np.mean([np.interp(at, *update_curve(run, RETURN)) for run in runs], axis=0)
    known = ~np.isnan(mean.get_ydata())
    np.testing.assert_allclose(mean.get_ydata()[known], by_hand[known])
    assert known.any()
    assert len(axes.collections) == 1
    assert legend(figure) == ["mean of 3 seeds", "one seed", "lowest to highest seed"]
    assert max(line.get_linewidth() for line in seeds) < mean.get_linewidth()


def test_groups_have_a_colour_and_a_legend_each(new_run, draw):
    runs = [new_run(f"v{i}", i) for i in range(2)]
    runs += [new_run(f"p{i}", i, algorithm="ppo") for i in range(3)]
    figure = draw(learning_curves(runs))
    assert figure.get_suptitle() == "Comparison: center_line, bean"
    assert legend(figure)[:2] == ["vpg: mean of 2 seeds", "ppo: mean of 3 seeds"]
    colors = [line.get_color() for line in lines(figure.axes[0], "seed")]
    assert colors[0] == colors[1] != colors[2] == colors[3] == colors[4]


def test_a_group_of_one_seed_claims_no_mean_and_no_band(new_run, draw):
    figure = draw(learning_curves([new_run("a"), new_run("b", algorithm="ppo")]))
    assert legend(figure) == ["vpg: 1 seed", "ppo: 1 seed", "one seed"]
    assert not figure.axes[0].collections


def test_the_mean_lap_time_stops_where_a_seed_has_no_lap_and_that_is_said(new_run, draw):
    runs = [new_run("a", 0), new_run("b", 1), new_run("failed", 2, learns=0.1)]
    axes = draw(learning_curves(runs)).axes[3]
    (mean,) = lines(axes, "mean")
    assert np.isnan(mean.get_ydata()).all()
    assert axes.get_title(loc="right") == "1 of 3 seeds: no finished lap yet"


def test_a_run_without_a_lap_says_so(new_run, draw):
    figure = draw(learning_curves(new_run(learns=0.1)))
    assert texts(figure.axes[3]) == ["no finished lap yet"]
    assert not texts(figure.axes[0])


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_runs_that_have_just_begun_are_drawn_empty(new_run, n_seeds, draw):
    runs = [new_run(f"r{i}", i, n_updates=0) for i in range(n_seeds)]
    figure = draw(learning_curves(runs))
    assert [texts(axes)[0] for axes in figure.axes] == ["no finished episode yet"] * 3 + [
        "no finished lap yet"
    ]


def test_a_run_of_one_update_shows_it_as_a_dot(new_run, draw):
    figure = draw(learning_curves(new_run(n_updates=1)))
    (line,) = lines(figure.axes[0], "updates")
    assert line.get_marker() == "o"


def test_no_runs_at_all_are_drawn_empty(draw):
    assert draw(learning_curves([])).get_suptitle() == "Learning: no runs"


def test_returns_that_are_nan_are_left_out(new_run, draw):
    run = new_run()
    run.episodes["return"][:64] = np.nan
    run.episodes["return"][70] = np.nan
    (line,) = lines(draw(learning_curves(run)).axes[0], "updates")
    assert np.isnan(line.get_ydata()[0])
    assert np.isfinite(line.get_ydata()[1:]).all()


def test_diagnostics_draw_the_columns_that_have_numbers(new_run, draw):
    run = new_run()
    run.updates["grad_norm"][:] = np.nan
    figure = draw(diagnostics(run))
    drawn = {axes.get_ylabel(): axes.get_lines()[0] for axes in figure.axes if axes.get_lines()}
    assert list(drawn) == [
        "entropy", "approx kl", "explained variance", "value loss", "policy loss",
        "learning rate",
    ]  # fmt: skip
    np.testing.assert_array_equal(drawn["entropy"].get_ydata(), run.updates["entropy"])


def test_diagnostics_of_a_run_that_has_none_say_so(new_run, draw):
    figure = draw(diagnostics(new_run(n_updates=0)))
    assert texts(figure.axes[0]) == ["the run has no diagnostics yet"]
