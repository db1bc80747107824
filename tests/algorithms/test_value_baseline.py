from copy import deepcopy

import numpy as np
import pytest
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

from racer.algorithms.value_baseline import ValueBaseline
from racer.algorithms.vpg import VPG


def baseline(target, **settings):
    defaults = {
        "loss_type": "mse",
        "learning_rate": 0.01,
        "n_epochs": 60,
        "batch_size": 32,
        "max_grad_norm": 0.5,
    }
    policy = VPG("MlpPolicy", target(2), seed=0).policy
    return ValueBaseline(policy, **(defaults | settings))


def data(scale=1.0, offset=0.0):
    """Observations and returns that follow from them exactly."""
    seen = np.random.default_rng(0).uniform(-1, 1, (200, 3)).astype(np.float32)
    return torch.as_tensor(seen), offset + scale * (seen[:, 0] - 0.5 * seen[:, 1]).astype(float)


@pytest.mark.parametrize("loss_type", ["mse", "huber"])
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-4, 0.0), (1e4, 5e4)])
def test_returns_of_any_size_are_learned_equally_well(target, loss_type, scale, offset):
    fitted = baseline(target, loss_type=loss_type)
    seen, returns = data(scale, offset)
    fitted.fit(seen, returns)
    unexplained = np.var(returns - fitted.predict(seen)) / np.var(returns)
    assert unexplained < 0.02


def test_equal_returns_are_predicted_exactly(target):
    fitted = baseline(target, n_epochs=1)
    seen, _ = data()
    fitted.fit(seen, np.full(200, 7.0))
    np.testing.assert_allclose(fitted.predict(seen), 7.0, atol=1e-6)


def test_only_the_value_networks_parameters_move(target):
    fitted = baseline(target, n_epochs=1)
    policy = fitted._policy
    before = {name: p.detach().clone() for name, p in policy.named_parameters()}
    fitted.fit(*data())
    moved = {name for name, p in policy.named_parameters() if not torch.equal(p, before[name])}
    assert moved
    assert all("value_net" in name for name in moved)


class Extractor(BaseFeaturesExtractor):
    """A features extractor with weights, as an image has one."""

    def __init__(self, observation_space):
        super().__init__(observation_space, features_dim=4)
        self.layer = torch.nn.Linear(3, 4)

    def forward(self, observations):
        return self.layer(observations)


@pytest.mark.parametrize("shared", [True, False])
def test_a_shared_features_extractor_is_left_to_the_policy(target, shared):
    kwargs = {"features_extractor_class": Extractor, "share_features_extractor": shared}
    model = VPG("MlpPolicy", target(2), seed=0, policy_kwargs=kwargs)
    policy = model.policy
    before = policy.vf_features_extractor.layer.weight.detach().clone()
    model.value_baseline.fit(*data())
    assert torch.equal(policy.vf_features_extractor.layer.weight, before) is shared


def test_its_state_can_be_put_back(target):
    fitted, other = baseline(target, n_epochs=2), baseline(target, n_epochs=2)
    seen, returns = data(3.0, 1.0)
    fitted.fit(seen, returns)
    other._policy.load_state_dict(fitted._policy.state_dict())
    other.load_state_dict(deepcopy(fitted.state_dict()))
    np.testing.assert_array_equal(other.predict(seen), fitted.predict(seen))
    for both in (fitted, other):
        torch.manual_seed(0)
        both.fit(seen, returns)
    np.testing.assert_array_equal(other.predict(seen), fitted.predict(seen))
