"""Watches a training: writes its tables and checkpoints, evaluates, reports progress, stops it."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from racer.algorithms.known import algorithm
from racer.algorithms.learner_state import has_learned
from racer.algorithms.own_state import own_state
from racer.algorithms.vec_env import EpisodeRow, SB3VecEnv
from racer.config.train_config import TrainConfig
from racer.defaults import CONTROL_DT
from racer.env import Scenario, evaluation_starts
from racer.evaluation import Evaluation, evaluate, spread_starts
from racer.kernels.layout import HEADING, Floats, X, Y
from racer.reward import what_sharing_means
from racer.run_files import BEST, LAST
from racer.runs.run_folder import RunFolder
from racer.training.checkpoint import PolicyDriver, save_checkpoint
from racer.training.hooks import Hooks, Poses, Progress
from racer.training.snapshot import take_snapshot, with_learning_state
from racer.training.tensorboard import FIGURES, show_evaluation, show_settings

PROGRESS_SECONDS = 0.1
"""Time between two reports of progress (s)."""
POSES_SECONDS = CONTROL_DT
"""Time between two reports of poses (s), at least: a control step, as a film has it."""
POSES_CARS = 8
"""So many cars' poses are reported."""

_RECENT = 100  # episodes that the progress line averages


def selection_starts(n: int) -> Floats:
    """Return the starts that pick the best checkpoint: between those of the final trials."""
    return (np.arange(n) + 0.5) / n


class RunCallback(BaseCallback):
    """Does everything around the learning itself.

    Attributes:
        stop_reason: budget, minutes, until_finish or interrupted.
        best_rank: of the best evaluation so far; None before the first.
        latest: finish rate and median lap time (s) of the evaluation before; None before the first.
        before: figures of the policy before its first update, on the final starts, as
            ``Evaluation.figures`` gives them; None of a training that an older version began.

    What the car can before it has learned anything is luck. It is the first row of the evaluations,
    and counts for neither of the above.
    """

    def __init__(
        self,
        run: RunFolder,
        config: TrainConfig,
        scenario: Scenario,
        hooks: Hooks,
        facts: dict[str, Any],
    ) -> None:
        """Prepare to watch.

        Args:
            run: where everything is written.
            config: the settings of the run.
            scenario: where evaluations drive.
            hooks: progress and stopping.
            facts: what a checkpoint needs to know besides, to go on.
        """
        super().__init__()
        self._run = run
        self._config = config
        self._scenario = scenario  # without a reward: evaluations here never see one
        self._hooks = hooks
        self._facts = facts
        self._episodes: list[EpisodeRow] = []
        self._n_episodes = 0
        self._recent: list[EpisodeRow] = []
        self._n_updates = 0
        self._pending_update = False
        self._next_evaluation = config.eval_every
        self._last_progress = self._last_poses = -math.inf
        self._evaluation_seconds = 0.0
        self._seconds_before = 0.0
        self._reached = self._told_shared = False
        self._snapshot: dict[str, Any] | None = None
        self._files_before: set[str] | None = None
        self._timing: dict[str, Any] = {}
        self.best_rank: tuple[float, ...] | None = None
        self.latest: tuple[float, float | None] | None = None
        self.before: dict[str, Any] | None = None
        self.stop_reason = "budget"

    @property
    def seconds(self) -> float:
        """Seconds of training so far, evaluations excluded."""
        now = time.perf_counter() - self._started - self._evaluation_seconds
        return self._seconds_before + now

    @property
    def n_episodes(self) -> int:
        """Episodes that have ended so far."""
        return self._n_episodes

    def state_dict(self) -> dict[str, Any]:
        """Return what is kept between updates, as plain data."""
        return {
            "n_episodes": self._n_episodes,
            "n_updates": self._n_updates,
            "recent": [asdict(replace(episode, elements={})) for episode in self._recent],
            "next_evaluation": self._next_evaluation,
            "reached": self._reached,
            "best_rank": self.best_rank,
            "latest": self.latest,
            "before": self.before,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` returned, before the training goes on."""
        self._n_episodes, self._n_updates = state["n_episodes"], state["n_updates"]
        self._recent = [EpisodeRow(**row) for row in state["recent"]]
        self._next_evaluation = state["next_evaluation"]
        self._seconds_before = self._run.seconds
        self._evaluation_seconds = 0.0
        self._reached = state["reached"]
        self.best_rank = None if state["best_rank"] is None else tuple(state["best_rank"])
        self.latest = None if state["latest"] is None else tuple(state["latest"])
        self.before = state.get("before")  # older versions have none

    def _on_training_start(self) -> None:
        self._started = time.perf_counter()
        if self.model.num_timesteps == 0 and self.before is None:
            self._evaluate_before()

    def _on_step(self) -> bool:
        now = time.perf_counter()
        if self._hooks.on_progress is not None and now - self._last_progress > PROGRESS_SECONDS:
            self._last_progress = now
            self._hooks.on_progress(self.progress())
        if self._hooks.wants_poses is not None and self._hooks.wants_poses():
            self._show_poses(now)
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
        """Finish the update before, and take down the moment: from here the training can go on."""
        is_first = self._snapshot is None and self.model.num_timesteps == 0
        is_due = self._finish_update() or is_first
        self._take_down(with_slow=is_due)
        if is_due:
            self.save_last()

    def _take_down(self, *, with_slow: bool) -> None:
        self._snapshot = take_snapshot(self.model, self._venv, self._run, self, with_slow=with_slow)
        self._timing = self._run.timing.position()

    def _on_rollout_end(self) -> None:
        self._tell_what_is_shared()
        self._collect()
        self._pending_update = True

    def _tell_what_is_shared(self) -> None:
        """Say once if the reward function keeps something where the cars find that of others."""
        runner = self._venv.env.runner
        if runner is not None and runner.shared and not self._told_shared:
            self._told_shared = True
            self._hooks.note(f"the reward function {what_sharing_means(runner.shared)}")

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
            finish_rate=None if self.latest is None else self.latest[0],
            lap_time=None if self.latest is None else self.latest[1],
        )

    def _show_poses(self, now: float) -> None:
        """Tell where the first cars are, if it is time."""
        if self._hooks.on_poses is None or now - self._last_poses < POSES_SECONDS:
            return
        self._last_poses = now
        world = self._venv.env.world
        states = world.state[:POSES_CARS, [X, Y, HEADING]].tolist()
        tracks = world.track_index[:POSES_CARS].tolist()
        cars = tuple((x, y, h, t) for (x, y, h), t in zip(states, tracks, strict=True))
        self._hooks.on_poses(Poses(self._venv.total_steps, cars))

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
        rows, drawn = [], []
        for episode in ended:
            rows.append(episode.as_row(self._n_episodes, self._n_updates))
            drawn.append({"episode": self._n_episodes, **episode.elements})
            self._n_episodes += 1
        self._run.episodes.write(rows)
        if self._run.elements is not None:
            self._run.elements.write(drawn)
        self._episodes.extend(ended)
        self._recent = (self._recent + ended)[-_RECENT:]

    def _finish_update(self) -> bool:
        """Write the row of the update that has just been made, and evaluate if it is time.

        Returns whether it was.

        SB3's algorithms log an update's diagnostics after the rollout's end; they are complete when
        the next rollout starts.
        """
        if not self._pending_update:
            return False
        self._pending_update = False
        row, timed = self._update_row(), self._timing_row()
        self._run.timing.write([timed])
        self._run.updates.write([{**row, **timed}])  # older versions have their seconds there
        for name in ("mean_return", "mean_completion", "finish_rate", "median_lap_time"):
            if row[name] is not None:
                self.logger.record(f"racer/{name}", row[name])
        self._episodes = []
        self._n_updates += 1
        if self._venv.total_steps < self._next_evaluation:
            return False
        if has_learned(self.model):
            self.evaluate()
        while self._next_evaluation <= self._venv.total_steps:
            self._next_evaluation += self._config.eval_every
        return True

    def _timing_row(self) -> dict[str, Any]:
        steps, seconds = self._venv.total_steps, self.seconds
        return {"update": self._n_updates, "seconds": seconds, "steps_per_second": steps / seconds}

    def _update_row(self) -> dict[str, Any]:
        episodes = self._episodes
        lap_times = [e.lap_time for e in episodes if e.lap_time is not None]
        return {
            "update": self._n_updates,
            "total_steps": self._venv.total_steps,
            "episodes": self._n_episodes,
            "mean_return": _mean([e.episode_return for e in episodes]),
            "mean_completion": _mean([e.completion for e in episodes]),
            "finish_rate": _mean([float(e.lap_time is not None) for e in episodes]),
            "median_lap_time": float(np.median(lap_times)) if lap_times else None,
            **algorithm(self._config.algo).measured(self.logger.name_to_value),
        }

    def evaluate(self) -> None:
        """Drive deterministic laps; keep the checkpoint as best if it is."""
        if self._venv.recorder is not None:
            self._venv.recorder.flush()  # with a checkpoint go all the steps that led to it
        before = time.perf_counter()
        evaluation = self._drive(selection_starts)
        self.latest = (evaluation.finish_rate, evaluation.median_lap_time)
        is_best = self.best_rank is None or evaluation.rank > self.best_rank
        if is_best:
            if self.stop_reason == "interrupted" and self.best_rank is not None:
                self._run.put_best_aside()
            self.best_rank = evaluation.rank
            self._save(BEST)
        self._write_evaluation(evaluation, is_best=is_best)
        target = self._config.until_finish
        self._reached = target is not None and evaluation.finish_rate >= target
        self._evaluation_seconds += time.perf_counter() - before

    def _evaluate_before(self) -> None:
        """Drive as ``evaluate`` does before the first update, and on the starts of the end."""
        before = time.perf_counter()
        model: Any = self.model
        show_settings(self.logger, self._config, model.racer_settings)
        self._write_evaluation(self._drive(selection_starts), is_best=False)
        self.before = self._drive(evaluation_starts).figures()
        self._run.describe(before=self.before)
        self._evaluation_seconds += time.perf_counter() - before

    def _drive(self, starts_of: Callable[[int], Floats]) -> Evaluation:
        """Evaluate the policy as it is now, from starts that are spread over the tracks."""
        scenario = self._scenario
        starts = spread_starts(self._config.eval_trials, len(scenario.tracks), starts_of)
        return evaluate(PolicyDriver(self.model, "policy"), scenario, starts=starts)

    def _write_evaluation(self, evaluation: Evaluation, *, is_best: bool) -> None:
        row = {name: getattr(evaluation, name) for name in FIGURES}
        steps = self._venv.total_steps
        at = {"update": self._n_updates, "total_steps": steps}
        self._run.evaluations.write([{**at, **row, "is_best": int(is_best)}])
        show_evaluation(self.logger, evaluation, steps)

    def conclude(self) -> None:
        """Evaluate and save what was learned, when ``learn`` has returned."""
        if not has_learned(self.model):
            self._hooks.note(
                f"no update was made in {self._venv.total_steps:,} steps: nothing was learned, "
                f"and {BEST} is not written"
            )
        elif self.stop_reason != "until_finish":
            self.evaluate()
        if self.stop_reason == "budget":  # the training stands between two rollouts
            self._take_down(with_slow=True)
            assert self._snapshot is not None
            self._snapshot["ended"] = True
        self.save_last()

    def mark_ended(self) -> None:
        """Count no further seconds: the training had ended before."""
        self._started = time.perf_counter()

    def save_last(self) -> None:
        """Write the last checkpoint: the weights, and the moment from which the training goes on.

        The weights are those of that moment: they change in updates, and it is taken down after.
        Where what the reward function keeps was not taken down, the checkpoint before stays.
        """
        taken = self._snapshot
        if taken is not None and taken["env"]["is_partial"] and (self._run.path / LAST).exists():
            return
        if self._venv.recorder is not None:
            self._venv.recorder.sync()
        self._run.sync()
        own_state(self.model).sync_files()
        if taken is not None:
            self._run.mark_timing(taken["callback"]["n_updates"], self._timing)
        self._save(LAST, training=None if taken is None else with_learning_state(taken, self.model))
        self._drop_files(set() if taken is None else set(taken["files"]))

    def _drop_files(self, needed: set[str]) -> None:
        """Remove what neither the last checkpoint needs nor the one before it."""
        if self._files_before is not None:
            own_state(self.model).drop_files(needed | self._files_before)
        self._files_before = needed

    def _save(self, name: str, **more: Any) -> None:
        save_checkpoint(
            self.model,
            self._run.path / name,
            self._run.as_given(self._config),
            total_steps=self._venv.total_steps,
            **self._facts,
            **more,
        )


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
