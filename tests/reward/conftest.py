"""A small round track, measured rows that could come from it, and reward files."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from racer.kernels import layout
from racer.kernels.layout import Floats
from racer.reward import RewardRunner, RewardSource, TrackFacts, load_reward

RADIUS = 3.0
N_POINTS = 40


def circle_point(index: int) -> tuple[float, float]:
    angle = 2.0 * math.pi * (index % N_POINTS) / N_POINTS
    return RADIUS * math.cos(angle), RADIUS * math.sin(angle)


@pytest.fixture
def facts() -> TrackFacts:
    """Return a circle of 40 waypoints, the first repeated at the end."""
    points = tuple(circle_point(index) for index in range(N_POINTS + 1))
    length = N_POINTS * math.dist(points[0], points[1])
    return TrackFacts(length, points)


@pytest.fixture
def make_rows() -> Callable[..., Floats]:
    """Return a function that makes rows of cars somewhere on the circle, driving counter-clockwise."""

    def make(n_rows: int, seed: int = 0, **columns: float) -> Floats:
        rng = np.random.default_rng(seed)
        rows = np.zeros((n_rows, layout.MEASURED_SIZE))
        share = rng.random(n_rows)
        lateral = rng.uniform(-0.4, 0.4, n_rows)
        angle = 2.0 * np.pi * share
        rows[:, layout.NOSE_X] = (RADIUS - lateral) * np.cos(angle)
        rows[:, layout.NOSE_Y] = (RADIUS - lateral) * np.sin(angle)
        heading = angle + np.pi / 2 + rng.uniform(-0.5, 0.5, n_rows)
        rows[:, layout.M_HEADING] = np.pi - (np.pi - heading) % (2.0 * np.pi)
        rows[:, layout.M_STEPS] = rng.integers(2, 300, n_rows)
        rows[:, layout.M_PROGRESS] = rng.uniform(-0.1, 1.0, n_rows)
        rows[:, layout.ALONG] = share * 2.0 * np.pi * RADIUS
        rows[:, layout.DISTANCE] = abs(lateral)
        rows[:, layout.LATERAL] = lateral
        rows[:, layout.ROAD_WIDTH] = 0.76
        rows[:, layout.CLOSEST_BEFORE] = np.floor(share * N_POINTS)
        rows[:, layout.CLOSEST_AFTER] = rows[:, layout.CLOSEST_BEFORE] + 1
        rows[:, layout.IS_LEFT] = lateral > 0
        rows[:, layout.WHEELS_ON] = abs(lateral) < 0.28
        rows[:, layout.M_STEERING] = np.radians(rng.choice([-30, -15, 0, 15, 30], n_rows))
        rows[:, layout.M_SPEED] = rng.choice([1.0, 2.0], n_rows)
        rows[:, layout.SIM_TIME] = rows[:, layout.M_STEPS] / 15.0
        for name, value in columns.items():
            rows[:, getattr(layout, name)] = value
        return rows

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file into the test's folder and returns its path."""

    def write(text: str | bytes, name: str = "my.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def source(write: Callable[..., Path]) -> Callable[[str], RewardSource]:
    """Return a function that makes a reward source of a text."""
    return lambda text: load_reward(write(text))


@pytest.fixture
def drive(facts: TrackFacts, make_rows: Callable[..., Floats]) -> Callable[..., Floats]:
    """Return a function that runs a source over some steps of n cars: (n_steps, n_cars) rewards."""

    def drive(source: RewardSource, n_cars: int, n_steps: int = 3, **options: object) -> Floats:
        runner = RewardRunner(source, [facts], np.zeros(n_cars, np.int64), **options)
        rewards = np.full((n_steps, n_cars), np.nan)
        for step in range(n_steps):
            rows = make_rows(64, seed=step)[:n_cars]  # the same row for a car whatever n_cars is
            rows[:, layout.M_STEPS] = 2.0 + step
            runner(rows, np.arange(n_cars), rewards[step])
        return rewards

    return drive
