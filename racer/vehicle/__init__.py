"""The car: its parameters, its actions, model_metadata.json."""

from racer.vehicle.actions import (
    Actions,
    ContinuousActions,
    DiscreteActions,
    actions_from_dict,
    actions_from_metadata,
    default_actions,
)
from racer.vehicle.params import DEFAULT_VEHICLE, VEHICLES, n_substeps, vehicle

__all__ = [
    "DEFAULT_VEHICLE",
    "VEHICLES",
    "Actions",
    "ContinuousActions",
    "DiscreteActions",
    "actions_from_dict",
    "actions_from_metadata",
    "default_actions",
    "n_substeps",
    "vehicle",
]
