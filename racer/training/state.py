"""The moment from which a training goes on, taken down whole: nothing random starts anew.

It is taken at the start of a rollout, when the update before is finished and no car has moved yet.
What only updates change (weights, optimizers) is added when a checkpoint is written.
"""

from typing import TYPE_CHECKING, Any

from stable_baselines3.common.base_class import BaseAlgorithm

from racer.algorithms.own_state import own_state
from racer.algorithms.state import (
    learning_state,
    load_learning_state,
    load_policy_weights,
    load_rollout_state,
    rollout_state,
)
from racer.algorithms.vec_env import SB3VecEnv
from racer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from racer.training.callback import RunCallback


def moment(
    model: BaseAlgorithm,
    venv: SB3VecEnv,
    run: RunFolder,
    callback: "RunCallback",
    *,
    with_slow: bool,
) -> dict[str, Any]:
    """Return a copy of all that the rollouts change, as plain data and arrays.

    Args:
        model: the algorithm, at the start of a rollout.
        venv: its cars.
        run: where its tables stand.
        callback: counts and ranks.
        with_slow: take down what the reward function keeps too, car by car, which may take long.
    """
    recorder = venv.recorder
    return {
        "rollout": rollout_state(model),
        "env": venv.env.state_dict(with_slow=with_slow),
        "total_steps": venv.total_steps,
        "recorder": None if recorder is None else recorder.state_dict(),
        "tables": run.positions(),
        "files": own_state(model).file_positions(),
        "obstacle": own_state(model).obstacle,
        "callback": callback.state_dict(),
        "ended": False,
    }


def complete(taken: dict[str, Any], model: BaseAlgorithm) -> dict[str, Any]:
    """Return a moment with what updates change; no update was made since it was taken."""
    return {**taken, "learning": learning_state(model)}


def load_moment(
    training: dict[str, Any],
    weights: dict[str, Any],
    model: BaseAlgorithm,
    venv: SB3VecEnv,
    callback: "RunCallback",
    *,
    anyway: bool = False,
) -> None:
    """Put everything back, so that ``learn(reset_num_timesteps=False)`` goes on.

    The recorder and the tables were reopened where they stood.

    Args:
        training: from ``complete``.
        weights: the policy's parameters.
        model: made with the same settings and seed.
        venv: its cars; reset once with the same seed.
        callback: new.
        anyway: begin with a fresh reward function where what it kept is not there.

    Raises:
        RunError: if it is of other cars, or another network.
        RewardStateError: if it is of another reward function.
    """
    load_policy_weights(model, weights)
    load_learning_state(model, training["learning"])
    env = training["env"]
    venv.env.load_state_dict({**env, "reward": None} if anyway and env["problem"] else env)
    venv.total_steps = training["total_steps"]
    if venv.recorder is not None and training["recorder"] is not None:
        venv.recorder.load_state_dict(training["recorder"])
    callback.load_state_dict(training["callback"])
    load_rollout_state(model, training["rollout"])  # last: nothing above may draw after it
