"""A policy without its training: one network from what the car sees to what it does, as ONNX."""

import importlib.util
import logging
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.preprocessing import is_image_space, preprocess_obs

from racer.algorithms.acting import acting
from racer.algorithms.networks import Perception
from racer.errors import ConfigError

WHOLE = "observation"
"""Name of the input of a policy that sees one thing only, if it is no picture."""


OUTPUTS = {True: "logits", False: "mean"}
"""Name of the output: of discrete actions, or continuous ones, scaled to [−1, 1]."""


class Actor(torch.nn.Module):
    """The acting half of a policy, with its preprocessing.

    Args:
        policy: of discrete or continuous actions.
    """

    def __init__(self, policy: BasePolicy) -> None:
        super().__init__()
        parts = acting(policy)
        self.features, self.layers, self.last = parts.features, parts.layers, parts.last
        self.inputs = actor_inputs(policy)
        """The space of each input, by name."""
        self._is_dict = isinstance(policy.observation_space, spaces.Dict)

    def forward(self, *observations: torch.Tensor) -> torch.Tensor:
        """Return the logits (n, n_actions) of discrete actions, or the mean of continuous ones.

        Args:
            observations: in the order of ``inputs``, pictures as uint8.
        """
        scaled = {
            name: seen.float() / 255.0 if is_image_space(space) else seen.float()
            for (name, space), seen in zip(self.inputs.items(), observations, strict=True)
        }
        seen: Any = scaled if self._is_dict else next(iter(scaled.values()))
        out: torch.Tensor = self.last(self.layers(self.features(seen)))
        return out


def actor_inputs(policy: BasePolicy) -> dict[str, spaces.Box]:
    """Return what the acting half of a policy looks at: the space of each input, by name."""
    space = policy.observation_space
    if not isinstance(space, spaces.Dict):
        assert isinstance(space, spaces.Box)
        return {"camera" if is_image_space(space) else WHOLE: space}
    extractor = acting(policy).features
    names = list(extractor.parts) if isinstance(extractor, Perception) else list(space.spaces)
    found = {}
    for name in names:
        part = space[name]
        assert isinstance(part, spaces.Box)
        found[name] = part
    return found


def export_onnx(policy: BasePolicy, path: Path) -> Actor:
    """Write the acting half of a policy as an ONNX file, for any number of cars at a time.

    Args:
        policy: what to write.
        path: the file.

    Returns:
        What was written, for comparisons.

    Raises:
        ConfigError: if the packages for it are not installed.
    """
    check_installed("onnx", "onnxscript")
    policy.set_training_mode(False)
    actor = Actor(policy).eval()
    n = torch.export.Dim("n", min=1)
    example = tuple(example_input(space, 2) for space in actor.inputs.values())
    log = logging.getLogger("torch.onnx")
    level = log.level
    with ExitStack() as quiet:
        log.setLevel(logging.ERROR)  # it tells which other packages it has not found
        quiet.callback(log.setLevel, level)
        quiet.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # about versions of operators, and its own dependencies
        torch.onnx.export(
            actor,
            example,
            path,
            input_names=list(actor.inputs),
            output_names=[OUTPUTS[isinstance(policy.action_space, spaces.Discrete)]],
            dynamic_shapes={"observations": tuple({0: n} for _ in example)},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return actor


def check_installed(*packages: str) -> None:
    """Check that the packages for an export are there.

    Raises:
        ConfigError: if not.
    """
    for name in packages:
        if importlib.util.find_spec(name) is None:
            raise ConfigError(
                f'export: the package {name} is missing: pip install "racer-rl[export]" installs it'
            )


def example_input(space: spaces.Box, n: int) -> torch.Tensor:
    """Return zeros that an input may be: (n, ...)."""
    zeros: NDArray[Any] = np.zeros((n, *space.shape), space.dtype)
    return torch.from_numpy(zeros)


def policy_outputs(policy: BasePolicy, observations: Any) -> NDArray[Any]:
    """Return what the original computes: logits (n, n_actions), or the means (n, n_actions).

    Args:
        policy: as it was trained.
        observations: (n, ...) arrays, or a dict of them.
    """
    policy.set_training_mode(False)
    tensors, _ = policy.obs_to_tensor(observations)
    scaled: Any = preprocess_obs(tensors, policy.observation_space, policy.normalize_images)
    parts = acting(policy)
    with torch.no_grad():
        return parts.last(parts.layers(parts.features(scaled))).numpy(force=True)
