"""What an algorithm keeps, as plain data and arrays: its weights, its counters, its randomness.

Weights change in updates only. The rest is taken at the start of a rollout, the moment at which
``learn`` can go on as if it had never stopped.
"""

import random
from collections import deque
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from racer.algorithms.own_state import own_state
from racer.algorithms.tensors import as_array, as_arrays, optimizer_state
from racer.errors import RunError
from racer.sensors.observations import copied


def policy_weights(model: BaseAlgorithm) -> dict[str, Any]:
    """Return the policy's parameters as arrays, by their names: all that is needed to act."""
    return {name: as_array(tensor) for name, tensor in model.policy.state_dict().items()}


def load_policy_weights(model: BaseAlgorithm, weights: dict[str, Any]) -> None:
    """Put parameters into a policy.

    Raises:
        RunError: if they belong to another network; the message names no file.
    """
    try:
        tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
        model.policy.load_state_dict(tensors)
    except (RuntimeError, TypeError, AttributeError) as error:
        what = " ".join(str(error).split())
        raise RunError(f"its weights do not fit the network: {what:.200}") from error


def learning_state(model: BaseAlgorithm) -> dict[str, Any]:
    """Return what only updates change, besides the policy: optimizers, baseline, counters."""
    return {
        **own_state(model).learning_state(),
        **{name: as_arrays(one.state_dict()) for name, one in _optimizer(model).items()},
        "n_updates": model._n_updates,
        "progress_remaining": model._current_progress_remaining,
        "logged": {
            name: [float(value), model.logger.name_to_excluded[name]]
            for name, value in model.logger.name_to_value.items()
        },
    }


def load_learning_state(model: BaseAlgorithm, state: dict[str, Any]) -> None:
    """Put back what ``learning_state`` returned."""
    for name, one in _optimizer(model).items():
        one.load_state_dict(optimizer_state(state[name]))
    own_state(model).load_learning_state(state)
    model._n_updates = state["n_updates"]
    model._current_progress_remaining = state["progress_remaining"]
    for name, (value, excluded) in state["logged"].items():
        model.logger.record(name, value, exclude=excluded)


def _optimizer(model: BaseAlgorithm) -> dict[str, torch.optim.Optimizer]:
    """Return the policy's optimizer under the name it is kept by, if there is one for all of it."""
    one = getattr(model.policy, "optimizer", None)
    return {} if one is None else {"optimizer": one}


def rollout_state(model: BaseAlgorithm) -> dict[str, Any]:
    """Return what changes while the cars drive: counters, last observations, random streams."""
    return {
        "num_timesteps": model.num_timesteps,
        "n_episodes": model._episode_num,
        "last_obs": copied(model._last_obs),
        "episode_starts": np.array(model._last_episode_starts),
        "episode_infos": [[info["r"], info["l"]] for info in model.ep_info_buffer or ()],
        **own_state(model).rollout_state(),
        "random": random_state(),
    }


def load_rollout_state(model: BaseAlgorithm, state: dict[str, Any]) -> None:
    """Put back what ``rollout_state`` returned; ``learn(reset_num_timesteps=False)`` goes on."""
    model.num_timesteps = state["num_timesteps"]
    model._episode_num = state["n_episodes"]
    model._last_obs = state["last_obs"]
    model._last_episode_starts = state["episode_starts"]
    infos = [{"r": r, "l": steps} for r, steps in state["episode_infos"]]
    model.ep_info_buffer = deque(infos, maxlen=model._stats_window_size)
    model.ep_success_buffer = deque(maxlen=model._stats_window_size)
    own_state(model).load_rollout_state(state)
    load_random_state(state["random"])


def random_state() -> dict[str, Any]:
    """Return the state of the process's generators: torch's, numpy's and Python's."""
    version, words, gauss = random.getstate()
    # SB3 seeds numpy's old generator
    legacy: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    return {
        "torch": torch.get_rng_state().numpy().copy(),
        "python": [version, np.array(words, np.int64), gauss],
        "numpy": {
            "key": legacy["state"]["key"].astype(np.int64),
            "pos": legacy["state"]["pos"],
            "gauss": [legacy["has_gauss"], legacy["gauss"]],
        },
    }


def load_random_state(state: dict[str, Any]) -> None:
    """Put back what ``random_state`` returned."""
    torch.set_rng_state(torch.from_numpy(state["torch"]))
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
    found = state["numpy"]
    key = found["key"].astype(np.uint32)
    np.random.set_state(("MT19937", key, found["pos"], *found["gauss"]))  # noqa: NPY002


def has_learned(model: BaseAlgorithm) -> bool:
    """Return whether a model was ever updated."""
    return model._n_updates > 0
