"""Replays the recorded steps of a training with another reward function.

The cars drive as they drove, so this says what the new function would have paid for the same
driving. It does not say what the car would have learned from it: that takes a training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from racer.config.train_config import TrainConfig
from racer.env import RewardLike, World
from racer.errors import RewardError, RunError
from racer.evaluation.recorded_steps import Recording, judge_again, read_recording, recorded_world
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers
from racer.kernels.vehicle import EQUATIONS
from racer.naming import in_one_line
from racer.reward import CallMonitor, RewardSource, traits_of
from racer.reward_lab.replayed import PaidSteps, ReplayedEpisodes, episodes_of
from racer.run_files import STEPS
from racer.runs.record import RunRecord, read_run
from racer.storage.durable import has_file
from racer.store.fetch import fetch_missing
from racer.track import Track

COMPARED = 2000
"""Episodes of which every pair is compared; of more, so many spread over the training."""

_BIN = 0.15  # length of a stretch of the lap for means by position (m)
_MAX_BINS = 400


@dataclass(frozen=True)
class Replay:
    """What another reward function pays for recorded steps, beside what was paid.

    The two rewards have different units: compare their orders, never their sizes.
    """

    run: str
    """Name of the run."""
    tracks: tuple[Track, ...]
    """Where it was driven."""
    old_reward: str
    """The reward function of the training, as messages call it."""
    new_reward: str
    """The one that was replayed."""
    is_own: bool
    """Whether both are the same function: then every step must be paid the same, to the bit."""
    old: Floats
    """(n_steps,) as it was paid."""
    new: Floats
    """(n_steps,) what the new function pays."""
    along: Floats
    """(n_steps,) where on the lap, from waypoint 0 (m)."""
    track_index: Integers
    """(n_steps,) index of the track."""
    episodes: ReplayedEpisodes
    notes: tuple[str, ...] = ()
    """What a user should know."""

    @property
    def n_steps(self) -> int:
        """How many steps were replayed."""
        return len(self.old)

    @cached_property
    def n_equal(self) -> int:
        """How many steps are paid the same, to the last bit."""
        return int(np.count_nonzero(self.old.view(np.int64) == self.new.view(np.int64)))

    @cached_property
    def rank_correlation(self) -> float | None:
        """Spearman's correlation of the episodes' returns; None where one of them is constant."""
        old, new = self.episodes.old, self.episodes.new
        if len(old) < 2 or np.ptp(old) == 0.0 or np.ptp(new) == 0.0:
            return None
        from scipy.stats import spearmanr  # takes a second to import

        return float(spearmanr(old, new).statistic)

    @cached_property
    def turned_pairs(self) -> float | None:
        """Share of pairs of episodes that the two functions order the other way round.

        Pairs that one of them pays the same do not count; None if there is no other pair. Of many
        episodes ``COMPARED`` are taken, evenly spread over the training.
        """
        n = len(self.episodes)
        chosen = np.linspace(0, max(n - 1, 0), min(n, COMPARED)).astype(np.int64)
        old, new = self.episodes.old[chosen], self.episodes.new[chosen]
        n_turned = n_ordered = 0
        for i in range(len(old) - 1):
            signs = np.sign(old[i + 1 :] - old[i]) * np.sign(new[i + 1 :] - new[i])
            n_turned += int(np.count_nonzero(signs < 0))
            n_ordered += int(np.count_nonzero(signs))
        return n_turned / n_ordered if n_ordered else None

    def best(self, n: int = 3, *, by: str = "new", worst: bool = False) -> list[dict[str, Any]]:
        """Return the episodes with the highest returns, or the lowest; the earlier of equals first.

        Args:
            n: how many at most.
            by: ``old`` or ``new``.
            worst: return the lowest.
        """
        returns = self.episodes.old if by == "old" else self.episodes.new
        order = np.argsort(returns if worst else -returns, kind="stable")
        return [self.episodes.row(int(i)) for i in order[:n]]

    def by_position(self, track: int = 0) -> tuple[Floats, Floats, Floats]:
        """Return the mean rewards along the lap of one of the tracks.

        Args:
            track: its index.

        Returns:
            edges (n + 1,) of the stretches (m), mean old reward (n,) and mean new reward (n,) of
            the steps in each; nan where no car was.
        """
        length, on = self.tracks[track].length, self.track_index == track
        n_bins = int(np.clip(round(length / _BIN), 20, _MAX_BINS))
        edges = np.linspace(0.0, length, n_bins + 1)
        at = np.minimum((self.along[on] * (n_bins / length)).astype(np.int64), n_bins - 1)
        counts = np.bincount(at, minlength=n_bins)
        means = []
        for rewards in (self.old, self.new):
            sums = np.bincount(at, weights=rewards[on], minlength=n_bins)
            means.append(np.divide(sums, counts, out=np.full(n_bins, np.nan), where=counts > 0))
        return edges, means[0], means[1]

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the single steps, as plain data.

        What is along the lap is that of the first track; of several ``tracks`` has it for each.
        """
        along = [self._along(track) for track in range(len(self.tracks))]
        names = [track.name for track in self.tracks]
        return {
            "run": self.run,
            "track": in_one_line(names),
            "old_reward": self.old_reward,
            "new_reward": self.new_reward,
            "is_own": self.is_own,
            "steps": self.n_steps,
            "equal_steps": self.n_equal,
            "rank_correlation": self.rank_correlation,
            "turned_pairs": self.turned_pairs,
            "episodes": [self.episodes.row(i) for i in range(len(self.episodes))],
            **along[0],
            **({"tracks": dict(zip(names, along, strict=True))} if len(names) > 1 else {}),
            "notes": list(self.notes),
        }

    def _along(self, track: int) -> dict[str, Any]:
        """Return the mean rewards along the lap of a track, as plain data."""
        edges, old, new = self.by_position(track)
        return {
            "along": edges[:-1].tolist(),
            "mean_old_reward": old.tolist(),
            "mean_new_reward": new.tolist(),
        }


def replay(
    run: str | Path,
    reward: RewardLike,
    *,
    monitor: CallMonitor | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> Replay:
    """Pay every recorded step of a run again, with another reward function.

    The steps come in the order of the training. Each car has an instance of its own, as there; so
    a function that remembers sees what it would have seen.

    Args:
        run: the run's folder.
        reward: the new function: a shipped name, a path, a Python function or a source.
        monitor: where its calls are announced.
        on_step: called with (steps replayed, steps), after each control step of the cars.

    Raises:
        RunError: if the run has no recording, its recording or its track cannot be used.
        RewardError: if the function cannot be loaded, or draws random numbers or reads the clock.
        RewardFailure: if a call of it fails.
    """
    record = read_run(run)
    recording = _recording(record)
    scenario = TrainConfig.of_run(record.info["config"]).scenario(reward=reward, monitor=monitor)
    source = scenario.reward
    if source is None:
        raise RewardError("replay: expected a reward function, got None")
    if reason := traits_of(source).unrepeatable:
        raise RewardError(f"{source.label}: {reason}: what it pays cannot be repeated")
    world = recorded_world(recording, scenario.tracks)
    world.reward = scenario.reward_runner(
        world.n_cars, recording.settings.seed, track_index=world.track_index
    )
    steps = _pay_again(recording, world, on_step)
    return Replay(
        run=record.name,
        tracks=scenario.tracks,
        old_reward=recording.settings.reward,
        new_reward=source.label,
        is_own=bool(source.text) and source.digest == recording.settings.reward_digest,
        old=steps.old,
        new=steps.new,
        along=steps.along,
        track_index=np.concatenate([batch.track for batch in recording.batches]),
        episodes=episodes_of(steps, record),
        notes=(*recording.notes, *_notes(source, recording)),
    )


def _recording(record: RunRecord) -> Recording:
    """Return the recorded steps of a run."""
    path = record.folder / STEPS
    fetch_missing(path)
    if not has_file(path):
        if "imported" in record.info:
            raise RunError(
                f"{record.folder}: nothing to replay: {record.info['imported']['steps']}"
            )
        raise RunError(
            f"{record.folder}: has no recorded steps ({STEPS}): train again without --no-record"
        )
    return read_recording(path)


def _notes(source: RewardSource, recording: Recording) -> list[str]:
    """Return what is not today as it was when the steps were driven."""
    notes = []
    if recording.settings.reward_path == "compiled":
        notes.append(f"{source.label}: is not compiled, as the run's was: last bits may differ")
    if recording.is_logged:
        notes.append(
            "the steps are those of a log: params are measured from its poses and the route; "
            "crashes and objects are not, their params are those of an empty road"
        )
    elif recording.settings.equations != EQUATIONS:
        notes.append(
            f"the steps were driven with version {recording.settings.equations} of the car's "
            f"equations, now {EQUATIONS}: they are replayed as they were driven"
        )
    return notes


def _pay_again(
    recording: Recording, world: World, on_step: Callable[[int, int], None] | None
) -> PaidSteps:
    """Return all recorded steps as the world's reward function pays them."""
    n = recording.n_steps
    new, columns = np.zeros(n), np.zeros((n, 3))
    done = 0
    for steps, rows in judge_again(recording, world):
        cars = steps.car[rows]
        at = slice(done, done + len(cars))
        new[at] = world.rewards[cars]
        columns[at] = world.measured[cars][:, [layout.ALONG, layout.M_PROGRESS, layout.STATUS]]
        done += len(cars)
        if on_step is not None:
            on_step(done, n)
    along, progress, judged = np.ascontiguousarray(columns.T)
    logged = [batch.logged.status for batch in recording.batches if batch.logged is not None]
    status = np.concatenate(logged) if logged else judged.astype(np.int64)
    return PaidSteps(
        car=np.concatenate([batch.car for batch in recording.batches]),
        episode=np.concatenate([batch.episode for batch in recording.batches]),
        old=np.concatenate([batch.reward for batch in recording.batches]),
        new=new,
        along=along,
        progress=progress,
        status=status,
    )
