"""The checks of a random line, on lines whose answer is known."""

import numpy as np
import pytest

from racer.track import random_loop
from racer.track.random_loop import CONTROL_SPACING, Wish, draw_loop

WISH = Wish(length=24.0, square=2.0, dents=1, shift=0.2, radius=0.7, apart=1.2)


def circle(radius, n=400):
    angle = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    return radius * np.stack((np.cos(angle), np.sin(angle)), axis=1)


def drawn(seed):
    """The first line that a seed draws."""
    rng = np.random.Generator(np.random.PCG64(seed))
    lines = (draw_loop(rng, WISH) for _ in range(200))
    return next(line for line in lines if line is not None)


@pytest.mark.parametrize("seed", range(5))
def test_a_loop_is_as_long_as_asked_and_runs_counter_clockwise(seed):
    points = drawn(seed)
    around = np.roll(points, -1, axis=0)
    chords = np.hypot(*(around - points).T)
    assert chords.sum() == pytest.approx(WISH.length, rel=0.02)  # chords cut the bends
    assert chords.max() <= 1.05 * CONTROL_SPACING
    assert np.sum(points[:, 0] * around[:, 1] - around[:, 0] * points[:, 1]) > 0.0
    assert np.array_equal(points, points.round(3))


@pytest.mark.parametrize("wish", [WISH._replace(apart=3.0), WISH._replace(radius=1.5)])
def test_a_wish_that_the_squares_are_too_small_for_gives_no_line(wish):
    rng = np.random.Generator(np.random.PCG64(0))
    assert all(draw_loop(rng, wish) is None for _ in range(100))


def test_a_circle_bends_as_gently_as_its_radius():
    assert random_loop._bends_gently(circle(1.0), 0.99)
    assert not random_loop._bends_gently(circle(1.0), 1.01)
    assert not random_loop._bends_gently(circle(1.0)[::-1], 1.01)


def test_a_waist_keeps_as_far_apart_as_it_is_wide():
    line = circle(3.0) * (1.0, 0.2)  # an ellipse: 1.2 m wide in its middle
    assert random_loop._keeps_apart(line, 0.3)
    assert not random_loop._keeps_apart(line, 1.3)
    waist = circle(3.0)
    waist[:, 1] *= 0.2 + 0.8 * np.abs(waist[:, 0]) / 3.0
    assert random_loop._keeps_apart(waist, 1.15)
    assert not random_loop._keeps_apart(waist, 1.25)


@pytest.mark.parametrize("seed", range(5))
def test_squares_have_one_outline_with_four_corners_more_to_the_left(seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    cells = random_loop._grow(rng, 20)
    corners = random_loop._outline(cells)
    sides = np.roll(corners, -1, axis=0) - corners
    before = np.roll(sides, 1, axis=0)
    left = np.sign(before[:, 0] * sides[:, 1] - before[:, 1] * sides[:, 0])
    assert left.sum() == 4
    assert len({tuple(corner) for corner in corners}) == len(corners)
    around = np.roll(corners, -1, axis=0)
    area = np.sum(corners[:, 0] * around[:, 1] - around[:, 0] * corners[:, 1]) / 2.0
    assert area == len(cells)  # no hole
    assert 19 <= np.abs(sides).sum() <= 22


def test_a_square_that_would_close_a_ring_or_touch_a_corner_is_not_added():
    ring = {(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2)}
    assert not random_loop._keeps_a_loop(ring, (0, 1))
    assert not random_loop._keeps_a_loop({(0, 0), (1, 1)}, (0, 1))
    assert random_loop._keeps_a_loop({(0, 0)}, (1, 0))
