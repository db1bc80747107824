"""Zips of Stable-Baselines3 that were made elsewhere: pickles, read only with the user's word."""

from pathlib import Path

import stable_baselines3
from stable_baselines3.common.base_class import BaseAlgorithm

from racer.errors import ConfigError, RunError, unknown_name
from racer.runs.checkpoint_file import is_foreign, read_file

FOREIGN = ("ppo", "a2c", "sac", "dqn", "td3", "ddpg")
"""What a zip that was made elsewhere may have learned with."""


def load_foreign(path: Path, algorithm: str, *, allow_pickle: bool) -> BaseAlgorithm:
    """Return a model that Stable-Baselines3 saved elsewhere; it can act.

    Args:
        path: the zip.
        algorithm: what it learned with, one of ``FOREIGN``.
        allow_pickle: it is a pickle, which can run any code: whether its maker is trusted.

    Raises:
        ConfigError: if the algorithm is unknown.
        RunError: if there is no such zip, pickles are not allowed, or it is another algorithm's.
    """
    if algorithm not in FOREIGN:
        raise ConfigError(unknown_name("algorithm", algorithm, list(FOREIGN)))
    if not is_foreign(path, read_file(path)):
        raise RunError(
            f"{path}: not a zip of Stable-Baselines3; a run and a checkpoint of racer say "
            "themselves what they learned with: leave out --algo"
        )
    if not allow_pickle:
        raise RunError(
            f"{path}: a zip of Stable-Baselines3 is a pickle: reading it can run any code that is "
            "in it; if you trust who made it: --allow-pickle"
        )
    kind: type[BaseAlgorithm] = getattr(stable_baselines3, algorithm.upper())
    try:
        return kind.load(path, device="cpu")
    except Exception as error:  # unpickling may raise anything
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise RunError(
            f"{path}: {kind.__name__} of Stable-Baselines3 cannot load it: {what:.200}"
        ) from error
