"""What a training is told: one frozen model, whose fields ``declaration`` declares.

What the settings stand for (tracks, sensors, actions) is imported where it is made: a command only
checks them, and hands them on.
"""

import math
import re
import warnings
from collections.abc import Callable, Mapping
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
from racer.algorithms.known import ALGORITHMS, FROM_REWARDS, default_name
from racer.config.declaration import TrainSettings
from racer.errors import ConfigError, TrackError, unknown_name
from racer.naming import as_list, one_or_list

if TYPE_CHECKING:
    from racer.env import Scenario
    from racer.sensors import Sensor
    from racer.vehicle import ContinuousActions, DiscreteActions

STEPS_CAP = 5_000_000
"""Where ``until_finish`` gives up when no other budget is given, in environment steps."""

_FORMER = {"compile_reward": "reward functions are no longer compiled"}
"""Settings of older versions that are read and have no effect, and why."""


def without_former(
    values: Mapping[str, Any], note: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Return settings but for those that only older versions had.

    Args:
        values: fields of ``TrainConfig``, as a user, a file or a run has them.
        note: called with a remark for each that is left out.
    """
    if note is not None:
        for name in _FORMER.keys() & values.keys():
            note(f"{_FORMER[name]}: {name} has no effect")
    return {name: value for name, value in values.items() if name not in _FORMER}


class TrainConfig(TrainSettings, BaseModel):
    """All settings of one training, checked. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _fit_algorithm(cls, values: Any) -> Any:
        """Choose ppo for pictures: one step a batch is too few for a network of convolutions.

        An algorithm that cannot choose from a list gets its own action space.
        """
        if not isinstance(values, dict):
            return values
        values = without_former(values, lambda text: warnings.warn(text, FutureWarning, 2))
        algo = default_algo(values) if values.get("algo") is None else values["algo"]
        one = ALGORITHMS.get(str(algo))
        if one is not None and not one.takes_lists and values.get("actions") is None:
            values = {**values, "actions": "continuous"}
        return {**values, "algo": algo}

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
        one = ALGORITHMS.get(self.algo)
        if one is None:
            raise ValueError(unknown_name("algorithm", self.algo, list(FROM_REWARDS)))
        if one.has_teacher and self.teacher is None:
            raise ValueError(f"{self.algo}: expected a teacher: racer distill RUN")
        if not one.has_teacher and self.teacher is not None:
            raise ValueError(f"teacher: {self.algo} learns from rewards, only dagger has a teacher")
        if not one.takes_lists and self.actions_are_listed:
            raise ValueError(
                f"actions: {self.algo} takes continuous ones, ranges of steering and speed, and "
                "cannot choose from a list: add continuous, or leave the action space out"
            )
        return self

    @classmethod
    def of(cls, **values: Any) -> "TrainConfig":
        """Return the settings; errors come as one line each.

        Raises:
            ConfigError: for an unknown key or a value out of range.
        """
        for name in without_former(values):
            if name not in cls.model_fields:
                raise ConfigError(unknown_name("setting", name, list(cls.model_fields)))
        try:
            return cls(**values)
        except ValidationError as error:
            raise ConfigError("; ".join(_one_line(dict(e)) for e in error.errors())) from error

    @classmethod
    def of_run(cls, values: Mapping[str, Any]) -> "TrainConfig":
        """Return the settings that a run has kept, also one of an older version.

        Raises:
            ConfigError: as for ``of``.
        """
        return cls.of(**without_former(values))

    @property
    def step_budget(self) -> int:
        """Environment steps after which the training ends in any case."""
        if self.steps is not None:
            return self.steps
        if self.minutes is not None or self.until_finish is not None:
            return STEPS_CAP if self.minutes is None else 2**62
        from racer.env.randomize import Randomization

        return ALGORITHMS[self.algo].budget.steps(
            sees_pictures=_sees_pictures(self.observe),
            is_random=not Randomization.of(self.randomize).is_off,
        )

    @property
    def n_trials(self) -> int:
        """How many laps an evaluation drives: no fewer than there are tracks."""
        return max(self.eval_trials, len(self.track))

    @property
    def actions_are_listed(self) -> bool:
        """Whether an action is one of a list, and not a steering angle and a speed in ranges."""
        from racer.vehicle import DiscreteActions

        return isinstance(self.make_actions(), DiscreteActions)

    def make_actions(self) -> "DiscreteActions | ContinuousActions":
        """Return the action space."""
        from racer.vehicle import actions_from_dict, default_actions

        return default_actions() if self.actions is None else actions_from_dict(self.actions)

    def command_notes(self) -> list[str]:
        """Return a line for each kind of command that the car cannot follow, or that no log holds.

        Raises:
            ConfigError: if the car is unknown.
        """
        from racer.vehicle import vehicle
        from racer.vehicle.reach import command_notes

        return command_notes(self.make_actions(), vehicle(self.vehicle))

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
        if name != "state":
            return {}
        from racer.env import RuleSettings
        from racer.vehicle import commands_in_effect, vehicle

        return {"commands": commands_in_effect(vehicle(self.vehicle), RuleSettings().control_dt)}

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
            sensor=changes.pop("sensor", None) or self.make_sensor(),
            randomize=self.randomize,
            **changes,
        )


def default_algo(values: Mapping[str, Any]) -> str:
    """Return the algorithm of settings that name none."""
    return default_name(sees_pictures=_sees_pictures(str(values.get("observe", ""))))


def _sees_pictures(observe: str) -> bool:
    return "camera" in observe.split("+")


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
