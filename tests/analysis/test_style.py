import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from racer.analysis.style import (
    ASPHALT,
    FIELD,
    RISING,
    draw_track,
    nearest_point,
    road_outline,
    save_figure,
    short_number,
    start_line,
    styled,
)
from racer.errors import RunError


def painted(draw):
    """Axes that fill a figure in this look, and its pixels (height, width, 3)."""
    figure = styled(lambda: Figure(figsize=(4, 3)))()
    axes = figure.add_axes((0, 0, 1, 1))
    draw(axes)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return axes, np.asarray(canvas.buffer_rgba())[..., :3]


def color_at(axes, pixels, point):
    x, y = axes.transData.transform(point)
    return tuple(pixels[pixels.shape[0] - 1 - int(y), int(x)])


def as_bytes(color):
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


@pytest.mark.parametrize("is_loop", [True, False])
def test_the_road_is_asphalt_and_the_ground_beside_it_is_not(make_track, is_loop):
    track = make_track(is_loop=is_loop)
    axes, pixels = painted(lambda axes: draw_track(axes, track, arrow=False))
    lines = track.line(0.2), track.line(-0.2)
    on_road = [color_at(axes, pixels, line[i]) for line in lines for i in range(5, 90, 7)]
    assert on_road == [as_bytes(ASPHALT)] * len(on_road)
    beside = [color_at(axes, pixels, track.line(0.7)[i]) for i in range(5, 90, 7)]
    assert beside == [as_bytes(FIELD)] * len(beside)


def test_the_ground_inside_a_loop_is_a_hole_whichever_way_its_borders_run(track):
    class Turned:
        is_loop = True
        inner, outer = track.inner[::-1], track.outer

    for one in (track, Turned):
        outline = road_outline(one)
        assert outline.contains_point(track.center[20])
        areas = [area(part) for part in outline.to_polygons()]
        assert areas[0] * areas[1] < 0


def area(ring):
    x, y = ring.T
    return np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2


def test_one_metre_is_as_long_in_x_as_in_y(track):
    axes, _ = painted(lambda axes: draw_track(axes, track))
    origin, right, up = axes.transData.transform([(0, 0), (1, 0), (0, 1)])
    assert right[0] - origin[0] == pytest.approx(up[1] - origin[1])


def test_the_whole_road_is_in_the_picture(track):
    axes, _ = painted(lambda axes: draw_track(axes, track))
    corners = axes.transAxes.inverted().transform(axes.transData.transform(track.outer))
    assert corners.min() > 0
    assert corners.max() < 1


def test_the_start_line_crosses_the_road_at_the_first_waypoint(track):
    inner, outer = start_line(track)
    assert np.hypot(*(inner - outer)) == pytest.approx(track.width, rel=1e-3)
    np.testing.assert_allclose((inner + outer) / 2, track.center[0], atol=0.005)


def test_the_nearest_point_of_a_line_may_lie_between_its_points_and_survives_repeated_ones():
    line = np.array([[0.0, 0.0], [0.0, 0.0], [4.0, 0.0]])
    assert nearest_point(line, np.array([1.5, 2.0])).tolist() == [1.5, 0.0]
    assert nearest_point(line, np.array([-3.0, 1.0])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (20_000, "20k"), (2500, "2.5k"), (1.5e6, "1.5M"), (-3000, "-3k")],
)
def test_numbers_are_short(value, text):
    assert short_number(value) == text


def test_colours_of_rising_values_get_lighter_so_that_they_read_in_grey():
    red, green, blue, _ = RISING(np.linspace(0, 1, 50)).T
    assert np.all(np.diff(0.2126 * red + 0.7152 * green + 0.0722 * blue) > 0)


def test_the_look_does_not_depend_on_the_users_settings_and_does_not_change_them():
    seen = []

    @styled
    def draw():
        seen.append((matplotlib.rcParams["font.size"], matplotlib.rcParams["text.usetex"]))
        return Figure()

    with matplotlib.rc_context({"font.size": 3, "text.usetex": True}):
        draw()
        assert matplotlib.rcParams["font.size"] == 3
    assert seen == [(12, False)]


def test_a_figure_is_saved_in_a_new_folder(tmp_path):
    path = save_figure(Figure(figsize=(2, 1)), tmp_path / "new" / "figure.png", dpi=100)
    with Image.open(path) as image:
        assert image.size == (200, 100)


def test_a_figure_of_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"a\.txt: expected .* png, pdf or svg, got '\.txt'"):
        save_figure(Figure(), tmp_path / "a.txt")


def test_a_figure_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(RunError, match=r"file/a\.png: cannot be written: "):
        save_figure(Figure(), tmp_path / "file" / "a.png")
