"""Checkpoints: one sealed file with all that is needed to act, and in the last one, to go on.

| entry | what |
|---|---|
| checkpoint.json | format, algorithm, its settings, the settings of the run, further facts |
| policy.safetensors | the policy's weights |
| training.json, training.safetensors | only in ``last.zip``: what the training needs to go on |

Nothing in it is pickled: loading a checkpoint cannot run code. The zips of older versions, and of
Stable-Baselines3, are pickles; they are read only where the user says so.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from safetensors import numpy as safetensors
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.preprocessing import preprocess_obs

from racer.algorithms.algorithm import Algorithm
from racer.algorithms.known import algorithm
from racer.algorithms.learner_state import load_policy_weights, policy_weights
from racer.algorithms.registry import load_algorithm, make_to_act
from racer.config.train_config import TrainConfig
from racer.env import World
from racer.errors import RacerError, RunError
from racer.evaluation.drivers import GREEDY, SAMPLED
from racer.run_files import LAST, PREVIOUS
from racer.runs.checkpoint_file import (
    FORMAT,
    is_old,
    old_head,
    only_run_errors,
    read_file,
    read_head,
)
from racer.runs.provenance import path_names, renamed
from racer.sensors.observations import Observations
from racer.storage.container import pack, pack_tree, unpack, unpack_tree
from racer.storage.durable import write_atomically


def save_checkpoint(
    model: BaseAlgorithm,
    path: Path,
    config: TrainConfig,
    *,
    training: Any = None,
    **facts: Any,
) -> None:
    """Write a checkpoint so that a reader sees the old or the new one, never half of it.

    A ``last.zip`` that is there becomes ``previous.zip``.

    Args:
        model: what to save; made by ``make_algorithm``.
        path: a ``.zip``.
        config: the settings of the run; what the policy needs to act follows from them.
        training: what the training needs to go on, a tree of plain data and arrays.
        facts: further plain data, for example the steps done.

    Raises:
        RunError: if it cannot be written; a checkpoint that was there is still there.
    """
    made: Any = model
    head = {
        "format": FORMAT,
        "algorithm": made.racer_algorithm,
        "settings": made.racer_settings,
        "config": config.model_dump(),
        "facts": facts,
    }
    entries = {
        "checkpoint.json": json.dumps(head, indent=1).encode(),
        "policy.safetensors": safetensors.save(policy_weights(model)),
    }
    if training is not None:
        entries["training.json"], entries["training.safetensors"] = pack_tree(training)
    previous = path.with_name(PREVIOUS) if path.name == LAST else None
    try:
        write_atomically(path, pack(entries), keep=previous)
    except OSError as error:
        what = error.strerror or error
        raise RunError(f"{path}: the checkpoint cannot be written: {what}") from error


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint."""

    model: BaseAlgorithm
    """Ready to act; not to learn."""
    config: TrainConfig
    """The settings of its run; files that lie elsewhere by the paths that its provenance has."""
    facts: dict[str, Any]
    """What else was saved: ``total_steps`` and others."""
    weights: dict[str, Any]
    """The policy's parameters as arrays; empty for a file of an older version."""
    training: Any = None
    """What the training needs to go on; None if that is not in it."""


def load_checkpoint(path: Path, *, allow_pickle: bool = False) -> Checkpoint:
    """Read a checkpoint. This runs no code of the file's, whoever wrote it.

    Args:
        path: the file.
        allow_pickle: read the zip of an older version too, which can run any code.

    Raises:
        RunError: if the file is missing or damaged, or is a pickle and they are not allowed.
    """
    data = read_file(path)
    if is_old(path, data):
        return _load_old(path, old_head(path, allow_pickle=allow_pickle))
    with only_run_errors(path):
        return _load(unpack(data), path_names(path.parent))


def _load(entries: dict[str, bytes], paths: dict[str, str]) -> Checkpoint:
    """Return the checkpoint of the entries of a sealed file.

    Args:
        entries: by their names.
        paths: where the files lie that its settings name, as the run's provenance says.
    """
    head = read_head(entries)
    config = TrainConfig.of_run(renamed(head["config"], paths))
    settings = algorithm(head["algorithm"]).settings(**head["settings"])
    model = make_to_act(
        head["algorithm"],
        settings,
        config.make_sensor().space(),
        config.make_actions().space(),
    )
    weights = safetensors.load(entries["policy.safetensors"])
    load_policy_weights(model, weights)
    training = None
    if "training.json" in entries:
        training = unpack_tree(entries["training.json"], entries["training.safetensors"])
    return Checkpoint(model, config, head["facts"], weights, training)


def _load_old(path: Path, facts: dict[str, Any]) -> Checkpoint:
    """Read the zip of an older version."""
    config = TrainConfig.of_run(facts.pop("config"))
    try:
        return Checkpoint(load_algorithm(path), config, facts, {})
    except RacerError:
        raise
    except Exception as error:  # unpickling damaged bytes may raise anything
        raise RunError(f"{path}: the checkpoint is damaged: {error}") from error


class PolicyDriver:
    """Drives as a trained policy: always its most probable action, or as it explores."""

    def __init__(self, model: BaseAlgorithm, name: str, *, deterministic: bool = True) -> None:
        """Take a policy.

        Args:
            model: that has it.
            name: what tables call it.
            deterministic: take the most probable action; else draw one, from a stream of its own
                that is the same for each driver.
        """
        self.name = name
        self.chooses = GREEDY if deterministic else SAMPLED
        self._model = model
        self._deterministic = deterministic
        self._stream = torch.Generator().manual_seed(0).get_state()
        policy = model.policy
        self._network = (
            policy
            if deterministic
            and isinstance(policy, ActorCriticPolicy)
            and isinstance(policy.action_space, spaces.Discrete)
            and isinstance(policy.observation_space, spaces.Box)
            else None
        )

    @property
    def algorithm(self) -> Algorithm:
        """What it learned with."""
        model: Any = self._model
        return algorithm(model.racer_algorithm)

    @property
    def model(self) -> BaseAlgorithm:
        """The learner, to act."""
        return self._model

    @property
    def policy(self) -> BasePolicy:
        """The networks."""
        return self._model.policy

    def act(self, world: World) -> NDArray[Any]:
        """Return the actions of all cars: (n_cars,) indices or (n_cars, 2)."""
        return self.choose(world.observation)

    def choose(self, observations: Observations) -> NDArray[Any]:
        """Return the actions for observations (n, ...): (n,) indices or (n, 2)."""
        if self._network is not None and not isinstance(observations, dict):
            return _most_probable(self._network, observations)
        if self._deterministic:
            actions, _ = self._model.predict(observations, deterministic=True)
            return np.asarray(actions)
        with torch.random.fork_rng(devices=[]):  # the policy draws from torch's global stream
            torch.set_rng_state(self._stream)
            actions, _ = self._model.predict(observations, deterministic=False)
            self._stream = torch.get_rng_state()
        return np.asarray(actions)


def _scaled(policy: ActorCriticPolicy, observation: NDArray[Any]) -> Any:
    """Return observations as the networks take them: pictures scaled to [0, 1]."""
    tensor = torch.as_tensor(observation, device=policy.device)
    return preprocess_obs(tensor, policy.observation_space, policy.normalize_images)


def _most_probable(policy: ActorCriticPolicy, observation: NDArray[Any]) -> NDArray[np.int64]:
    """Return what ``predict`` returns for discrete actions, in a quarter of its time.

    ``predict`` makes a distribution of the network's outputs, checks it, and asks it for its mode.
    """
    policy.set_training_mode(False)
    with torch.inference_mode():
        features = policy.pi_features_extractor(_scaled(policy, observation))
        logits = policy.action_net(policy.mlp_extractor.forward_actor(features))
        actions: NDArray[np.int64] = torch.argmax(logits, dim=1).numpy(force=True)
        return actions
