import numpy as np
import pytest
import shapely

from racer.kernels.polyline import point_at, point_to_segment


@pytest.mark.parametrize(
    ("x", "y", "distance", "fraction"),
    [
        (1.0, 0.0, 0.0, 0.5),
        (0.5, 3.0, 3.0, 0.25),
        (1.5, -2.0, 2.0, 0.75),
        (-3.0, 4.0, 5.0, -1.5),
        (5.0, 4.0, 5.0, 2.5),
    ],
)
def test_the_distance_to_a_segment_along_x_is_known(x, y, distance, fraction):
    assert point_to_segment(0.0, 0.0, 2.0, 0.0, x, y) == (distance, fraction)


def test_the_distance_to_a_segment_equals_shapelys():
    rng = np.random.default_rng(1)
    for ax, ay, bx, by, x, y in rng.uniform(-3.0, 3.0, (200, 6)):
        line = shapely.LineString([(ax, ay), (bx, by)])
        distance, fraction = point_to_segment(ax, ay, bx, by, x, y)
        assert distance == pytest.approx(line.distance(shapely.Point(x, y)), abs=1e-13)
        nearest = line.interpolate(line.project(shapely.Point(x, y)))
        assert point_at(ax, ay, bx, by, fraction) == pytest.approx(
            (nearest.x, nearest.y), abs=1e-13
        )


def test_the_ends_of_a_segment_come_back_exactly():
    a, b = (0.1, 0.7), (0.3, 1.1)
    assert point_at(*a, *b, -0.2) == a
    assert point_at(*a, *b, 0.0) == a
    assert point_at(*a, *b, 1.0) == b
    assert point_at(*a, *b, 7.0) == b
