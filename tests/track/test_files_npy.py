import numpy as np
import pytest

from racer.errors import TrackError
from racer.track import load_track


def route(n=60, *, clockwise=False):
    """A round route of radius 2 m and width 1 m, (n + 1, 6), closed exactly."""
    angle = np.linspace(0.0, 2.0 * np.pi, n + 1)
    if clockwise:
        angle = -angle
    directions = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    directions[-1] = directions[0]
    return np.concatenate((2.0 * directions, 1.5 * directions, 2.5 * directions), axis=1)


@pytest.fixture
def load(tmp_path):
    def load(rows, **options):
        path = tmp_path / "mine.npy"
        np.save(path, rows)
        return load_track(path, **options)

    return load


def test_a_route_is_taken_as_it_is(load):
    rows = route()
    track = load(rows)
    np.testing.assert_array_equal(np.hstack((track.center, track.inner, track.outer)), rows)
    assert track.name == "mine"
    assert track.is_loop
    assert track.is_ccw
    assert track.width == pytest.approx(1.0, abs=0.01)


def test_a_clockwise_route_is_seen_to_be_one(load):
    assert not load(route(clockwise=True)).is_ccw


def test_repeated_rows_are_kept_unless_they_are_to_be_dropped(load):
    rows = np.insert(route(), 10, route()[10], axis=0)
    assert len(load(rows).center) == len(rows)
    assert load(rows).length == load(route()).length
    np.testing.assert_array_equal(load(rows, drop_duplicates=True).center, route()[:, :2])


def test_dropping_keeps_the_closing_row(load):
    rows = np.insert(route(), -1, route()[-1], axis=0)
    dropped = load(rows, drop_duplicates=True)
    np.testing.assert_array_equal(dropped.center, route()[:, :2])
    assert dropped.is_loop


def test_the_width_is_measured_between_nearest_points_although_rows_are_not_opposite(load):
    rows = route()
    rows[:-1, 4:] = np.roll(rows[:-1, 4:], 4, axis=0)
    rows[-1, 4:] = rows[0, 4:]
    assert np.hypot(*(rows[:, 4:] - rows[:, 2:4]).T).max() > 1.2
    assert load(rows).max_width == pytest.approx(1.0, abs=0.01)


def test_whole_numbers_and_single_precision_are_read_too(load):
    assert load(route().astype(np.float32)).width == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (route()[:, :4], r"expected n rows of 6 columns .* got \(61, 4\)"),
        (route()[0], r"got \(6,\)"),
        (route()[:1], "expected at least 2 rows, got 1"),
        (route().astype(str), "expected numbers, got dtype <U"),
        (route()[:-1], "the last row is only 0.209 m from the first: a loop must repeat the first"),
        (route()[:, [0, 1, 4, 5, 2, 3]], "the outer border must enclose the inner one"),
        (np.where(np.arange(61)[:, None] == 7, np.nan, route()), "row 7, column 0 is not finite"),
    ],
)
def test_a_broken_route_gets_one_line(load, rows, message):
    with pytest.raises(TrackError, match=rf"mine.npy: .*{message}") as caught:
        load(rows)
    assert "\n" not in str(caught.value)


def test_a_border_that_is_not_closed_is_refused(load):
    rows = route()
    rows[-1, 2:4] += 0.1
    with pytest.raises(
        TrackError, match=r"mine.npy: all lines must be closed .* inner border open"
    ):
        load(rows)


def test_a_file_that_is_no_numpy_file_is_refused(tmp_path):
    path = tmp_path / "mine.npy"
    path.write_text("hello")
    with pytest.raises(TrackError, match=r"mine.npy: cannot be read as a NumPy file"):
        load_track(path)


# rows, length (m), mean width (m), whether counter-clockwise: computed from the real files by the
# authors of the reference data
REAL = {
    "reinvent_base": (119, 17.709, 0.761, True),
    "reInvent2019_track": (155, 23.118, 1.066, True),
    "Tokyo_Training_track": (169, 22.630, 0.668, True),
    "Bowtie_track": (163, 17.428, 0.608, True),
    "Oval_track": (102, 19.550, 0.608, True),
    "Straight_track": (22, 5.707, 0.610, True),
    "Monaco": (235, 60.266, 1.432, False),
    "Spain_track": (259, 59.998, 0.905, False),
    "2022_reinvent_champ_cw": (113, 33.275, 0.943, False),
    "2022_summit_speedway": (127, 25.173, 1.064, True),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_route_has_its_known_measures(reference_data, name):
    track = load_track(reference_data / "tracks" / f"{name}.npy")
    n_rows, length, width, is_ccw = REAL[name]
    assert len(track.center) == n_rows
    assert track.length == pytest.approx(length, abs=6e-4)
    assert track.width == pytest.approx(width, abs=0.003)
    assert track.is_ccw == is_ccw
    assert track.is_loop == (name != "Straight_track")


def test_the_duplicate_row_of_a_real_route_is_dropped_on_demand(reference_data):
    path = reference_data / "tracks" / "reInvent2019_track.npy"
    kept, dropped = load_track(path), load_track(path, drop_duplicates=True)
    assert np.array_equal(kept.center[38], kept.center[39])
    assert len(dropped.center) == len(kept.center) - 1
    np.testing.assert_array_equal(dropped.center, np.delete(kept.center, 39, axis=0))
