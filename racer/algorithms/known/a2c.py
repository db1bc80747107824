"""Advantage actor-critic: Stable-Baselines3's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from racer.algorithms.algorithm import Algorithm, Budget, Learner, constructor_arguments
from racer.algorithms.dimension import DISCOUNTS, ENTROPIES, LAMBDAS, among, between
from racer.algorithms.settings import AlgorithmSettings


@dataclass(frozen=True)
class A2CSettings(AlgorithmSettings):
    """Advantage actor-critic, for 64 cars."""

    algorithm: ClassVar[str] = "a2c"

    learning_rate: float = 2e-3
    # more than SB3's 7e-4: a batch from 64 cars is steadier than from the usual 8
    discount_factor: float = 0.99
    # 100 steps, 6.7 s, ahead
    entropy: float = 0.0
    # SB3's
    n_steps: int = 16
    # with 64 cars 1,024 steps an update
    gae_lambda: float = 0.95
    # less noise than SB3's 1.0
    normalize_advantage: bool = True
    # rewards of any size learn at the same rate
    value_weight: float = 0.5
    # SB3's
    loss_type: Literal["mse", "huber"] = "mse"
    # SB3's
    max_grad_norm: float = 0.5
    # SB3's
    use_rms_prop: bool = False
    # Adam is steadier in the first updates
    net_arch: tuple[int, ...] = (64, 64)
    # SB3's for a vector of observations
    activation: Literal["tanh", "relu"] = "tanh"
    # SB3's
    network: Literal["small", "shallow"] = "small"
    # learns to lap as surely as DeepRacer's, in a fraction of the time
    critic: Literal["same", "state"] = "same"
    # as in DeepRacer
    log_std_init: float = 0.0
    # SB3's


def _learner(values: Mapping[str, Any]) -> Learner:
    from stable_baselines3 import A2C

    from racer.algorithms.huber import HuberA2C

    arguments = constructor_arguments(values)
    return HuberA2C if arguments.pop("value_loss") == "huber" else A2C, arguments


ALGORITHM = Algorithm(
    title="advantage actor-critic",
    settings=A2CSettings,
    learner=_learner,
    budget=Budget(150_000),
    search=(
        between("learning_rate", 2e-4, 2e-2),
        DISCOUNTS,
        ENTROPIES,
        among("n_steps", 4, 8, 16, 32, 64),
        LAMBDAS,
        among("value_weight", 0.25, 0.5, 1.0),
    ),
    diagnostics={
        "entropy": "-train/entropy_loss",
        "policy_loss": "train/policy_loss",
        "value_loss": "train/value_loss",
        "explained_variance": "train/explained_variance",
        "learning_rate": "train/learning_rate",
    },
)
