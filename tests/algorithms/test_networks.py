"""Networks that look at pictures: their shapes, what they see, and what a critic may know."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from racer.algorithms.known import algorithm
from racer.algorithms.networks import FEATURES, Perception, smallest_side
from racer.algorithms.registry import make_algorithm
from racer.algorithms.vec_env import SB3VecEnv
from racer.env import RacerVectorEnv
from racer.errors import ConfigError


def picture(width=64, height=48, channels=1):
    return spaces.Box(0, 255, (channels, height, width), np.uint8)


def environment(observe):
    return SB3VecEnv(RacerVectorEnv(4, observe=observe))


@pytest.mark.parametrize("network", ["small", "shallow"])
@pytest.mark.parametrize(("width", "height", "channels"), [(64, 48, 1), (160, 120, 3)])
def test_a_network_ends_in_its_number_of_features(network, width, height, channels):
    perception = Perception(picture(width, height, channels), network)
    seen = torch.rand(5, channels, height, width)
    assert perception(seen).shape == (5, FEATURES[network])


def test_deepracers_network_has_its_layers():
    perception = Perception(picture(160, 120), "shallow")
    shapes = [tuple(p.shape) for p in perception.parameters() if p.ndim == 4]
    assert shapes == [(32, 1, 8, 8), (64, 32, 4, 4), (64, 64, 3, 3)]


@pytest.mark.parametrize("network", ["small", "shallow"])
def test_a_picture_may_be_just_large_enough(network):
    side = smallest_side(network)
    Perception(picture(side, side), network)
    with pytest.raises(ConfigError, match=f"{network}: expected pictures of {side} pixels or more"):
        Perception(picture(side, side - 1), network)


def test_a_dict_is_seen_whole_or_by_its_keys():
    space = spaces.Dict({"camera": picture(), "state": spaces.Box(-1, 1, (24,), np.float32)})
    seen = {"camera": torch.rand(3, 1, 48, 64), "state": torch.rand(3, 24)}
    other = {**seen, "state": torch.rand(3, 24)}
    whole, part = Perception(space), Perception(space, keys=("camera",))
    assert not torch.equal(whole(seen), whole(other))
    assert torch.equal(part(seen), part(other))


@pytest.mark.parametrize("name", ["vpg", "ppo", "a2c"])
def test_a_critic_that_sees_the_state_leaves_the_actor_with_its_pictures(name):
    settings = algorithm(name).settings(critic="state")
    env = environment({"sensor": "camera+state", "parts": [_small(), {"sensor": "state"}]})
    policy = make_algorithm(name, env, settings, seed=0).policy
    seen = env.reset()
    other = {**seen, "state": seen["state"] + 0.3}
    blind = {**seen, "camera": np.zeros_like(seen["camera"])}

    def look(observation):
        tensors, _ = policy.obs_to_tensor(observation)
        with torch.no_grad():
            return policy.get_distribution(tensors).distribution.logits, policy.predict_values(
                tensors
            )

    logits, values = look(seen)
    assert torch.equal(look(other)[0], logits)
    assert not torch.equal(look(other)[1], values)
    assert not torch.equal(look(blind)[0], logits)
    assert torch.equal(look(blind)[1], values)


@pytest.mark.parametrize("name", ["vpg", "ppo", "a2c"])
def test_all_algorithms_learn_from_pictures(name):
    settings = algorithm(name).settings(
        **({"episodes_per_update": 4} if name == "vpg" else {"n_steps": 8})
    )
    model = make_algorithm(name, environment(_small()), settings, seed=0)
    before = [p.detach().clone() for p in model.policy.parameters()]
    model.learn(32)
    pairs = zip(before, model.policy.parameters(), strict=True)
    assert sum(not torch.equal(old, new) for old, new in pairs) >= 8


def test_a_critic_needs_a_state_beside_the_picture():
    with pytest.raises(ConfigError, match="critic: state is for a car that observes something"):
        make_algorithm(
            "ppo", environment(_small()), algorithm("ppo").settings(critic="state"), seed=0
        )


def _small():
    return {"sensor": "camera", "width": 48, "height": 36}
