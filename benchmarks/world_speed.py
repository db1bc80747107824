"""Environment steps per second: state only, with a reward function, and a peer beside them.

    python benchmarks/world_speed.py [--quick]

All figures come from one process with one thread. Steps are complete: actions, rules, reward,
physics, observation, and the reset of cars whose episode ended. *Driven* cars replay the actions of
the pure-pursuit driver and stay on the road, as cars do once they have learned a little; under
*random* actions a car leaves the track, and starts anew, after about 25 steps. CarRacing-v3
(``pip install "gymnasium[box2d]"``) is the track-driving environment that Gymnasium itself ships.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from racer.env import RacerEnv, Scenario, ScenarioVectorEnv, training_starts
from racer.evaluation import make_driver

REPEATS = 5
TRACK = "reinvent_2018"
N_LINES = 256  # cars whose actions are recorded; larger batches repeat them
N_STEPS = 120  # of these actions

Actions = list[NDArray[np.int64]]


def median_rate(run: Callable[[], int]) -> float:
    """Return the median of several runs, in steps per second; the first run warms up."""
    run()
    rates = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        n_steps = run()
        rates.append(n_steps / (time.perf_counter() - start))
    return statistics.median(rates)


def record_driver() -> Actions:
    """Return what pure pursuit does with 256 cars in 120 steps: a list of (256,) actions."""
    scenario = Scenario.of(TRACK, None)
    world = scenario.world(N_LINES)
    driver = make_driver("pure-pursuit", scenario.actions)
    actions = []
    for _ in range(N_STEPS):
        actions.append(driver.act(world))
        world.step(*scenario.actions.commands(actions[-1]))
    return actions


def batch_rate(n_cars: int, reward: str | None, n_steps: int, actions: Actions, seed: int) -> float:
    """Return steps per second of a vector environment that replays actions."""
    starts = np.resize(training_starts(N_LINES), n_cars)
    env = ScenarioVectorEnv(Scenario.of(TRACK, reward), n_cars, starts=starts)
    repeated = [np.resize(chosen, n_cars) for chosen in actions]
    n_rounds = max(1, n_steps // (n_cars * len(actions)))

    def run() -> int:
        for _ in range(n_rounds):
            env.reset(seed=seed)
            for chosen in repeated:
                env.step(chosen)
        return n_rounds * len(actions) * n_cars

    return median_rate(run)


def single_rate(make: Callable[[], gym.Env], n_steps: int) -> float:
    """Return steps per second of a single environment under random actions."""
    env = make()
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(64)]

    def run() -> int:
        for k in range(n_steps):
            _, _, terminated, truncated, _ = env.step(actions[k % 64])
            if terminated or truncated:
                env.reset()
        return n_steps

    rate = median_rate(run)
    env.close()
    return rate


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="environment steps per second")
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    n_steps = 100_000 if parser.parse_args().quick else 1_000_000
    driven = record_driver()
    rng = np.random.default_rng(0)
    random = [rng.integers(10, size=65_536) for _ in range(N_STEPS)]
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread\n")
    print("| what | steps a second |\n|---|---|")

    def row(what: str, rate: float) -> None:
        print(f"| {what} | {rate:,.0f} |")

    for n_cars in (1, 64, 1024, 8192, 65536):
        few = n_steps if n_cars > 1 else n_steps // 20
        row(f"state, {n_cars} cars, driven", batch_rate(n_cars, None, few, driven, 0))
    row("state, 1024 cars, random", batch_rate(1024, None, n_steps, random, 0))
    for name in ("center_line", "racing_line"):
        few = n_steps // (4 if name == "center_line" else 20)
        row(f"{name}, 1024 cars, driven", batch_rate(1024, name, few, driven, 0))
    row(
        "center_line, 64 cars, driven",
        batch_rate(64, "center_line", n_steps // 4, driven, 0),
    )
    row("`RacerEnv`, center_line", single_rate(RacerEnv, n_steps // 50))
    try:
        peer = single_rate(lambda: gym.make("CarRacing-v3", continuous=False), n_steps // 2000)
    except gym.error.DependencyNotInstalled as error:
        print(f"CarRacing-v3 was not measured: {error}")
    else:
        row("CarRacing-v3 of Gymnasium (96×96 pixels)", peer)


if __name__ == "__main__":
    main()
