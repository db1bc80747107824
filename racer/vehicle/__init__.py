"""The car: its parameters, its actions, model_metadata.json."""

from racer.vehicle.action_words import ActionsLike, parse_actions, words_of
from racer.vehicle.actions import (
    Actions,
    ContinuousActions,
    DiscreteActions,
    actions_from_dict,
    actions_from_metadata,
    default_actions,
)
from racer.vehicle.params import VEHICLES, commands_in_effect, n_substeps, vehicle

__all__ = [
    "VEHICLES",
    "Actions",
    "ActionsLike",
    "ContinuousActions",
    "DiscreteActions",
    "actions_from_dict",
    "actions_from_metadata",
    "commands_in_effect",
    "default_actions",
    "n_substeps",
    "parse_actions",
    "vehicle",
    "words_of",
]
