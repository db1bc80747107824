import numpy as np
import pytest

from racer.analysis import curves, learning
from racer.analysis.curves import FINISH_RATE, LAP_TIME, RETURN, update_curve
from racer.analysis.learning import diagnostics, learning_curves
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
    assert legend(figure)[2:] == [
        "greedy car: evaluation", "greedy car: before the first update",
        "greedy car: best checkpoint",
    ]  # fmt: skip


def test_the_legend_names_what_there_is(new_run):
    both = learning_curves(new_run("a"))
    assert legend(both)[0] == "exploring car: one episode"
    assert legend(both)[2:] == ["greedy car: evaluation", "greedy car: best checkpoint"]
    without = new_run("b", n_updates=2)
    assert len(legend(learning_curves(without))) == 2


def test_of_very_many_episodes_some_are_drawn_and_the_legend_says_so(new_run, monkeypatch):
    monkeypatch.setattr(curves, "MOST_DOTS", 300)
    monkeypatch.setattr(learning, "MOST_DOTS", 300)
    run = new_run()  # 896 episodes
    figure = learning_curves(run)
    (dots,) = lines(figure.axes[0], "episodes")
    np.testing.assert_array_equal(dots.get_ydata(), run.episodes["return"][::3])
    assert legend(figure)[0] == "exploring car: one episode (1 of 3 drawn)"


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
    assert legend(figure) == [
        "exploring car: mean of 3 seeds", "exploring car: one seed",
        "exploring car: lowest to highest seed", "greedy car: one evaluation", "greedy car: mean",
    ]  # fmt: skip
    assert max(line.get_linewidth() for line in seeds) < mean.get_linewidth()


def test_groups_have_a_colour_and_a_legend_each(new_run, draw):
    runs = [new_run(f"v{i}", i) for i in range(2)]
    runs += [new_run(f"p{i}", i, algorithm="ppo") for i in range(3)]
    figure = draw(learning_curves(runs))
    assert figure.get_suptitle() == "Comparison: center_line, bean"
    assert legend(figure)[:2] == ["vpg: mean of 2 seeds", "ppo: mean of 3 seeds"]
    colors = [line.get_color() for line in lines(figure.axes[0], "seed")]
    assert colors[0] == colors[1] != colors[2] == colors[3] == colors[4]


def test_pictures_of_several_runs_show_what_the_greedy_car_did(new_run):
    runs = [new_run(f"r{i}", i) for i in range(3)]
    for axes, column, factor in zip(
        learning_curves(runs).axes[1:], ("completion", "finish_rate", "median_lap_time"),
        (1.0, 100.0, 1.0), strict=True,
    ):  # fmt: skip
        for line, run in zip(lines(axes, "greedy"), runs, strict=True):
            np.testing.assert_allclose(line.get_ydata(), factor * run.evaluations[column])
            np.testing.assert_array_equal(line.get_xdata(), run.evaluations["total_steps"])
        (mean,) = lines(axes, "greedy mean")
        by_hand = np.mean([factor * run.evaluations[column] for run in runs], axis=0)
        np.testing.assert_allclose(mean.get_ydata(), by_hand)


def test_laps_that_only_the_greedy_car_finished_are_no_empty_picture(new_run, draw):
    runs = [new_run("a", 0, learns=0.1), new_run("b", 1, learns=0.1)]
    for run in runs:
        run.evaluations["median_lap_time"][:] = 15.27
    axes = draw(learning_curves(runs)).axes[3]
    assert not texts(axes)
    assert not axes.get_title(loc="right")


def test_an_unfinished_batch_is_not_drawn(new_run):
    whole = new_run("whole")
    cut = new_run("cut")
    n = len(cut.updates["update"])
    for name, column in cut.updates.items():
        cut.updates[name] = column[: n - 1]  # the last batch has no update: it was cut off
    assert set(cut.episodes["update"]) == set(range(n))
    for one, other in zip(learning_curves(cut).axes, learning_curves(whole).axes, strict=True):
        (line,), (longer,) = lines(one, "updates"), lines(other, "updates")
        np.testing.assert_array_equal(line.get_ydata(), longer.get_ydata()[:-1])
    (dots,) = lines(learning_curves(cut).axes[0], "episodes")
    assert len(dots.get_ydata()) == np.count_nonzero(cut.episodes["update"] < n - 1)


def test_returns_of_different_reward_functions_never_share_an_axis(new_run, draw):
    names = ("center_line", "speed", "goal_only")
    runs = [new_run(name, reward=name, reward_digest=name) for name in names]
    figure = draw(learning_curves(runs))
    returns = [axes for axes in figure.axes if axes.get_ylabel() not in LABELS[1:]]
    assert len(returns) == 3
    for axes, run in zip(returns, runs, strict=True):
        (line,) = lines(axes, "seed")
        np.testing.assert_allclose(line.get_ydata(), run.updates["mean_return"], rtol=1e-12)
    assert len({line.get_color() for axes in returns for line in lines(axes, "mean")}) == 3
    assert all(len(lines(axes, "seed")) == 3 for axes in figure.axes if axes not in returns)


def test_an_edited_reward_function_has_an_axis_of_its_own_too(new_run):
    runs = [new_run("a", reward_digest="aaa"), new_run("b", reward_digest="bbb")]
    assert len(learning_curves(runs).axes) == 5
    same = [new_run("c", 0, reward_digest="aaa"), new_run("d", 1, reward_digest="aaa")]
    assert len(learning_curves(same).axes) == 4


def test_a_point_that_no_other_is_joined_to_has_a_marker(new_run, draw):
    run = new_run()
    times = run.episodes["lap_time"]
    times[:] = np.nan
    for update in (3, 7, 8):
        times[np.flatnonzero(run.episodes["update"] == update)[0]] = 12.0
    run.episodes["lap_time"][np.flatnonzero(run.episodes["update"] == 9)[0]] = 12.0
    (line,) = lines(draw(learning_curves(run)).axes[3], "updates")
    assert line.get_marker() == "o"
    assert line.get_markevery() == [3]


def test_a_group_of_one_seed_claims_no_mean_and_no_band(new_run, draw):
    figure = draw(learning_curves([new_run("a"), new_run("b", algorithm="ppo")]))
    assert legend(figure)[:3] == ["vpg: 1 seed", "ppo: 1 seed", "exploring car: one seed"]
    assert not any("lowest" in text for text in legend(figure))
    assert not figure.axes[0].collections


def test_the_mean_lap_time_stops_where_a_seed_has_no_lap_and_that_is_said(new_run, draw):
    runs = [new_run("a", 0), new_run("b", 1), new_run("failed", 2, learns=0.1)]
    axes = draw(learning_curves(runs)).axes[3]
    (mean,) = lines(axes, "mean")
    assert np.isnan(mean.get_ydata()).all()
    said = "exploring car: no finished lap yet in 1 of 3 seeds"
    assert axes.get_title(loc="right") == said


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
