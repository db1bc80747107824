"""The state of an environment's cars, to be saved and put back: one car or many."""

from typing import Any

from racer.env.world import World
from racer.errors import RewardStateError
from racer.reward import RewardRunner


def cars_state(
    world: World, runner: RewardRunner | None, *, with_slow: bool = True
) -> dict[str, Any]:
    """Return a copy of all that steps change: the world, and what its reward function keeps.

    Args:
        world: the cars.
        runner: pays them; None before the first reset, and without a reward function.
        with_slow: also where the reward function has to be looked through car by car; if not,
            ``is_partial`` says that it was left out.

    Returns:
        ``world``; ``reward``, or None where the reward function keeps what is no plain data and
        ``problem`` says what; ``is_partial``.
    """
    is_partial = runner is not None and runner.is_slow_to_save and not with_slow
    reward, problem = None, ""
    if runner is not None and not is_partial:
        try:
            reward = runner.state_dict()
        except RewardStateError as error:
            problem = str(error)
    return {
        "world": world.state_dict(),
        "reward": reward,
        "problem": problem,
        "is_partial": is_partial,
    }


def load_cars_state(world: World, runner: RewardRunner | None, state: dict[str, Any]) -> None:
    """Put back what ``cars_state`` returned, after a reset with the same seed.

    Raises:
        RunError: if it is of another world.
        RewardStateError: if the reward function is another one.
    """
    world.load_state_dict(state["world"])
    if runner is not None and state["reward"] is not None:
        runner.load_state_dict(state["reward"])
