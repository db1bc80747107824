"""Checkpoints: SB3's zip with racer's settings inside, all that is needed to act."""

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy

from racer.algorithms.registry import load_algorithm
from racer.env import World
from racer.errors import RacerError, RunError
from racer.training.config import TrainConfig

SETTINGS = "racer.json"
"""Name of racer's file inside the zip."""


def save_checkpoint(model: BaseAlgorithm, path: Path, config: TrainConfig, **facts: Any) -> None:
    """Write a checkpoint so that a reader sees the old or the new one, never half of it.

    Args:
        model: what to save.
        path: a ``.zip``.
        config: the settings of the run; what the policy needs to act follows from them.
        facts: further plain data, for example the steps done.

    Raises:
        RunError: if it cannot be written; a checkpoint that was there is still there.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        model.save(temporary)
        with zipfile.ZipFile(temporary, "a") as file:
            file.writestr(SETTINGS, json.dumps({"config": config.model_dump(), **facts}))
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # torch says RuntimeError when a disk is full
        temporary.unlink(missing_ok=True)
        raise RunError(f"{path}: the checkpoint cannot be written: {error}") from error


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint."""

    model: BaseAlgorithm
    config: TrainConfig
    facts: dict[str, Any]


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        RunError: if the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(path) as file:
            facts = json.loads(file.read(SETTINGS))
    except FileNotFoundError as error:
        raise RunError(f"{path}: no such checkpoint") from error
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise RunError(f"{path}: not a checkpoint of racer: {error}") from error
    try:
        config = TrainConfig.of(**facts.pop("config"))
        return Checkpoint(load_algorithm(path), config, facts)
    except RacerError:
        raise
    except Exception as error:  # unpickling damaged bytes may raise anything
        raise RunError(f"{path}: the checkpoint is damaged: {error}") from error


def find_checkpoint(run: Path, which: str = "best") -> Path:
    """Return the file of a run's checkpoint ``best`` or ``last``, or of a checkpoint named itself.

    Raises:
        RunError: if there is none.
    """
    if run.suffix == ".zip":
        return run
    if not run.is_dir():
        raise RunError(f"{run}: no such run")
    for name in (which, "last"):
        if (run / f"{name}.zip").is_file():
            return run / f"{name}.zip"
    raise RunError(f"{run}: holds no checkpoint yet")


class PolicyDriver:
    """Drives as a trained policy: always its most probable action."""

    def __init__(self, model: BaseAlgorithm, name: str, *, deterministic: bool = True) -> None:
        self.name = name
        self._model = model
        self._deterministic = deterministic
        policy = model.policy
        self._network = (
            policy
            if deterministic
            and isinstance(policy, ActorCriticPolicy)
            and isinstance(policy.action_space, spaces.Discrete)
            and isinstance(policy.observation_space, spaces.Box)
            else None
        )

    def act(self, world: World) -> NDArray[Any]:
        """Return the actions of all cars: (n_cars,) indices or (n_cars, 2)."""
        if self._network is not None:
            return _most_probable(self._network, world.observation)
        actions, _ = self._model.predict(world.observation, deterministic=self._deterministic)
        return np.asarray(actions)


def _most_probable(policy: ActorCriticPolicy, observation: NDArray[Any]) -> NDArray[np.int64]:
    """Return what ``predict`` returns for discrete actions, in a quarter of its time.

    ``predict`` makes a distribution of the network's outputs, checks it, and asks it for its mode.
    """
    policy.set_training_mode(False)
    with torch.inference_mode():
        features = policy.pi_features_extractor(torch.as_tensor(observation, device=policy.device))
        logits = policy.action_net(policy.mlp_extractor.forward_actor(features))
        actions: NDArray[np.int64] = torch.argmax(logits, dim=1).numpy(force=True)
        return actions
