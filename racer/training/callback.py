"""Watches a training: writes its tables and checkpoints, evaluates, reports progress, stops it."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from racer.algorithms.vec_env import EpisodeRow, SB3VecEnv
from racer.env import Scenario
from racer.evaluation import Compilation, Evaluation, evaluate
from racer.kernels.layout import Floats
from racer.training.checkpoint import PolicyDriver, save_checkpoint
from racer.training.config import TrainConfig
from racer.training.run_folder import RunFolder

_DIAGNOSTICS = {
    "entropy": ("train/entropy",),
    "entropy_loss": ("train/entropy_loss",),
    "policy_loss": ("train/policy_gradient_loss", "train/policy_loss"),
    "value_loss": ("train/value_loss",),
    "approx_kl": ("train/approx_kl",),
    "explained_variance": ("train/explained_variance",),
    "grad_norm": ("train/grad_norm",),
    "clip_fraction": ("train/clip_fraction",),
    "learning_rate": ("train/learning_rate",),
}
"""Columns of updates.csv, and the names under which the algorithms log them."""

_RECENT = 100  # episodes that the progress line averages


@dataclass(frozen=True)
class Progress:
    """What a progress bar can show."""

    steps: int
    step_budget: int
    seconds: float
    time_budget: float | None
    episodes: int
    mean_return: float | None
    """Of the last 100 episodes; None before the first."""
    completion: float | None
    """Of the last 100 episodes (percent)."""
    finish_rate: float | None
    """Of the evaluation before, in [0, 1]; None before the first."""
    lap_time: float | None
    """Median of the evaluation before (s)."""

    @property
    def steps_per_second(self) -> float:
        """Environment steps a second since the start."""
        return self.steps / self.seconds if self.seconds > 0.0 else 0.0


@dataclass
class Hooks:
    """What the caller wants to be told, and how it stops the training."""

    on_progress: Callable[[Progress], None] | None = None
    """Called about ten times a second."""
    should_stop: Callable[[], bool] | None = None
    """Asked after each step of the cars."""
    on_reward: Callable[[Compilation], None] | None = None
    """Told before the first step whether the reward function runs compiled, and if not, why."""


def selection_starts(n: int) -> Floats:
    """Return the starts that pick the best checkpoint: between those of the final trials."""
    return (np.arange(n) + 0.5) / n


class RunCallback(BaseCallback):
    """Does everything around the learning itself."""

    def __init__(
        self, run: RunFolder, config: TrainConfig, scenario: Scenario, hooks: Hooks
    ) -> None:
        super().__init__()
        self._run = run
        self._config = config
        self._scenario = scenario  # without a reward: evaluations here never see one
        self._hooks = hooks
        self._episodes: list[EpisodeRow] = []
        self._n_episodes = 0
        self._recent: list[EpisodeRow] = []
        self._n_updates = 0
        self._pending_update = False
        self._next_evaluation = config.eval_every
        self._last_progress = -math.inf
        self._evaluation_seconds = 0.0
        self._reached = False
        self.best: Evaluation | None = None
        self.latest: Evaluation | None = None
        self.stop_reason = "budget"

    @property
    def seconds(self) -> float:
        """Seconds of training so far, evaluations excluded."""
        return time.perf_counter() - self._started - self._evaluation_seconds

    @property
    def n_episodes(self) -> int:
        """Episodes that have ended so far."""
        return self._n_episodes

    def _on_training_start(self) -> None:
        self._started = time.perf_counter()

    def _on_step(self) -> bool:
        now = time.perf_counter()
        if self._hooks.on_progress is not None and now - self._last_progress > 0.1:
            self._last_progress = now
            self._hooks.on_progress(self.progress())
        if self._hooks.should_stop is not None and self._hooks.should_stop():
            self.stop_reason = "interrupted"
            return False
        if self._config.minutes is not None and self.seconds > 60.0 * self._config.minutes:
            self.stop_reason = "minutes"
            return False
        if self._reached:
            self.stop_reason = "until_finish"
            return False
        return True

    def _on_rollout_start(self) -> None:
        self._finish_update()

    def _on_rollout_end(self) -> None:
        self._collect()
        self._pending_update = True

    def _on_training_end(self) -> None:
        self._collect()
        self._finish_update()

    def progress(self) -> Progress:
        """Return how far the training is."""
        recent = self._recent
        minutes = self._config.minutes
        return Progress(
            steps=self._venv.total_steps,
            step_budget=self._config.step_budget,
            seconds=self.seconds,
            time_budget=None if minutes is None else 60.0 * minutes,
            episodes=self._n_episodes + len(self._venv.ended),
            mean_return=float(np.mean([e.episode_return for e in recent])) if recent else None,
            completion=float(np.mean([e.completion for e in recent])) if recent else None,
            finish_rate=None if self.latest is None else self.latest.finish_rate,
            lap_time=None if self.latest is None else self.latest.median_lap_time,
        )

    @property
    def _venv(self) -> SB3VecEnv:
        venv = self.model.get_env()
        assert venv is not None
        unwrapped = venv.unwrapped
        assert isinstance(unwrapped, SB3VecEnv)
        return unwrapped

    def _collect(self) -> None:
        """Take over the episodes that ended since the last call, and write their rows."""
        ended = self._venv.take_ended()
        rows = []
        for episode in ended:
            rows.append(episode.as_row(self._n_episodes, self._n_updates))
            self._n_episodes += 1
        self._run.episodes.write(rows)
        self._episodes.extend(ended)
        self._recent = (self._recent + ended)[-_RECENT:]

    def _finish_update(self) -> None:
        """Write the row of the update that has just been made, and evaluate if it is time.

        SB3's algorithms log an update's diagnostics after the rollout's end; they are complete when
        the next rollout starts.
        """
        if not self._pending_update:
            return
        self._pending_update = False
        row = self._update_row()
        self._run.updates.write([row])
        for name in ("mean_return", "mean_completion", "finish_rate", "median_lap_time"):
            if row[name] is not None:
                self.logger.record(f"racer/{name}", row[name])
        self._episodes = []
        self._n_updates += 1
        if self._venv.total_steps >= self._next_evaluation:
            self.evaluate()
            while self._next_evaluation <= self._venv.total_steps:
                self._next_evaluation += self._config.eval_every

    def _update_row(self) -> dict[str, Any]:
        episodes, steps, seconds = self._episodes, self._venv.total_steps, self.seconds
        lap_times = [e.lap_time for e in episodes if e.lap_time is not None]
        values = self.logger.name_to_value
        diagnostics = {
            column: next((float(values[n]) for n in names if n in values), None)
            for column, names in _DIAGNOSTICS.items()
        }
        loss = diagnostics.pop("entropy_loss")  # SB3 logs the negative entropy
        if diagnostics["entropy"] is None and loss is not None:
            diagnostics["entropy"] = -loss
        return {
            "update": self._n_updates,
            "total_steps": steps,
            "episodes": self._n_episodes,
            "seconds": seconds,
            "steps_per_second": steps / seconds,
            "mean_return": _mean([e.episode_return for e in episodes]),
            "mean_completion": _mean([e.completion for e in episodes]),
            "finish_rate": _mean([float(e.lap_time is not None) for e in episodes]),
            "median_lap_time": float(np.median(lap_times)) if lap_times else None,
            **diagnostics,
        }

    def evaluate(self) -> Evaluation:
        """Drive deterministic laps; keep the checkpoint as last, and as best if it is."""
        if self._venv.recorder is not None:
            self._venv.recorder.flush()  # with a checkpoint go all the steps that led to it
        before = time.perf_counter()
        driver = PolicyDriver(self.model, "policy")
        trials = self._config.eval_trials
        evaluation = evaluate(driver, self._scenario, starts=selection_starts(trials))
        self.latest = evaluation
        is_best = self.best is None or evaluation.rank > self.best.rank
        self.save("last")
        if is_best:
            self.best = evaluation
            self.save("best")
        self._run.evaluations.write(
            [
                {
                    "update": self._n_updates,
                    "total_steps": self._venv.total_steps,
                    "finish_rate": evaluation.finish_rate,
                    "completion": evaluation.completion,
                    "median_lap_time": evaluation.median_lap_time,
                    "best_lap_time": evaluation.best_lap_time,
                    "is_best": int(is_best),
                }
            ]
        )
        target = self._config.until_finish
        self._reached = target is not None and evaluation.finish_rate >= target
        self._evaluation_seconds += time.perf_counter() - before
        return evaluation

    def save(self, name: str) -> None:
        """Write the checkpoint ``last`` or ``best``."""
        path = self._run.path / f"{name}.zip"
        save_checkpoint(self.model, path, self._config, total_steps=self._venv.total_steps)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
