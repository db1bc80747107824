"""One training, from settings to a run folder."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.logger import configure

from racer.algorithms.hyperparameters import resolve
from racer.algorithms.registry import make_algorithm
from racer.algorithms.vec_env import SB3VecEnv
from racer.assets import asset_folder
from racer.env import RacerVectorEnv, Scenario
from racer.env.recording import RecordingSettings, StepRecorder
from racer.errors import RewardError
from racer.evaluation import Evaluation, compile_checked, evaluate
from racer.reward import CallMonitor, RewardFailure, RewardSource, save_failure
from racer.training.callback import Hooks, RunCallback
from racer.training.checkpoint import PolicyDriver, find_checkpoint, load_checkpoint
from racer.training.config import TrainConfig
from racer.training.run_folder import (
    REWARD_COPY,
    STEPS,
    RunFolder,
    free_name,
    provenance,
    write_json,
)

FAILURE = "failure.json"
"""Name of the file in the run folder that keeps the call that failed."""


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


def default_name(config: TrainConfig) -> str:
    """Return what a run is called if the user does not say: reward and algorithm."""
    stem = (
        re.sub(r"[^\w.-]", "", Path(config.reward).stem) or "reward"
    )  # "<lambda>" is no file name
    return f"{stem}-{config.algo}"


def train(
    config: TrainConfig,
    *,
    reward: RewardSource | None = None,
    folder: Path | None = None,
    runs: Path = Path("runs"),
    force: bool = False,
    hooks: Hooks | None = None,
    monitor: CallMonitor | None = None,
    on_note: Callable[[str], None] | None = None,
    on_print: Callable[[str], None] | None = None,
) -> RunResult:
    """Train, evaluate the best checkpoint, and leave everything in a run folder.

    Args:
        config: all settings.
        reward: in place of the one that the settings name; for Python functions.
        folder: of the run; by default the next free name in ``runs``.
        runs: where runs without a folder of their own go.
        force: replace a run that is there.
        hooks: progress and stopping.
        monitor: where calls of the reward function are announced.
        on_note: called with each remark a user should read.
        on_print: called with each of the first lines that the reward function prints.

    Raises:
        RacerError: for settings that cannot be used; the run folder is then not created.
        RewardFailure: if the reward function failed; the run keeps its last checkpoint and the
            params of the call.
    """
    hooks = hooks or Hooks()
    torch.set_num_threads(
        1
    )  # small networks: threads cost more than they bring, and reproduce worse
    settings, notes = resolve(config.algo, config.hyperparameters)
    scenario = config.scenario(
        reward=config.reward if reward is None else reward, monitor=monitor, output=on_print
    )
    scenario.reward_runner(1, config.seed)  # a file that cannot be executed leaves no folder behind
    venv = SB3VecEnv(RacerVectorEnv.of(scenario, config.n_envs))
    model = make_algorithm(config.algo, venv, settings, seed=config.seed)
    config = _with_absolute_track(config, scenario)
    run = RunFolder(folder or runs / free_name(runs, default_name(config)), force=force)
    for note in notes:
        if on_note is not None:
            on_note(note)
    _describe(run, config, scenario, settings, notes)
    # now that there is a folder, where an endless call leaves its params
    venv.env.scenario = scenario = _with_compiled_reward(config, scenario, hooks)
    run.describe(reward_path=_reward_path(scenario))
    venv.recorder = _recorder(run.path, config, scenario, venv)
    model.set_logger(configure(str(run.path / "tensorboard"), ["tensorboard"]))
    callback = RunCallback(run, config, replace(scenario, reward=None), hooks)
    try:
        model.learn(config.step_budget, callback=callback, log_interval=1)
        if callback.stop_reason != "until_finish":
            callback.evaluate()
        callback.save("last")
    except RewardFailure as failure:
        _keep_failure(run, callback, failure)
        raise
    finally:
        run.close()
        model.logger.close()
        if venv.recorder is not None:
            venv.recorder.close()
    return _conclude(run, config, scenario, callback, venv, tuple(notes))


def _with_compiled_reward(config: TrainConfig, scenario: Scenario, hooks: Hooks) -> Scenario:
    """Return the scenario with its reward function compiled, if it can be and is to be."""
    if not config.compile_reward:
        return scenario
    compilation = compile_checked(scenario)
    if hooks.on_reward is not None:
        hooks.on_reward(compilation)
    return replace(scenario, compiled=compilation.reward)


def _reward_path(scenario: Scenario) -> str:
    """Return how the reward function runs: compiled or interpreted."""
    return "interpreted" if scenario.compiled is None else "compiled"


def _with_absolute_track(config: TrainConfig, scenario: Scenario) -> TrainConfig:
    """Return settings that name the same track file from any working folder."""
    source = scenario.track.source
    if source is None or source.resolve().is_relative_to(asset_folder("tracks").resolve()):
        return config
    return config.model_copy(update={"track": str(source.resolve())})


def _describe(
    run: RunFolder, config: TrainConfig, scenario: Scenario, settings: Any, notes: list[str]
) -> None:
    """Write ``run.json`` and the copy of the reward function."""
    reward = scenario.reward
    assert reward is not None
    _copy_reward(run.path, reward)
    run.describe(
        **provenance(),
        name=run.path.name,
        status="running",
        config=config.model_dump(),
        algorithm=config.algo,
        hyperparameters=settings.to_dict(),
        seed=config.seed,
        reward=str(reward.path or reward.name),
        reward_digest=reward.digest,
        track=scenario.track.name,
        track_source=str(scenario.track.source),
        vehicle=config.vehicle,
        actions=scenario.actions.to_dict(),
        notes=notes,
    )


def _recorder(
    folder: Path, config: TrainConfig, scenario: Scenario, venv: SB3VecEnv
) -> StepRecorder | None:
    """Return what records the steps of the training; None if they are not to be recorded."""
    reward = scenario.reward
    if not config.record or reward is None:
        return None
    settings = RecordingSettings.of(
        venv.env.world,
        scenario.actions,
        seed=config.seed,
        reward=reward.label,
        reward_digest=reward.digest,
        reward_path=_reward_path(scenario),
    )
    return StepRecorder(folder / STEPS, settings)


def _copy_reward(folder: Path, reward: RewardSource) -> None:
    """Copy the reward function, and the modules beside it that it imports, into a run's folder."""
    if reward.path is None:  # the text of a function without its surroundings is for reading only
        (folder / REWARD_COPY).with_suffix(".txt").write_text(reward.text, "utf-8")
        return
    (folder / REWARD_COPY).write_text(reward.text, "utf-8")
    for sibling in reward.siblings:
        copy = folder / sibling.path.relative_to(reward.path.resolve().parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(sibling.text, "utf-8")


def _keep_failure(run: RunFolder, callback: RunCallback, failure: RewardFailure) -> None:
    """Save what a failing reward function leaves behind: its params, and the checkpoint."""
    callback.save("last")
    save_failure(failure, run.path / FAILURE)
    run.describe(status="failed", error=str(failure), ended=_now())


def _conclude(
    run: RunFolder,
    config: TrainConfig,
    scenario: Scenario,
    callback: RunCallback,
    venv: SB3VecEnv,
    notes: tuple[str, ...],
) -> RunResult:
    """Evaluate the best checkpoint on the final starts, and write down how the run ended."""
    try:
        silent = replace(scenario, output=None)
        evaluation = evaluate_run(run.path, trials=config.eval_trials, scenario=silent)
    except RewardError as failure:
        run.describe(status="failed", error=str(failure), ended=_now())
        raise
    write_json(run.path / "evaluation.json", evaluation.to_dict())
    evaluation.trace.save(run.path / "trace.npz")
    run.describe(
        status="interrupted" if callback.stop_reason == "interrupted" else "finished",
        stop_reason=callback.stop_reason,
        ended=_now(),
        total_steps=venv.total_steps,
        episodes=callback.n_episodes,
        seconds=round(callback.seconds, 3),
        evaluation=evaluation.summary(),
    )
    return RunResult(
        run.path,
        config,
        evaluation,
        venv.total_steps,
        callback.n_episodes,
        callback.seconds,
        callback.stop_reason,
        notes,
    )


def evaluate_run(
    run: Path,
    *,
    checkpoint: str = "best",
    trials: int = 20,
    scenario: Scenario | None = None,
    on_step: Callable[[int, int], None] | None = None,
    **changes: Any,
) -> Evaluation:
    """Evaluate a checkpoint of a run.

    Args:
        run: its folder, or a checkpoint file.
        checkpoint: best or last.
        trials: how many evenly spaced starts.
        scenario: where to drive; by default as in training.
        on_step: called with (trials ended, trials).
        changes: settings of the run to replace, for example ``track`` or ``reverse``.
    """
    loaded = load_checkpoint(find_checkpoint(run, checkpoint))
    if scenario is None:
        scenario = run_scenario(run, loaded.config, **changes)
    driver = PolicyDriver(loaded.model, run.name)
    return evaluate(driver, scenario, trials=trials, on_step=on_step)


def run_scenario(run: Path, config: TrainConfig, **changes: Any) -> Scenario:
    """Return the scenario of a run, with its own copy of the reward function.

    Args:
        run: its folder, or a checkpoint file in it.
        config: the settings of the run.
        changes: settings to replace; ``rules`` replaces the rules.
    """
    rules = changes.pop("rules", None)
    copy = (run if run.is_dir() else run.parent) / REWARD_COPY
    values = {**config.model_dump(), **changes}
    scenario = TrainConfig.of(**values).scenario(reward=copy if copy.is_file() else None)
    return scenario if rules is None else replace(scenario, rules=rules)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
