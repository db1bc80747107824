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

from racer.algorithms.dagger import Dagger
from racer.algorithms.vpg import VPG
from racer.errors import RunError
from racer.sensors.observations import copied


def policy_weights(model: BaseAlgorithm) -> dict[str, Any]:
    """Return the policy's parameters as arrays, by their names: all that is needed to act."""
    return {name: _array(tensor) for name, tensor in model.policy.state_dict().items()}


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
        "optimizer": _plain(model.policy.optimizer.state_dict()),
        "baseline": _plain(model.value_baseline.state_dict()) if isinstance(model, VPG) else None,
        "kept": model.kept() if isinstance(model, Dagger) else None,
        "n_updates": model._n_updates,
        "progress_remaining": model._current_progress_remaining,
        "logged": {
            name: [float(value), model.logger.name_to_excluded[name]]
            for name, value in model.logger.name_to_value.items()
        },
    }


def load_learning_state(model: BaseAlgorithm, state: dict[str, Any]) -> None:
    """Put back what ``learning_state`` returned."""
    model.policy.optimizer.load_state_dict(_optimizer(state["optimizer"]))
    if isinstance(model, VPG):
        baseline = {**state["baseline"], "optimizer": _optimizer(state["baseline"]["optimizer"])}
        model.value_baseline.load_state_dict(baseline)
    if isinstance(model, Dagger):
        model.keep(state["kept"])
    model._n_updates = state["n_updates"]
    model._current_progress_remaining = state["progress_remaining"]
    for name, (value, excluded) in state["logged"].items():
        model.logger.record(name, value, exclude=excluded)


def rollout_state(model: BaseAlgorithm) -> dict[str, Any]:
    """Return what changes while the cars drive: counters, last observations, random streams."""
    return {
        "num_timesteps": model.num_timesteps,
        "n_episodes": model._episode_num,
        "last_obs": copied(model._last_obs),
        "episode_starts": np.array(model._last_episode_starts),
        "episode_infos": [[info["r"], info["l"]] for info in model.ep_info_buffer or ()],
        "first_env": model._first_env if isinstance(model, VPG) else None,
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
    if isinstance(model, VPG):
        model._first_env = state["first_env"]
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


def _array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    return tensor.detach().cpu().numpy().copy()


def _plain(tree: Any) -> Any:
    """Return a state dict of torch with arrays for tensors and text for keys."""
    if isinstance(tree, torch.Tensor):
        return _array(tree)
    if isinstance(tree, dict):
        return {str(key): _plain(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(value) for value in tree]
    return tree


def _optimizer(state: dict[str, Any]) -> dict[str, Any]:
    """Return an optimizer's state dict from what ``_plain`` made of it."""
    return {
        "state": {
            int(index): {
                name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
                for name, value in values.items()
            }
            for index, values in state["state"].items()
        },
        "param_groups": [
            {key: tuple(value) if key == "betas" else value for key, value in group.items()}
            for group in state["param_groups"]
        ],
    }
