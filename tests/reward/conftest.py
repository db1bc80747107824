"""A small round track, measured rows that could come from it, driven laps, and reward files."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from racer.env import Scenario, World
from racer.evaluation.drivers import PurePursuitDriver, RandomDriver
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers
from racer.reward import RewardRunner, RewardSource, TrackFacts, load_reward, track_facts
from racer.vehicle import default_actions

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
    """Return a function that makes rows of cars on the circle, driving to the left."""

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


@pytest.fixture
def laps() -> Callable[[int], list[Floats]]:
    """Return a function that makes the rows of n cars over two episodes, step by step.

    First a lap over the seam with a wobble, from another start for each car, up to progress 1; the
    closest waypoints are (N - 1, 0) once. Then backwards over the start until off the track.
    """

    def measure(row: Floats, step: int, turn: float, progress: float, lateral: float) -> None:
        along = turn % 1.0
        angle = 2.0 * math.pi * along
        before = math.floor(along * N_POINTS + 1e-9)
        row[layout.NOSE_X] = (RADIUS - lateral) * math.cos(angle)
        row[layout.NOSE_Y] = (RADIUS - lateral) * math.sin(angle)
        row[layout.M_HEADING] = math.pi - (math.pi - angle - math.pi / 2) % (2.0 * math.pi)
        row[layout.M_STEPS] = 2.0 + step
        row[layout.M_PROGRESS] = progress
        row[layout.ALONG] = along * 2.0 * math.pi * RADIUS
        row[layout.DISTANCE] = abs(lateral)
        row[layout.LATERAL] = lateral
        row[layout.ROAD_WIDTH] = 0.76
        row[layout.CLOSEST_BEFORE] = N_POINTS if step == 11 else before
        row[layout.CLOSEST_AFTER] = 0 if step == 11 else before + 1
        row[layout.IS_LEFT] = lateral > 0
        row[layout.WHEELS_ON] = abs(lateral) < 0.28
        row[layout.IS_OFFTRACK] = abs(lateral) > 0.48
        row[layout.STATUS] = layout.LAP_COMPLETE if progress == 1.0 else layout.IN_PROGRESS
        row[layout.M_STEERING] = math.radians(15 * (step % 5 - 2))
        row[layout.M_SPEED] = 1.0 + step % 2
        row[layout.SIM_TIME] = (1 + step) / 15.0

    def make(n_cars: int) -> list[Floats]:
        rows = [np.zeros((n_cars, layout.MEASURED_SIZE)) for _ in range(41 + 21)]
        for car in range(n_cars):
            start = 0.05 + 0.37 * car
            for step in range(41):
                share = step / 40
                wobble = 0.35 * math.sin(step + car)
                measure(rows[step][car], step, start + share, share, wobble)
            for step in range(21):
                measure(rows[41 + step][car], step, start - step / 200, -step / 200, 0.025 * step)
        return rows

    return make


@pytest.fixture
def drive_laps(
    facts: TrackFacts, laps: Callable[[int], list[Floats]]
) -> Callable[[RewardSource, int], Floats]:
    """Return a function that runs a source over ``laps``: (n_steps, n_cars) rewards."""

    def drive(source: RewardSource, n_cars: int) -> Floats:
        steps = laps(n_cars)
        runner = RewardRunner(source, [facts], np.zeros(n_cars, np.int64))
        rewards = np.full((len(steps), n_cars), np.nan)
        for measured, paid in zip(steps, rewards, strict=True):
            runner(measured, np.arange(n_cars), paid)
        return rewards

    return drive


Drive = tuple[TrackFacts, list[tuple[Floats, Integers]]]
"""A track as driven, and (measured, running cars) of each control step."""


@pytest.fixture(scope="session", params=[False, True], ids=["forwards", "reversed"])
def driven(request: pytest.FixtureRequest) -> Drive:
    """Return two episodes each of three cars around a circle, in either direction.

    The first two are driven by pure pursuit and finish their laps, the second one over the seam;
    the third is driven at random and leaves the road.
    """
    scenario = Scenario.of("circle", None, reverse=request.param)
    world = scenario.world(3)
    actions = default_actions()
    calm, wild = PurePursuitDriver(actions), RandomDriver(actions, seed=4)
    steps = []
    while world.state[:, layout.ACTIVE].any():
        indices = calm.act(world)
        indices[2] = wild.act(world)[2]
        world.step(*actions.commands(indices))
        steps.append((world.measured.copy(), world.running.copy()))
        _start_ended(world, n_episodes=2)
    return track_facts(scenario.track), steps


def _start_ended(world: World, n_episodes: int) -> None:
    """Begin the next episode of the cars whose episode ended, or freeze them after the last."""
    ended = np.flatnonzero(world.terminated | world.truncated)
    again = ended[world.state[ended, layout.EPISODE] < n_episodes - 1]
    active = world.state[:, layout.ACTIVE] > 0.0
    active[np.setdiff1d(ended, again)] = False
    world.set_active(active)
    if len(again):
        world.start(again)


@pytest.fixture(scope="session")
def pay(driven: Drive) -> Callable[..., Floats]:
    """Return a function that pays the drive with a file: (n_steps, n_cars) rewards, nan if none."""
    facts, steps = driven

    def pay(path: Path, cars: Sequence[int] = (0, 1, 2)) -> Floats:
        tracks = np.zeros(len(cars), np.int64)
        runner = RewardRunner(load_reward(path), [facts], tracks, seed=5, first_car=cars[0])
        rewards = np.full((len(steps), len(cars)), np.nan)
        for (measured, running), paid in zip(steps, rewards, strict=True):
            local = np.flatnonzero(np.isin(cars, running))
            if len(local):
                runner(measured[list(cars)], local, paid)
        return rewards

    return pay
