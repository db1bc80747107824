import numpy as np
import pytest

from racer.errors import TrackError
from racer.track import load_track

HEAD = "# x_m,y_m,w_tr_right_m,w_tr_left_m\n"


def rows(n=200, *, clockwise=False):
    """A round course of radius 100 m, 6 m to the right border and 4 m to the left."""
    angle = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False) * (-1.0 if clockwise else 1.0)
    return [(100.0 * np.cos(a), 100.0 * np.sin(a), 6.0, 4.0) for a in angle]


def text(table, head=HEAD, separator=","):
    return head + "".join(separator.join(map(str, row)) + "\n" for row in table)


@pytest.fixture
def load(tmp_path):
    def load(content, **options):
        path = tmp_path / "mine.csv"
        path.write_text(content)
        return load_track(path, **options)

    return load


def test_the_borders_lie_at_their_own_distances_left_and_right(load):
    track = load(text(rows()))
    assert track.is_loop
    assert track.is_ccw
    assert len(track.center) == 201
    assert track.length == pytest.approx(200.0 * np.pi, rel=1e-3)
    np.testing.assert_allclose(np.hypot(*track.inner.T), 96.0, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(*track.outer.T), 106.0, rtol=1e-6)


def test_on_a_clockwise_course_right_is_inside(load):
    track = load(text(rows(clockwise=True)))
    assert not track.is_ccw
    np.testing.assert_allclose(np.hypot(*track.inner.T), 94.0, rtol=1e-6)


def test_a_course_can_be_scaled_to_the_size_of_the_car(load):
    track = load(text(rows()), scale=0.1)
    assert track.width == pytest.approx(1.0, abs=0.01)
    assert track.tightest_radius == pytest.approx(10.0, rel=1e-3)


def test_semicolons_spaces_and_blank_lines_are_read_too(load):
    same = load(text(rows()))
    semicolons = load(
        text(rows(), head="# x_m; y_m; w_tr_right_m; w_tr_left_m\n\n", separator=" ; ")
    )
    np.testing.assert_array_equal(same.outer, semicolons.outer)


def test_columns_are_found_by_their_names(load):
    table = [(w, 7.0, x, y, v) for x, y, v, w in rows()]
    track = load(text(table, head="# w_tr_left_m,s_m,x_m,y_m,w_tr_right_m\n"))
    np.testing.assert_array_equal(track.outer, load(text(rows())).outer)


def test_without_names_the_first_four_columns_are_taken(load):
    track = load(text(rows(), head=""))
    np.testing.assert_array_equal(track.outer, load(text(rows())).outer)


def test_a_closing_row_is_not_repeated_again(load):
    assert len(load(text([*rows(), rows()[0]])).center) == 201


def test_a_course_that_does_not_come_back_is_open(load):
    track = load(text(rows()[:100]))
    assert not track.is_loop
    np.testing.assert_allclose(np.hypot(*track.inner.T), 96.0, rtol=1e-2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no rows of numbers found"),
        (HEAD, "no rows of numbers found"),
        (text(rows()[:2]), "at least 3 different points are needed, got 2"),
        (text([*rows(), (1.0, 2.0, 3.0)]), r"line 202: expected 4 columns .* got 3"),
        (text([*rows(), (1.0, "x", 3.0, 1.0)]), "line 202: y_m must be a finite number, got 'x'"),
        (text([*rows(), (1.0, "nan", 3.0, 1.0)]), "y_m must be a finite number, got 'nan'"),
        (text([*rows(), (1.0, 1.0, -3.0, 1.0)]), "w_tr_right_m must be positive, got -3"),
        (text(rows(), head="# x_m,y_m,psi_rad,v_mps\n"), "column 'w_tr_right_m' is missing"),
        (text([(*row[:2], 99.0, 150.0) for row in rows()]), "the inner border folds at waypoint 0"),
    ],
)
def test_a_broken_table_gets_one_line(load, content, message):
    with pytest.raises(TrackError, match=rf"mine.csv: .*{message}") as caught:
        load(content)
    assert "\n" not in str(caught.value)


def test_a_figure_of_eight_is_refused_because_its_road_crosses_itself(load):
    angle = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)
    table = [(100.0 * np.sin(a), 50.0 * np.sin(2.0 * a), 4.0, 4.0) for a in angle]
    with pytest.raises(TrackError, match=r"mine.csv: the road meets itself"):
        load(text(table))
