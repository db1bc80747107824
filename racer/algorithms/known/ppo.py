"""Proximal policy optimization: Stable-Baselines3's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from racer.algorithms.algorithm import Algorithm, Budget, Learner, constructor_arguments
from racer.algorithms.dimension import DISCOUNTS, ENTROPIES, LAMBDAS, among, between
from racer.algorithms.settings import AlgorithmSettings


@dataclass(frozen=True)
class PPOSettings(AlgorithmSettings):
    """Proximal policy optimization, for 64 cars."""

    algorithm: ClassVar[str] = "ppo"

    learning_rate: float = 1e-3
    # more than SB3's 3e-4: few updates are enough here
    discount_factor: float = 0.99
    # 100 steps, 6.7 s, ahead
    entropy: float = 0.0
    # SB3's
    n_steps: int = 64
    # with 64 cars 4,096 steps an update
    batch_size: int = 512
    # eight mini-batches an epoch
    epochs: int = 4
    # few enough that clipping seldom has to act
    gae_lambda: float = 0.95
    # SB3's and DeepRacer's
    clip_range: float = 0.2
    # SB3's and DeepRacer's
    clip_range_vf: float | None = None
    # SB3's; depends on the size of rewards
    target_kl: float | None = None
    # SB3's
    normalize_advantage: bool = True
    # SB3's
    value_weight: float = 0.5
    # SB3's
    loss_type: Literal["mse", "huber"] = "mse"
    # SB3's
    max_grad_norm: float = 0.5
    # SB3's
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
    from stable_baselines3 import PPO

    from racer.algorithms.huber import HuberPPO

    arguments = constructor_arguments(values)
    return HuberPPO if arguments.pop("value_loss") == "huber" else PPO, arguments


ALGORITHM = Algorithm(
    title="proximal policy optimization",
    settings=PPOSettings,
    learner=_learner,
    budget=Budget(100_000),
    search=(
        between("learning_rate", 1e-4, 1e-2),
        DISCOUNTS,
        ENTROPIES,
        among("n_steps", 16, 32, 64, 128),
        among("batch_size", 128, 256, 512, 1024),
        among("epochs", 2, 4, 8, 16),
        LAMBDAS,
        among("clip_range", 0.1, 0.2, 0.3),
    ),
    diagnostics={
        "entropy": "-train/entropy_loss",
        "policy_loss": "train/policy_gradient_loss",
        "value_loss": "train/value_loss",
        "approx_kl": "train/approx_kl",
        "explained_variance": "train/explained_variance",
        "clip_fraction": "train/clip_fraction",
        "learning_rate": "train/learning_rate",
    },
    is_default_for_camera=True,
    is_deepracers=True,
    reuses_steps=True,
)
