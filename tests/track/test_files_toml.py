import numpy as np
import pytest

from racer.errors import TrackError
from racer.track import load_track

HEAD = 'title = "Mine"\ndescription = "A sentence."\n'
OVAL = """direction = "counter-clockwise"
width = 0.8
segments = [
  { straight = 3 },
  { turn = "left", degrees = 180, radius = 1.2 },
  { straight = 3 },
  { turn = "left", degrees = 180, radius = 1.2 },
]
"""
TRIANGLE = """direction = "clockwise"
width = 0.6
points = [[0, 2], [2, -1], [-2, -1]]
"""


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return load_track(path)

    return load


def test_an_oval_has_the_measures_that_were_drawn(load):
    track = load(HEAD + OVAL)
    assert (track.name, track.title, track.description) == ("mine", "Mine", "A sentence.")
    assert track.length == pytest.approx(6.0 + 2.4 * np.pi, rel=1e-3)
    assert track.width == pytest.approx(0.8, abs=2e-3)
    assert track.tightest_radius == pytest.approx(1.2, rel=2e-3)
    assert track.is_ccw
    np.testing.assert_allclose(track.center[0], (0.0, 0.0))
    assert track.heading(0.0) == 0.0
    assert track.inner[5, 1] == pytest.approx(0.4)
    assert track.outer[5, 1] == pytest.approx(-0.4)
    assert np.array_equal(track.center[0], track.center[-1])


def test_a_clockwise_track_has_its_inner_border_on_the_right(load):
    text = OVAL.replace("left", "right").replace("counter-clockwise", "clockwise")
    track = load(HEAD + text)
    assert not track.is_ccw
    assert track.inner[5, 1] == pytest.approx(-0.4)


def test_a_small_gap_is_closed_by_the_smallest_change(load):
    track = load(HEAD + OVAL.replace("straight = 3 }", "straight = 3.2 }", 1))
    exact = load(HEAD + OVAL.replace("straight = 3 }", "straight = 3.1 }"))
    # the two straights share the gap nearly equally
    np.testing.assert_allclose(track.center, exact.center, atol=0.02)
    assert np.array_equal(track.center[0], track.center[-1])


def test_a_missing_degree_is_shared_by_the_bends(load):
    track = load(HEAD + OVAL.replace("degrees = 180", "degrees = 178", 1))
    assert track.length == pytest.approx(6.0 + 2.4 * np.pi, rel=1e-2)
    # the last waypoints lie on the bend, so their chord has half its turn left
    assert abs(track.heading(track.length - 1e-6)) < 0.07


def test_a_start_places_the_first_waypoint_and_turns_the_road(load):
    track = load(HEAD + "start = { x = 3.0, y = -1, heading = 90 }\n" + OVAL)
    np.testing.assert_allclose(track.center[0], (3.0, -1.0))
    assert track.heading(0.0) == pytest.approx(np.pi / 2)
    assert track.inner[5, 0] == pytest.approx(2.6)


def test_an_open_track_ends_where_its_segments_end(load):
    track = load(
        HEAD + "open = true\nwidth = 1\nsegments = [{ straight = 2 },"
        ' { turn = "right", degrees = 90, radius = 1 }]\n'
    )
    assert not track.is_loop
    np.testing.assert_allclose(track.center[-1], (3.0, -1.0), atol=1e-12)
    np.testing.assert_allclose(track.inner[0], (0.0, 0.5))
    np.testing.assert_allclose(track.outer[-1], (2.5, -1.0), atol=1e-12)


def test_a_curve_goes_through_its_points(load):
    track = load(HEAD + TRIANGLE)
    assert not track.is_ccw
    for x, y in ((0, 2), (2, -1), (-2, -1)):
        assert abs(track.project(x, y).lateral) < 0.005
    np.testing.assert_allclose(track.center[0], (0.0, 2.0))
    # the same shape whichever point is the first, so the curve is smooth at its seam, too
    other = load(
        HEAD + TRIANGLE.replace("[[0, 2], [2, -1], [-2, -1]]", "[[2, -1], [-2, -1], [0, 2]]")
    )
    assert other.length == pytest.approx(track.length, rel=1e-4)
    assert np.abs(track.project(*other.center.T).lateral).max() < 0.01


def test_an_open_curve_goes_from_its_first_to_its_last_point(load):
    track = load(HEAD + "open = true\nwidth = 0.6\npoints = [[0, 0], [2, 1], [4, 0]]\n")
    np.testing.assert_allclose(track.center[[0, -1]], ((0.0, 0.0), (4.0, 0.0)), atol=1e-12)


def test_each_segment_can_have_its_own_width(load):
    track = load(HEAD + OVAL.replace("width = 0.8", "width = [0.8, 0.8, 1.4, 0.8]"))
    middle = 3.0 + 1.2 * np.pi + 1.5
    assert track.width_at(0.5) == pytest.approx(0.8, abs=0.01)
    assert track.width_at(middle) == pytest.approx(1.4, abs=0.01)
    assert 0.85 < track.width_at(middle - 1.5) < 1.35


def test_each_point_can_have_its_own_width(load):
    track = load(HEAD + TRIANGLE.replace("0.6", "[0.6, 1.2, 0.6]"))
    assert track.width_at(0.0) == pytest.approx(0.6, abs=0.02)
    assert track.width_at(track.project(2, -1).s) == pytest.approx(1.2, abs=0.1)


def oval(old, new, count=-1):
    assert old in OVAL
    return OVAL.replace(old, new, count)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width = ", "mine.toml: is no TOML file: "),
        (oval("radius = 1.2", "radius = -0.5"), "segment 2: radius must be positive, got -0.5"),
        (oval("radius = 1.2", "radius = 0.4"), "segment 2: radius must be more than half the"),
        (oval("radius = 1.2", "radius = inf"), "segment 2: radius must be finite, got inf"),
        (oval("radius = 1.2", 'radius = "big"'), "segment 2: radius must be a number, got 'big'"),
        (oval(", radius = 1.2", ""), "segment 2: radius is missing"),
        (oval("straight = 3", "straight = 0"), "segment 1: straight must be positive, got 0"),
        (oval("degrees = 180", "degrees = 400"), "segment 2: degrees must be at most 360, got 400"),
        (oval('"left"', '"up"'), "segment 2: turn must be 'left' or 'right', got 'up'"),
        (oval("straight = 3", "length = 3"), "segment 1 must have the key 'straight' or the key"),
        (
            oval("radius = 1.2", "radius = 1.2, bank = 3"),
            "segment 2: unknown key 'bank', known: turn, degrees, radius",
        ),
        ("speed = 3\n" + OVAL, "unknown key 'speed', known: title, description, width, "),
        ("start = { z = 3 }\n" + OVAL, "start: unknown key 'z', known: x, y, heading"),
        ("start = 3\n" + OVAL, "start must be a table, got 3"),
        (oval("width = 0.8\n", ""), "width is missing"),
        (oval("width = 0.8", "width = 0"), "width must be positive, got 0"),
        (oval("width = 0.8", "width = true"), "width must be a number, got True"),
        (oval("width = 0.8", "width = [0.8, -1, 1, 1]"), "width 2 must be positive, got -1"),
        (
            oval("width = 0.8", "width = [0.8]"),
            "width must have one number for each of the 4 segments, got 1",
        ),
        (oval('"counter-clockwise"', '"left"'), "direction must be 'counter-clockwise' or 'clock"),
        (
            oval('"counter-clockwise"', '"clockwise"'),
            "direction says 'clockwise', but the drawing runs counter-clockwise",
        ),
        (
            oval('direction = "counter-clockwise"\n', ""),
            "direction is missing: 'counter-clockwise'",
        ),
        ("open = true\n" + OVAL, "direction must be left out of an open track"),
        ('open = "no"\n' + OVAL, "open must be true or false, got 'no'"),
        ("points = [[0, 0]]\n" + OVAL, "either 'segments' or 'points' is needed, got both"),
        (
            'width = 1\ndirection = "clockwise"\n',
            "either 'segments' or 'points' is needed, got nei",
        ),
        ("open = true\nwidth = 1\nsegments = []\n", "at least 1 segment is needed, got 0"),
        ("open = true\nwidth = 1\nsegments = 3\n", "segments must be a list, got 3"),
        ("open = true\nwidth = 1\npoints = [[0, 0]]\n", "at least 2 points are needed, got 1"),
        (TRIANGLE.replace(", [-2, -1]", ""), "at least 3 points are needed, got 2"),
        (TRIANGLE.replace("[2, -1]", "[2]"), "point 2 must have at least 2 numbers, got [2]"),
        (TRIANGLE.replace("[2, -1]", "[2, -1, 0]"), "point 2 must have at most 2 numbers"),
        (TRIANGLE.replace("[2, -1]", '[2, "a"]'), "point 2: y must be a number, got 'a'"),
        (
            TRIANGLE.replace("[2, -1]", "[0, 2]"),
            "point 1 and the next one must differ, got [0.0, 2",
        ),
        ("start = { x = 1 }\n" + TRIANGLE, "start belongs to segments"),
        (TRIANGLE.replace("width = 0.6", "width = 4"), "the inner border folds at waypoint"),
    ],
)
def test_a_broken_file_gets_one_line_that_names_the_place_and_the_value(load, text, message):
    with pytest.raises(TrackError) as caught:
        load(HEAD + text)
    assert str(caught.value).startswith("mine.toml: ")
    assert message in str(caught.value)
    if "TOML" not in message:
        assert "\n" not in str(caught.value)


def test_a_large_gap_is_refused_with_its_size(load):
    with pytest.raises(
        TrackError,
        match=r"end 1 m from the start, 1.00 m ahead and 0.00 m \w+ of it .*at most 0.291 m",
    ):
        load(HEAD + oval("straight = 3", "straight = 4", 1))


def test_a_large_twist_is_refused_with_its_size(load):
    with pytest.raises(TrackError, match=r"turn 370 degrees in all \(360 or -360 within 5"):
        load(HEAD + oval("degrees = 180", "degrees = 190", 1))


def test_a_gap_that_nothing_in_the_drawing_can_close_is_refused(load):
    text = "direction = 'counter-clockwise'\nwidth = 0.5\nsegments = ["
    text += "{ straight = 0.1 }, { turn = 'left', degrees = 360, radius = 1 }]"
    with pytest.raises(TrackError, match="no lengths and radii near the drawn ones close the gap"):
        load(HEAD + text)


def test_a_road_that_crosses_another_part_of_itself_is_refused_with_the_place(load):
    text = OVAL.replace("radius = 1.2", "radius = 0.45")
    text = text.replace("width = 0.8", "width = 0.85")
    load(HEAD + text)  # a median of five centimetres
    text = "width = 0.8\nopen = true\nsegments = ["
    text += "{ straight = 3 }, { turn = 'left', degrees = 270, radius = 1 }, { straight = 3 }]"
    with pytest.raises(TrackError, match=r"the road meets itself: the part at waypoint 1\d \("):
        load(HEAD + text)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrackError, match=r"mine.toml: is no TOML file"):
        load_track(path)
