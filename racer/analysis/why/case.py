"""What is measured of a run before anybody says why: the evidence, each figure once."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from racer.algorithms.algorithm import Algorithm
from racer.algorithms.known import FROM_REWARDS
from racer.analysis.statistics import Floats
from racer.analysis.why.changes import Change, find_changes
from racer.analysis.why.places import Place, failure_places
from racer.errors import RunError
from racer.kernels.layout import VehicleParams
from racer.runs.record import RunRecord
from racer.vehicle import ContinuousActions, DiscreteActions, vehicle

if TYPE_CHECKING:
    from racer.track import Track

LAPS = 0.75
"""A run laps if at least this share of its laps is finished."""

_MOST_PLACES = 3  # where several tracks are driven
_END = 0.25  # the end of a training is this share of its episodes
_SPREAD_TO_ENTROPY = 0.5 * math.log(2.0 * math.pi * math.e)  # of a normal distribution


@dataclass(frozen=True)
class Case:
    """A run, what it drove on and with, and what is measured of them."""

    run: RunRecord
    tracks: "tuple[Track, ...]"
    actions: DiscreteActions | ContinuousActions

    @property
    def algorithm(self) -> str:
        """Its name."""
        return str(self.run.info.get("algorithm", ""))

    @property
    def learner(self) -> Algorithm | None:
        """What is known of the algorithm; None if a user cannot name it."""
        return FROM_REWARDS.get(self.algorithm)

    def setting(self, name: str) -> float | None:
        """Return a hyperparameter of the run; None where its algorithm does not have it."""
        value = self.run.info.get("hyperparameters", {}).get(name)
        return None if value is None or isinstance(value, str | list) else float(value)

    @cached_property
    def car(self) -> VehicleParams:
        """Its parameters."""
        return vehicle(str(self.run.info.get("vehicle", "deepracer")))

    # --- how good it was, over time ---

    @cached_property
    def n_updates(self) -> int:
        """Updates of the policy."""
        return len(self.run.updates["update"])

    @cached_property
    def n_episodes(self) -> int:
        """Episodes of the training."""
        return len(self.run.episodes["episode"])

    @cached_property
    def finish_rates(self) -> Floats:
        """Finish rate over the training, in [0, 1]: of its evaluations, else of its updates."""
        return self._over_training("finish_rate", "finish_rate")

    @cached_property
    def completions(self) -> Floats:
        """Completion over the training (percent): of its evaluations, else of its updates."""
        return self._over_training("completion", "mean_completion")

    def _over_training(self, evaluated: str, trained: str) -> Floats:
        """Return a column of the evaluations, each policy once; without any that of the updates."""
        table = self.run.trained_evaluations
        if not len(table["update"]):
            return self.curve(trained)
        _, first = np.unique(table["total_steps"], return_index=True)
        return np.asarray(table[evaluated][first], np.float64)

    @property
    def best_finish(self) -> float:
        """The highest finish rate of the training, in [0, 1]; 0 without any."""
        return float(self.finish_rates.max(initial=0.0))

    @property
    def last_finish(self) -> float:
        """Finish rate at the end of the training, in [0, 1]; 0 without any.

        The mean of the last two policies that were evaluated. One bad evaluation alone is an
        accident of the most probable actions while the training's own episodes still lap.
        """
        last = self.finish_rates[-2:] if len(self.finish_rates) >= 4 else self.finish_rates[-1:]
        if len(last) and self._trains_well:
            return float(last.max())
        return _mean(last)

    @property
    def _trains_well(self) -> bool:
        """Whether the training's own episodes lap at its end."""
        return self.exploring_finish >= LAPS

    @property
    def exploring_finish(self) -> float:
        """Finish rate of the training's own episodes in its last eighth, in [0, 1]."""
        return _mean(self.training_finish[-self._window :])

    @property
    def exploring_best(self) -> float:
        """The highest finish rate of the training's own episodes over an eighth, in [0, 1]."""
        rates, n = self.training_finish, self._window
        if len(rates) < n:
            return 0.0
        return float(np.convolve(rates, np.full(n, 1.0 / n), "valid").max())

    @property
    def _window(self) -> int:
        """An eighth of the updates."""
        return max(1, self.n_updates // 8)

    def greedy_below(self, rate: float) -> Floats:
        """Return the evaluations at the end that finished less than a rate, in a row: their rates.

        Args:
            rate: in [0, 1].
        """
        rates = self.finish_rates
        enough = np.flatnonzero(rates >= rate)
        return rates[enough[-1] + 1 if len(enough) else 0 :]

    @property
    def last_completion(self) -> float:
        """Completion at the end of the training (percent); 0 without any."""
        return _mean(self.completions[-2:])

    @cached_property
    def finish_changes(self) -> list[Change]:
        """Where the finish rate of the training's updates changed its level, by 0.2 or more."""
        return find_changes(self.curve("finish_rate"), least=0.2)

    @cached_property
    def completion_changes(self) -> list[Change]:
        """Where the completion of the training's updates changed its level, by 10 % or more."""
        return find_changes(self.curve("mean_completion"), least=10.0)

    def curve(self, name: str) -> Floats:
        """Return a column of updates.csv, (n_updates,), gaps filled with the value before them."""
        values = np.array(self.run.updates.get(name, np.full(self.n_updates, np.nan)), np.float64)
        known = np.flatnonzero(np.isfinite(values))
        if len(known) == 0:
            return np.zeros(0)
        filled = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), 0))
        return values[np.maximum(filled, known[0])]

    def steps_at(self, update_index: int) -> int:
        """Return the training steps at a row of updates.csv."""
        return int(self.run.updates["total_steps"][update_index])

    @cached_property
    def still_rising(self) -> float:
        """How much completion rose from the third quarter of the training to the last (percent)."""
        values = self.curve("mean_completion")
        if len(values) < 4:
            return 0.0
        quarter = len(values) // 4
        return float(values[-quarter:].mean() - values[-2 * quarter : -quarter].mean())

    # --- how sure the policy is ---

    @cached_property
    def exploration(self) -> Floats:
        """How much the policy tries out, (n_updates,), 1 being all that is possible.

        Discrete actions: entropy over ln(number of actions). Continuous: the spread of the drawn
        actions, of which 1 is the reach from the middle to an end.
        """
        entropy = self.curve("entropy")
        if isinstance(self.actions, DiscreteActions):
            return entropy / max(math.log(len(self.actions)), 1e-9)
        return np.exp(entropy / 2.0 - _SPREAD_TO_ENTROPY)

    @cached_property
    def training_finish(self) -> Floats:
        """Finish rate of the training's updates, in [0, 1], (n_updates,)."""
        return self.curve("finish_rate")

    # --- where it fails ---

    @cached_property
    def late(self) -> NDArray[np.bool_]:
        """Which episodes belong to the end of the training, (n_episodes,)."""
        return np.arange(self.n_episodes) >= (1.0 - _END) * self.n_episodes

    @cached_property
    def places(self) -> list[Place]:
        """Where cars left the track at the end of the training, the worst first.

        Of several tracks the names of the places tell which one it is.
        """
        episodes = self.run.episodes
        chosen = self.late & (episodes["status"] == "off_track")
        x, y = episodes["off_track_x"], episodes["off_track_y"]
        if len(self.tracks) == 1:
            return failure_places(self.tracks[0], x[chosen], y[chosen])
        total = int(np.isfinite(x[chosen]).sum())
        found = [
            replace(one, share=one.count / total, name=f"{one.name} of {track.name}")
            for track in self.tracks
            for own in [chosen & (episodes["track"] == track.name)]
            for one in failure_places(track, x[own], y[own])
        ]
        return sorted(found, key=lambda one: -one.count)[:_MOST_PLACES]

    # --- how fast it drives ---

    @cached_property
    def lap_speed(self) -> float | None:
        """Mean speed that the policy asks for in the final evaluation (m/s); None without one."""
        trace = self.run.trace
        return None if trace is None or len(trace) == 0 else float(np.mean(trace.speed_command))

    @cached_property
    def slowest_share(self) -> float | None:
        """Share of the final evaluation's steps at the slowest speed; None without a choice."""
        trace = self.run.trace
        low, high = self.speeds
        if trace is None or len(trace) == 0 or high - low < 0.2:
            return None
        limit = low + 1e-6 if isinstance(self.actions, DiscreteActions) else low + (high - low) / 3
        return float(np.mean(trace.speed_command <= limit))

    @cached_property
    def speeds(self) -> tuple[float, float]:
        """The slowest and the fastest speed of the action space (m/s)."""
        if isinstance(self.actions, DiscreteActions):
            return float(self.actions.speed.min()), float(self.actions.speed.max())
        return self.actions.speed_low, self.actions.speed_high

    @cached_property
    def laps(self) -> tuple[Floats, Floats]:
        """Lap times (s) and returns of the training's finished laps, each (n_laps,)."""
        episodes = self.run.episodes
        done = np.isfinite(episodes["lap_time"])
        return episodes["lap_time"][done], episodes["return"][done]

    @cached_property
    def final(self) -> dict[str, Any]:
        """The figures of the final evaluation, of the best checkpoint; empty without one."""
        summary = (self.run.evaluation or {}).get("summary", {})
        if not isinstance(summary, dict):
            raise RunError(f"{self.run.folder / 'evaluation.json'}: summary: expected an object")
        return summary


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
