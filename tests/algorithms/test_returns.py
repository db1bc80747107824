import numpy as np
import pytest

from racer.algorithms.returns import discounted_returns, mean_at_same_time


def test_a_return_is_the_discounted_sum_of_the_rewards_that_follow():
    rewards = np.array([[1.0], [2.0], [4.0]])
    dones = np.array([[False], [False], [True]])
    # G_2 = 4;  G_1 = 2 + 4/2 = 4;  G_0 = 1 + 4/2 = 3
    np.testing.assert_array_equal(discounted_returns(rewards, dones, 0.5), [[3.0], [4.0], [4.0]])


def test_a_return_ends_with_its_episode():
    rewards = np.array([[1.0], [2.0], [4.0]])
    dones = np.array([[False], [True], [True]])
    np.testing.assert_array_equal(discounted_returns(rewards, dones, 1.0), [[3.0], [2.0], [4.0]])


def test_without_discount_of_later_rewards_a_return_is_the_whole_rest():
    rewards = np.ones((5, 2))
    dones = np.zeros((5, 2), dtype=bool)
    dones[-1] = True
    returns = discounted_returns(rewards, dones, 1.0)
    np.testing.assert_array_equal(returns[:, 0], [5, 4, 3, 2, 1])
    np.testing.assert_array_equal(discounted_returns(rewards, dones, 0.0), rewards)


def test_returns_equal_the_plain_double_loop():
    rng = np.random.default_rng(1)
    rewards = rng.normal(size=(40, 7))
    dones = rng.random((40, 7)) < 0.1
    dones[-1] = True
    slow = np.zeros_like(rewards)
    for env in range(7):
        for start in range(40):
            discount = 1.0
            for t in range(start, 40):
                slow[start, env] += discount * rewards[t, env]
                discount *= 0.97
                if dones[t, env]:
                    break
    np.testing.assert_allclose(discounted_returns(rewards, dones, 0.97), slow, rtol=1e-12)


def test_the_mean_baseline_compares_steps_of_the_same_number():
    returns = np.array([1.0, 3.0, 10.0, 5.0])
    times = np.array([0, 0, 1, 0])
    np.testing.assert_array_equal(mean_at_same_time(returns, times), [3.0, 3.0, 10.0, 3.0])


@pytest.mark.parametrize("gamma", [0.0, 0.9, 1.0])
def test_rows_in_which_an_environment_was_frozen_change_nothing(gamma):
    rewards = np.array([[1.0, 1.0], [2.0, 2.0], [0.0, 3.0]])
    dones = np.array([[False, False], [True, False], [False, True]])
    alone = discounted_returns(rewards[:2, :1], dones[:2, :1], gamma)
    np.testing.assert_array_equal(discounted_returns(rewards, dones, gamma)[:2, :1], alone)
