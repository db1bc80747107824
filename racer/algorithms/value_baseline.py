"""The value baseline: a network that learns what return to expect from a state, V(s) ≈ E[G | s]."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from torch.nn import functional

from racer.algorithms.batches import n_rows, parts, rows

EPSILON = 1e-8
"""Keeps a division by the spread of returns or advantages finite when all of them are equal."""


class ValueBaseline:
    """Fits the value half of an actor-critic policy to returns, with an optimizer of its own.

    The network predicts (G − mean) / spread, with mean and spread of the returns it was last fitted
    to: a reward function may pay a thousandth or a thousand a step, and either is learned as
    quickly. Only parameters that the policy does not use are moved.

    Args:
        policy: its value network is used.
        loss_type: "mse", or "huber", which is linear beyond one spread.
        learning_rate: of Adam.
        n_epochs: passes over the batch.
        batch_size: steps in one gradient step.
        max_grad_norm: a longer gradient is shortened to this length.
    """

    def __init__(
        self,
        policy: ActorCriticPolicy,
        *,
        loss_type: Literal["mse", "huber"],
        learning_rate: float,
        n_epochs: int,
        batch_size: int,
        max_grad_norm: float,
    ) -> None:
        self.mean, self.spread = 0.0, 1.0
        self._policy = policy
        self._loss = functional.huber_loss if loss_type == "huber" else functional.mse_loss
        self._n_epochs = n_epochs
        self._batch_size = batch_size
        self._max_grad_norm = max_grad_norm
        self._parameters = list(_value_parameters(policy))
        self._optimizer = torch.optim.Adam(self._parameters, lr=learning_rate, eps=1e-5)

    def predict(self, observations: Any) -> NDArray[np.float64]:
        """Return the return to expect from each observation.

        Args:
            observations: (N, ...) tensor on the policy's device, or a dict of them.

        Returns:
            (N,) in the unit of the rewards.
        """
        self._policy.set_training_mode(False)
        with torch.no_grad():
            values = torch.cat(
                [
                    self._policy.predict_values(rows(observations, part)).flatten()
                    for part in parts(n_rows(observations))
                ]
            )
        return self.mean + self.spread * values.cpu().numpy().astype(np.float64)

    def fit(self, observations: Any, returns: NDArray[np.float64]) -> float:
        """Move V(s_t) towards G_t in mini-batches.

        Args:
            observations: (N, ...) tensor on the policy's device, or a dict of them.
            returns: (N,) the returns that followed.

        Returns:
            The mean loss over all mini-batches, in squared spreads.
        """
        self._policy.set_training_mode(True)
        self.mean, self.spread = float(returns.mean()), max(float(returns.std()), EPSILON)
        device = self._policy.device
        targets = torch.as_tensor((returns - self.mean) / self.spread, dtype=torch.float32)
        targets = targets.to(device)
        losses = []
        for _ in range(self._n_epochs):
            order = torch.randperm(len(targets), device=device)
            for start in range(0, len(order), self._batch_size):
                part = order[start : start + self._batch_size]
                values = self._policy.predict_values(rows(observations, part)).flatten()
                loss = self._loss(values, targets[part])
                self._optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self._parameters, self._max_grad_norm)
                self._optimizer.step()
                losses.append(loss.item())
        return float(np.mean(losses))

    def state_dict(self) -> dict[str, Any]:
        """Return what a saved model needs besides the policy's own parameters."""
        optimizer = self._optimizer.state_dict()
        return {"mean": self.mean, "spread": self.spread, "optimizer": optimizer}

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Put back what ``state_dict`` returned; ``strict`` is there because SB3 passes it."""
        self.mean, self.spread = state["mean"], state["spread"]
        self._optimizer.load_state_dict(state["optimizer"])


def _value_parameters(policy: ActorCriticPolicy) -> Iterator[torch.nn.Parameter]:
    """Yield the parameters that only the value network uses."""
    yield from policy.mlp_extractor.value_net.parameters()
    yield from policy.value_net.parameters()
    if not policy.share_features_extractor:
        yield from policy.vf_features_extractor.parameters()
