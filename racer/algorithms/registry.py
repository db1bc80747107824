"""Makes and loads learning algorithms by name."""

import json
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv

from racer.algorithms.algorithm import Algorithm
from racer.algorithms.known import FROM_REWARDS, algorithm
from racer.algorithms.networks import CRITIC_KEY, Perception, StateCriticPolicy, has_image
from racer.algorithms.settings import AlgorithmSettings
from racer.errors import ConfigError, RunError, unknown_name

_ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}


def make_algorithm(
    name: str,
    env: VecEnv,
    settings: AlgorithmSettings | None = None,
    *,
    seed: int | None,
    tensorboard_log: str | None = None,
    verbose: int = 0,
    device: str = "cpu",
    policy_kwargs: dict[str, Any] | None = None,
) -> BaseAlgorithm:
    """Return a learning algorithm, ready for ``learn``.

    The policy follows from the observations: a network of convolutions for an image, one input a
    key for a dict, layers of neurons for anything else.

    Args:
        name: of an algorithm of ``known``.
        env: the environments to learn in.
        settings: the algorithm's settings; its defaults if None.
        seed: of the networks' first weights, the actions and the environments.
        tensorboard_log: folder for TensorBoard's events, or None.
        verbose: 0 silent, 1 tables of the logged values.
        device: "cpu", "cuda" or "auto".
        policy_kwargs: more arguments of SB3's policy class, such as ``features_extractor_class``;
            they win over the settings.

    Raises:
        ConfigError: if the name is unknown, the settings are another algorithm's, or they do not
            fit the environments.
    """
    one = algorithm(name)
    values = _checked(one, settings, env)
    kind, arguments = one.learner(values)
    with warnings.catch_warnings():
        # A last mini-batch smaller than the others is no reason to worry a user.
        warnings.filterwarnings("ignore", message="You have specified a mini-batch size")
        own = _policy_kwargs(one, env.observation_space, values)
        try:
            model = kind(
                _policy(env.observation_space, values),
                env,
                policy_kwargs=own | (policy_kwargs or {}),
                seed=seed,
                tensorboard_log=tensorboard_log,
                verbose=verbose,
                device=device,
                **arguments,
            )
        except MemoryError as error:
            raise ConfigError(
                f"{name}: too little memory for what it remembers: {error}"
            ) from error
    if has_image(env.observation_space):
        # the order of the weights in memory that CPUs are quick with: docs/benchmarks.md
        model.policy.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    # SB3 saves every attribute: so a saved model says by itself what it is
    vars(model).update(racer_algorithm=name, racer_settings=values)
    return model


def _checked(one: Algorithm, settings: AlgorithmSettings | None, env: VecEnv) -> dict[str, Any]:
    """Return the values of the settings, if they are the algorithm's and fit the environments."""
    settings = one.settings() if settings is None else settings
    if type(settings) is not one.settings:
        got = type(settings).__name__
        raise ConfigError(f"{one.name}: expected settings {one.settings.__name__}, got {got}")
    values = settings.to_dict()
    if values.get("n_steps", 2) * env.num_envs < 2:
        raise ConfigError(f"{one.name}: n_steps: expected at least 2 with one car, got 1")
    if not one.takes_lists and isinstance(env.action_space, spaces.Discrete):
        raise ConfigError(f"{one.name}: expected continuous actions, got a list of them")
    return values


class SpacesOnly(VecEnv):
    """Stands for environments where only their spaces matter: to act, not to learn."""

    def __init__(self, observation: spaces.Space[Any], action: spaces.Space[Any]) -> None:
        super().__init__(2, observation, action)  # two: PPO wants more than one step a rollout

    def _nothing(self, *_: Any, **__: Any) -> Any:
        raise RunError("a loaded policy can act, but has no environments to learn in")

    reset = step_async = step_wait = set_attr = env_method = _nothing

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """No attribute is set."""
        return [None] * self.num_envs

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Nothing here is random."""
        return [seed] * self.num_envs

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """Nothing is wrapped."""
        return [False] * self.num_envs

    def close(self) -> None:
        """Nothing is held."""


def make_to_act(
    name: str,
    settings: AlgorithmSettings,
    observation: spaces.Space[Any],
    action: spaces.Space[Any],
) -> BaseAlgorithm:
    """Return an algorithm with fresh weights for some spaces; it can act, but not learn.

    The process's random numbers are as before.

    Args:
        name: of an algorithm of ``known``.
        settings: the algorithm's settings.
        observation: of one environment.
        action: of one environment.

    Raises:
        ConfigError: as ``make_algorithm``.
    """
    if algorithm(name).takes("buffer_size"):
        settings = replace(settings, **{"buffer_size": 1_000})  # it learns nothing to remember
    with torch.random.fork_rng(devices=[]):
        return make_algorithm(name, SpacesOnly(observation, action), settings, seed=None)


def load_algorithm(
    path: str | Path, env: VecEnv | None = None, *, device: str = "cpu"
) -> BaseAlgorithm:
    """Return an algorithm that ``make_algorithm`` made and SB3's ``save`` saved.

    Loading unpickles: load only files that you trust, as with all of SB3's and torch's models.

    Args:
        path: the .zip file.
        env: environments to go on learning in; without them it can only act.
        device: "cpu", "cuda" or "auto".

    Raises:
        RunError: if the file is missing, damaged or not one of ours.
    """
    path = Path(path)
    kind = _saved_kind(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="You have specified a mini-batch size")
            return kind.load(path, env, device=device)
    except (zipfile.BadZipFile, RuntimeError, KeyError, EOFError) as error:
        raise RunError(f"{path}: the saved model is damaged: {error}") from error


def _saved_kind(path: Path) -> type[BaseAlgorithm]:
    """Return a saved model's class, from the part that is plain JSON."""
    try:
        with zipfile.ZipFile(path) as archive:
            data = json.loads(archive.read("data"))
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise RunError(f"{path}: expected a saved model (.zip), got another file") from error
    name = data.get("racer_algorithm")
    if name is None:
        raise RunError(f"{path}: expected a model made by racer, got one without its mark")
    if name not in FROM_REWARDS:
        raise RunError(f"{path}: " + unknown_name("algorithm", str(name), list(FROM_REWARDS)))
    return FROM_REWARDS[name].learner(data["racer_settings"])[0]


def _policy(space: spaces.Space[Any], values: dict[str, Any]) -> str | type[ActorCriticPolicy]:
    """Return SB3's word for the policy that fits the observations, or our class of it."""
    if values.get("critic") == "state":
        if not isinstance(space, spaces.Dict) or CRITIC_KEY not in space.spaces:
            raise ConfigError("critic: state is for a car that observes something else, a camera")
        return StateCriticPolicy
    if isinstance(space, spaces.Dict):
        return "MultiInputPolicy"
    return "CnnPolicy" if has_image(space) else "MlpPolicy"


def _policy_kwargs(
    one: Algorithm, space: spaces.Space[Any], values: dict[str, Any]
) -> dict[str, Any]:
    """Return the arguments of SB3's policy class for the settings that concern the networks."""
    sizes = values["net_arch"]
    arguments: dict[str, Any] = {
        "net_arch": {"pi": sizes, one.value_layers: sizes},
        "activation_fn": _ACTIVATIONS[values["activation"]],
    }
    if "log_std_init" in values:
        arguments["log_std_init"] = values["log_std_init"]
    if not has_image(space):
        return arguments
    looks: dict[str, Any] = {"network": values["network"]}
    if values.get("critic") == "state" and isinstance(space, spaces.Dict):
        looks["keys"] = tuple(key for key in space.spaces if key != CRITIC_KEY)
    return arguments | {"features_extractor_class": Perception, "features_extractor_kwargs": looks}
