"""What decides: how probable actions are, and which pixels of a picture they hang on."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.preprocessing import is_image_space, preprocess_obs

from racer.algorithms.acting import action_distribution
from racer.sensors.observations import each

_SAMPLES = 16  # noisy copies of a picture
_NOISE = 0.06  # their spread, of the whole range of grey


def action_probabilities(policy: ActorCriticPolicy, observations: Any) -> NDArray[np.float64]:
    """Return how probable each action is: (n, n_actions).

    Args:
        policy: of discrete actions.
        observations: (n, ...) or a dict of them.
    """
    policy.set_training_mode(False)
    tensors, _ = policy.obs_to_tensor(observations)
    with torch.no_grad():
        logits = _logits(policy.get_distribution(tensors))
    return torch.softmax(logits, dim=1).numpy(force=True).astype(np.float64)


def pixel_saliency(policy: BasePolicy, observations: Any, key: str) -> NDArray[np.float64]:
    """Return how much each pixel moves the most probable action: (n, height, width), mean 1.

    The absolute gradient of its log-probability, averaged over noisy copies of the picture and
    summed over channels (Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017).

    Args:
        policy: of discrete or continuous actions.
        observations: (n, channels, height, width), or a dict with such pictures.
        key: of the pictures in the dict; "" without one.
    """
    policy.set_training_mode(False)
    tensors = each(lambda array: torch.as_tensor(array, device=policy.device), observations)
    scaled: Any = preprocess_obs(tensors, policy.observation_space, policy.normalize_images)
    with torch.no_grad():
        chosen = action_distribution(policy, scaled).mode()
    pictures = scaled[key] if key else scaled
    noise = torch.Generator(device="cpu").manual_seed(0)
    total = torch.zeros_like(pictures)
    for _ in range(_SAMPLES):
        shaken = pictures + _NOISE * torch.randn(pictures.shape, generator=noise)
        shaken.requires_grad_(True)
        seen = {**scaled, key: shaken} if key else shaken
        probability = action_distribution(policy, seen).log_prob(chosen).sum()
        (gradient,) = torch.autograd.grad(probability, shaken)
        total += gradient.abs()
    found = total.sum(dim=1).numpy(force=True).astype(np.float64)
    mean = found.mean(axis=(1, 2), keepdims=True)
    return np.asarray(found / np.maximum(mean, 1e-12))


def picture_key(policy: BasePolicy) -> str | None:
    """Return where in an observation the pictures are: "" for the whole, None without any."""
    space = policy.observation_space
    if is_image_space(space):
        return ""
    parts = getattr(space, "spaces", {})
    return next((key for key, part in parts.items() if is_image_space(part)), None)


def _logits(distribution: Any) -> torch.Tensor:
    """Return the logits of discrete actions, (n, n_actions)."""
    logits: torch.Tensor = distribution.distribution.logits
    return logits
