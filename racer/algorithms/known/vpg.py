"""Vanilla policy gradient, ours: racer/algorithms/vpg.py is the learner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from racer.algorithms.algorithm import Algorithm, Budget, Learner, constructor_arguments
from racer.algorithms.dimension import DISCOUNTS, ENTROPIES, among, between
from racer.algorithms.settings import AlgorithmSettings


@dataclass(frozen=True)
class VPGSettings(AlgorithmSettings):
    """Vanilla policy gradient, for 64 cars that drive an episode each."""

    algorithm: ClassVar[str] = "vpg"

    learning_rate: float = 0.01
    # large: there is only one step a batch
    discount_factor: float = 0.99
    # 100 steps, 6.7 s, ahead
    entropy: float = 0.0
    # sampled actions explore enough in the few updates that are needed
    episodes_per_update: int = 64
    # one for each car of the default training
    baseline: Literal["value", "mean", "none"] = "value"
    # the only one that can stand in for what a time limit cuts off
    normalize_advantage: bool = True
    # rewards of any size learn at the same rate
    value_learning_rate: float = 0.01
    # a regression, safe to do quickly
    epochs: int = 2
    # of the baseline, four predict a little better in twice the time; the policy makes one step a
    # batch whatever is set here
    batch_size: int = 1024
    # of the baseline: larger is quicker
    loss_type: Literal["mse", "huber"] = "mse"
    # the mean is what a baseline should predict; Huber leans to the median
    max_grad_norm: float = 0.5
    # Stable-Baselines3's
    net_arch: tuple[int, ...] = (64, 64)
    # Stable-Baselines3's for a vector of observations
    activation: Literal["tanh", "relu"] = "tanh"
    # Stable-Baselines3's
    network: Literal["small", "shallow"] = "small"
    # learns to lap as surely as DeepRacer's, in a fraction of the time
    critic: Literal["same", "state"] = "same"
    # as in DeepRacer
    log_std_init: float = 0.0
    # Stable-Baselines3's; Box actions reach from -1 to 1


def _learner(values: Mapping[str, Any]) -> Learner:
    from racer.algorithms.vpg import VPG

    return VPG, constructor_arguments(values)


ALGORITHM = Algorithm(
    title="vanilla policy gradient",
    settings=VPGSettings,
    learner=_learner,
    budget=Budget(100_000),
    search=(
        between("learning_rate", 1e-3, 1e-1),
        DISCOUNTS,
        ENTROPIES,
        among("episodes_per_update", 32, 64, 128),
        among("epochs", 1, 2, 4, 8),
        between("value_learning_rate", 1e-3, 1e-1),
    ),
    diagnostics={
        "entropy": "train/entropy",
        "policy_loss": "train/policy_gradient_loss",
        "value_loss": "train/value_loss",
        "approx_kl": "train/approx_kl",
        "explained_variance": "train/explained_variance",
        "grad_norm": "train/grad_norm",
        "learning_rate": "train/learning_rate",
    },
    is_default=True,
    scales_returns=True,
)
