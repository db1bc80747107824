"""The kernels against shapely, which is slow and obviously right, and against known answers."""

import bisect
import os
from pathlib import Path

import numpy as np
import pytest
import shapely

from racer.kernels.road import (
    border_points,
    closest_waypoints,
    inside_road,
    points_inside,
    pose_at,
    project,
    project_points,
)
from racer.track import Track, load_track, pack_tracks, track_names
from tests.conftest import REFERENCE_DATA

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
N_RANDOM = 20_000 if COMPILED else 200
ROUTES = sorted(str(path) for path in (REFERENCE_DATA / "tracks").glob("*.npy"))
if not COMPILED:
    ROUTES = ROUTES[:2]


@pytest.fixture(scope="module", params=[*track_names(), *ROUTES], ids=lambda name: Path(name).stem)
def track(request):
    return load_track(request.param)


def road_of(track):
    if track.is_loop:
        return shapely.Polygon(track.outer, [track.inner])
    return shapely.Polygon(np.concatenate((track.outer, track.inner[::-1])))


def random_points(track, n):
    """Half of them anywhere and also far outside, half of them on and beside the road."""
    rng = np.random.default_rng(4)
    low, high = track.outer.min(axis=0) - 3.0, track.outer.max(axis=0) + 3.0
    beside = track.position(rng.uniform(0.0, track.length, n), rng.normal(0.0, track.width, n))
    return np.concatenate((rng.uniform(low, high, (n - n // 2, 2)), beside[: n // 2]))


def seam_points(track):
    """On and a hair beside each vertex and the middle of each edge of all three lines."""
    rng = np.random.default_rng(5)
    every = 1 if COMPILED else 20
    points = []
    for line in (track.center, track.inner, track.outer):
        for place in (line, (line[1:] + line[:-1]) / 2.0):
            place = place[::every]
            points.append(place)
            reaches = (1e-15, 1e-12, 1e-9, 1e-5)
            points += [place + rng.uniform(-reach, reach, place.shape) for reach in reaches]
            # level with a vertex: a ray along x or y to the left or right meets it exactly
            points.append(place + rng.uniform(-0.1, 0.1, (len(place), 1)) * (1.0, 0.0))
            points.append(place + rng.uniform(-0.1, 0.1, (len(place), 1)) * (0.0, 1.0))
    closing = track.center[0] + rng.normal(0.0, 0.02, (200 // every, 2))
    return np.concatenate((*points, closing))


@pytest.fixture(scope="module")
def points(track):
    return np.concatenate((random_points(track, N_RANDOM), seam_points(track)))


def test_the_projection_equals_shapelys(track, points):
    out = np.empty((len(points), 4))
    project_points(track.arrays, 0, points, out)
    line = shapely.LineString(track.center)
    found = shapely.points(points)
    distance = shapely.distance(line, found)
    np.testing.assert_allclose(np.abs(out[:, 1]), distance, rtol=0.0, atol=1e-12)
    s = shapely.line_locate_point(line, found)
    differs = np.abs(out[:, 0] - s) > 1e-9
    # two places of the line equally near: only rounding, by the processor's, says which is first
    ours = shapely.line_interpolate_point(line, out[differs, 0])
    np.testing.assert_allclose(
        shapely.distance(ours, found[differs]), distance[differs], rtol=0.0, atol=1e-12
    )
    assert differs.mean() < 1e-3
    np.testing.assert_allclose(
        shapely.get_coordinates(shapely.line_interpolate_point(line, out[:, 0])),
        out[:, 2:],
        rtol=0.0,
        atol=1e-9,
    )


def test_a_point_is_inside_exactly_if_shapely_says_so(track, points):
    out = np.empty(len(points), np.uint8)
    points_inside(track.arrays, 0, points, out)
    expected = shapely.contains_xy(road_of(track), points)
    wrong = np.flatnonzero(out != expected)
    assert wrong.size == 0, points[wrong[:3]]
    assert 0 < expected.sum() < len(points)


def test_the_border_points_are_the_nearest_to_the_projection(track, points):
    borders = [shapely.LineString(line) for line in (track.inner, track.outer)]
    for x, y in points[:: max(len(points) // 500, 1)]:
        segment, s, px, py, _ = project(track.arrays, 0, x, y)
        found = border_points(track.arrays, 0, segment, s, px, py)
        for border, at in zip(borders, (found[:2], found[2:]), strict=True):
            assert border.distance(shapely.Point(at)) < 1e-12
            assert np.hypot(at[0] - px, at[1] - py) == pytest.approx(
                border.distance(shapely.Point(px, py)), abs=1e-12
            )


def test_the_closest_waypoints_are_those_of_a_bisection(track, points):
    # DeepRacer's definition: places of all waypoints but the last, then 1; bisect to the right
    line = shapely.LineString(track.center)
    places = shapely.line_locate_point(line, shapely.points(track.center[:-1]), normalized=True)
    places = [*places.tolist(), 1.0]
    n = len(places)
    for x, y in points[:: max(len(points) // 3000, 1)]:
        segment, s, *_ = project(track.arrays, 0, x, y)
        after = bisect.bisect_right(places, s / track.length)
        if np.abs(np.array(places[1:-1]) - s / track.length).min() > 1e-12:
            expected = ((after - 1) % n, after % n)
            assert closest_waypoints(track.arrays, 0, segment, s) == expected


def test_the_pose_at_an_arc_length_is_shapelys(track):
    line = shapely.LineString(track.center)
    along = np.random.default_rng(6).uniform(0.0, track.length, 300)
    for s in [*along, *shapely.line_locate_point(line, shapely.points(track.center))]:
        x, y, heading = pose_at(track.arrays, 0, s)
        here = line.interpolate(s % track.length if track.is_loop else s)
        assert (x, y) == pytest.approx((here.x, here.y), abs=1e-9)
        if track.is_loop or s < track.length - 1e-6:
            ahead = line.interpolate((s + 1e-7) % track.length)
            turn = heading - np.arctan2(ahead.y - here.y, ahead.x - here.x)
            assert abs(np.angle(np.exp(1j * turn))) < 1e-6


def test_packed_tracks_answer_as_each_alone():
    tracks = [load_track(name) for name in ("oval", "straight", "bowtie", "grand_prix")]
    packed = pack_tracks(tracks)
    for t, track in enumerate(tracks):
        points = random_points(track, N_RANDOM // 10)
        alone, together = np.empty((2, len(points), 4))
        project_points(track.arrays, 0, points, alone)
        project_points(packed, t, points, together)
        np.testing.assert_array_equal(together, alone)
        inside_alone, inside_together = np.empty((2, len(points)), np.uint8)
        points_inside(track.arrays, 0, points, inside_alone)
        points_inside(packed, t, points, inside_together)
        np.testing.assert_array_equal(inside_together, inside_alone)
        for s in np.linspace(-3.0, track.length + 3.0, 50):
            assert pose_at(packed, t, s) == pose_at(track.arrays, 0, s)
            segment, along, px, py, _ = project(packed, t, *track.position(s))
            assert closest_waypoints(packed, t, segment, along) == (
                closest_waypoints(track.arrays, 0, segment, along)
            )
            assert border_points(packed, t, segment, along, px, py) == (
                border_points(track.arrays, 0, segment, along, px, py)
            )


@pytest.fixture(scope="module")
def square():
    """A square road, 8 m round the centre line, with the second waypoint repeated."""
    corners = np.array([[0, 0], [1, 0], [1, 0], [2, 0], [2, 2], [0, 2], [0, 0]], float)
    ring = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], float)
    return Track("square", corners, 1.0 * ring + 0.5, 3.0 * ring - 0.5)


def waypoints_at(track, x, y):
    segment, s, *_ = project(track.arrays, 0, x, y)
    return closest_waypoints(track.arrays, 0, segment, s)


def test_at_waypoint_zero_the_waypoints_are_0_and_1(square):
    assert waypoints_at(square, 0.0, 0.0) == (0, 1)


def test_before_the_finish_the_waypoints_are_the_last_two(square):
    assert waypoints_at(square, 0.0, 1e-9) == (5, 6)


def test_exactly_at_the_end_of_the_lap_the_waypoints_are_the_last_and_the_first(square):
    assert closest_waypoints(square.arrays, 0, 5, square.length) == (6, 0)


def test_a_repeated_waypoint_is_never_the_next_one(square):
    assert waypoints_at(square, 0.9, 0.0) == (0, 1)
    assert waypoints_at(square, 1.0, 0.0) == (2, 3)
    assert waypoints_at(square, 1.1, 0.0) == (2, 3)


def test_a_wrong_segment_as_a_hint_costs_time_only(square):
    for hint in range(6):
        assert closest_waypoints(square.arrays, 0, hint, 2.5) == (3, 4)


def test_of_two_equally_near_segments_the_first_counts(square):
    segment, s, px, py, distance = project(square.arrays, 0, 1.0, 1.0)
    assert (segment, s, px, py, distance) == (0, 1.0, 1.0, 0.0, 1.0)
    assert project(square.arrays, 0, -1.0, -1.0)[:2] == (0, 0.0)


def test_the_outline_is_outside_and_a_hair_beside_it_is_not(square):
    assert not inside_road(square.arrays, 0, 0.5, 1.0)
    assert inside_road(square.arrays, 0, np.nextafter(0.5, 0.0), 1.0)
    assert not inside_road(square.arrays, 0, np.nextafter(0.5, 1.0), 1.0)
    assert not inside_road(square.arrays, 0, 1.0, -0.5)
    assert inside_road(square.arrays, 0, 1.0, np.nextafter(-0.5, 0.0))
    assert not inside_road(square.arrays, 0, -0.5, -0.5)
    assert not inside_road(square.arrays, 0, 0.5, 0.5)


def test_the_heading_at_a_waypoint_is_that_of_the_road_ahead(square):
    assert pose_at(square.arrays, 0, 0.0) == (0.0, 0.0, 0.0)
    assert pose_at(square.arrays, 0, 1.0) == (1.0, 0.0, 0.0)
    assert pose_at(square.arrays, 0, 2.0) == (2.0, 0.0, np.pi / 2)
    assert pose_at(square.arrays, 0, 8.0) == (0.0, 0.0, 0.0)


def test_arc_lengths_wrap_on_a_loop(square):
    assert pose_at(square.arrays, 0, -1.0) == pose_at(square.arrays, 0, 7.0)
    assert pose_at(square.arrays, 0, 17.0) == pose_at(square.arrays, 0, 1.0)
    assert pose_at(square.arrays, 0, -1e-30) == (0.0, 0.0, 0.0)


def test_arc_lengths_clamp_on_an_open_track():
    track = load_track("straight")
    assert pose_at(track.arrays, 0, -1.0) == pose_at(track.arrays, 0, 0.0) == (0.0, 0.0, 0.0)
    assert pose_at(track.arrays, 0, 99.0)[0] == track.center[-1, 0]


def test_the_road_of_an_open_track_ends_at_its_ends():
    arrays = load_track("straight").arrays
    assert not inside_road(arrays, 0, 0.0, 0.1)
    assert inside_road(arrays, 0, 1e-12, 0.1)
    assert inside_road(arrays, 0, 7.999, 0.1)
    assert not inside_road(arrays, 0, 8.001, 0.1)


def test_not_a_number_is_outside_and_does_no_harm(square):
    nan = float("nan")
    assert not inside_road(square.arrays, 0, nan, 1.0)
    assert not inside_road(square.arrays, 0, 0.0, nan)
    segment, s, _, _, distance = project(square.arrays, 0, nan, nan)
    assert (segment, s) == (0, 0.0)
    assert not distance < np.inf
    assert pose_at(square.arrays, 0, nan) == (0.0, 0.0, 0.0)


def test_a_point_very_far_away_is_projected_too(square):
    assert project(square.arrays, 0, 1e6, 1.0)[1:] == (3.0, 2.0, 1.0, 1e6 - 2.0)
