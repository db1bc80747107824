"""What a training is told: one frozen model, from flags, TOML or Python."""

import re
import tomllib
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)

from racer.algorithms.hyperparameter_table import BY_NAME, NO_EFFECT
from racer.algorithms.hyperparameters import resolve
from racer.algorithms.known import ALGORITHMS, FROM_REWARDS, default_name
from racer.env import RuleSettings, Scenario
from racer.env.randomize import Randomization
from racer.errors import ConfigError, TrackError, unknown_name
from racer.naming import as_list, one_or_list
from racer.sensors import Sensor, make_sensor
from racer.track import load_tracks
from racer.track.several import split_names
from racer.vehicle import (
    ContinuousActions,
    DiscreteActions,
    actions_from_dict,
    default_actions,
)

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


class TrainConfig(BaseModel):
    """All settings of one training. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reward: str = "center_line"
    """A shipped reward function's name, or a path."""
    track: tuple[str, ...] = ("reinvent_2018",)
    """Shipped names, generated:SEED, generated:FIRST-LAST, paths to .toml, .npy or .csv: one, or a
    list, of which each episode draws one."""
    track_scale: float = Field(1.0, gt=0)
    """Multiplies all lengths of the tracks."""
    reverse: bool = False
    """Drive the tracks the other way round."""
    algo: str = "vpg"
    """vpg, ppo, a2c or sac; ppo by default for a camera; dagger imitates a teacher."""
    teacher: str | None = None
    """The checkpoint of the run that dagger imitates."""
    seed: int = Field(0, ge=0)
    """Everything random follows from it."""
    n_envs: int = Field(64, ge=1)
    """How many cars drive at the same time."""
    steps: int | None = Field(None, ge=1)
    """Budget in environment steps."""
    minutes: float | None = Field(None, gt=0)
    """Budget in minutes of training."""
    until_finish: float | None = Field(None, gt=0, le=1)
    """Stop when this share of evaluation laps is finished."""
    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    """Of the algorithm, under any of their names."""
    vehicle: str = "deepracer"
    """Preset of the car."""
    actions: dict[str, Any] | None = None
    """The action space, as ``Actions.to_dict`` writes it; None: the algorithm's default."""
    observe: str = "state"
    """What the car observes: names of sensors, with + between them."""
    image_size: str = "64x48"
    """Width and height of the camera's pictures (pixels)."""
    rgb: bool = False
    """Whether the camera's pictures have colours."""
    frame_stack: int = 1
    """How many of the camera's pictures the car sees, the last ones."""
    randomize: float | dict[str, float] = 0.0
    """Strength of all random elements, or of some by name; 0 is off, 1 moderate."""
    max_seconds: float | None = Field(None, gt=0)
    """Time limit of an episode (s)."""
    first_steps: int = 2
    """``steps`` at the first call of the reward function: 2, or 1 for files of 2019."""
    record: bool = True
    """Record every rewarded step, so that another reward function can be replayed on them."""
    drop_duplicates: bool = False
    """Drop repeated waypoints of a .npy route, as the simulator does since 6.0.5."""
    eval_every: int = Field(10_000, ge=1)
    """Environment steps between the evaluations that pick the best checkpoint."""
    eval_trials: int = Field(20, ge=1)
    """Laps of each of these evaluations, and of the one at the end; at least one a track."""

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
            values = {**values, "actions": ContinuousActions().to_dict()}
        return {**values, "algo": algo}

    @field_validator("track", mode="before")
    @classmethod
    def _name_tracks(cls, given: object) -> tuple[str, ...]:
        """Take one name or several, and write ranges out."""
        try:
            return split_names(given)
        except TrackError as error:
            raise ConfigError(str(error)) from error

    @field_serializer("track")
    def _keep_tracks(self, names: tuple[str, ...]) -> str | list[str]:
        """Keep one track as its name, as ever, and several as a list."""
        return one_or_list(as_list(names))

    @model_validator(mode="after")
    def _same_meaning(self) -> Self:
        Randomization.of(self.randomize)
        one = ALGORITHMS.get(self.algo)
        if one is None:
            raise ValueError(unknown_name("algorithm", self.algo, list(FROM_REWARDS)))
        if one.has_teacher and self.teacher is None:
            raise ValueError(f"{self.algo}: expected a teacher: racer distill RUN")
        if not one.has_teacher and self.teacher is not None:
            raise ValueError(f"teacher: {self.algo} learns from rewards, only dagger has a teacher")
        if not one.takes_lists and isinstance(self.make_actions(), DiscreteActions):
            raise ValueError(
                f"actions: {self.algo} takes continuous ones, ranges of steering and speed, and "
                "cannot choose from a list; without any it takes 30° to both sides, 0.5 to 2 m/s"
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
        return ALGORITHMS[self.algo].budget.steps(
            sees_pictures=_sees_pictures(self.observe),
            is_random=not Randomization.of(self.randomize).is_off,
        )

    @property
    def n_trials(self) -> int:
        """How many laps an evaluation drives: no fewer than there are tracks."""
        return max(self.eval_trials, len(self.track))

    def make_actions(self) -> DiscreteActions | ContinuousActions:
        """Return the action space."""
        return default_actions() if self.actions is None else actions_from_dict(self.actions)

    def make_sensor(self) -> Sensor:
        """Return what observes; a critic that sees the state needs that too.

        Raises:
            ConfigError: if a sensor is unknown or its settings cannot be used.
        """
        names = self.observe.split("+")
        settings = resolve(self.algo, self.hyperparameters)[0].to_dict()
        if settings.get("critic") == "state" and "state" not in names:
            names.append("state")
        parts = [self._sensor(name) for name in names]
        if len(parts) == 1:
            return make_sensor(parts[0])
        return make_sensor({"sensor": "+".join(names), "parts": parts})

    def _sensor(self, name: str) -> dict[str, Any]:
        """Return the settings of one sensor."""
        if name != "camera":
            return {"sensor": name}
        width, height = _size(self.image_size)
        return {
            "sensor": name,
            "width": width,
            "height": height,
            "rgb": self.rgb,
            "stack": self.frame_stack,
        }

    def scenario(self, **changes: Any) -> Scenario:
        """Return what the cars are put into; ``changes`` replace fields of the scenario."""
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


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings of a TOML file, whose keys are the fields of ``TrainConfig``.

    Raises:
        ConfigError: if the file is missing, is not TOML, or holds an unknown key.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for name in without_former(values):
        if name not in TrainConfig.model_fields:
            raise ConfigError(
                f"{path}: {unknown_name('setting', name, list(TrainConfig.model_fields))}"
            )
    return values


def make_config(**settings: Any) -> TrainConfig:
    """Return the settings of a training from its fields and hyperparameters in one mapping.

    Raises:
        ConfigError: if a name is neither, or a value cannot be used.
    """
    hyperparameters = dict(settings.pop("hyperparameters", {}))
    for name in [key for key in without_former(settings) if key not in TrainConfig.model_fields]:
        if name in BY_NAME or name in NO_EFFECT:
            hyperparameters[name] = settings.pop(name)
        else:
            known = [*TrainConfig.model_fields, *BY_NAME]
            raise ConfigError(unknown_name("setting", name, known))
    actions = settings.get("actions")
    if isinstance(actions, DiscreteActions | ContinuousActions):
        settings["actions"] = actions.to_dict()
    return TrainConfig.of(hyperparameters=hyperparameters, **settings)
