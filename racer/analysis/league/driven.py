"""Every recorded step of a training, measured: what the pictures of laps and places show."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from racer.analysis.league.saying import AbsentError
from racer.analysis.maps import JUMP
from racer.analysis.time_loss import Sector, sectors_of
from racer.evaluation.recorded_steps import Recording, judge_again, read_recording, recorded_world
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers
from racer.run_files import STEPS
from racer.runs.record import RunRecord

if TYPE_CHECKING:
    from racer.track import Track

MOST = 2_000_000
"""So many of the newest steps are looked at, and not much more."""

_FIRST = 2.0  # number of the first rewarded step of an episode
_MEASURED = {
    "time": layout.SIM_TIME,
    "steering": layout.M_STEERING,
    "speed_command": layout.M_SPEED,
    "progress": layout.M_PROGRESS,
    "along": layout.ALONG,
    "lateral": layout.LATERAL,
    "status": layout.STATUS,
    "lap_time": layout.LAP_TIME,
}
"""Columns of a measured step that are kept."""

_SLOW = 0.3  # a slower car has no direction of travel to speak of (m/s)
_PIECES = 8  # of an open track


@dataclass(frozen=True)
class Driven:
    """Steps on one track, sorted by episode, then time."""

    track: "Track"
    episode: Integers  # (n,) number of the episode, from 0, by car
    time: Floats  # (n,) since the start of the episode (s)
    x: Floats  # (n,) base link (m)
    y: Floats  # (n,) (m)
    heading: Floats  # (n,) (rad)
    steering: Floats  # (n,) commanded (rad), left positive
    speed_command: Floats  # (n,) (m/s)
    action: Integers  # (n,) index, or -1 for continuous actions
    reward: Floats  # (n,)
    progress: Floats  # (n,) fraction of the lap since the start
    along: Floats  # (n,) projection on the centre line from waypoint 0 (m)
    lateral: Floats  # (n,) left of the centre line (m)
    status: Integers  # (n,) see racer.kernels.layout
    lap_time: Floats  # (n,) where a lap is complete, how long it took (s)

    def __len__(self) -> int:
        return len(self.episode)

    @cached_property
    def begins(self) -> Integers:
        """The first row of each episode: (n_episodes,)."""
        return np.flatnonzero(np.diff(self.episode, prepend=self.episode[:1] - 1))

    @cached_property
    def lasts(self) -> Integers:
        """The last row of each episode: (n_episodes,)."""
        return np.append(self.begins[1:], len(self)) - 1

    @cached_property
    def of(self) -> Integers:
        """Which episode a row belongs to, counted on this track: (n,)."""
        return np.repeat(np.arange(len(self.begins)), self.lasts - self.begins + 1)

    @cached_property
    def finished(self) -> NDArray[np.bool_]:
        """Which episodes are finished laps: (n_episodes,)."""
        return self.status[self.lasts] == layout.LAP_COMPLETE

    @cached_property
    def laps(self) -> Floats:
        """Lap times of the finished ones (s): (n_laps,)."""
        return self.lap_time[self.lasts][self.finished]

    def per_episode(self, values: Floats) -> Floats:
        """Return the sums of values over episodes: (n_episodes,); nan counts as nothing."""
        return np.asarray(np.bincount(self.of, np.nan_to_num(values), len(self.begins)))

    def mean_per_episode(self, values: Floats) -> Floats:
        """Return the means of values over episodes: (n_episodes,); nan left out."""
        known = self.per_episode(np.isfinite(values).astype(np.float64))
        return np.asarray(self.per_episode(values) / np.maximum(known, 1.0))

    @cached_property
    def seconds(self) -> Floats:
        """How long each step took (s): (n,); 0 at the end of an episode."""
        return self.ahead(self.time, last=0.0)

    @cached_property
    def speed(self) -> Floats:
        """How fast the base link moves in a step (m/s): (n,); nan where it was put elsewhere."""
        moved = np.hypot(self.ahead(self.x), self.ahead(self.y))
        moved[moved > JUMP] = np.nan
        found = moved / np.where(self.seconds > 0.0, self.seconds, np.nan)
        return self._filled(found)

    @cached_property
    def acceleration(self) -> Floats:
        """Change of the speed (m/s²): (n,), nan in the last two steps of an episode."""
        change = self.ahead(self.speed)
        found = change / np.where(self.seconds > 0.0, self.seconds, np.nan)
        found[np.maximum(self.lasts - 1, 0)] = np.nan  # the last speed is a copy
        return found

    @cached_property
    def slide(self) -> Floats:
        """Direction of travel minus heading, half way through a step (rad): (n,)."""
        travel = np.arctan2(self.ahead(self.y), self.ahead(self.x))
        turned = _wrapped(self.ahead(self.heading))
        found = _wrapped(travel - self.heading - 0.5 * turned)
        found[~(self.speed > _SLOW)] = np.nan
        return found

    @cached_property
    def sectors(self) -> tuple[Sector, ...]:
        """Turns and straights; of an open track pieces of equal length."""
        if self.track.is_loop:
            return sectors_of(self.track)
        edges = np.linspace(0.0, self.track.length, _PIECES + 1)
        return tuple(
            Sector(f"part {k + 1}", float(begin), float(end))
            for k, (begin, end) in enumerate(pairwise(edges))
        )

    @cached_property
    def sector(self) -> Integers:
        """In which of the sectors each step is: (n,); -1 in none."""
        found = np.full(len(self), -1)
        for k, one in enumerate(self.sectors):
            found[(self.along - one.begin) % self.track.length < one.end - one.begin] = k
        return found

    def by_sector(self, values: Floats) -> Floats:
        """Return the mean of values in each sector: (n_sectors,); nan where there is none."""
        rows = (self.sector >= 0) & np.isfinite(values)
        n = np.bincount(self.sector[rows], minlength=len(self.sectors))
        total = np.bincount(self.sector[rows], values[rows], len(self.sectors))
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)

    def future(self, gamma: float) -> Floats:
        """Return the discounted sum of a step's reward and those after it: (n,).

        Args:
            gamma: discount of a reward one step later.
        """
        found = self.reward.astype(np.float64).copy()
        longest = int((self.lasts - self.begins).max(initial=0))
        for back in range(1, longest + 1):  # all episodes at once, from their ends
            rows = self.lasts - back
            rows = rows[rows >= self.begins]
            found[rows] += gamma * found[rows + 1]
        return found

    def only(self, rows: NDArray[np.bool_]) -> "Driven":
        """Return some of the steps."""
        columns = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "track"}
        return Driven(self.track, **columns)

    def ahead(self, values: Floats, last: float = np.nan) -> Floats:
        """Return the change to the next step of the episode: (n,), ``last`` where there is none."""
        found = np.append(np.diff(values), last)
        found[self.lasts] = last
        return found

    def _filled(self, values: Floats) -> Floats:
        """Return values whose last row of an episode repeats the one before, if there is one."""
        rows = self.lasts[self.lasts > self.begins]
        values[rows] = values[rows - 1]
        return values


def driven(record: RunRecord, tracks: Sequence["Track"]) -> list[Driven]:
    """Return the recorded steps of a run, one ``Driven`` a track.

    Args:
        record: the run.
        tracks: those that it was trained on, in their order.

    Raises:
        AbsentError: if the steps were not recorded, or the road is not known.
        RunError: if the recording is damaged, or the tracks have changed.
    """
    path = record.folder / STEPS
    if not path.is_file():
        imported = record.info.get("imported")
        reason = imported.get("steps", "") if isinstance(imported, dict) else "--no-record"
        raise AbsentError(f"{record.folder}: its steps are not recorded: {reason}")
    if not tracks:
        raise AbsentError(f"{record.folder}: the road that it was driven on is not known")
    recording = _newest(read_recording(path))
    columns = _measured(recording, tracks)
    number = columns.pop("track")
    return [
        Driven(track, **{name: values[number == k] for name, values in columns.items()})
        for k, track in enumerate(tracks)
    ]


def _newest(recording: Recording) -> Recording:
    """Return a recording of the newest steps, as many as fit in memory."""
    batches = list(recording.batches)
    while len(batches) > 1 and sum(map(len, batches[1:])) >= MOST:
        del batches[0]
    return replace(recording, batches=tuple(batches))


def _measured(recording: Recording, tracks: Sequence["Track"]) -> dict[str, NDArray[Any]]:
    """Return the columns of ``Driven`` and the number of the track, sorted by episode, then time.

    Episodes whose beginning is not there are left out.
    """
    world = recorded_world(recording, tracks)
    n = recording.n_steps
    rows_of = np.zeros((n, len(_MEASURED)))
    first = 0
    for steps, rows in judge_again(recording, world):
        measured = world.measured[steps.car[rows]]
        rows_of[first : first + len(measured)] = measured[:, list(_MEASURED.values())]
        first += len(measured)
    batches = recording.batches
    poses = np.concatenate([one.poses for one in batches])
    action = np.concatenate([one.action for one in batches])
    car = np.concatenate([one.car for one in batches])
    counted = np.concatenate([one.episode for one in batches])
    order = np.lexsort((counted, car))
    both = np.stack([car[order], counted[order]])
    episode = np.cumsum(np.any(np.diff(both, axis=1, prepend=both[:, :1]) != 0, axis=0))
    begun = np.concatenate([one.steps for one in batches])[order] == _FIRST
    whole = np.isin(episode, episode[begun])
    kept = order[whole]
    columns = {name: rows_of[kept, k] for k, name in enumerate(_MEASURED)}
    return {
        **columns,
        "status": columns["status"].astype(np.int64),
        "episode": episode[whole],
        "x": poses[kept, 0],
        "y": poses[kept, 1],
        "heading": poses[kept, 2],
        "action": action[kept] if action.ndim == 1 else np.full(len(kept), -1),
        "reward": np.concatenate([one.reward for one in batches])[kept],
        "track": np.concatenate([one.track for one in batches])[kept],
    }


def _wrapped(angle: Floats) -> Floats:
    """Return angles (rad) between −π and π."""
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi)
