"""What a car sees and thinks while it laps: pictures and probabilities, step by step."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy

from racer.algorithms.saliency import action_probabilities, picture_key, pixel_saliency
from racer.env import Scenario, World
from racer.errors import ConfigError
from racer.evaluation import Driver, Evaluation, evaluate
from racer.evaluation.sights_record import Sights
from racer.kernels.layout import Bytes, Floats
from racer.sensors import CameraSensor, Sensor, make_sensor
from racer.sensors.observations import copied, row_of
from racer.training.checkpoint import PolicyDriver

_CAMERA = CameraSensor(rgb=True)


@dataclass
class _Watched:
    """A driver that keeps what it saw, and how sure it was."""

    driver: Driver
    policy: ActorCriticPolicy | None
    sensor: Sensor | None
    """What to look through; None: what the driver itself sees."""
    key: str
    """Of the pictures in what the driver sees; "" if it is nothing else."""
    name: str = "watched"
    pictures: list[Bytes] = field(default_factory=list)
    probabilities: list[Floats] = field(default_factory=list)
    observations: list[Any] = field(default_factory=list)

    def act(self, world: World) -> NDArray[Any]:
        """Return the driver's actions."""
        seen: Any = world.observation
        if self.sensor is not None:
            seen = self.sensor.allocate(world.n_cars)
            world.look(self.sensor, seen)
        elif self.key:
            seen = seen[self.key]
        self.pictures.append(np.array(seen))
        self.observations.append(copied(world.observation) if self.sensor is None else None)
        if self.policy is not None:
            self.probabilities.append(action_probabilities(self.policy, world.observation))
        return self.driver.act(world)


def watch_drive(driver: Driver, scenario: Scenario, trials: int) -> tuple[Evaluation, "Watched"]:
    """Let a driver lap, and keep what it saw at each step.

    A car that drives without a camera is given one to look through, which it does not see.

    Args:
        driver: who drives.
        scenario: where.
        trials: how many, as for ``evaluate``.
    """
    policy = driver.policy if isinstance(driver, PolicyDriver) else None
    key = None if policy is None else picture_key(policy)
    is_discrete = scenario.actions.to_dict()["type"] == "discrete"
    chooser = policy if isinstance(policy, ActorCriticPolicy) and is_discrete else None
    watched = _Watched(driver, chooser, _CAMERA if key is None else None, key or "")
    evaluation = evaluate(watched, scenario, trials=trials)
    return evaluation, Watched(watched, policy, key, scenario)


@dataclass(frozen=True)
class Watched:
    """What was kept of all trials."""

    _kept: _Watched
    _policy: BasePolicy | None
    _key: str | None
    _scenario: Scenario

    def sights(self, trial: int, n_steps: int) -> Sights:
        """Return what the car of a trial saw in its steps."""
        pictures = np.stack([one[trial] for one in self._kept.pictures[:n_steps]])
        channels = 3 if self._is_rgb(pictures.shape[1]) else 1
        chances = self._kept.probabilities[:n_steps]
        return Sights(
            pictures=pictures[:, -channels:],
            is_seen=self._key is not None,
            probabilities=np.stack([one[trial] for one in chances]) if chances else None,
            actions=tuple(
                f"{f'{steering:+.0f}' if steering else '0'}° {speed:.1f} m/s"
                for _, steering, speed in self._scenario.actions.table()
            ),
        )

    def saliency(self, trial: int, steps: list[int]) -> Floats:
        """Return which pixels decided in some steps of a trial: (n, height, width), mean 1.

        Raises:
            ConfigError: if the car drives without a camera.
        """
        if self._key is None or self._policy is None:
            raise ConfigError("saliency: expected a run that drives by its camera")
        rows = [row_of(self._kept.observations[k], trial) for k in steps]
        if isinstance(rows[0], dict):
            seen: Any = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        else:
            seen = np.stack(rows)
        return pixel_saliency(self._policy, seen, self._key)

    def _is_rgb(self, n_channels: int) -> bool:
        sensor = self._kept.sensor or make_sensor(self._scenario.sensor)
        parts = getattr(sensor, "parts", (sensor,))
        cameras = [part for part in parts if isinstance(part, CameraSensor)]
        return n_channels >= 3 and bool(cameras) and cameras[0].rgb
