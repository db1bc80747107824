"""The road on a map: what is asphalt, what is ground, and where the lines are."""

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from racer.env.picture import (
    ASPHALT,
    FIELD,
    draw_track,
    limits,
    nearest_point,
    own_settings,
    road_outline,
    start_line,
)
from racer.env.scene import rgb

ALONG = np.linspace(1.5, 5.5, 9)  # beyond the start line and its arrow (m)


def painted(track, **options):
    """Axes that fill a figure, and its pixels (height, width, 3)."""
    with own_settings():
        figure = Figure(figsize=(4, 3))
        axes = figure.add_axes((0, 0, 1, 1))
        draw_track(axes, track, **options)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return axes, np.asarray(canvas.buffer_rgba())[..., :3]


def colors_at(axes, pixels, points):
    x, y = axes.transData.transform(points).astype(int).T
    return {tuple(color) for color in pixels[pixels.shape[0] - 1 - y, x].tolist()}


@pytest.mark.parametrize("name", ["circle", "straight"])
def test_the_road_is_asphalt_and_the_ground_beside_it_is_not(name, request):
    track = request.getfixturevalue(name)
    axes, pixels = painted(track)
    for lateral in (0.2, -0.2):
        assert colors_at(axes, pixels, track.position(ALONG, lateral)) == {rgb(ASPHALT)}
    for lateral in (0.8, -0.8):
        assert colors_at(axes, pixels, track.position(ALONG, lateral)) == {rgb(FIELD)}


def test_the_arrow_of_the_driving_direction_can_be_left_out(circle):
    way = circle.position(np.linspace(0.4, 0.7, 5))
    _, with_arrow = painted(circle)
    axes, without = painted(circle, arrow=False)
    assert (255, 255, 255) in colors_at(axes, with_arrow, way)
    assert (255, 255, 255) not in colors_at(axes, without, way)


def test_the_ground_inside_a_loop_is_a_hole_whichever_way_its_borders_run(circle):
    class Turned:
        is_loop = True
        inner, outer = circle.inner[::-1], circle.outer

    for track in (circle, Turned):
        outline = road_outline(track)
        assert outline.contains_point((2.0, 0.0))
        areas = [area(ring) for ring in outline.to_polygons()]
        np.testing.assert_allclose(np.abs(areas), np.pi * np.square([2.5, 1.5]), rtol=1e-3)
        assert areas[0] * areas[1] < 0


def area(ring):
    x, y = ring.T
    return np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2


def test_one_metre_is_as_long_in_x_as_in_y(straight):
    axes, _ = painted(straight)
    origin, right, up = axes.transData.transform([(0, 0), (1, 0), (0, 1)])
    assert right[0] - origin[0] == pytest.approx(up[1] - origin[1])


@pytest.mark.parametrize("name", ["circle", "straight"])
def test_the_whole_road_is_in_the_picture(name, request):
    track = request.getfixturevalue(name)
    axes, _ = painted(track)
    corners = axes.transAxes.inverted().transform(axes.transData.transform(track.outer))
    assert corners.min() > 0
    assert corners.max() < 1


def test_the_limits_of_a_road_are_those_of_its_borders_and_the_margin(circle):
    low, high = limits(circle, 0.25)
    np.testing.assert_allclose([low, high], [[-2.75, -2.75], [2.75, 2.75]], atol=1e-3)


def test_the_start_line_crosses_the_road_at_the_first_waypoint(circle, straight):
    np.testing.assert_allclose(start_line(straight), [[0.0, 0.4], [0.0, -0.4]], atol=1e-9)
    np.testing.assert_allclose(start_line(circle), [[1.5, 0.0], [2.5, 0.0]], atol=0.005)


def test_the_nearest_point_of_a_line_may_lie_between_its_points_and_survives_repeated_ones():
    line = np.array([[0.0, 0.0], [0.0, 0.0], [4.0, 0.0]])
    assert nearest_point(line, np.array([1.5, 2.0])).tolist() == [1.5, 0.0]
    assert nearest_point(line, np.array([-3.0, 1.0])).tolist() == [0.0, 0.0]


def test_a_look_is_added_to_the_defaults_and_ends_with_the_drawing():
    with matplotlib.rc_context({"font.size": 3, "lines.linewidth": 9}):
        with own_settings({"font.size": 17}):
            assert matplotlib.rcParams["font.size"] == 17
            assert matplotlib.rcParams["lines.linewidth"] == 1.5
        assert matplotlib.rcParams["font.size"] == 3
