"""Registers the environments with Gymnasium; they are imported when they are made.

``gymnasium.make("racer.gym:racer/TimeTrial-v0")`` needs no other import. After ``import racer`` the
plain name ``racer/TimeTrial-v0`` will do.
"""

import gymnasium

gymnasium.register(
    id="racer/TimeTrial-v0",
    entry_point="racer.env.racer_env:RacerEnv",
    vector_entry_point="racer.env.vector_env:RacerVectorEnv",
    order_enforce=False,  # RacerEnv says itself that reset() is missing
)
