"""What followed each step, and what was to be expected at that time: plain arithmetic on arrays."""

import numpy as np
from numpy.typing import NDArray


def discounted_returns(
    rewards: NDArray[np.float64], dones: NDArray[np.bool_], gamma: float
) -> NDArray[np.float64]:
    """Return G_t = r_t + γ G_{t+1}, and G_t = r_t at the last step of an episode.

    Args:
        rewards: (T, n_envs).
        dones: (T, n_envs), True at the last step of an episode.
        gamma: γ, 0 to 1.

    Returns:
        (T, n_envs).
    """
    returns = np.zeros_like(rewards)
    following = np.zeros(rewards.shape[1])
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * np.where(dones[t], 0.0, following)
        returns[t] = following
    return returns


def mean_at_same_time(
    returns: NDArray[np.float64], times: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return (N,) for each step the mean of the returns from all steps with the same number.

    Args:
        returns: (N,) the return from each step.
        times: (N,) the step's number in its episode, from 0.
    """
    count = np.bincount(times)
    return (np.bincount(times, weights=returns) / np.maximum(count, 1))[times]
