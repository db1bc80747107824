"""What turns observations into features: the networks of convolutions that look at pictures.

| ``network`` | layers (filters, kernel, stride), each with ReLU | features |
|---|---|---|
| ``small`` | (8, 5, 3) (16, 3, 2) (32, 3, 2) | 64 |
| ``shallow`` | (32, 8, 4) (64, 4, 2) (64, 3, 1) | 512 |

``shallow`` is DeepRacer's DEEP_CONVOLUTIONAL_NETWORK_SHALLOW (``markov/sensors/utils.py``): that
of Mnih et al., "Human-level control through deep reinforcement learning", Nature 2015.
"""

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.preprocessing import get_flattened_obs_dim, is_image_space
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from racer.errors import ConfigError

LAYERS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "small": ((8, 5, 3), (16, 3, 2), (32, 3, 2)),
    "shallow": ((32, 8, 4), (64, 4, 2), (64, 3, 1)),
}
"""Filters, side of the kernel and stride of each layer of convolutions."""

FEATURES = {"small": 64, "shallow": 512}
"""How many features each network ends in."""

CRITIC_KEY = "state"
"""What a critic that sees more than the actor looks at."""


def has_image(space: spaces.Space[Any]) -> bool:
    """Return whether there is a picture among the observations."""
    if isinstance(space, spaces.Dict):
        return any(is_image_space(part) for part in space.spaces.values())
    return is_image_space(space)


class Perception(BaseFeaturesExtractor):
    """Features (N, features) of pictures (N, channels, height, width) scaled to [0, 1].

    With a dict of observations, what is no picture is a vector (N, n); the features of the
    pictures and the vectors, side by side, go through one more layer.

    Args:
        observation_space: an image, or a Dict with one.
        network: a name of ``LAYERS``.
        keys: which of a Dict to look at; all by default.

    Raises:
        ConfigError: if a picture is too small for the network.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        network: str = "small",
        keys: tuple[str, ...] | None = None,
    ) -> None:
        features = FEATURES[network]
        super().__init__(observation_space, features)
        seen = {"": observation_space}
        if isinstance(observation_space, spaces.Dict):
            seen = {key: observation_space[key] for key in keys or observation_space.spaces}
        self.parts = nn.ModuleDict()
        width = 0
        for key, space in seen.items():
            if is_image_space(space):
                part, size = _convolutions(space, network)
            else:
                part, size = nn.Flatten(), get_flattened_obs_dim(space)
            self.parts[key or "image"] = part
            width += size
        self._is_dict = isinstance(observation_space, spaces.Dict)
        self.last = nn.Sequential(nn.Linear(width, features), nn.ReLU())

    def forward(self, observations: Any) -> torch.Tensor:
        """Return the features."""
        if not self._is_dict:
            observations = {"image": observations}
        found = [part(observations[key]) for key, part in self.parts.items()]
        features: torch.Tensor = self.last(torch.cat(found, dim=1))
        return features


def _convolutions(space: spaces.Space[Any], network: str) -> tuple[nn.Module, int]:
    """Return the layers that look at a picture, and how many numbers come out of them."""
    channels, *sides = space.shape or ()
    layers: list[nn.Module] = []
    for filters, kernel, stride in LAYERS[network]:
        if min(sides) < kernel:
            raise ConfigError(
                f"network {network}: expected pictures of {smallest_side(network)} pixels or more "
                f"on each side, got {space.shape[2]}x{space.shape[1]}"  # type: ignore[index]
            )
        sides = [(side - kernel) // stride + 1 for side in sides]
        layers += [nn.Conv2d(channels, filters, kernel, stride), nn.ReLU()]
        channels = filters
    return nn.Sequential(*layers, nn.Flatten()), channels * sides[0] * sides[1]


def smallest_side(network: str) -> int:
    """Return the fewest pixels of a side that a network can look at."""
    side = 1
    for _, kernel, stride in reversed(LAYERS[network]):
        side = (side - 1) * stride + kernel
    return side


class StateCriticPolicy(MultiInputActorCriticPolicy):
    """An actor that sees its sensors only, and a critic that sees the state.

    The critic is needed in training alone, in the simulator, which knows the state (Pinto et al.,
    "Asymmetric actor critic for image-based robot learning", RSS 2018).
    """

    _has_actor = False

    def __init__(self, observation_space: spaces.Dict, *args: Any, **kwargs: Any) -> None:
        """Build both; ``features_extractor_kwargs`` name the actor's ``keys``."""
        kwargs["share_features_extractor"] = False
        super().__init__(observation_space, *args, **kwargs)

    def make_features_extractor(self) -> BaseFeaturesExtractor:
        """Return the actor's features extractor when it is called first, then the critic's."""
        if not self._has_actor:
            self._has_actor = True
            return super().make_features_extractor()
        kwargs = {**self.features_extractor_kwargs, "keys": (CRITIC_KEY,)}
        return self.features_extractor_class(self.observation_space, **kwargs)
