"""A snapshot of a training, from which it goes on exactly: nothing random starts anew.

It is taken at the start of a rollout, when the update before is finished and no car has moved yet.
What only updates change (weights, optimizers) is added when a checkpoint is written.
"""

from typing import Any, Protocol

from stable_baselines3.common.base_class import BaseAlgorithm

from racer.algorithms.learner_state import (
    learning_state,
    load_learning_state,
    load_policy_weights,
    load_rollout_state,
    rollout_state,
)
from racer.algorithms.own_state import own_state
from racer.algorithms.vec_env import SB3VecEnv
from racer.runs.run_folder import RunFolder


class HasState(Protocol):
    """Counts and ranks that go on: the callback of a run."""

    def state_dict(self) -> dict[str, Any]:
        """Return what is kept between updates, as plain data."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` returned."""


def take_snapshot(
    model: BaseAlgorithm,
    venv: SB3VecEnv,
    run: RunFolder,
    callback: HasState,
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


def with_learning_state(snapshot: dict[str, Any], model: BaseAlgorithm) -> dict[str, Any]:
    """Return a snapshot with what updates change; no update was made since it was taken."""
    return {**snapshot, "learning": learning_state(model)}


def load_snapshot(
    training: dict[str, Any],
    weights: dict[str, Any],
    model: BaseAlgorithm,
    venv: SB3VecEnv,
    callback: HasState,
    *,
    anyway: bool = False,
) -> None:
    """Put everything back, so that ``learn(reset_num_timesteps=False)`` goes on.

    The recorder and the tables were reopened where they stood.

    Args:
        training: from ``with_learning_state``.
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
