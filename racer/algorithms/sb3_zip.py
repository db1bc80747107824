"""A policy as Stable-Baselines3 saves its own: ``PPO.load`` opens it where there is no racer."""

import inspect
import re
import warnings
from typing import Any

import numpy as np
import torch
from stable_baselines3 import A2C, PPO, SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy

from racer.algorithms.algorithm import Algorithm
from racer.algorithms.networks import Perception, StateCriticPolicy
from racer.algorithms.registry import SpacesOnly
from racer.errors import ConfigError


def plain_model(model: BaseAlgorithm, algorithm: Algorithm) -> BaseAlgorithm:
    """Return a model of Stable-Baselines3's own classes that acts as ours does.

    What Stable-Baselines3 does not have opens as A2C, whose policy it has.

    Args:
        model: made by ``make_algorithm``.
        algorithm: what it learned with.

    Raises:
        ConfigError: if its policy needs a class of racer's.
    """
    made: Any = model
    kind, arguments = algorithm.learner(made.racer_settings)
    plain: Any = next((one for one in kind.__mro__ if one in (PPO, A2C, SAC)), A2C)
    known = inspect.signature(plain.__init__).parameters
    words = dict(made.policy_kwargs)
    if (reason := _needs_racer(model.policy, words)) is not None:
        raise ConfigError(f"export --sb3: {reason}")
    if words.pop("features_extractor_class", None) is not None:
        words.pop("features_extractor_kwargs")
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about sizes of batches: nothing is learned here
        copy: BaseAlgorithm = plain(
            made.policy_class,
            SpacesOnly(made.observation_space, made.action_space),
            policy_kwargs=words,
            device="cpu",
            **{name: value for name, value in arguments.items() if name in known},
        )
    weights = model.policy.state_dict()
    copy.policy.load_state_dict({_plain_name(name): one for name, one in weights.items()})
    return copy


def _needs_racer(policy: BasePolicy, words: dict[str, Any]) -> str | None:
    """Return why a policy cannot be opened without racer, in a line; None if it can."""
    if isinstance(policy, StateCriticPolicy):
        return (
            "its critic sees the state by a class of racer's, which PPO.load would need: "
            "train with --critic same, or export --onnx"
        )
    if words.get("features_extractor_class") is not Perception:
        return None
    looks = words["features_extractor_kwargs"]
    if looks["network"] != "shallow":
        return (
            f"its network '{looks['network']}' is a class of racer's, which PPO.load would need: "
            "--network shallow is Stable-Baselines3's own; or export --onnx"
        )
    if len(policy.observation_space.shape or ()) != 3:
        return "it sees pictures and more through a class of racer's: export --onnx"
    return None


def _plain_name(name: str) -> str:
    """Return what Stable-Baselines3's NatureCNN calls a weight of our network ``shallow``."""
    name = re.sub(r"(features_extractor)\.parts\.image\.", r"\1.cnn.", name)
    return re.sub(r"(features_extractor)\.last\.", r"\1.linear.", name)


def same_actions(model: BaseAlgorithm, other: BaseAlgorithm, observations: Any) -> bool:
    """Return whether two models do the same for some observations, to the last digits."""
    one, same = (each.predict(observations, deterministic=True)[0] for each in (model, other))
    return bool(np.allclose(one, same, atol=1e-5))
