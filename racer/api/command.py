"""Writes settings as the command that trains with them."""

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from racer.naming import one_or_list

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig


def changed_settings(config: "TrainConfig") -> dict[str, Any]:
    """Return the settings that differ from the defaults, hyperparameters among them by name.

    The action space is left out: it is no single value.
    """
    from racer.algorithms.known import algorithm
    from racer.config.train_config import TrainConfig

    default = _untouched(config)
    own = (name for name in TrainConfig.model_fields if name not in ("hyperparameters", "actions"))
    values = {name: getattr(config, name) for name in own}
    changed = {name: one for name, one in values.items() if one != getattr(default, name)}
    if "track" in changed:
        changed["track"] = one_or_list(changed["track"])
    if config.algo != TrainConfig.of().algo:
        changed["algo"] = config.algo
    if config.teacher is not None:
        changed["teacher"] = config.teacher
    defaults = algorithm(config.algo).settings()
    changed.update(
        {
            name: value
            for name, value in config.hyperparameters.items()
            if value != getattr(defaults, name, None)
        }
    )
    return changed


def _untouched(config: "TrainConfig") -> "TrainConfig":
    """Return the settings of an algorithm and its teacher when nothing else is said."""
    from racer.config.train_config import TrainConfig

    return TrainConfig.of(algo=config.algo, teacher=config.teacher)


def train_command(config: "TrainConfig", name: str, changes: Mapping[str, Any]) -> str:
    """Return the command that trains with the settings of a run and a change.

    Args:
        config: the settings of the run.
        name: of the new run.
        changes: settings, hyperparameters, or numbers of the action space, that replace them.

    Returns:
        the command; empty if it cannot be written: an action space that is neither a grid nor a
        symmetrical range needs a file, and a student has the reward function of its teacher.
    """
    from racer.config.words import option_words
    from racer.vehicle.action_words import WORDS, words_of

    settings = {**changed_settings(config), **changes}
    own = _untouched(config).actions  # what it has when nothing is said
    actions = config.actions
    if actions is not None and (actions != own or set(changes) & set(WORDS)):
        words = words_of(actions)
        if words is None and not set(changes) & set(WORDS):
            return ""
        settings = {**(words or {}), **settings}
    command = ["racer", "train", str(settings.pop("reward", config.reward))]
    if config.teacher is not None:
        if "reward" in changes:
            return ""
        del settings["algo"]
        command = ["racer", "distill", str(settings.pop("teacher"))]
    for key, value in settings.items():
        command += option_words(key, value)
    return shlex.join([*command, "--name", name])
