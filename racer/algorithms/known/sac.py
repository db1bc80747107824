"""Soft actor-critic, DeepRacer's second algorithm: Stable-Baselines3's, continuous actions only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from racer.algorithms.algorithm import Algorithm, Budget, Learner, constructor_arguments
from racer.algorithms.dimension import DISCOUNTS, among, between
from racer.algorithms.settings import AlgorithmSettings


@dataclass(frozen=True)
class SACSettings(AlgorithmSettings):
    """Soft actor-critic, for 64 cars."""

    algorithm: ClassVar[str] = "sac"

    learning_rate: float = 1e-3
    # more than SB3's 3e-4: few updates are enough here
    discount_factor: float = 0.99
    # 100 steps, 6.7 s, ahead
    n_steps: int = 16
    # with 64 cars 1,024 steps an update
    gradient_steps: int = 32
    # one for 32 new steps, where SB3 makes one a step: most of the time goes here
    batch_size: int = 256
    # SB3's
    buffer_size: int = 100_000
    # more than the default budget: nothing is forgotten
    learning_starts: int = 2_000
    # each car has driven about two random episodes by then
    tau: float = 0.02
    # more than SB3's 0.005, because there are fewer learning steps
    temperature: float | None = None
    # SB3's: tracks that need more or less exploring need others
    target_entropy: float = -2.0
    # SB3's: minus one for each of the two numbers of an action
    net_arch: tuple[int, ...] = (64, 64)
    # as the others; SB3's two layers of 256 take four times the time
    activation: Literal["tanh", "relu"] = "relu"
    # SB3's
    network: Literal["small", "shallow"] = "small"
    # as the others


def _learner(values: Mapping[str, Any]) -> Learner:
    from racer.algorithms.sac import SAC

    others = {key: value for key, value in values.items() if key not in ("n_steps", "temperature")}
    alpha = values["temperature"]
    return SAC, {
        **constructor_arguments(others),
        "train_freq": values["n_steps"],  # what SB3 calls n_steps here is another thing
        "ent_coef": "auto" if alpha is None else alpha,
    }


ALGORITHM = Algorithm(
    title="soft actor-critic",
    settings=SACSettings,
    learner=_learner,
    budget=Budget(50_000),
    search=(
        between("learning_rate", 1e-4, 1e-2),
        DISCOUNTS,
        among("n_steps", 4, 8, 16, 32),
        among("gradient_steps", 16, 32, 64, 128),
        among("batch_size", 128, 256, 512),
        among("tau", 0.005, 0.01, 0.02, 0.05),
        among("target_entropy", -4.0, -3.0, -2.0, -1.0),
    ),
    diagnostics={
        "entropy": "train/entropy",
        "policy_loss": "train/actor_loss",
        "value_loss": "train/critic_loss",
        "learning_rate": "train/learning_rate",
    },
    takes_lists=False,
    scales_returns=True,
    deepracer_name="sac",
    value_layers="qf",
)
