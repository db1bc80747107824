import numpy as np
import pytest

from racer.errors import TrackError
from racer.track import Track, load_track, pack_tracks


def ring(radius, n=400):
    angle = np.linspace(0.0, 2.0 * np.pi, n + 1)
    line = radius * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    line[-1] = line[0]
    return line


@pytest.fixture(scope="module")
def circle():
    """Radius 2 m, width 1 m, counter-clockwise, begun at (2, 0)."""
    return Track("circle", ring(2.0), ring(1.5), ring(2.5))


def test_the_measures_of_a_circle_are_known(circle):
    assert circle.length == pytest.approx(4.0 * np.pi, rel=1e-4)
    assert circle.width == pytest.approx(1.0, abs=1e-3)
    assert circle.min_width == pytest.approx(circle.max_width, abs=1e-3)
    assert circle.tightest_radius == pytest.approx(2.0, rel=1e-3)
    np.testing.assert_allclose(circle.curvature, 0.5, rtol=1e-3)
    assert circle.n_turns == 1
    assert circle.is_loop
    assert circle.is_ccw


def test_position_and_heading_on_a_circle_are_known(circle):
    quarter = circle.length / 4.0
    np.testing.assert_allclose(circle.position(quarter), (0.0, 2.0), atol=1e-9)
    np.testing.assert_allclose(circle.position(quarter, 0.5), (0.0, 1.5), atol=0.01)
    assert circle.heading(0.0) == pytest.approx(np.pi / 2.0, abs=0.01)
    assert circle.width_at(quarter) == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(circle.position(-quarter), (0.0, -2.0), atol=1e-9)


def test_a_point_left_of_the_centre_line_has_a_positive_lateral(circle):
    inside = circle.project(1.7, 0.0)
    assert inside.s == pytest.approx(0.0, abs=0.005)
    assert inside.lateral == pytest.approx(0.3, abs=1e-4)
    assert (inside.x, inside.y) == pytest.approx((2.0, 0.0), abs=0.005)
    assert circle.project(2.2, 0.0).lateral == pytest.approx(-0.2)
    assert circle.reversed().project(2.2, 0.0).lateral == pytest.approx(0.2)


def test_one_query_gives_plain_numbers_and_many_give_arrays(circle):
    assert type(circle.heading(1.0)) is float
    assert type(circle.width_at(1.0)) is float
    assert type(circle.project(1.0, 1.0).s) is float
    assert type(circle.contains(2.0, 0.0)) is bool
    assert circle.position(1.0).shape == (2,)
    assert circle.position(np.zeros((3, 4))).shape == (3, 4, 2)
    assert circle.position(1.0, np.zeros(5)).shape == (5, 2)
    assert circle.heading([0.0, 1.0]).shape == (2,)
    assert circle.project(np.zeros((2, 3)), 1.0).lateral.shape == (2, 3)
    assert circle.contains([2.0, 0.0, 9.0], [0.0, 0.0, 9.0]).tolist() == [True, False, False]


def test_the_waypoints_are_tuples_of_python_floats(circle):
    assert circle.waypoints[0] == circle.waypoints[-1] == (2.0, 0.0)
    assert len(circle.waypoints) == len(circle.center)
    assert {type(value) for point in circle.waypoints for value in point} == {float}


def test_the_arrays_are_read_only_and_belong_to_the_track(circle):
    center = ring(2.0)
    track = Track("mine", center, ring(1.5), ring(2.5))
    center[0] = 9.0
    assert track.center[0, 0] == 2.0
    for array in (track.center, track.inner, track.outer, track.curvature, *track.arrays):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    for array in pack_tracks([circle, circle]):
        assert not array.flags.writeable


def test_reversed_is_the_same_road_in_the_order_of_the_other_direction():
    track = load_track("reinvent_2018")
    other = track.reversed()
    assert other.is_reversed
    assert not other.is_ccw
    for line in ("center", "inner", "outer"):
        np.testing.assert_array_equal(getattr(other, line), getattr(track, line)[::-1])
    assert other.length == pytest.approx(track.length)
    assert abs(np.angle(np.exp(1j * (other.heading(0.0) - track.heading(-1e-9))))) == (
        pytest.approx(np.pi)
    )
    assert not other.reversed().is_reversed
    assert other.reversed().is_ccw


def test_an_open_track_counts_as_counter_clockwise_until_it_is_reversed():
    track = load_track("straight")
    assert not track.is_loop
    assert track.is_ccw
    assert not track.reversed().is_ccw
    assert track.tightest_radius == np.inf
    assert track.n_turns == 0


def test_scaling_multiplies_all_lengths(circle):
    half = circle.scaled(0.5)
    assert half.length == pytest.approx(circle.length / 2.0)
    assert half.width == pytest.approx(0.5, abs=1e-3)
    assert half.tightest_radius == pytest.approx(1.0, rel=1e-3)


def test_the_curvature_of_a_left_and_a_right_bend_has_their_signs_and_size():
    track = load_track("reinvent_2018")
    assert 1.0 / track.curvature.max() == pytest.approx(0.82, abs=0.01)
    assert 1.0 / track.curvature.min() == pytest.approx(-1.01, abs=0.02)
    np.testing.assert_allclose(load_track("oval").curvature[:8], 0.0, atol=1e-9)


def test_crowded_and_repeated_waypoints_do_not_change_the_curvature():
    angle = np.linspace(0.0, 2.0 * np.pi, 150, endpoint=False)
    angle += np.random.default_rng(0).uniform(-0.02, 0.02, len(angle))
    angle[::7] = angle[1::7]
    center = 2.0 * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    track = Track("crowded", np.concatenate((center, center[:1])), ring(1.5), ring(2.5))
    np.testing.assert_allclose(track.curvature, 0.5, rtol=0.02)


def test_a_bend_across_the_finish_line_is_one_turn():
    angle = np.linspace(-0.5, 2.0 * np.pi - 0.5, 200)
    x, y = 4.0 * np.cos(angle), 1.5 * np.sin(angle)
    center = np.stack((x, y), axis=1)
    center[-1] = center[0]
    normal = np.stack((np.cos(angle) / 4.0, np.sin(angle) / 1.5), axis=1)
    normal *= 0.3 / np.hypot(*normal.T)[:, None]
    normal[-1] = normal[0]
    assert Track("ellipse", center, center - normal, center + normal).n_turns == 2


@pytest.mark.parametrize(
    ("center", "inner", "outer", "message"),
    [
        (np.zeros((4, 3)), ring(1), ring(2), "bad: centre line: expected rows of x and y"),
        (ring(1.5) * np.nan, ring(1), ring(2), r"bad: centre line: point 0 is not finite"),
        (np.ones((5, 2)), ring(1), ring(2), "at least 3 different points are needed, got 1"),
        (ring(1.5)[:-1], ring(1), ring(2), "all lines must be closed .* centre line open"),
        (ring(1.5), ring(2), ring(1), "the outer border must enclose the inner one"),
        (ring(1.5e-4), ring(1e-4), ring(2e-4), "a length in metres of at least 0.01"),
    ],
)
def test_lines_that_are_no_road_are_refused(center, inner, outer, message):
    with pytest.raises(TrackError, match=message):
        Track("bad", center, inner, outer)
