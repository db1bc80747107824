"""Rays against shapely, which is slow and obviously right, and against known answers."""

import math
import os

import numpy as np
import pytest
import shapely

from racer.kernels import layout as L  # noqa: N812
from racer.kernels._jit import jit
from racer.kernels.raycast import cast_ray, observe_beams
from racer.track import Track, load_track, pack_tracks

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
N_RAYS = 20_000 if COMPILED else 200
FAR = 100.0  # longer than any way on these tracks (m)
TRACKS = [
    ("straight", False), ("straight", True), ("reinvent_2018", False), ("bowtie", True),
    ("hairpins", False), ("hill_climb", True), ("bottleneck", False), ("grand_prix", True),
    ("tightrope", False),
]  # fmt: skip


@pytest.fixture(scope="module", params=TRACKS if COMPILED else TRACKS[1:4], ids=str)
def track(request):
    name, reverse = request.param
    return load_track(name, reverse=reverse)


def outline(track):
    lines = [track.inner, track.outer]
    if not track.is_loop:
        lines += [np.array([track.inner[k], track.outer[k]]) for k in (0, -1)]
    return shapely.MultiLineString([shapely.LineString(line) for line in lines])


def shapely_distances(track, rays, reach):
    """The distance from each ray's beginning to where it meets the outline, at most ``reach``."""
    begin = rays[:, :2]
    ways = shapely.linestrings(np.stack((begin, begin + reach * rays[:, 2:]), axis=1))
    walls = outline(track)
    shapely.prepare(walls)
    met = shapely.intersection(ways, walls)
    distance = shapely.distance(met, shapely.points(begin))
    return np.where(shapely.is_empty(met), reach, distance)


@jit
def cast_rays(tracks, t, rays, reach, out):
    """Write how long each ray is, (n,), given (n, 4) x and y of its beginning and direction."""
    for i in range(len(rays)):
        out[i] = cast_ray(tracks, t, rays[i, 0], rays[i, 1], rays[i, 2], rays[i, 3], reach)


def cast(track, rays, reach=FAR):
    out = np.empty(len(rays))
    cast_rays(track.arrays, 0, np.asarray(rays, float), reach, out)
    return out


def random_rays(track, n):
    """A third from the road, a third from beside it, a third from far outside the grid."""
    rng = np.random.default_rng(3)
    s, spread = rng.uniform(0.0, track.length, (2, n)), np.array([[0.25], [1.0]])
    near = track.position(s.ravel(), (rng.normal(0.0, track.width, (2, n)) * spread).ravel())
    low, high = track.outer.min(axis=0) - 15.0, track.outer.max(axis=0) + 15.0
    begin = np.concatenate((near, rng.uniform(low, high, (n, 2))))
    angle = rng.uniform(-np.pi, np.pi, len(begin))
    return np.column_stack((begin, np.cos(angle), np.sin(angle)))[rng.permutation(3 * n)[:n]]


def test_a_ray_is_as_long_as_shapely_says(track):
    rays = random_rays(track, N_RAYS)
    found = cast(track, rays)
    np.testing.assert_allclose(found, shapely_distances(track, rays, FAR), rtol=0.0, atol=1e-9)
    assert 0.05 < np.mean(found < FAR) < 1.0


def test_a_ray_along_an_axis_or_a_diagonal_is_as_long_as_shapely_says(track):
    rays = random_rays(track, N_RAYS // 10)
    angle = np.arange(len(rays)) % 8
    rays[:, 2:] = (
        np.array([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)])[angle]
        / np.sqrt(1.0 + angle % 2)[:, None]
    )
    np.testing.assert_allclose(
        cast(track, rays), shapely_distances(track, rays, FAR), rtol=0.0, atol=1e-9
    )


def test_no_ray_from_the_road_slips_through_the_corners_of_its_borders(track):
    rng = np.random.default_rng(8)
    corners = np.concatenate((track.inner, track.outer))[:: 1 if COMPILED else 40]
    places = track.position(rng.uniform(0.0, track.length, len(corners)))
    ways = corners - places
    rays = np.column_stack((places, ways / np.hypot(*ways.T)[:, None]))
    assert np.all(cast(track, rays, np.inf) < np.inf)


def test_a_ray_ends_at_its_reach(track):
    rays = random_rays(track, N_RAYS // 20)
    far, near = cast(track, rays), cast(track, rays, 0.4)
    np.testing.assert_array_equal(near, np.minimum(far, 0.4))


def test_packed_tracks_answer_as_each_alone():
    tracks = [load_track(name) for name in ("oval", "straight", "bowtie")]
    packed = pack_tracks(tracks)
    for t, track in enumerate(tracks):
        rays = random_rays(track, N_RAYS // 10)
        together = np.empty(len(rays))
        cast_rays(packed, t, rays, FAR, together)
        np.testing.assert_array_equal(together, cast(track, rays))


@pytest.fixture(scope="module")
def square():
    """A square road, 1 m wide, around the point (1, 1); its borders lie on round numbers."""
    ring = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], float)
    return Track("square", 2.0 * ring, 1.0 * ring + 0.5, 3.0 * ring - 0.5)


DIAGONAL = math.sqrt(0.5)


@pytest.mark.parametrize(
    ("ray", "expected"),
    [
        ((1.0, 1.0, 1.0, 0.0), 0.5),
        ((1.0, 1.0, 0.0, -1.0), 0.5),
        ((1.0, 1.0, DIAGONAL, DIAGONAL), 0.5 / DIAGONAL),  # exactly into the corner
        ((1.0, 1.0, -DIAGONAL, DIAGONAL), 0.5 / DIAGONAL),
        ((1.75, 1.25, 1.0, 0.0), 0.75),  # from the road outwards
        ((1.75, 1.25, -1.0, 0.0), 0.25),
        ((-5.0, 1.0, 1.0, 0.0), 4.5),  # from far outside
        ((-5.0, 1.0, -1.0, 0.0), math.inf),  # and away from it
        ((-5.0, 9.0, 1.0, 0.0), math.inf),  # past it
        ((-5.0, 0.5, 1.0, 0.0), 4.5),  # through the outer border, along the inner one
        ((0.0, 0.5, 1.0, 0.0), 0.5),  # along the inner border, to its beginning
        ((-3.0, -0.5, 1.0, 0.0), 2.5),  # along the outer border
        ((1.0, -3.0, 0.0, 1.0), 2.5),
        ((0.5, 0.75, 0.0, 1.0), 0.0),  # on the outline, in every direction
        ((0.5, 0.75, 1.0, 0.0), 0.0),
        ((0.5, 0.75, -1.0, 0.0), 0.0),
        ((0.5, 0.5, -DIAGONAL, -DIAGONAL), 0.0),
        ((1e6, 1.0, -1.0, 0.0), 1e6 - 2.5),
        ((math.nan, 1.0, 1.0, 0.0), math.inf),
        ((1.0, 1.0, math.nan, 0.0), math.inf),
        ((math.inf, 1.0, -1.0, 0.0), math.inf),
    ],
)
def test_a_ray_on_a_square_road_is_as_long_as_a_ruler_says(square, ray, expected):
    assert cast_ray(square.arrays, 0, *ray, math.inf) == pytest.approx(expected, abs=1e-12)


def test_on_a_circle_the_lengths_are_those_of_the_school_book():
    angle = np.linspace(0.0, 2.0 * np.pi, 1441)
    ring = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    ring[-1] = ring[0]
    track = Track("ring", 2.0 * ring, 1.5 * ring, 2.5 * ring)
    for a in np.linspace(-3.0, 3.0, 13):
        x, y, cos, sin = 2.0 * math.cos(a), 2.0 * math.sin(a), math.cos(a), math.sin(a)
        assert cast_ray(track.arrays, 0, 0.0, 0.0, cos, sin, FAR) == pytest.approx(1.5, abs=1e-4)
        assert cast_ray(track.arrays, 0, x, y, cos, sin, FAR) == pytest.approx(0.5, abs=1e-4)
        assert cast_ray(track.arrays, 0, x, y, -cos, -sin, FAR) == pytest.approx(0.5, abs=1e-4)
        # a tangent of the centre line is half a chord of the outer border: √(2.5² − 2²)
        assert cast_ray(track.arrays, 0, x, y, -sin, cos, FAR) == pytest.approx(1.5, abs=1e-4)


def some_cars(n, tracks, track_index):
    rng = np.random.default_rng(2)
    state = np.zeros((n, L.STATE_SIZE))
    for i in range(n):
        track = tracks[track_index[i]]
        place = track.position(rng.uniform(0.0, track.length), rng.uniform(-0.5, 0.5))
        state[i, [L.X, L.Y, L.HEADING, L.ACTIVE]] = *place, rng.uniform(-np.pi, np.pi), 1.0
    return state


def observe(out, cars, state, tracks, track_index, n_sectors, n_values):
    angles = np.linspace(-2.0, 2.0, 12)
    beams = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    index = np.asarray(track_index, np.int64)
    observe_beams(
        out, np.asarray(cars), state, tracks, index, 0.05, beams, n_sectors, 0.15, 2.0, n_values
    )


@pytest.mark.parametrize(("n_sectors", "n_values"), [(12, 0), (4, 0), (4, 1), (3, 8)])
def test_a_car_sees_the_same_alone_and_in_a_batch_to_the_byte(n_sectors, n_values):
    tracks = [load_track("oval"), load_track("straight")]
    packed, index = pack_tracks(tracks), [0, 1, 1, 0, 1, 0]
    state = some_cars(6, tracks, index)
    together = np.full((6, n_sectors * max(n_values, 1)), 9.0, np.float32)
    observe(together, range(6), state, packed, index, n_sectors, n_values)
    for i, t in enumerate(index):
        alone = np.full_like(together[:1], 5.0)
        observe(alone, [0], state[i : i + 1], tracks[t].arrays, [0], n_sectors, n_values)
        np.testing.assert_array_equal(alone[0], together[i])


def test_only_listed_cars_that_are_not_frozen_are_observed():
    track = load_track("oval")
    state = some_cars(4, [track], [0] * 4)
    state[2, L.ACTIVE] = 0.0
    out = np.full((4, 12), 9.0, np.float32)
    observe(out, [1, 2, 3], state, track.arrays, [0] * 4, 12, 0)
    assert np.all(out[[0, 2]] == 9.0)
    assert np.all(out[[1, 3]] <= 1.0)
