"""SB3's PPO and A2C with the Huber loss for the value network: ``loss_type`` "huber".

SB3 has no other loss than the squared error, in the middle of its ``train``. These are the same
updates, in the same order, with a loss of one's own; tests hold them against SB3's.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.type_aliases import RolloutBufferSamples
from stable_baselines3.common.utils import explained_variance
from torch import Tensor
from torch.nn import functional


class HuberPPO(PPO):
    """PPO with the Huber loss."""

    def value_loss(self, returns: Tensor, values: Tensor) -> Tensor:
        """Return the loss of the value network, given two tensors (n,)."""
        return functional.huber_loss(returns, values)

    def train(self) -> None:
        """Update the policy from what was collected."""
        _begin(self)
        figures: dict[str, list[Any]] = defaultdict(list)
        for _ in range(self.n_epochs):
            figures["approx_kl"].clear()  # logged of the last epoch
            goes_on = all(
                self._improve(batch, figures) for batch in self.rollout_buffer.get(self.batch_size)
            )
            self._n_updates += 1
            if not goes_on:
                break
        loss = figures.pop("loss")[-1]
        _log(self, {name: float(np.mean(values)) for name, values in figures.items()})
        self.logger.record("train/loss", loss)
        self.logger.record("train/clip_range", self._now(self.clip_range))
        if self.clip_range_vf is not None:
            self.logger.record("train/clip_range_vf", self._now(self.clip_range_vf))

    def _now(self, schedule: object) -> float:
        """Return the value of a schedule at this moment of the training."""
        assert callable(schedule)  # SB3 makes a schedule of a number
        return float(schedule(self._current_progress_remaining))

    def _improve(self, batch: RolloutBufferSamples, figures: dict[str, list[Any]]) -> bool:
        """Take one step; False, and none, where the policy has changed more than it may."""
        values, log_prob, entropy_loss = _evaluate(self, batch)
        advantages = batch.advantages
        if self.normalize_advantage and len(advantages) > 1:
            advantages = _normalised(advantages)
        clip = self._now(self.clip_range)
        ratio = torch.exp(log_prob - batch.old_log_prob)
        clipped = advantages * torch.clamp(ratio, 1 - clip, 1 + clip)
        policy_loss = -torch.min(advantages * ratio, clipped).mean()
        value_loss = self.value_loss(batch.returns, self._near_the_old(values, batch.old_values))
        loss = policy_loss + self.ent_coef * entropy_loss + self.vf_coef * value_loss
        with torch.no_grad():
            log_ratio = log_prob - batch.old_log_prob
            kl = torch.mean((torch.exp(log_ratio) - 1) - log_ratio).cpu().numpy()
            is_clipped = torch.mean((torch.abs(ratio - 1) > clip).float()).item()
        for name, value in (
            ("policy_gradient_loss", policy_loss.item()),
            ("value_loss", value_loss.item()),
            ("entropy_loss", entropy_loss.item()),
            ("loss", loss.item()),
            ("approx_kl", kl),
            ("clip_fraction", is_clipped),
        ):
            figures[name].append(value)
        if self.target_kl is not None and kl > 1.5 * self.target_kl:
            return False
        _step(self, loss)
        return True

    def _near_the_old(self, values: Tensor, old: Tensor) -> Tensor:
        """Return values that differ from the old ones by no more than they may."""
        if self.clip_range_vf is None:
            return values
        limit = self._now(self.clip_range_vf)
        return old + torch.clamp(values - old, -limit, limit)


class HuberA2C(A2C):
    """A2C with the Huber loss."""

    def value_loss(self, returns: Tensor, values: Tensor) -> Tensor:
        """Return the loss of the value network, given two tensors (n,)."""
        return functional.huber_loss(returns, values)

    def train(self) -> None:
        """Update the policy from what was collected, in one step."""
        _begin(self)
        (batch,) = self.rollout_buffer.get(batch_size=None)
        values, log_prob, entropy_loss = _evaluate(self, batch)
        advantages = batch.advantages
        if self.normalize_advantage:
            advantages = _normalised(advantages)
        policy_loss = -(advantages * log_prob).mean()
        value_loss = self.value_loss(batch.returns, values)
        _step(self, policy_loss + self.ent_coef * entropy_loss + self.vf_coef * value_loss)
        self._n_updates += 1
        losses = {"entropy": entropy_loss, "policy": policy_loss, "value": value_loss}
        _log(self, {f"{name}_loss": loss.item() for name, loss in losses.items()})


def _begin(model: OnPolicyAlgorithm) -> None:
    """Prepare an update, as SB3 does."""
    model.policy.set_training_mode(True)
    model._update_learning_rate(model.policy.optimizer)


def _evaluate(model: OnPolicyAlgorithm, batch: RolloutBufferSamples) -> tuple[Tensor, ...]:
    """Return the values (n,), the actions' log-probabilities (n,) and the loss of entropy ()."""
    actions = batch.actions
    if isinstance(model.action_space, spaces.Discrete):
        actions = actions.long().flatten()
    values, log_prob, entropy = model.policy.evaluate_actions(batch.observations, actions)
    entropy_loss = -torch.mean(-log_prob if entropy is None else entropy)
    return values.flatten(), log_prob, entropy_loss


def _normalised(advantages: Tensor) -> Tensor:
    """Return advantages with mean 0 and standard deviation 1."""
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8)


def _step(model: OnPolicyAlgorithm, loss: Tensor) -> None:
    """Go one step down a loss, no longer than ``max_grad_norm``."""
    model.policy.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.policy.parameters(), model.max_grad_norm)
    model.policy.optimizer.step()


def _log(model: OnPolicyAlgorithm, figures: dict[str, float]) -> None:
    """Write down the figures of an update, under SB3's names."""
    buffer = model.rollout_buffer
    figures["explained_variance"] = float(
        explained_variance(buffer.values.flatten(), buffer.returns.flatten())
    )
    if hasattr(model.policy, "log_std"):
        figures["std"] = torch.exp(model.policy.log_std).mean().item()
    for name, value in figures.items():
        model.logger.record(f"train/{name}", value)
    model.logger.record("train/n_updates", model._n_updates, exclude="tensorboard")
