"""Where a car is, against shapely asked in the real simulator's own words."""

import numpy as np
import pytest
from shapely.geometry import LineString, Point, Polygon
from shapely.ops import nearest_points

from racer.kernels import layout as L  # noqa: N812
from racer.kernels._jit import config
from racer.kernels.vehicle import nose, wheel_centers
from racer.kernels.world import localise
from racer.track import load_track
from racer.vehicle import vehicle

N_POSES = 200 if config.DISABLE_JIT else 3000


def random_poses(track, rng):
    """Poses on the road, across its borders and beside it: (n, 3) x, y, heading."""
    s = rng.uniform(0.0, track.length, N_POSES)
    lateral = rng.uniform(-0.9, 0.9, N_POSES) * track.width
    xy = track.position(s, lateral)
    return np.column_stack([xy, rng.uniform(-np.pi, np.pi, N_POSES)])


@pytest.mark.parametrize(
    ("name", "reverse"),
    [("reinvent_2018", False), ("bowtie", True), ("hairpins", False), ("straight", False),
     ("hill_climb", True), ("bottleneck", False), ("boulevard", False)],
)  # fmt: skip
def test_what_is_measured_equals_shapely(name, reverse):
    track = load_track(name, reverse=reverse)
    car = vehicle("deepracer")
    center, inner, outer = (LineString(x) for x in (track.center, track.inner, track.outer))
    road = (
        Polygon(track.outer, [track.inner])
        if track.is_loop
        else Polygon(np.concatenate([track.outer, track.inner[::-1]]))
    )
    row = np.zeros(L.MEASURED_SIZE)
    rng = np.random.default_rng(7)
    seen = set()
    for x, y, heading in random_poses(track, rng):
        localise(row, track.arrays, 0, car, x, y, heading)
        at = Point(nose(car, x, y, heading))
        s = center.project(at)
        projection = center.interpolate(s)
        assert row[L.ALONG] == pytest.approx(s, abs=1e-9)
        assert row[L.DISTANCE] == pytest.approx(at.distance(center), abs=1e-9)
        inner_point = nearest_points(inner, projection)[0]
        outer_point = nearest_points(outer, projection)[0]
        assert row[L.ROAD_WIDTH] == pytest.approx(inner_point.distance(outer_point), abs=1e-7)
        to_inner, to_outer = at.distance(inner_point), at.distance(outer_point)
        if abs(to_inner - to_outer) > 1e-9:
            assert row[L.IS_LEFT] == ((to_inner < to_outer) != (not track.is_ccw))
        wheels = np.reshape(wheel_centers(car, x, y, heading), (4, 2))
        on = [road.contains(Point(wheel)) for wheel in wheels]
        if min(road.boundary.distance(Point(wheel)) for wheel in wheels) > 1e-9:
            assert row[L.WHEELS_ON] == all(on)
            assert row[L.IS_OFFTRACK] == (not any(on))
        seen.add((all(on), any(on)))
    assert seen == {(True, True), (False, True), (False, False)}
