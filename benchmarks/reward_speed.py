"""Calls per second of reward functions, handed all params or only those that they look up.

    python benchmarks/reward_speed.py [--quick]

All figures come from one process with one thread. The rows paid are those of driven cars: 1,024
cars in the middle of an episode. What is compared is timed in turn, in processor time, and the
median of several rounds is shown, so that another program on the machine spoils both or neither.
"""

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from racer.env import Scenario, ScenarioVectorEnv, training_starts
from racer.evaluation import make_driver
from racer.kernels.layout import Floats
from racer.reward import RewardRunner, RewardSource, load_reward, track_facts

TRACK = "reinvent_2018"
N_CARS = 1024
N_WARM_UP = 60  # control steps until the cars are in the middle of an episode
N_DRIVEN = 120  # control steps of the driver that are repeated
ROUNDS = 7

SCAN = """
def reward_function(params):
    x, y = params["x"], params["y"]
    nearest = 1e9
    for wx, wy in params["waypoints"]:
        distance = (wx - x) * (wx - x) + (wy - y) * (wy - y)
        if distance < nearest:
            nearest = distance
    return max(1e-3, 1.0 - nearest)
"""

EXAMPLES = ("center_line", "progress_per_step", "stay_inside", "racing_line", "look_ahead")


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
    n_runs, begin = 0, time.process_time()
    while (taken := time.process_time() - begin) < at_least:
        run()
        n_runs += 1
    return taken / n_runs


def call_rates(source: RewardSource, rows: Floats, at_least: float) -> tuple[float, float]:
    """Return calls per second with all params, and with those that the function looks up.

    Both are timed in turn, in processor time, and the medians of the rounds are returned.
    """
    facts = [track_facts(Scenario.of(TRACK, None).track)]
    index, cars, rewards = np.zeros(N_CARS, np.int64), np.arange(N_CARS), np.zeros(N_CARS)
    every, some = (RewardRunner(source, facts, index, all_params=one) for one in (True, False))
    rounds = [
        (
            seconds(lambda: every(rows, cars, rewards), at_least),
            seconds(lambda: some(rows, cars, rewards), at_least),
        )
        for _ in range(ROUNDS)
    ]
    slow, fast = (N_CARS / statistics.median(one) for one in zip(*rounds, strict=True))
    return slow, fast


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
        begin = time.process_time()
        for action in actions:
            env.step(action)
        rates.append(N_CARS * N_DRIVEN / (time.process_time() - begin))
    return statistics.median(rates)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="calls of reward functions per second")
    parser.add_argument("--quick", action="store_true", help="shorter rounds")
    is_quick = parser.parse_args().quick
    at_least, n_rounds = (0.02, 5) if is_quick else (0.2, 15)
    rows = driven_rows()
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread, {N_CARS} cars\n")
    print("| reward function | all params, calls/s | those looked up, calls/s | ratio |")
    print("|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        sources = {name: load_reward(name) for name in EXAMPLES}
        path = Path(folder) / "scan.py"
        path.write_text(SCAN)
        sources["all waypoints"] = load_reward(path)
        for name, source in sources.items():
            slow, fast = call_rates(source, rows, at_least)
            print(f"| {name} | {slow:,.0f} | {fast:,.0f} | {fast / slow:.1f} |")
    print("\n| complete environment steps, driven cars | steps/s |\n|---|---:|")
    for name, one in (
        ("no reward", Scenario.of(TRACK, None)),
        *((name, Scenario.of(TRACK, name)) for name in ("center_line", "racing_line")),
    ):
        print(f"| {name} | {environment_rate(one, n_rounds):,.0f} |")


if __name__ == "__main__":
    main()
