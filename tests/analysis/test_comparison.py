import numpy as np
import pytest
from matplotlib.colors import to_rgba

from racer.analysis.comparison import (
    MOST_LETTERS,
    Dots,
    Duels,
    comparison_curves,
    duel_matrix,
    seed_dots,
)

NAN = np.nan


def curves(k, n):
    """Learning curves of k reward functions with n seeds each."""
    rng = np.random.default_rng(0)
    steps = np.arange(1, 6) * 10_000
    return {
        f"reward_{i}": [(steps, 100 * rng.random() * steps / 50_000) for _ in range(n)]
        for i in range(k)
    }


def with_gid(axes, gid):
    return [line for line in axes.lines if line.get_gid() == gid]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def duels(k, names=None):
    beats = np.full((k, k), 0.5)
    np.fill_diagonal(beats, NAN)
    return Duels(
        names or [f"reward_{i}" for i in range(k)],
        beats,
        beats - 0.2,
        beats + 0.2,
        np.zeros((k, k), np.int64),
    )


# --- learning curves ---


@pytest.mark.parametrize(("k", "n"), [(1, 1), (2, 3), (3, 10), (8, 20)])
def test_each_reward_has_axes_with_a_thin_line_for_each_seed_and_a_thick_mean(draw, k, n):
    figure = draw(comparison_curves(curves(k, n)))
    shown = [axes for axes in figure.axes if axes.get_visible() and axes.axison]
    assert [axes.get_title(loc="left") for axes in shown] == [f"reward_{i}" for i in range(k)]
    for axes in shown:
        seeds, means = with_gid(axes, "seed"), with_gid(axes, "mean")
        assert len(seeds) == n
        assert len(means) == 1
        assert seeds[0].get_linewidth() < 1 < means[0].get_linewidth()
        assert len(with_gid(axes, "other")) == k - 1


def test_the_thick_line_is_the_mean_of_the_seeds(draw):
    seeds = [([10, 20], [0.0, 40.0]), ([10, 20], [20.0, 100.0])]
    figure = draw(comparison_curves({"a": seeds}))
    (mean,) = with_gid(figure.axes[0], "mean")
    np.testing.assert_array_equal(mean.get_ydata(), [10, 70])


def test_a_reward_without_a_seed_says_so(draw):
    figure = draw(comparison_curves({"a": [([10], [50.0])], "b": []}))
    assert "no seed was trained" in texts(figure.axes[1])


def test_the_axis_names_what_is_drawn(draw):
    figure = draw(comparison_curves(curves(2, 3), label="laps finished (%)", title="Learning: ppo"))
    assert figure.axes[0].get_ylabel() == "laps finished (%)"
    assert figure.get_suptitle() == "Learning: ppo"


# --- dots ---


def one_measure(values, succeeded, **changes):
    return seed_dots([Dots("lap time (s)", values, {}, **changes)], succeeded)


def test_every_seed_is_a_dot_and_those_that_fail_are_hollow(draw):
    figure = draw(one_measure({"a": [15.0, 14.0, 16.0]}, {"a": [True, True, False]}))
    dots = with_gid(figure.axes[0], "seed")
    assert [dot.get_xdata()[0] for dot in dots] == [15.0, 14.0, 16.0]
    filled = [to_rgba(dot.get_markerfacecolor()) != to_rgba("white") for dot in dots]
    assert filled == [True, True, False]


def test_a_seed_without_a_value_stands_beyond_all_others_under_a_word(draw):
    figure = draw(one_measure({"a": [15.0, None], "b": [18.0, 17.0]}, {"a": [1, 0], "b": [1, 1]}))
    axes = figure.axes[0]
    x = [dot.get_xdata()[0] for dot in with_gid(axes, "seed")]
    assert x[1] > 18.0
    assert "no lap" in texts(axes)
    assert max(axes.get_xticks()) <= 18.0
    low, high = axes.get_xlim()
    assert all(low <= value <= high for value in x)


def test_equal_seeds_do_not_hide_each_other(draw):
    figure = draw(one_measure({"a": [100.0] * 5}, {"a": [True] * 5}, limits=(0, 100)))
    heights = {float(dot.get_ydata()[0]) for dot in with_gid(figure.axes[0], "seed")}
    assert len(heights) == 5
    assert max(abs(height) for height in heights) < 0.3


def test_the_number_of_seeds_that_finish_is_written_beside_the_name(draw):
    figure = draw(one_measure({"a": [1.0, 2.0], "b": [3.0, None]}, {"a": [1, 1], "b": [1, 0]}))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["a\n2 of 2 finish", "b\n1 of 2 finish"]


def test_a_summary_has_a_bar_only_if_it_has_an_interval(draw):
    dots = Dots(
        "x", {"a": [1.0, 3.0], "b": [2.0, 2.0]}, {"a": (2.0, 1.0, 3.0), "b": (2.0, None, None)}
    )
    figure = draw(seed_dots([dots], {"a": [True] * 2, "b": [True] * 2}))
    axes = figure.axes[0]
    assert len(with_gid(axes, "summary")) == 2
    (bar,) = with_gid(axes, "interval")
    assert list(bar.get_xdata()) == [1.0, 3.0]


@pytest.mark.parametrize(("k", "n"), [(2, 3), (8, 20)])
def test_dots_can_be_drawn_for_few_and_many(draw, k, n):
    rng = np.random.default_rng(0)
    values = {f"reward_{i}": [*rng.normal(15, 1, n - 1), None] for i in range(k)}
    good = {name: [True] * (n - 1) + [False] for name in values}
    measures = [Dots(f"measure {i}", values, {}) for i in range(6)]
    assert len(draw(seed_dots(measures, good)).axes) == 6


def test_a_measure_that_no_seed_has_is_drawn_all_the_same(draw):
    figure = draw(one_measure({"a": [None, None]}, {"a": [False, False]}))
    assert len(with_gid(figure.axes[0], "seed")) == 2


def test_a_measure_of_one_value_for_all_has_room(draw):
    figure = draw(one_measure({"a": [0.0, 0.0]}, {"a": [True, True]}))
    low, high = figure.axes[0].get_xlim()
    assert low < 0 < high


# --- duels ---


@pytest.mark.parametrize("k", [2, 3, 8])
def test_every_cell_but_the_diagonal_has_its_share_and_interval(draw, k):
    axes = draw(duel_matrix(duels(k))).axes[0]
    assert texts(axes).count("50 %") == k * (k - 1)
    assert texts(axes).count("30–70 %") == k * (k - 1)


def test_a_clear_difference_has_a_frame_and_a_word_on_both_sides(draw):
    shown = duels(3)
    shown.verdict[0, 2], shown.verdict[2, 0] = 1, -1
    axes = draw(duel_matrix(shown)).axes[0]
    assert texts(axes).count("better") == texts(axes).count("worse") == 1
    assert len(axes.patches) == 2


def test_what_is_not_known_is_a_dash_and_a_missing_interval_is_left_out(draw):
    shown = duels(2)
    shown.beats[1, 0] = NAN
    shown.low[0, 1] = shown.high[0, 1] = NAN
    assert texts(draw(duel_matrix(shown)).axes[0]) == ["50 %", "–"]


@pytest.mark.parametrize("name", ["x" * 60, "$\\frac$", "a_b_c", "<script>"])
def test_any_name_can_be_drawn(draw, name):
    figure = draw(duel_matrix(duels(2, [name, "other"])))
    label = figure.axes[0].get_yticklabels()[0].get_text()
    assert len(label.replace("\\", "")) <= MOST_LETTERS
    draw(comparison_curves({name: [([1, 2], [3, 4])]}))
    draw(one_measure({name: [1.0]}, {name: [True]}))
