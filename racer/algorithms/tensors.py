"""Tensors and state dicts of torch as plain data and arrays: checkpoints hold no pickle."""

from typing import Any

import numpy as np
import torch


def as_array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """Return a copy of a tensor."""
    return tensor.detach().cpu().numpy().copy()


def as_arrays(tree: Any) -> Any:
    """Return a state dict of torch with arrays for tensors and text for keys."""
    if isinstance(tree, torch.Tensor):
        return as_array(tree)
    if isinstance(tree, dict):
        return {str(key): as_arrays(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [as_arrays(value) for value in tree]
    return tree


def optimizer_state(state: dict[str, Any]) -> dict[str, Any]:
    """Return an optimizer's state dict from what ``as_arrays`` made of it."""
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
