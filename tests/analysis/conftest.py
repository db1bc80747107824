"""Made-up tracks, runs and laps with known figures."""

import csv
import json
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from racer.evaluation import Trace
from racer.kernels import layout
from racer.runs.record import read_run
from racer.vehicle import DiscreteActions

EPISODES = [
    "episode", "update", "total_steps", "car", "start", "steps", "return", "completion", "status",
    "lap_time", "off_track_x", "off_track_y",
]  # fmt: skip
UPDATES = [
    "update", "total_steps", "episodes", "seconds", "steps_per_second", "mean_return",
    "mean_completion", "finish_rate", "median_lap_time", "entropy", "policy_loss", "value_loss",
    "approx_kl", "explained_variance", "grad_norm", "learning_rate",
]  # fmt: skip
EVALUATIONS = [
    "update", "total_steps", "finish_rate", "completion", "median_lap_time", "best_lap_time",
    "is_best",
]  # fmt: skip


@dataclass(frozen=True)
class FakeTrack:
    """A bent ellipse, 3 m by 1.8 m in radius, with the fields of racer.track.Track."""

    name: str = "bean"
    title: str = "Bean"
    is_loop: bool = True
    width: float = 0.76
    n_turns: int = 3
    tightest_radius: float = 0.9
    min_width: float = 0.76
    max_width: float = 0.76
    n: int = 96

    def line(self, offset: float) -> np.ndarray:
        """The centre line moved to its left by ``offset``, without the closing point."""
        t = np.linspace(0, 2 * np.pi, self.n, endpoint=False) - np.pi / 2
        if not self.is_loop:
            x = np.linspace(0, 6, self.n)
            center = np.stack([x, 0.3 * np.sin(x)], axis=1)
            ahead = np.gradient(center, axis=0)
        else:
            dent = 0.9 * np.exp(-(((t - np.pi / 2) / 0.5) ** 2))
            center = np.stack([3 * np.cos(t), 1.8 * np.sin(t) - dent], axis=1)
            ahead = (np.roll(center, -1, axis=0) - np.roll(center, 1, axis=0)) / 2
        normal = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        return center + offset * normal / np.hypot(*ahead.T)[:, None]

    @cached_property
    def center(self) -> np.ndarray:
        line = self.line(0.0)
        return np.concatenate([line, line[:1]]) if self.is_loop else line

    @cached_property
    def inner(self) -> np.ndarray:
        return self.line(self.width / 2)

    @cached_property
    def outer(self) -> np.ndarray:
        return self.line(-self.width / 2)

    @cached_property
    def length(self) -> float:
        return float(np.hypot(*np.diff(self.center, axis=0).T).sum())

    @cached_property
    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Arc length of each waypoint, and the heading there."""
        dx, dy = np.gradient(self.center, axis=0).T
        steps = np.hypot(*np.diff(self.center, axis=0).T)
        return np.concatenate([[0], np.cumsum(steps)]), np.unwrap(np.arctan2(dy, dx))

    def place(self, s: np.ndarray, lateral: np.ndarray) -> tuple[np.ndarray, ...]:
        """x, y and heading at arc length s, ``lateral`` to the left."""
        at, angle = self.table
        x, y = (np.interp(s % self.length, at, self.center[:, k]) for k in (0, 1))
        heading = np.interp(s % self.length, at, angle)
        return x - lateral * np.sin(heading), y + lateral * np.cos(heading), heading

    def position(self, s: float | list[float], lateral: float = 0.0) -> np.ndarray:
        """Points beside the centre line, as Track.position."""
        at, angle = self.table
        s = np.asarray(s) % self.length if self.is_loop else np.clip(s, 0.0, self.length)
        xy = np.stack([np.interp(s, at, self.center[:, k]) for k in (0, 1)], axis=-1)
        heading = np.interp(s, at, angle)
        return xy + lateral * np.stack([-np.sin(heading), np.cos(heading)], axis=-1)

    def heading(self, s: float) -> float:
        """Direction of the centre line, as Track.heading."""
        at, angle = self.table
        return float(np.interp(s % self.length if self.is_loop else s, at, angle))


def grid_actions(max_degrees: float = 30, n_angles: int = 5, n_speeds: int = 2) -> DiscreteActions:
    angles = np.linspace(-max_degrees, max_degrees, n_angles)
    speeds = 2.0 * np.arange(1, n_speeds + 1) / n_speeds
    return DiscreteActions.from_list((angle, speed) for angle in angles for speed in speeds)


def drive(
    track: FakeTrack,
    actions: DiscreteActions,
    trials: int = 3,
    fails: tuple[int, ...] = (),
    seed: int = 0,
) -> Trace:
    """Laps at 15 Hz from evenly spaced starts; those that fail leave the track after 60 %."""
    rng = np.random.default_rng(seed)
    columns: dict[str, list[np.ndarray]] = {f.name: [] for f in fields(Trace)}
    for trial in range(trials):
        part = _lap(track, actions, trial / trials, trial in fails, rng)
        part["trial"] = np.full(len(part["x"]), trial)
        part["track"] = np.zeros(len(part["x"]), np.int64)
        for name, values in part.items():
            columns[name].append(values)
    empty = dict.fromkeys(("trial", "action", "status", "track"), np.int64)
    return Trace(
        **{
            name: np.concatenate(parts) if parts else np.zeros(0, empty.get(name, np.float64))
            for name, parts in columns.items()
        }
    )


def _lap(track, actions, start, fails, rng):
    s, speed, rows = start * track.length, 0.0, []
    heading_at = lambda s: track.place(np.array([s]), np.zeros(1))[2][0]  # noqa: E731
    driven = 0.0
    while driven < track.length * (0.6 if fails else 1.0):
        bend = heading_at((s + 0.45) % track.length) - heading_at(s % track.length)
        bend = (bend + np.pi) % (2 * np.pi) - np.pi
        wanted_speed = 2.0 if abs(bend) < 0.35 else 1.0
        cost = np.abs(actions.steering - bend * 0.7) + 0.3 * np.abs(actions.speed - wanted_speed)
        action = int(np.argmin(cost + 0.05 * rng.standard_normal(len(cost))))
        speed += 0.3 * (actions.speed[action] - speed)
        lateral = 0.16 * np.sin(1.1 * s + 3 * start) + (
            max(0, driven / track.length - 0.5) * 5 * fails
        )
        rows.append((s, lateral, speed, action, driven))
        s += speed / 15
        driven += speed / 15
    rows.append((s, lateral, speed, action, driven))
    s, lateral, speed, action, driven = (np.array(c) for c in zip(*rows, strict=True))
    x, y, heading = track.place(s, lateral)
    status = np.full(len(s), layout.IN_PROGRESS)
    status[-1] = layout.OFF_TRACK if fails else layout.LAP_COMPLETE
    return {
        "steps": np.arange(len(s)) + 2.0, "x": x, "y": y, "heading": heading, "speed": speed,
        "steering": actions.steering[action] * 0.9, "steering_command": actions.steering[action],
        "speed_command": actions.speed[action], "action": action,
        "reward": np.exp(-8 * lateral**2), "progress": np.minimum(driven / track.length, 1.0),
        "along": s % track.length, "lateral": lateral, "status": status,
        "time": np.arange(len(s)) / 15,
        "lap_time": np.where(status == layout.LAP_COMPLETE, (len(s) - 1) / 15, np.nan),
    }  # fmt: skip


def write_csv(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def make_run(
    folder: Path,
    seed: int = 0,
    *,
    n_updates: int = 14,
    per_update: int = 64,
    learns: float = 1.0,
    track: FakeTrack | None = None,
    **info: object,
) -> Path:
    """Write the folder of a training that gets better by ``learns`` (0: never finishes a lap)."""
    folder.mkdir(parents=True, exist_ok=True)
    track = track or FakeTrack()
    rng = np.random.default_rng(seed)
    run = {"schema": 1, "algorithm": "vpg", "reward": "center_line.py", "track": "bean",
           "seed": seed, "settings": {"n_envs": 64}} | info  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    episodes, updates, evaluations, total, best = [], [], [], 0, -1.0
    for u in range(n_updates):
        skill = learns / (1 + np.exp(-(u - 5 - 1.2 * (seed % 3)) * 0.9))
        rows = [_episode(track, rng, skill, u, i) for i in range(per_update)]
        for row in rows:
            total += row[5]
            episodes.append([len(episodes), u, total, *row[3:]])
        updates.append([u, total, per_update, 0.1 * u, 8e4, *_means(rows), *_report(rng, skill)])
        if u % 4 == 3:
            rate = float(np.clip(skill + 0.05, 0, 1) > 0.6) * skill
            lap = f"{9.6 - skill:.3f}" if rate else ""
            evaluations.append([u, total, rate, 100 * skill, lap, lap, int(rate > best)])
            best = max(best, rate)
    (folder / "evaluation.json").write_text(json.dumps({"summary": {
        "trials": 20, "finish_rate": 0.95, "completion": 97.2, "median_lap_time": 8.6,
        "best_lap_time": 8.41}, "trials": []}), encoding="utf-8")  # fmt: skip
    write_csv(folder / "episodes.csv", EPISODES, episodes)
    write_csv(folder / "updates.csv", UPDATES, updates)
    write_csv(folder / "evaluations.csv", EVALUATIONS, evaluations)
    return folder


def _episode(track, rng, skill, u, i):
    finished = rng.random() < max(0, 1.6 * skill - 0.62)
    completion = 100.0 if finished else float(np.clip(rng.gamma(2.0, 8 + 40 * skill), 0.5, 99))
    steps = int(completion / 100 * track.length / 1.4 * 15 * rng.uniform(0.9, 1.15)) + 3
    start = (i / 64 * 0.618 * 5) % 1
    status = "lap_complete" if finished else "off_track"
    lap = f"{rng.normal(9.8 - 1.6 * skill, 0.35):.4f}" if finished else ""
    x, y, _ = track.place(
        np.array([(start + completion / 100) * track.length]), np.array([rng.choice([-0.5, 0.5])])
    )
    where = ["", ""] if finished else [f"{x[0]:.4f}", f"{y[0]:.4f}"]
    gain = f"{steps * (0.4 + 0.5 * skill) + rng.normal(0, 4):.4f}"
    return [0, u, 0, i, f"{start:.4f}", steps, gain, f"{completion:.3f}", status, lap, *where]


def _means(rows):
    laps = [float(row[9]) for row in rows if row[9]]
    return [
        np.mean([float(row[6]) for row in rows]), np.mean([float(row[7]) for row in rows]),
        len(laps) / len(rows), np.median(laps) if laps else "",
    ]  # fmt: skip


def _report(rng, skill):
    return [2.3 - 1.5 * skill, -0.02 * rng.random(), 5 * np.exp(-3 * skill) + 0.2 * rng.random(),
            0.02 * rng.random(), skill * 0.9, 0.5 + rng.random(), 0.01]  # fmt: skip


def draw_small(figure):
    """Draw a figure for good, so that whatever fails or warns while drawing does so."""
    assert isinstance(figure, Figure)
    figure.set_dpi(30)
    FigureCanvasAgg(figure).draw()
    return figure


@pytest.fixture
def draw():
    return draw_small


@pytest.fixture
def make_track():
    return FakeTrack


@pytest.fixture
def make_actions():
    return grid_actions


@pytest.fixture
def make_laps():
    return drive


@pytest.fixture
def new_run(tmp_path):
    """Write a run and open it."""
    return lambda name="run", seed=0, **changes: read_run(
        make_run(tmp_path / name, seed, **changes)
    )


@pytest.fixture
def track() -> FakeTrack:
    return FakeTrack()


@pytest.fixture
def actions() -> DiscreteActions:
    return grid_actions()


@pytest.fixture
def trace(track, actions) -> Trace:
    """Three trials; number 1 leaves the track."""
    return drive(track, actions, trials=3, fails=(1,))


@pytest.fixture
def no_laps(track, actions) -> Trace:
    """A trace without a step."""
    return drive(track, actions, trials=0)
