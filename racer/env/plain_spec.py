"""The spec of an environment in plain data, so that ``spec.to_json()`` can write and read it."""

import copy
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

from gymnasium.envs.registration import EnvSpec

from racer.env.rules import RuleSettings


class PlainSpec:
    """Keeps what ``gymnasium.make`` says of an environment, with arguments that JSON can hold."""

    scenario: Any

    @property
    def spec(self) -> EnvSpec | None:
        """How the environment was made; None if it was not made by ``gymnasium.make``."""
        return getattr(self, "_spec", None)

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        if spec is not None:
            spec = copy.copy(spec)
            spec.kwargs = {name: _plain(value) for name, value in spec.kwargs.items()}
            if not isinstance(spec.kwargs.get("actions"), str | None):
                spec.kwargs["actions"] = self.scenario.actions.to_dict()
        self._spec = spec


def _plain(value: Any) -> Any:
    """Return an argument as plain data that means the same; what has no such form as it is."""
    if isinstance(value, RuleSettings):
        return asdict(value)
    if hasattr(value, "to_dict"):  # actions, a sensor
        return value.to_dict()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):  # VehicleParams
        return value._asdict()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
