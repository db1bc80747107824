"""Calls per second of reward functions: interpreted, compiled, and whole environment steps.

    python benchmarks/reward_speed.py [--quick]

All figures come from one process with one thread. The rows paid are those of driven cars: 1,024
cars in the middle of an episode. Interpreted and compiled calls are timed in turn, and the median
of several rounds is shown, so that another program on the machine spoils both or neither.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from racer.env import Scenario, ScenarioVectorEnv, training_starts
from racer.evaluation import compile_checked, make_driver
from racer.kernels.layout import Floats
from racer.reward import RewardRunner, RewardSource, load_reward, track_facts
from racer.reward.compile import CompiledReward, compile_reward

TRACK = "reinvent_2018"
N_CARS = 1024
N_WARM_UP = 60  # control steps until the cars are in the middle of an episode
N_DRIVEN = 120  # control steps of the driver that are repeated
ROUNDS = 7

SCAN = """
import math

def distance_between(a, b):
    return math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)

def reward_function(params):
    x, y = params["x"], params["y"]
    nearest = 1e9
    for wx, wy in params["waypoints"]:
        distance = {distance}
        if distance < nearest:
            nearest = distance
    return max(1e-3, 1.0 - nearest)
"""

SCANS = {
    "all waypoints, products": "(wx - x) * (wx - x) + (wy - y) * (wy - y)",
    "all waypoints, sqrt and ** 2": "math.sqrt((wx - x) ** 2 + (wy - y) ** 2)",
    "all waypoints, a function of two points": "distance_between((wx, wy), (x, y))",
    "all waypoints, hypot": "math.hypot(wx - x, wy - y)",
}

EXAMPLES = ("center_line", "follow_heading", "look_ahead", "progress_per_step", "smooth_driver")

START = """
import sys, time
from racer.kernels.angles import wrap_to_pi
from racer.reward import load_reward
wrap_to_pi(1.0)
begin = time.perf_counter()
from racer.reward.compile import compile_reward
compile_reward(load_reward(sys.argv[1]))
print(time.perf_counter() - begin)
"""


def driven_rows() -> Floats:
    """Return what was measured of driven cars: (N_CARS, MEASURED_SIZE)."""
    scenario = Scenario.of(TRACK, None)
    world = scenario.world(N_CARS)
    driver = make_driver("pure-pursuit", scenario.actions)
    for _ in range(N_WARM_UP):
        world.step(*scenario.actions.commands(driver.act(world)))
    return world.measured.copy()


def seconds(run: Callable[[], None], at_least: float) -> float:
    """Return the seconds of one run, from as many as take some time."""
    run()
    n_runs, begin = 0, time.perf_counter()
    while (taken := time.perf_counter() - begin) < at_least:
        run()
        n_runs += 1
    return taken / n_runs


def compare(source: RewardSource, rows: Floats, at_least: float) -> tuple[float, float]:
    """Return calls per second, interpreted and compiled: medians of rounds in turn."""
    compiled = compile_reward(source)
    assert isinstance(compiled, CompiledReward), [str(one) for one in compiled]
    facts = [track_facts(Scenario.of(TRACK, None).track)]
    index, cars, rewards = np.zeros(N_CARS, np.int64), np.arange(N_CARS), np.zeros(N_CARS)
    slow, fast = RewardRunner(source, facts, index), compiled.runner(facts, index)
    rounds = [
        (
            seconds(lambda: slow(rows, cars, rewards), at_least),
            seconds(lambda: fast(rows, cars, rewards), at_least),
        )
        for _ in range(ROUNDS)
    ]
    return tuple(N_CARS / statistics.median(one) for one in zip(*rounds, strict=True))


def environment_rate(scenario: Scenario, n_rounds: int) -> float:
    """Return complete environment steps per second of driven cars."""
    env = ScenarioVectorEnv(scenario, N_CARS, starts=training_starts(N_CARS))
    driver = make_driver("pure-pursuit", scenario.actions)
    actions = []
    env.reset(seed=0)
    for _ in range(N_DRIVEN):
        actions.append(driver.act(env.world))
        env.step(actions[-1])
    rates = []
    for _ in range(n_rounds):
        env.reset(seed=0)
        begin = time.perf_counter()
        for action in actions:
            env.step(action)
        rates.append(N_CARS * N_DRIVEN / (time.perf_counter() - begin))
    return statistics.median(rates)


def start_times() -> tuple[float, float]:
    """Return seconds that compiling center_line takes: with an empty cache, and in a new process.

    The start of numba itself is not counted: the world's kernels need it anyway.
    """
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "RACER_CACHE": cache}
        taken = []
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", START, "center_line"],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            taken.append(float(done.stdout))
    return taken[0], taken[1]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="calls of reward functions per second")
    parser.add_argument("--quick", action="store_true", help="shorter rounds")
    is_quick = parser.parse_args().quick
    at_least, n_rounds = (0.02, 5) if is_quick else (0.2, 15)
    rows = driven_rows()
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread, {N_CARS} cars\n")
    print("| reward function | interpreted, calls/s | compiled, calls/s | ratio |")
    print("|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        sources = {name: load_reward(name) for name in EXAMPLES}
        for number, (name, distance) in enumerate(SCANS.items()):
            path = Path(folder) / f"scan{number}.py"
            path.write_text(SCAN.format(distance=distance))
            sources[name] = load_reward(path)
        for name, source in sources.items():
            slow, fast = compare(source, rows, at_least)
            print(f"| {name} | {slow:,.0f} | {fast:,.0f} | {fast / slow:.0f} |")

    scenario = Scenario.of(TRACK, "center_line")
    compiled = Scenario.of(TRACK, "center_line", compiled=compile_checked(scenario).reward)
    print("\n| complete environment steps, driven cars | steps/s |\n|---|---:|")
    for name, one in (
        ("no reward", Scenario.of(TRACK, None)),
        ("center_line, interpreted", scenario),
        ("center_line, compiled", compiled),
    ):
        print(f"| {name} | {environment_rate(one, n_rounds):,.0f} |")

    first, second = start_times()
    print(f"\ncompiling center_line: {first:.2f} s, in a further process {second:.2f} s")


if __name__ == "__main__":
    main()
