"""What a reward function pays all over a track, without any driving.

A pose is judged by the world's own kernels, as if a car that began at the start line had driven
there along the centre line at the commanded speed: so ``progress`` and ``steps`` fit the place.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import defaults
from racer.env import RewardLike, RuleSettings, Scenario, World
from racer.errors import ConfigError, RewardError, unknown_name
from racer.kernels import layout
from racer.kernels.angles import wrap_to_pi
from racer.kernels.layout import Floats
from racer.reward import CallMonitor, RewardFailure, RewardRunner, RewardSource, track_facts
from racer.reward.traits import traits_of
from racer.track import Track
from racer.vehicle import Actions, ActionsLike, DiscreteActions

HEADINGS = (0.0, 30.0, -30.0, 180.0)
"""Headings of the slices, from the direction of the road (degrees, left positive)."""

STEERINGS = ("left", "straight", "right")
"""The steering commands to choose from: the largest, none, the largest to the other side."""

MAX_CELLS = 4000
"""Cells of the grid over the road, at most."""

_CELLS_ACROSS = 9  # the road is about so many cells wide
_MARGIN = 0.35  # shown beside each border, in road widths
AT_A_TIME = 64  # poses paid by one call: each may need an instance of the function


@dataclass(frozen=True)
class RewardMap:
    """Rewards on a grid over the road, for several headings and speeds.

    A cell is where the nose of the car is: ``x`` and ``y`` of the params.
    """

    reward: str
    """The reward function, as messages call it."""
    track: Track
    """The track, as it is driven."""
    x: Floats
    """(n_x + 1,) edges of the cells (m)."""
    y: Floats
    """(n_y + 1,) edges of the cells (m)."""
    headings: tuple[float, ...]
    """(n_headings,) from the direction of the road (degrees, left positive)."""
    speeds: tuple[float, ...]
    """(n_speeds,) commanded (m/s)."""
    steering: float
    """Commanded (degrees, left positive)."""
    rewards: Floats
    """(n_speeds, n_headings, n_y, n_x); nan away from the road and where a call failed."""
    failed: NDArray[np.bool_]
    """(n_speeds, n_headings, n_y, n_x), where a call failed."""
    failure: RewardFailure | None = None
    """The first of these failures."""
    notes: tuple[str, ...] = ()
    """What a user should know."""

    @property
    def n_poses(self) -> int:
        """How many poses were tried."""
        return int(np.isfinite(self.rewards).sum()) + self.n_failed

    @property
    def n_failed(self) -> int:
        """How many of them failed."""
        return int(self.failed.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; rewards as nested lists, nan where there is none."""
        return {
            "reward": self.reward,
            "track": self.track.name,
            "is_reversed": self.track.is_reversed,
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "headings": list(self.headings),
            "speeds": list(self.speeds),
            "steering": self.steering,
            "rewards": self.rewards.tolist(),
            "poses": self.n_poses,
            "failed": self.n_failed,
            "failure": None if self.failure is None else str(self.failure),
            "notes": list(self.notes),
        }


def reward_map(
    reward: RewardLike,
    track: str | Track = defaults.TRACK,
    *,
    reverse: bool = False,
    actions: ActionsLike = None,
    steering: str = "straight",
    max_cells: int = MAX_CELLS,
    monitor: CallMonitor | None = None,
    on_pose: Callable[[int, int], None] | None = None,
) -> RewardMap:
    """Return what a reward function pays all over a track.

    Args:
        reward: a shipped name, a path, a Python function or a source.
        track: the track, or its name or file.
        reverse: drive it the other way round.
        actions: the slowest and the fastest speed, and the largest steering angles, are its.
        steering: the command: one of ``STEERINGS``.
        max_cells: cells of the grid, at most.
        monitor: where calls are announced.
        on_pose: called with (poses paid, poses) after some poses.

    Raises:
        ConfigError: for another steering.
        RewardError: if the function cannot be loaded.
        RewardFailure: if every single call fails.
    """
    if steering not in STEERINGS:
        raise ConfigError(unknown_name("steering", steering, list(STEERINGS)))
    scenario = Scenario.of(track, reward, reverse=reverse, actions=actions)
    source = scenario.reward
    if source is None:
        raise RewardError("reward map: expected a reward function, got None")
    speeds, angle = _commands(scenario.actions, steering)
    x, y, inside = _grid(scenario.track, max_cells)
    shape = (len(speeds), len(HEADINGS), *inside.shape)
    rewards, failed = np.full(shape, np.nan), np.zeros(shape, np.bool_)
    payer = _Payer(source, scenario.track, monitor)
    noses = _centres(x, y)[inside]
    n_poses = len(speeds) * len(HEADINGS) * len(noses)
    for i, speed in enumerate(speeds):
        for j, heading in enumerate(HEADINGS):
            rows = judged_poses(scenario.track, noses, math.radians(heading), angle, speed)
            done = (i * len(HEADINGS) + j) * len(noses)
            paid = np.full(len(noses), np.nan)
            for at in payer.pay(rows, paid):
                if on_pose is not None:
                    on_pose(done + at, n_poses)
            rewards[i, j][inside] = paid
            failed[i, j][inside] = np.isnan(paid)
    if payer.failure is not None and not np.isfinite(rewards).any():
        raise payer.failure
    return RewardMap(
        reward=source.label, track=scenario.track, x=x, y=y, headings=HEADINGS, speeds=speeds,
        steering=math.degrees(angle), rewards=rewards, failed=failed, failure=payer.failure,
        notes=_notes(source),
    )  # fmt: skip


def _commands(actions: Actions, steering: str) -> tuple[tuple[float, ...], float]:
    """Return the slowest and fastest speed of an action space (m/s), and a steering angle (rad)."""
    rows = actions.table()
    if isinstance(actions, DiscreteActions):
        angles = actions.steering.tolist()
    else:
        angles = [math.radians(row[1]) for row in rows]
    chosen = {"left": max(angles), "straight": 0.0, "right": min(angles)}[steering]
    return tuple(sorted({min(row[2] for row in rows), max(row[2] for row in rows)})), chosen


def _grid(track: Track, max_cells: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the edges of square cells in x and y (m), and which cells are on or beside the road.

    Returns:
        edges (n_x + 1,), edges (n_y + 1,), and (n_y, n_x) bool, true for at most about
        ``max_cells``.
    """
    margin = _MARGIN * track.width
    points = np.concatenate([track.inner, track.outer])
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    band = track.length * (track.width + 2.0 * margin)
    size = max(track.width / _CELLS_ACROSS, math.sqrt(band / max_cells))
    n_x, n_y = np.ceil((high - low) / size).astype(int)
    x, y = low[0] + size * np.arange(n_x + 1), low[1] + size * np.arange(n_y + 1)
    centres = _centres(x, y)
    place = track.project(centres[..., 0], centres[..., 1])
    near = np.abs(place.lateral) <= 0.5 * np.asarray(track.width_at(place.s)) + margin
    return x, y, near


def _centres(x: Floats, y: Floats) -> Floats:
    """Return the centres of cells, (n_y, n_x, 2), from their edges (m)."""
    return np.stack(np.meshgrid(0.5 * (x[1:] + x[:-1]), 0.5 * (y[1:] + y[:-1])), axis=-1)


def judged_poses(
    track: Track, noses: Floats, turned: float, steering: float, speed: float
) -> Floats:
    """Return what the world measures of cars that arrive at some places with a command.

    Args:
        track: the track.
        noses: (n, 2) where the noses are (m).
        turned: heading from the direction of the road (rad), left positive.
        steering: the command (rad).
        speed: the command (m/s), and the speed at which the car has come.

    Returns:
        (n, MEASURED_SIZE) judged rows.
    """
    n = len(noses)
    world = World(track, n_cars=n, starts=np.zeros(n), rules=RuleSettings(max_seconds=1e6))
    place = track.project(noses[:, 0], noses[:, 1])
    along = np.asarray(place.s)
    headings = np.array([wrap_to_pi(road + turned) for road in np.asarray(track.heading(along))])
    ahead = world.vehicle.nose_x * np.stack([np.cos(headings), np.sin(headings)], axis=1)
    world.place(np.arange(n), np.column_stack([noses - ahead, headings]))
    a_step = speed * world.rules.control_dt
    world.state[:, layout.STEPS] = 1.0 + np.floor(along / a_step)  # 2 at the start line
    world.state[:, layout.PROGRESS] = np.maximum(along - a_step, 0.0) / track.length
    world.judge(np.full(n, steering), np.full(n, speed))
    return world.measured


class _Payer:
    """Calls a reward function for poses, each as the first call of an instance."""

    def __init__(self, source: RewardSource, track: Track, monitor: CallMonitor | None) -> None:
        self.failure: RewardFailure | None = None
        self._source = source
        self._facts = [track_facts(track)]
        self._monitor = monitor

    def pay(self, rows: Floats, paid: Floats) -> Iterator[int]:
        """Pay poses; yield how many are done, from time to time.

        Args:
            rows: (n, MEASURED_SIZE) judged.
            paid: (n,) overwritten; left as it is where a call fails.
        """
        for first in range(0, len(rows), AT_A_TIME):
            some = slice(first, min(first + AT_A_TIME, len(rows)))
            cars = np.arange(some.stop - some.start)
            try:
                self._runner(len(cars))(rows[some], cars, paid[some])
            except RewardFailure:
                self._one_by_one(rows[some], paid[some])
            yield some.stop

    def _one_by_one(self, rows: Floats, paid: Floats) -> None:
        """Pay poses of which some fail."""
        runner = self._runner(len(rows))
        for car in range(len(rows)):
            try:
                runner(rows, np.array([car]), paid)
            except RewardFailure as failure:
                self.failure = self.failure or failure

    def _runner(self, n: int) -> RewardRunner:
        return RewardRunner(self._source, self._facts, np.zeros(n, np.int64), monitor=self._monitor)


def _notes(source: RewardSource) -> tuple[str, ...]:
    """Return what a user should know about the map of this function."""
    traits = traits_of(source)
    notes = []
    if traits.keeps_state:
        notes.append(
            "The function may keep something between calls: each cell shows its first call."
        )
    if traits.unrepeatable:
        notes.append(f"The function {traits.unrepeatable}: another map may differ.")
    return tuple(notes)
