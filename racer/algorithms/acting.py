"""The half of a policy that acts, whichever of Stable-Baselines3's kinds the policy is."""

from dataclasses import dataclass
from typing import Any

import torch
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.sac.policies import SACPolicy

from racer.errors import RunError


@dataclass(frozen=True)
class Acting:
    """From what the car sees to what it does."""

    features: torch.nn.Module
    """Turns observations, pictures scaled to [0, 1], into features."""
    layers: torch.nn.Module
    """The hidden layers."""
    last: torch.nn.Module
    """Ends in logits (n, n_actions) of discrete actions, or the mean (n, 2) of continuous ones."""


def acting(policy: BasePolicy) -> Acting:
    """Return the parts of a policy that act.

    Raises:
        RunError: if the policy is of another kind.
    """
    if isinstance(policy, SACPolicy):
        actor = policy.actor
        last = torch.nn.Sequential(actor.mu, torch.nn.Tanh())
        return Acting(actor.features_extractor, actor.latent_pi, last)
    if isinstance(policy, ActorCriticPolicy):
        layers = policy.mlp_extractor.policy_net
        return Acting(policy.pi_features_extractor, layers, policy.action_net)
    raise RunError(f"expected a policy that racer has trained, got {type(policy).__name__}")


def action_distribution(policy: BasePolicy, scaled: Any) -> Any:
    """Return Stable-Baselines3's distribution of actions.

    Args:
        policy: of any kind.
        scaled: observations, pictures scaled to [0, 1].
    """
    parts = acting(policy)
    latent = parts.layers(parts.features(scaled))
    if isinstance(policy, SACPolicy):
        actor: Any = policy.actor
        log_std = torch.clamp(actor.log_std(latent), -20.0, 2.0)  # as the actor itself does
        return actor.action_dist.proba_distribution(actor.mu(latent), log_std)
    assert isinstance(policy, ActorCriticPolicy)
    return policy._get_action_dist_from_latent(latent)
