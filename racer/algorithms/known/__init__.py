"""The algorithms that racer knows, each in a file of its own.

Importing this imports neither torch nor Stable-Baselines3.
"""

from racer.algorithms.algorithm import Algorithm
from racer.algorithms.known import a2c, dagger, ppo, vpg
from racer.errors import ConfigError, unknown_name

ALGORITHMS: dict[str, Algorithm] = {
    file.ALGORITHM.name: file.ALGORITHM for file in (vpg, ppo, a2c, dagger)
}
"""Every algorithm by its name."""

FROM_REWARDS: dict[str, Algorithm] = {
    name: one for name, one in ALGORITHMS.items() if not one.has_teacher
}
"""Those that learn from rewards: what a user may name."""


def algorithm(name: str) -> Algorithm:
    """Return an algorithm.

    Raises:
        ConfigError: if there is none of that name; it lists those that learn from rewards.
    """
    if name not in ALGORITHMS:
        raise ConfigError(unknown_name("algorithm", name, list(FROM_REWARDS)))
    return ALGORITHMS[name]


def default_name(*, sees_pictures: bool) -> str:
    """Return the algorithm of settings that name none."""
    return next(
        one.name
        for one in ALGORITHMS.values()
        if (one.is_default_for_camera if sees_pictures else one.is_default)
    )


def choices() -> str:
    """Return what a user may name, as help says it: ``vpg, ppo or a2c``."""
    *others, last = FROM_REWARDS
    return f"{', '.join(others)} or {last}"
