"""The world of cars, and its Gymnasium environments."""

from racer.env.build import RewardLike, Scenario
from racer.env.racer_env import RacerEnv
from racer.env.rules import STATUS_NAMES, RuleSettings
from racer.env.vector_env import RacerVectorEnv, ScenarioVectorEnv
from racer.env.world import START_ADVANCE, World, evaluation_starts, training_starts

__all__ = [
    "START_ADVANCE",
    "STATUS_NAMES",
    "RacerEnv",
    "RacerVectorEnv",
    "RewardLike",
    "RuleSettings",
    "Scenario",
    "ScenarioVectorEnv",
    "World",
    "evaluation_starts",
    "training_starts",
]
