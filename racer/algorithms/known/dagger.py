"""Imitation of a teacher, ours: racer/algorithms/dagger.py is the learner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from racer.algorithms.algorithm import Algorithm, Budget, Learner, constructor_arguments
from racer.algorithms.settings import AlgorithmSettings


@dataclass(frozen=True)
class DaggerSettings(AlgorithmSettings):
    """Imitation of a teacher, for 64 cars."""

    algorithm: ClassVar[str] = "dagger"

    learning_rate: float = 5e-4
    # half of Adam's usual, with which the shallow network never laps from 160×120 pixels
    n_steps: int = 8
    # with 64 cars 512 states a turn: the student soon drives with what it has learned
    batch_size: int = 128
    # of all states
    epochs: int = 8
    # 32 mini-batches a turn
    max_grad_norm: float = 0.5
    # Stable-Baselines3's
    net_arch: tuple[int, ...] = (64, 64)
    # Stable-Baselines3's for a vector of observations
    activation: Literal["tanh", "relu"] = "tanh"
    # Stable-Baselines3's
    network: Literal["small", "shallow"] = "small"
    # drives as well as DeepRacer's, in a fraction of the time
    log_std_init: float = 0.0
    # Stable-Baselines3's


def _learner(values: Mapping[str, Any]) -> Learner:
    from racer.algorithms.dagger import Dagger

    return Dagger, constructor_arguments(values)


ALGORITHM = Algorithm(
    title="imitation of a teacher",
    settings=DaggerSettings,
    learner=_learner,
    budget=Budget(6_000, camera=6_000, random_camera=6_000),
    search=(),
    diagnostics={
        "entropy": "train/entropy",
        "policy_loss": "train/policy_loss",
        "learning_rate": "train/learning_rate",
    },
    has_teacher=True,
)
