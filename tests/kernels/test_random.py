"""Counter-based streams."""

import numpy as np

from racer.kernels.random import stream_keys, uniforms


def test_the_first_word_of_splitmix64_is_the_published_one():
    # splitmix64 with state 0 returns 0xE220A8397B1DCDAF first (reference implementation, Vigna)
    key = np.zeros(1, np.uint64)
    assert uniforms(key, 1)[0] == (0xE220A8397B1DCDAF >> 11) * 2.0**-53


def test_a_number_does_not_depend_on_how_many_cars_there_are():
    many, few = stream_keys(7, np.arange(100)), stream_keys(7, np.arange(3))
    assert np.array_equal(uniforms(many, 5)[:3], uniforms(few, 5))


def test_streams_of_other_seeds_cars_and_counters_differ():
    keys = np.concatenate([stream_keys(seed, np.arange(50)) for seed in range(20)])
    assert len(np.unique(keys)) == 1000
    numbers = np.concatenate([uniforms(keys, counter) for counter in range(10)])
    assert len(np.unique(numbers)) == 10_000


def test_numbers_are_uniform():
    numbers = np.concatenate([uniforms(stream_keys(1, np.arange(1000)), k) for k in range(100)])
    assert abs(numbers.mean() - 0.5) < 0.003
    counts, _ = np.histogram(numbers, bins=20, range=(0.0, 1.0))
    assert ((counts - 5000) ** 2 / 5000).sum() < 45.0  # chi-squared, 19 degrees, p = 0.0007
