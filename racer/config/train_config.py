"""What a training is told: one frozen model, whose fields ``declaration`` declares.

What the settings stand for (tracks, sensors, actions) is imported where it is made: a command only
checks them, and hands them on.
"""

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)

from racer.algorithms.hyperparameters import resolve
from racer.config.declaration import TrainSettings
from racer.errors import ConfigError, TrackError, unknown_name
from racer.naming import as_list, one_or_list

if TYPE_CHECKING:
    from racer.env import Scenario
    from racer.sensors import Sensor
    from racer.vehicle import ContinuousActions, DiscreteActions

DAGGER = "dagger"
"""The algorithm that learns from a teacher, not from rewards."""

DEFAULT_STEPS = {"vpg": 100_000, "ppo": 100_000, "a2c": 150_000}
"""The budget when none is given, in environment steps."""

DAGGER_STEPS = 6_000
"""The budget when none is given and a teacher is imitated, in environment steps."""

CAMERA_STEPS = 60_000
"""The budget when none is given and the car sees pictures, in environment steps."""

RANDOM_CAMERA_STEPS = 300_000
"""The same where the pictures differ from episode to episode."""

STEPS_CAP = 5_000_000
"""Where ``until_finish`` gives up when no other budget is given, in environment steps."""


class TrainConfig(TrainSettings, BaseModel):
    """All settings of one training, checked. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _fit_algorithm(cls, values: Any) -> Any:
        """Choose ppo for pictures: one step a batch is too few for a network of convolutions."""
        if isinstance(values, dict) and values.get("algo") is None:
            return {**values, "algo": default_algo(values)}
        return values

    @field_validator("track", mode="before")
    @classmethod
    def _name_tracks(cls, given: object) -> tuple[str, ...]:
        """Take one name or several, and write ranges out."""
        from racer.track.several import split_names

        try:
            return split_names(given)
        except TrackError as error:
            raise ConfigError(str(error)) from error

    @field_validator("actions", mode="before")
    @classmethod
    def _take_actions(cls, given: Any) -> dict[str, Any] | None:
        """Keep whatever describes actions as ``Actions.to_dict`` writes it."""
        if given is None:
            return None
        from racer.vehicle import parse_actions

        return parse_actions(given).to_dict()

    @field_validator("randomize", mode="before")
    @classmethod
    def _take_strengths(cls, given: Any) -> Any:
        """Check strengths; a text of the command line becomes a number or a table."""
        from racer.env.randomize import Randomization, parse_strengths

        strengths = parse_strengths(given) if isinstance(given, str) else given
        Randomization.of(strengths)
        return strengths

    @field_serializer("track")
    def _keep_tracks(self, names: tuple[str, ...]) -> str | list[str]:
        """Keep one track as its name, as ever, and several as a list."""
        return one_or_list(as_list(names))

    @model_validator(mode="after")
    def _same_meaning(self) -> Self:
        if self.algo == DAGGER and self.teacher is None:
            raise ValueError("dagger: expected a teacher: racer distill RUN")
        if self.algo != DAGGER and self.teacher is not None:
            raise ValueError(f"teacher: {self.algo} learns from rewards, only dagger has a teacher")
        if self.algo not in (*DEFAULT_STEPS, DAGGER):
            raise ValueError(unknown_name("algorithm", self.algo, list(DEFAULT_STEPS)))
        return self

    @classmethod
    def of(cls, **values: Any) -> "TrainConfig":
        """Return the settings; errors come as one line each.

        Raises:
            ConfigError: for an unknown key or a value out of range.
        """
        for name in values:
            if name not in cls.model_fields:
                raise ConfigError(unknown_name("setting", name, list(cls.model_fields)))
        try:
            return cls(**values)
        except ValidationError as error:
            raise ConfigError("; ".join(_one_line(dict(e)) for e in error.errors())) from error

    @property
    def step_budget(self) -> int:
        """Environment steps after which the training ends in any case."""
        if self.steps is not None:
            return self.steps
        if self.minutes is not None or self.until_finish is not None:
            return STEPS_CAP if self.minutes is None else 2**62
        if self.algo == DAGGER:
            return DAGGER_STEPS
        if "camera" not in self.observe.split("+"):
            return DEFAULT_STEPS[self.algo]
        from racer.env.randomize import Randomization

        return CAMERA_STEPS if Randomization.of(self.randomize).is_off else RANDOM_CAMERA_STEPS

    @property
    def n_trials(self) -> int:
        """How many laps an evaluation drives: no fewer than there are tracks."""
        return max(self.eval_trials, len(self.track))

    def make_actions(self) -> "DiscreteActions | ContinuousActions":
        """Return the action space."""
        from racer.vehicle import actions_from_dict, default_actions

        return default_actions() if self.actions is None else actions_from_dict(self.actions)

    def make_sensor(self) -> "Sensor":
        """Return what observes; a critic that sees the state needs that too.

        Raises:
            ConfigError: if a sensor is unknown or its settings cannot be used.
        """
        from racer.sensors import make_sensor

        names = self.observe.split("+")
        settings = resolve(self.algo, self.hyperparameters)[0].to_dict()
        if settings.get("critic") == "state" and "state" not in names:
            names.append("state")
        parts = [{"sensor": name, **self._of_sensor(name)} for name in names]
        if len(parts) == 1:
            return make_sensor(parts[0])
        return make_sensor({"sensor": "+".join(names), "parts": parts})

    def _of_sensor(self, name: str) -> dict[str, Any]:
        """Return the settings of one sensor, in its own names and units."""
        if name == "camera":
            width, height = _size(self.image_size)
            return {"width": width, "height": height, "rgb": self.rgb, "stack": self.frame_stack}
        if name == "lidar":
            angle, yaw = self.lidar_angle, self.lidar_yaw
            values = {
                "form": self.lidar_form,
                "n_beams": self.lidar_beams,
                "n_sectors": self.lidar_sectors,
                "n_values": self.lidar_values,
                "clip": self.lidar_clip,
                "half_angle": None if angle is None else math.radians(0.5 * angle),
                "yaw": None if yaw is None else math.radians(yaw),
            }
            return {key: value for key, value in values.items() if value is not None}
        return {}

    def scenario(self, **changes: Any) -> "Scenario":
        """Return what the cars are put into; ``changes`` replace fields of the scenario."""
        from racer.env import RuleSettings, Scenario
        from racer.track import load_tracks

        tracks = load_tracks(
            self.track,
            reverse=self.reverse,
            scale=self.track_scale,
            drop_duplicates=self.drop_duplicates,
        )
        return Scenario.of(
            tracks,
            changes.pop("reward", self.reward),
            actions=self.make_actions(),
            rules=RuleSettings(max_seconds=self.max_seconds, first_steps=self.first_steps),
            vehicle=self.vehicle,
            sensor=self.make_sensor(),
            randomize=self.randomize,
            **changes,
        )


def default_algo(values: Mapping[str, Any]) -> str:
    """Return the algorithm of settings that name none."""
    return "ppo" if "camera" in str(values.get("observe", "")).split("+") else "vpg"


def _size(text: str) -> tuple[int, int]:
    """Return width and height of ``64x48``."""
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    if found is None:
        raise ConfigError(f"image_size: expected width x height, such as 64x48, got {text!r}")
    return int(found[1]), int(found[2])


def _one_line(error: dict[str, Any]) -> str:
    """Return one of pydantic's errors as ``field: what is wrong, got value``."""
    where = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if not where:
        return message
    return f"{where}: {message[:1].lower()}{message[1:]}, got {error['input']!r}"
