"""One training in this process: what ``train``, ``resume`` and ``clone`` have in common."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import configure

from racer.algorithms.hyperparameters import resolve
from racer.algorithms.known import algorithm
from racer.algorithms.learner_state import has_learned
from racer.algorithms.own_state import own_state
from racer.algorithms.registry import make_algorithm
from racer.algorithms.settings import AlgorithmSettings
from racer.algorithms.vec_env import SB3VecEnv
from racer.config.train_config import TrainConfig
from racer.env import Scenario, ScenarioVectorEnv
from racer.env.recording import RecordingSettings, StepRecorder, track_digest
from racer.errors import RewardError
from racer.evaluation import Evaluation, evaluate
from racer.naming import one_or_list
from racer.reward import RewardFailure, RewardSource, save_failure
from racer.run_files import EVALUATION, FAILURE, STEPS, TENSORBOARD, TRACE
from racer.runs.checkpoint_file import find_checkpoint
from racer.runs.provenance import now
from racer.runs.run_folder import RunFolder, write_json
from racer.storage.durable import digest_of
from racer.training.callback import RunCallback
from racer.training.checkpoint import PolicyDriver, load_checkpoint
from racer.training.hooks import Hooks
from racer.training.teacher import teacher_of
from racer.vehicle.physics import physics_of


@dataclass(frozen=True)
class RunResult:
    """What a training has come to."""

    folder: Path
    config: TrainConfig
    evaluation: Evaluation
    """Of the best checkpoint, on the final starts; of the last one, if nothing was learned."""
    total_steps: int
    episodes: int
    seconds: float
    """Of training, evaluations excluded."""
    stop_reason: str
    """budget, minutes, until_finish or interrupted."""
    notes: tuple[str, ...] = ()
    before: dict[str, Any] | None = None
    """Figures of the policy before its first update, on the same starts."""
    is_clone: bool = False
    """That policy was another run's."""


@dataclass(frozen=True)
class TrainingSetup:
    """Cars and algorithm, ready to learn; no file is written yet."""

    config: TrainConfig
    scenario: Scenario
    settings: AlgorithmSettings
    venv: SB3VecEnv
    model: BaseAlgorithm
    notes: tuple[str, ...]
    """What a user should know."""

    @property
    def facts(self) -> dict[str, Any]:
        """What must be the same to go on exactly: of the reward function, the tracks, the car."""
        reward = self.scenario.reward
        taught = (
            {}
            if self.config.teacher is None
            else {"teacher_digest": digest_of(Path(self.config.teacher))}
        )
        return {
            **taught,
            "reward_digest": None if reward is None else reward.digest,
            "track_digest": one_or_list([track_digest(one) for one in self.scenario.tracks]),
            "physics": physics_of(self.venv.env.world.vehicle),
        }


def make_setup(
    config: TrainConfig, hooks: Hooks, reward: RewardSource | None = None
) -> TrainingSetup:
    """Put the cars on the track and make the algorithm.

    Args:
        config: all settings.
        hooks: what the training tells, and how it is stopped.
        reward: in place of the one that the settings name.

    Raises:
        RacerError: for settings that cannot be used.
    """
    torch.set_num_threads(
        1
    )  # small networks: threads cost more than they bring, and reproduce worse
    settings, notes = resolve(config.algo, config.hyperparameters)
    scenario = config.scenario(
        reward=config.reward if reward is None else reward,
        monitor=hooks.monitor,
        output=hooks.on_print,
    )
    starts = None if config.start_at is None else np.full(config.n_envs, config.start_at)
    venv = SB3VecEnv(
        ScenarioVectorEnv(
            scenario, config.n_envs, starts=starts, start_advance=config.start_advance
        )
    )
    model: Any = make_algorithm(config.algo, venv, settings, seed=config.seed)
    if algorithm(config.algo).has_teacher:
        model.teacher = teacher_of(config, venv.env.world)
    if own := own_state(model).obstacle:
        notes.append(f"this run cannot be resumed exactly: {own}")
    if config.n_trials > config.eval_trials:
        notes.append(
            f"eval_trials: {config.eval_trials} are too few for {config.n_trials} tracks: each "
            "evaluation drives one lap a track"
        )
    # a file that cannot be executed leaves no folder behind
    runner = scenario.reward_runner(1, config.seed)
    if runner is not None and runner.obstacle:
        notes.append(f"this run cannot be resumed exactly: the reward function {runner.obstacle}")
    return TrainingSetup(config, scenario, settings, venv, model, tuple(notes))


def step_recorder(
    folder: Path, setup: TrainingSetup, position: dict[str, Any] | None = None
) -> StepRecorder | None:
    """Return what records the steps of the training; None if they are not to be recorded.

    Args:
        folder: of the run.
        setup: the cars.
        position: where a recording that is there is cut back to and gone on with.
    """
    scenario, config = setup.scenario, setup.config
    reward = scenario.reward
    if not config.record or reward is None:
        return None
    settings = RecordingSettings.of(
        setup.venv.env.world,
        scenario.actions,
        seed=config.seed,
        reward=reward_name(config, reward),
        reward_digest=reward.digest,
    )
    return StepRecorder(folder / STEPS, settings, position)


def reward_name(config: TrainConfig, reward: RewardSource) -> str:
    """Return how files call a reward function: as the user named it, wherever that was."""
    return reward.name if reward.path is None else config.reward


def make_callback(run: RunFolder, setup: TrainingSetup, hooks: Hooks) -> RunCallback:
    """Return what watches the training."""
    blind = replace(setup.scenario, reward=None)
    return RunCallback(run, setup.config, blind, hooks, setup.facts)


def set_logger(run: RunFolder, model: BaseAlgorithm) -> None:
    """Let an algorithm log to the TensorBoard files of a run."""
    model.set_logger(configure(str(run.path / TENSORBOARD), ["tensorboard"]))


def learn(
    run: RunFolder, setup: TrainingSetup, callback: RunCallback, *, goes_on: bool = False
) -> None:
    """Learn until the budget is spent or something stops it; then evaluate and save.

    Args:
        run: where everything is written; closed at the end.
        setup: cars and algorithm.
        callback: watches.
        goes_on: the algorithm was put back to a moment of this training.

    Raises:
        RewardFailure: if the reward function failed; the run keeps its last checkpoint and the
            params of the call.
        RunError: if something cannot be written.
    """
    model, venv = setup.model, setup.venv
    budget = setup.config.step_budget - (model.num_timesteps if goes_on else 0)
    with ExitStack() as last:
        last.callback(model.logger.close)
        last.callback(own_state(model).close_files)
        if venv.recorder is not None:
            last.callback(venv.recorder.close)
        try:
            model.learn(budget, callback=callback, log_interval=1, reset_num_timesteps=not goes_on)
            callback.conclude()
        except RewardFailure as failure:
            callback.save_last()
            save_failure(failure, run.path / FAILURE)
            run.describe(status="failed", error=str(failure), ended=now())
            raise


def conclude(run: RunFolder, setup: TrainingSetup, ended: dict[str, Any]) -> Evaluation:
    """Evaluate the best checkpoint on the final starts, and write down how the run ended.

    Args:
        run: where everything is written.
        setup: where to drive.
        ended: further facts for ``run.json``, among them ``stop_reason``.

    Raises:
        RewardError: if the reward function fails.
        RunError: if something cannot be written.
    """
    try:
        scenario = replace(setup.scenario, output=None)
        best = load_checkpoint(find_checkpoint(run.path))
        driver = PolicyDriver(best.model, run.path.name)
        evaluation = evaluate(driver, scenario, trials=setup.config.eval_trials)
    except RewardError as failure:
        run.describe(status="failed", error=str(failure), ended=now())
        raise
    write_json(run.path / EVALUATION, evaluation.to_dict())
    evaluation.trace.save(run.path / TRACE)
    run.end(
        status="interrupted" if ended["stop_reason"] == "interrupted" else "finished",
        **ended,
        ended=now(),
        evaluation=evaluation.summary(),
    )
    return evaluation


def result_of(
    run: RunFolder, setup: TrainingSetup, callback: RunCallback, notes: tuple[str, ...] = ()
) -> RunResult:
    """Conclude a run, and return what it has come to."""
    ended: dict[str, Any] = {
        "stop_reason": callback.stop_reason,
        "total_steps": setup.venv.total_steps,
        "episodes": callback.n_episodes,
        "seconds": round(callback.seconds, 3),
        **({} if has_learned(setup.model) else {"has_learned": False}),
    }
    evaluation = conclude(run, setup, ended)
    return RunResult(
        run.path,
        setup.config,
        evaluation,
        ended["total_steps"],
        ended["episodes"],
        ended["seconds"],
        ended["stop_reason"],
        notes,
        callback.before,
        run.is_clone,
    )
