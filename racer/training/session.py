"""One training in this process: what ``train``, ``resume`` and ``clone`` have in common."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import configure

from racer.algorithms.hyperparameters import resolve
from racer.algorithms.known import algorithm
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
from racer.provenance import now
from racer.reward import CallMonitor, RewardFailure, RewardSource, save_failure
from racer.reward.failure import FAILURE
from racer.storage.durable import digest_of
from racer.training.callback import Hooks, RunCallback
from racer.training.checkpoint import PolicyDriver, load_checkpoint
from racer.training.checkpoint_file import find_checkpoint
from racer.training.run_folder import STEPS, RunFolder, write_json
from racer.training.teacher import teacher_of


@dataclass(frozen=True)
class RunResult:
    """What a training has come to."""

    folder: Path
    config: TrainConfig
    evaluation: Evaluation
    """Of the best checkpoint, on the final starts."""
    total_steps: int
    episodes: int
    seconds: float
    """Of training, evaluations excluded."""
    stop_reason: str
    """budget, minutes, until_finish or interrupted."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What a training tells, and by what it is stopped and watched."""

    hooks: Hooks
    """Progress and stopping."""
    monitor: CallMonitor | None = None
    """Where calls of the reward function are announced."""
    on_note: Callable[[str], None] | None = None
    """Called with each remark a user should read."""
    on_print: Callable[[str], None] | None = None
    """Called with each of the first lines that the reward function prints."""

    def note(self, text: str) -> None:
        """Pass a remark on."""
        if self.on_note is not None:
            self.on_note(text)


@dataclass(frozen=True)
class Parts:
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
        """What must be the same to go on exactly: of the reward function and the tracks."""
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
        }


def make_parts(
    config: TrainConfig, around: Surroundings, reward: RewardSource | None = None
) -> Parts:
    """Put the cars on the track and make the algorithm.

    Args:
        config: all settings.
        around: what the training tells.
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
        monitor=around.monitor,
        output=around.on_print,
    )
    venv = SB3VecEnv(ScenarioVectorEnv(scenario, config.n_envs))
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
    return Parts(config, scenario, settings, venv, model, tuple(notes))


def step_recorder(
    folder: Path, parts: Parts, position: dict[str, Any] | None = None
) -> StepRecorder | None:
    """Return what records the steps of the training; None if they are not to be recorded.

    Args:
        folder: of the run.
        parts: the cars.
        position: where a recording that is there is cut back to and gone on with.
    """
    scenario, config = parts.scenario, parts.config
    reward = scenario.reward
    if not config.record or reward is None:
        return None
    settings = RecordingSettings.of(
        parts.venv.env.world,
        scenario.actions,
        seed=config.seed,
        reward=reward_name(config, reward),
        reward_digest=reward.digest,
    )
    return StepRecorder(folder / STEPS, settings, position)


def reward_name(config: TrainConfig, reward: RewardSource) -> str:
    """Return how files call a reward function: as the user named it, wherever that was."""
    return reward.name if reward.path is None else config.reward


def make_callback(run: RunFolder, parts: Parts, around: Surroundings) -> RunCallback:
    """Return what watches the training."""
    blind = replace(parts.scenario, reward=None)
    return RunCallback(run, parts.config, blind, around.hooks, parts.facts)


def set_logger(run: RunFolder, model: BaseAlgorithm) -> None:
    """Let an algorithm log to the TensorBoard files of a run."""
    model.set_logger(configure(str(run.path / "tensorboard"), ["tensorboard"]))


def learn(run: RunFolder, parts: Parts, callback: RunCallback, *, goes_on: bool = False) -> None:
    """Learn until the budget is spent or something stops it; then evaluate and save.

    Args:
        run: where everything is written; closed at the end.
        parts: cars and algorithm.
        callback: watches.
        goes_on: the algorithm was put back to a moment of this training.

    Raises:
        RewardFailure: if the reward function failed; the run keeps its last checkpoint and the
            params of the call.
        RunError: if something cannot be written.
    """
    model, venv = parts.model, parts.venv
    budget = parts.config.step_budget - (model.num_timesteps if goes_on else 0)
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


def conclude(run: RunFolder, parts: Parts, ended: dict[str, Any]) -> Evaluation:
    """Evaluate the best checkpoint on the final starts, and write down how the run ended.

    Args:
        run: where everything is written.
        parts: where to drive.
        ended: further facts for ``run.json``, among them ``stop_reason``.

    Raises:
        RewardError: if the reward function fails.
        RunError: if something cannot be written.
    """
    try:
        scenario = replace(parts.scenario, output=None)
        best = load_checkpoint(find_checkpoint(run.path))
        driver = PolicyDriver(best.model, run.path.name)
        evaluation = evaluate(driver, scenario, trials=parts.config.eval_trials)
    except RewardError as failure:
        run.describe(status="failed", error=str(failure), ended=now())
        raise
    write_json(run.path / "evaluation.json", evaluation.to_dict())
    evaluation.trace.save(run.path / "trace.npz")
    run.describe(
        status="interrupted" if ended["stop_reason"] == "interrupted" else "finished",
        **ended,
        ended=now(),
        evaluation=evaluation.summary(),
    )
    run.seal()
    return evaluation


def result_of(
    run: RunFolder, parts: Parts, callback: RunCallback, notes: tuple[str, ...] = ()
) -> RunResult:
    """Conclude a run, and return what it has come to."""
    ended: dict[str, Any] = {
        "stop_reason": callback.stop_reason,
        "total_steps": parts.venv.total_steps,
        "episodes": callback.n_episodes,
        "seconds": round(callback.seconds, 3),
    }
    evaluation = conclude(run, parts, ended)
    return RunResult(
        run.path,
        parts.config,
        evaluation,
        ended["total_steps"],
        ended["episodes"],
        ended["seconds"],
        ended["stop_reason"],
        notes,
    )
