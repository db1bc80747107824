"""Light on the ground: where the shadows are, and that it belongs to the world."""

import math

import numpy as np
import pytest

from racer.kernels import looks
from racer.kernels.shade import is_shaded, light_of_row, lit

SHADOW = {looks.SHADOW_DEPTH: 0.5, looks.SHADOW_PERIOD: 2.0, looks.TEXTURE_SPOT: 0.05}


def effect(values):
    row = np.zeros(looks.EFFECT_SIZE)
    row[list(values)] = list(values.values())
    return row


def light(values, x, y, step_x=0.0, step_y=0.0, n=1, along=0.001):
    found = np.zeros(n, np.float32)
    light_of_row(found, effect(values), x, y, step_x, step_y, along)
    return found


def test_shadows_are_bands_across_their_direction():
    for direction in (0.0, 0.7, 2.9):
        values = {**SHADOW, looks.SHADOW_DIRECTION: direction}
        across = np.array([math.cos(direction), math.sin(direction)])
        along = np.array([-across[1], across[0]])
        for at, expected in ((0.4, 0.5), (1.5, 1.0), (2.4, 0.5), (-1.6, 0.5), (-0.5, 1.0)):
            for aside in (-3.0, 0.0, 7.0):
                assert light(values, *(at * across + aside * along))[0] == pytest.approx(expected)


def test_the_phase_moves_the_shadows_by_periods():
    moved = {**SHADOW, looks.SHADOW_PHASE: 0.25}
    for x in np.linspace(0.0, 4.0, 33):
        assert light(moved, x, 0.0)[0] == pytest.approx(light(SHADOW, x + 0.5, 0.0)[0], abs=0.02)


def test_a_row_is_its_points_two_by_two():
    values = {**SHADOW, looks.TEXTURE_DEPTH: 0.3, looks.SHADOW_DIRECTION: 0.4}
    row = light(values, 1.3, -2.1, 0.011, -0.007, n=160)
    even = [k - k % 2 for k in range(160)]
    single = [light(values, 1.3 + 0.011 * k, -2.1 - 0.007 * k)[0] for k in even]
    assert np.abs(row - single).max() < 0.25  # one texel of the pattern
    assert np.abs(row - single).mean() < 0.01


def test_a_texture_has_its_depth_and_no_mean():
    values = {looks.TEXTURE_DEPTH: 0.2, looks.TEXTURE_SPOT: 0.05, looks.SHADOW_PERIOD: 1.0}
    points = np.random.default_rng(0).uniform(-20.0, 20.0, (4000, 2))
    found = np.array([light(values, x, y)[0] for x, y in points])
    assert found.mean() == pytest.approx(1.0, abs=0.02)
    assert found.std() == pytest.approx(0.2, rel=0.1)


def test_spots_are_of_the_size_that_is_asked_for():
    for spot in (0.03, 0.1):
        values = {looks.TEXTURE_DEPTH: 0.2, looks.TEXTURE_SPOT: spot, looks.SHADOW_PERIOD: 1.0}
        row = light(values, 0.0, 0.3, spot / 8, 0.0, n=2000).astype(float) - 1.0
        near = np.corrcoef(row[:-2], row[2:])[0, 1]
        far = np.corrcoef(row[:-16], row[16:])[0, 1]
        assert near > 0.7
        assert far < 0.3


def test_what_is_finer_than_a_pixel_fades_to_its_mean():
    values = {**SHADOW, looks.TEXTURE_DEPTH: 0.3}
    xs = np.linspace(0.0, 20.0, 200)
    spread = [np.ptp([light(values, x, 0.0, along=a)[0] for x in xs]) for a in (0.01, 0.5, 50.0)]
    assert spread[0] > spread[1] > spread[2]
    assert spread[2] < 0.02


def test_light_multiplies_pixels_and_stays_in_range():
    pixels = np.array([0, 10, 100, 200], np.uint8)
    lit(pixels, np.array([2.0, 0.5, 1.0, 1.5], np.float32))
    assert pixels.tolist() == [0, 5, 100, 255]


def test_without_depth_nothing_is_shaded():
    assert not is_shaded(effect({looks.NOISE: 3.0}))
    assert is_shaded(effect({looks.SHADOW_DEPTH: 0.1}))
    assert is_shaded(effect({looks.TEXTURE_DEPTH: 0.1}))
