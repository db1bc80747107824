import numpy as np

from racer.track.grid import cover, distances, nearest, touching


def random_segments(n):
    rng = np.random.default_rng(0)
    begin = rng.uniform(0.0, 8.0, (n, 2))
    return np.concatenate((begin, begin + rng.normal(0.0, 0.4, (n, 2))), axis=1)


def lists_of(lists):
    return [lists.entries[a:b] for a, b in zip(lists.first[:-1], lists.first[1:], strict=True)]


def test_the_nearest_segment_of_any_point_is_in_the_list_of_its_cell():
    segments = random_segments(60)
    grid = cover(segments.reshape(-1, 2), 0.3, 0.2, 5000)
    lists = lists_of(nearest(grid.levels(), segments))
    points = np.random.default_rng(1).uniform(0.0, 8.0, (2000, 2))
    column, row = ((points - (grid.x, grid.y)) / grid.cell).astype(int).T
    for point, cell in zip(points, row * grid.columns + column, strict=True):
        distance = distances(np.broadcast_to(point, (len(segments), 2)), segments)
        assert int(distance.argmin()) in lists[cell]
        assert len(lists[cell]) < len(segments) / 2


def test_a_segment_is_in_the_list_of_every_cell_that_it_passes_through():
    segments = random_segments(60)
    grid = cover(segments.reshape(-1, 2), 0.3, 0.2, 5000)
    lists = lists_of(touching(grid.levels(), segments))
    for i, (ax, ay, bx, by) in enumerate(segments):
        for part in np.linspace(0.0, 1.0, 50):
            x, y = ax + part * (bx - ax), ay + part * (by - ay)
            cell = int((y - grid.y) / grid.cell) * grid.columns + int((x - grid.x) / grid.cell)
            assert i in lists[cell]


def test_lists_are_in_ascending_order():
    segments = random_segments(30)
    grid = cover(segments.reshape(-1, 2), 0.3, 0.2, 5000)
    for lists in (nearest(grid.levels(), segments), touching(grid.levels(), segments)):
        assert all(np.all(np.diff(entries) > 0) for entries in lists_of(lists))


def test_the_cells_of_a_large_area_grow_instead_of_becoming_many():
    grid = cover(np.array([[0.0, 0.0], [2000.0, 1000.0]]), 0.5, 0.08, 65_536)
    assert grid.columns * grid.rows < 80_000
    assert grid.columns * grid.cell >= 2001.0
    assert grid.rows * grid.cell >= 1001.0
