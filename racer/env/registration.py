"""Makes ``gymnasium.make("racer/TimeTrial-v0", …)`` and ``make_vec`` find the environments."""

import gymnasium as gym

ENV_ID = "racer/TimeTrial-v0"


def register() -> None:
    """Register the environments with Gymnasium; doing it twice does no harm."""
    if ENV_ID not in gym.registry:
        gym.register(
            id=ENV_ID,
            entry_point="racer.env.racer_env:RacerEnv",
            vector_entry_point="racer.env.vector_env:RacerVectorEnv",
            order_enforce=False,  # RacerEnv says itself that reset() is missing
        )
