"""``Algorithm``: all that the rest of racer knows of a learning algorithm, in one object.

Neither torch nor Stable-Baselines3 is imported here: the command line's help must come at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from racer.algorithms.dimension import Dimension
from racer.algorithms.hyperparameter_table import BY_NAME, Hyperparameter
from racer.algorithms.settings import AlgorithmSettings

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

Learner: TypeAlias = "tuple[type[BaseAlgorithm], dict[str, Any]]"
"""A class that learns, and the arguments of its constructor."""

POLICY_SETTINGS = frozenset({"net_arch", "activation", "log_std_init", "network", "critic"})
"""Hyperparameters that describe the networks; all others are arguments of the learner."""


@dataclass(frozen=True)
class Budget:
    """How many environment steps a training has when it is not told."""

    state: int
    camera: int = 60_000
    """Where the car sees pictures."""
    random_camera: int = 300_000
    """The same where the pictures differ from episode to episode."""

    def steps(self, *, sees_pictures: bool, is_random: bool) -> int:
        """Return the budget of a training."""
        if not sees_pictures:
            return self.state
        return self.random_camera if is_random else self.camera


@dataclass(frozen=True)
class Algorithm:
    """A learning algorithm: its settings, how it is made, and what others must know of it."""

    title: str
    """Its name, written out."""
    settings: type[AlgorithmSettings]
    """Hyperparameters and their defaults."""
    learner: Callable[[Mapping[str, Any]], Learner]
    """Of the values of the settings. It imports torch: call it only to make or load one."""
    budget: Budget
    search: tuple[Dimension, ...]
    """What ``racer tune`` searches by default; empty if nothing can be searched."""
    diagnostics: Mapping[str, str]
    """Columns of updates.csv, and the names under which the learner logs them; with a minus in
    front the number changes its sign."""
    takes_lists: bool = True
    """Whether it can choose from a list of actions; ranges of steering and speed all take."""
    has_teacher: bool = False
    """Whether it imitates a teacher; others learn from rewards."""
    is_default: bool = False
    """Whether it learns where nobody says which."""
    is_default_for_camera: bool = False
    """The same for a car that sees pictures."""
    is_deepracers: bool = False
    """Whether DeepRacer has it, so that its hyperparameters.json is made for it."""
    scales_returns: bool = False
    """Whether rewards of any size are learned equally well."""
    reuses_steps: bool = False
    """Whether the policy makes several passes (``epochs``) over the same steps."""
    value_layers: str = "vf"
    """What Stable-Baselines3's ``net_arch`` calls the layers of the value network."""

    @property
    def name(self) -> str:
        """What users call it."""
        return self.settings.algorithm

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The rows of the table that it takes, in the order of its settings."""
        return [BY_NAME[field.name] for field in fields(self.settings)]

    def takes(self, name: str) -> bool:
        """Return whether it has a hyperparameter, by the name in front."""
        return any(field.name == name for field in fields(self.settings))

    def measured(self, logged: Mapping[str, float]) -> dict[str, float | None]:
        """Return the columns of updates.csv that it fills, from what its learner has logged."""
        found: dict[str, float | None] = {}
        for column, name in self.diagnostics.items():
            value = logged.get(name.removeprefix("-"))
            sign = -1.0 if name.startswith("-") else 1.0
            found[column] = None if value is None else sign * float(value)
        return found


def constructor_arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters under the names of Stable-Baselines3, without the networks' own."""
    return {BY_NAME[key].sb3: v for key, v in values.items() if key not in POLICY_SETTINGS}
