"""Trials on fixed, evenly spaced starts, and what they are worth, whatever the reward says."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from racer.env import STATUS_NAMES, Scenario, World, evaluation_starts
from racer.evaluation.drivers import Driver
from racer.evaluation.ratio import Limits
from racer.evaluation.traces import Recorder, Trace
from racer.kernels import layout
from racer.kernels.layout import Floats
from racer.naming import in_one_line
from racer.track.several import label

_OTHER = 1_000_003


@dataclass(frozen=True)
class Trial:
    """One lap attempt."""

    trial: int
    """Number of the trial, from 0."""
    start: float
    """Where it started, as a fraction of the lap."""
    end_reason: str
    """lap_complete, off_track, immobilized, reversed or time_up."""
    completion: float
    """How much of the lap was driven (percent)."""
    lap_time: float | None
    """Seconds from the first step to the crossing, waiting included; None without a lap."""
    raw_lap_time: float | None
    """The same in whole control steps, as the real simulator counts."""
    off_tracks: int
    """How often the car left the track."""
    resets: int
    """How often it was put back on the track."""
    penalty_time: float
    """Seconds of waiting inside the lap time."""
    steps: int
    """Control steps."""
    episode_return: float
    """Undiscounted sum of rewards; 0 without a reward function."""
    steering_change: float
    """Mean change of the steering command from step to step (rad): the smaller, the smoother."""
    track: str
    """What was driven, with ``(reversed)`` if it was."""
    elements: dict[str, float] = field(default_factory=dict)
    """What its random elements were, as far as they are on."""

    @property
    def finished(self) -> bool:
        """Whether the lap was completed."""
        return self.lap_time is not None


@dataclass(frozen=True)
class Evaluation:
    """The trials of one driver, and their steps."""

    driver: str
    trials: tuple[Trial, ...]
    trace: Trace
    policy: str = ""
    """``GREEDY`` or ``SAMPLED``, how its policy chose; "" of a driver without one."""
    limits: Mapping[str, Limits] = field(default_factory=dict)
    """By track, how fast the car could lap it; empty where nobody has asked."""

    @property
    def tracks(self) -> tuple[str, ...]:
        """What was driven, in the order of the first trials."""
        return tuple(dict.fromkeys(trial.track for trial in self.trials))

    @property
    def track(self) -> str:
        """What was driven: all tracks in one line."""
        return in_one_line(self.tracks)

    @property
    def lap_times(self) -> list[float]:
        """Lap times of the trials that finished (s), in the order of the trials."""
        return [t.lap_time for t in self.trials if t.lap_time is not None]

    @property
    def finish_rate(self) -> float:
        """Share of trials that completed the lap, in [0, 1]."""
        return len(self.lap_times) / len(self.trials)

    @property
    def completion(self) -> float:
        """Mean completion of all trials (percent)."""
        return float(np.mean([t.completion for t in self.trials]))

    @property
    def median_lap_time(self) -> float | None:
        """Median lap time of finishers (s); None without one."""
        return float(np.median(self.lap_times)) if self.lap_times else None

    @property
    def best_lap_time(self) -> float | None:
        """Best lap time (s); None without a finisher."""
        return min(self.lap_times, default=None)

    @property
    def rank(self) -> tuple[float, float, float]:
        """Sorts evaluations, best last: finish rate, then lap time, then completion."""
        return (self.finish_rate, -(self.median_lap_time or math.inf), self.completion)

    def summary(self) -> dict[str, Any]:
        """Return the figures of all trials together, as plain data.

        Where there are several tracks, ``tracks`` has the figures of each. Of one track, ``limit``
        says how the median lap time compares to the fastest lap that the car could drive.
        """
        return {
            "driver": self.driver,
            "policy": self.policy,
            "track": self.track,
            **self.figures(),
            "off_tracks": sum(t.off_tracks for t in self.trials),
            "mean_return": float(np.mean([t.episode_return for t in self.trials])),
            "steering_change": float(np.mean([t.steering_change for t in self.trials])),
            **({"tracks": self._by_track()} if len(self.tracks) > 1 else self.beside(self.track)),
        }

    def _by_track(self) -> dict[str, Any]:
        """Return how each track was driven, as plain data."""
        found = {}
        for track in self.tracks:
            one = replace(self, trials=tuple(t for t in self.trials if t.track == track))
            found[track] = {**one.figures(), **one.beside(track)}
        return found

    def figures(self) -> dict[str, Any]:
        """Return how many laps were finished and how fast, as plain data."""
        return {
            "trials": len(self.trials),
            "finish_rate": self.finish_rate,
            "completion": self.completion,
            "median_lap_time": self.median_lap_time,
            "best_lap_time": self.best_lap_time,
        }

    def beside(self, track: str) -> dict[str, Any]:
        """Return what stands beside the median lap time on a track, under ``limit``."""
        limits = self.limits.get(track)
        return {} if limits is None else {"limit": limits.beside(self.median_lap_time)}

    def to_dict(self) -> dict[str, Any]:
        """Return the summary and every trial as plain data."""
        return {"summary": self.summary(), "trials": [asdict(t) for t in self.trials]}


def spread_starts(
    trials: int, n_tracks: int, starts_of: Callable[[int], Floats] = evaluation_starts
) -> Floats:
    """Return where trials start that are spread over tracks: trial i drives track i mod n.

    Args:
        trials: how many; no fewer than tracks are taken, so that each is driven.
        n_tracks: how many tracks there are.
        starts_of: where so many trials of one track start: (n,) fractions of the lap.

    Returns:
        (trials,) fractions of the lap; of each track those that ``starts_of`` says.
    """
    starts = np.zeros(max(trials, n_tracks))
    for first in range(n_tracks):
        own = starts[first::n_tracks]
        own[:] = starts_of(len(own))
    return starts


def evaluate(
    driver: Driver,
    scenario: Scenario,
    *,
    trials: int = 20,
    starts: Floats | None = None,
    seed: int = 0,
    on_step: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Let a driver try to lap from fixed, evenly spaced starts.

    All trials run at the same time, one car each; a car that has finished its trial is frozen.
    Trial i is driven on track i mod n of the scenario's n tracks.

    Args:
        driver: who drives.
        scenario: tracks, reward function (None pays nothing), car, actions and rules.
        trials: how many, but no fewer than there are tracks. The starts of each track are spaced
            evenly around its lap; the first is the start line.
        starts: (n,) fractions of the lap, in place of ``trials``; see ``spread_starts``.
        seed: for reward functions that use random numbers.
        on_step: called with (trials ended, trials) after each control step.

    Returns:
        The trials in the order of their starts, with their trace.
    """
    n_tracks = len(scenario.tracks)
    starts = spread_starts(trials, n_tracks) if starts is None else starts
    trials = len(starts)
    index = np.arange(trials) % n_tracks
    # other draws of random elements than those of a training with the same seed
    world = scenario.world(
        trials, track_index=index, starts=starts, start_advance=0.0, seed=seed + _OTHER
    )
    world.reward = scenario.reward_runner(trials, seed, track_index=world.track_index)
    recorder = Recorder()
    ended: dict[int, Trial] = {}
    active = np.arange(trials)
    steering_change = np.zeros(trials)
    last_steering = np.zeros(trials)
    while len(active):
        actions = driver.act(world)
        steering, speed = scenario.actions.commands(actions)
        world.step(steering, speed)
        indices = actions if actions.ndim == 1 else np.full(trials, -1)
        recorder.record(world, active, indices)
        first = world.measured[:, layout.SIM_TIME] <= 1.5 * world.rules.control_dt
        steering_change += np.where(first, 0.0, np.abs(steering - last_steering))
        last_steering = steering.copy()
        done = world.terminated | world.truncated
        for i in active[done[active]]:
            ended[int(i)] = _trial(world, int(i), float(steering_change[i]))
        active = active[~done[active]]
        mask = np.zeros(trials, np.bool_)
        mask[active] = True
        world.set_active(mask)
        if on_step is not None:
            on_step(len(ended), trials)
    ended_trials = tuple(ended[i] for i in range(trials))
    return Evaluation(driver.name, ended_trials, recorder.trace(), getattr(driver, "chooses", ""))


def _trial(world: World, i: int, steering_change: float) -> Trial:
    """Return the trial that car i has just ended."""
    row, measured = world.state[i], world.measured[i]
    status = int(measured[layout.STATUS])
    finished = status == layout.LAP_COMPLETE
    steps = int(row[layout.STEPS]) - 1
    return Trial(
        trial=i,
        start=float(row[layout.START]),
        end_reason=STATUS_NAMES[status],
        completion=100.0 * max(0.0, float(measured[layout.M_PROGRESS])),
        lap_time=float(measured[layout.LAP_TIME]) if finished else None,
        raw_lap_time=(steps - 1) * world.rules.control_dt if finished else None,
        off_tracks=int(row[layout.OFFTRACK_COUNT]) + int(status == layout.OFF_TRACK),
        resets=int(row[layout.RESETS]),
        penalty_time=float(row[layout.PENALTY_TIME]),
        steps=steps,
        episode_return=float(world.returns[i]),
        steering_change=steering_change / max(steps - 1, 1),
        track=label([world.tracks[world.track_index[i]]]),
        elements=world.randomization.recorded(world.drawn[i]),
    )
