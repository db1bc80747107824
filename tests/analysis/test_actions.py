import numpy as np
import pytest

from racer.analysis.action_figures import (
    REACH,
    action_shares,
    action_space,
    actions_used,
    bubble_radii,
    draw_action_space,
)
from racer.analysis.style import new_figure
from racer.vehicle import ContinuousActions, DiscreteActions


def drawn(axes, gid):
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_the_fan_has_each_action_at_its_angle_and_speed_with_its_index(actions, draw):
    figure = draw(action_space(actions))
    axes = figure.axes[0]
    (dots,) = drawn(axes, "actions")
    np.testing.assert_allclose(dots.get_offsets(), np.c_[actions.steering, actions.speed])
    assert texts(axes) == [str(i) for i in range(10)]
    assert figure.get_suptitle() == "Action space: 10 actions"


def test_left_is_left_and_straight_ahead_is_up(actions, draw):
    axes = draw(action_space(actions)).axes[0]
    left, ahead, right = axes.transData.transform([(0.5, 1), (0, 1), (-0.5, 1)])
    assert left[0] < ahead[0] < right[0]
    assert ahead[1] > left[1] == pytest.approx(right[1])


def test_angles_and_speeds_are_written_with_their_units(actions, draw):
    axes = draw(action_space(actions)).axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["−30°", "−15°", "0°", "+15°", "+30°"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["1 m/s", "2 m/s"]


def test_the_fan_of_continuous_actions_is_the_area_of_their_ranges(draw):
    ranges = ContinuousActions.from_degrees((-20, 30), (0.5, 3.0))
    figure = draw(action_space(ranges))
    assert figure.get_suptitle() == "Action space: continuous"
    (area,) = drawn(figure.axes[0], "actions")
    corners = area.get_paths()[0].vertices
    np.testing.assert_allclose(corners.min(axis=0), [np.radians(-20), 0.5])
    np.testing.assert_allclose(corners.max(axis=0), [np.radians(30), 3.0])


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (21, 1), (31, 7)])
def test_fans_of_few_and_of_many_actions_can_be_drawn(make_actions, size, draw):
    draw(action_space(make_actions(30, *size)))


def test_a_fan_with_shares_writes_percents_and_leaves_unused_actions_hollow(make_actions):
    axes = new_figure(4, 4).add_subplot(projection="polar")
    draw_action_space(axes, make_actions(30, 3, 1), np.array([0.6, 0.4, 0.0]))
    (dots,) = drawn(axes, "actions")
    assert texts(axes) == ["60", "40", ""]
    fill, edge = dots.get_facecolors(), dots.get_edgecolors()
    assert fill[0].tolist() == fill[1].tolist() == edge[0].tolist()
    assert fill[2].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("size", [(5, 2), (7, 3), (21, 4), (1, 3)])
@pytest.mark.parametrize("reach", [160.0, REACH])
def test_no_bubble_of_a_fan_lies_on_another(make_actions, size, reach):
    actions = make_actions(30, *size)
    n = len(actions.speed)
    places = actions.speed * np.exp(1j * actions.steering) * reach / actions.speed.max()
    apart = np.abs(places[:, None] - places[None, :]) + 1e9 * np.eye(n)
    several = [None, np.eye(n)[0], np.full(n, 1 / n), np.linspace(0, 2 / n, n)]
    for shares in several:
        radii = bubble_radii(actions.steering, actions.speed, shares, reach)
        assert (radii > 0).all()
        assert (radii[:, None] + radii[None, :] <= apart).all()


def test_the_area_of_a_bubble_grows_with_its_share(make_actions):
    actions = make_actions(30, 3, 1)
    radii = bubble_radii(actions.steering, actions.speed, np.array([0.0, 0.2, 0.8]), REACH)
    assert radii[0] < radii[1] < radii[2]
    assert radii[1] - radii[0] == pytest.approx((radii[2] - radii[0]) / 2)


def test_a_fan_needs_polar_axes(actions):
    with pytest.raises(TypeError, match="expected polar axes, got Axes"):
        draw_action_space(new_figure(2, 2).add_subplot(), actions)


def test_shares_count_the_steps_of_each_action(trace, actions):
    shares = action_shares(trace, 10)
    assert shares.sum() == pytest.approx(1)
    assert shares[5] == np.mean(trace.action == 5)


def test_no_steps_have_no_shares(no_laps):
    assert action_shares(no_laps, 4).tolist() == [0, 0, 0, 0]


def test_bars_are_the_shares_of_the_actions_from_left_to_right(trace, actions, draw):
    figure = draw(actions_used(trace, actions))
    axes = figure.axes[0]
    shares = 100 * action_shares(trace, 10)
    heights = {i: drawn(axes, f"action {i}")[0].get_height() for i in range(10)}
    assert heights == pytest.approx(dict(enumerate(shares)))
    places = {i: drawn(axes, f"action {i}")[0].get_x() for i in range(10)}
    assert places[8] < places[9] < places[6] < places[1]  # +30° first, −30° last; slow before fast
    assert [t.get_text() for t in axes.get_xticklabels()] == ["+30°", "+15°", "0°", "−15°", "−30°"]
    assert axes.get_ylabel() == "share of steps (%)"
    assert figure.get_suptitle() == f"Actions used in 3 trials, {len(trace.trial):,} steps"


def test_commands_along_the_lap_are_where_they_were_given(trace, actions):
    axes = actions_used(trace, actions).axes[1]
    (dots,) = drawn(axes, "commands")
    np.testing.assert_array_equal(dots.get_offsets()[:, 0], trace.along)
    row = dots.get_offsets()[:, 1]  # the two speeds of an angle lie 3° beside each other
    np.testing.assert_allclose(np.abs(row - np.degrees(trace.steering_command)), 1.5)
    assert np.all((row > np.degrees(trace.steering_command)) == (trace.speed_command == 2.0))


def test_continuous_commands_are_counted_in_bins(trace, draw):
    figure = draw(actions_used(trace))
    mesh = figure.axes[0].collections[0]
    assert mesh.get_array().sum() == pytest.approx(100)
    left, right = figure.axes[0].get_xlim()
    assert left > right  # left turns on the left


@pytest.mark.parametrize("kind", [DiscreteActions.from_grid, ContinuousActions])
def test_without_a_step_the_figure_says_so(no_laps, kind, draw):
    figure = draw(actions_used(no_laps, kind()))
    assert texts(figure.axes[0])[-1] == texts(figure.axes[1])[-1] == "no step was driven"


def test_an_action_list_that_is_no_grid_can_be_drawn(make_laps, track, draw):
    actions = DiscreteActions(np.linspace(-0.5, 0.5, 17), np.linspace(0.5, 3, 17))
    figure = draw(actions_used(make_laps(track, actions, trials=1), actions))
    assert len(figure.axes[0].patches) == 17
    assert len(figure.axes) == 4  # bars of colours, since there are too many speeds for a legend
