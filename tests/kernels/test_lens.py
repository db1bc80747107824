"""A gradient of light, blur and noise over whole pictures, each against what it should be."""

import numpy as np
import pytest

from racer.kernels import looks
from racer.kernels.lens import expose


def exposed(pictures, values, seeds=None):
    """Return pictures (n, H, W) with effects."""
    frames = pictures[:, np.newaxis].astype(np.uint8).copy()
    n = len(frames)
    effects = np.zeros((n, looks.EFFECT_SIZE))
    effects[:, list(values)] = list(values.values())
    seeds = np.arange(n) if seeds is None else np.array(seeds)
    expose(frames, 0, 1, np.arange(n), effects, seeds)
    return frames[:, 0].astype(int)


def flat(level=120, n=1, height=48, width=64):
    return np.full((n, height, width), level)


def test_without_effects_nothing_changes():
    picture = np.random.default_rng(0).integers(0, 256, (2, 24, 32))
    assert np.array_equal(exposed(picture, {}), picture)


def test_light_changes_by_its_share_from_the_middle_to_the_edges():
    found = exposed(flat(100), {looks.GRADIENT_X: 0.3, looks.GRADIENT_Y: -0.2})[0]
    across, down = (np.arange(64) + 0.5) / 32 - 1.0, (np.arange(48) + 0.5) / 24 - 1.0
    expected = 100.0 * (1.0 + 0.3 * across - 0.2 * down[:, np.newaxis])
    assert np.abs(found - expected).max() <= 0.51


@pytest.mark.parametrize("deviation", [4.0, 16.0])
def test_noise_has_its_deviation_and_no_mean(deviation):
    noise = exposed(flat(n=40), {looks.NOISE: deviation}) - 120.0
    assert abs(noise.mean()) < 0.02 * deviation
    assert noise.std() == pytest.approx(deviation, rel=0.02)


def test_noise_depends_on_its_seed_only_and_rows_differ():
    found = exposed(flat(n=3), {looks.NOISE: 8.0}, seeds=[5, 6, 5])
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])
    likeness = np.corrcoef(found[0])
    assert np.abs(likeness[~np.eye(48, dtype=bool)]).max() < 0.7


def test_noise_stays_in_range_on_black_and_white():
    for level in (0, 255):
        found = exposed(flat(level), {looks.NOISE: 40.0})
        assert found.min() >= 0
        assert found.max() <= 255
        assert (found == level).mean() > 0.4


@pytest.mark.parametrize("pixels", [0.4, 0.8, 1.6, 2.5])
def test_blur_spreads_a_point_as_a_gaussian_does(pixels):
    picture = np.zeros((1, 61, 61))
    picture[0, 25:36, 25:36] = 250  # a square: rounding hardly shows
    found = exposed(picture, {looks.BLUR: pixels / 61})[0].astype(float)
    at = np.arange(61.0)
    spread = found.sum(axis=0) @ (at - 30.0) ** 2 / found.sum()
    assert spread == pytest.approx((11**2 - 1) / 12 + pixels**2, rel=0.03)
    assert np.abs(found - found.T).max() <= 2
    assert found.sum() == pytest.approx(picture.sum(), rel=0.01)


def test_blur_keeps_what_is_even_up_to_the_edges():
    for level in (0, 77, 255):
        assert np.array_equal(exposed(flat(level), {looks.BLUR: 0.03}), flat(level))


def test_only_the_channels_that_are_meant_change():
    frames = np.full((2, 3, 16, 16), 100, np.uint8)
    effects = np.zeros((2, looks.EFFECT_SIZE))
    effects[:, looks.NOISE] = 10.0
    expose(frames, 1, 2, np.array([1]), effects, np.zeros(2, np.int64))
    assert (frames[0] == 100).all()
    assert (frames[1, 0] == 100).all()
    assert (frames[1, 1:] != 100).any()
