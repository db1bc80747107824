"""Environment steps per second: state only, with an interpreted reward, and a peer beside them.

    python benchmarks/world_speed.py [--quick]

All figures come from one process with one thread. Steps are complete: actions, rules, reward,
physics, observation, and the reset of cars whose episode ended. CarRacing-v3 (``pip install
"gymnasium[box2d]"``) is the track-driving environment that Gymnasium itself ships.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import gymnasium as gym
import numpy as np

from racer.env import RacerEnv, RacerVectorEnv
from racer.track import load_track

REPEATS = 5


def median_rate(run: Callable[[], int]) -> float:
    """Return the median of several runs, in steps per second; the first run warms up."""
    run()
    rates = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        n_steps = run()
        rates.append(n_steps / (time.perf_counter() - start))
    return statistics.median(rates)


def vector_rate(
    n_cars: int, reward: str | None, n_steps: int, track: str = "reinvent_2018"
) -> float:
    """Return steps per second of a vector environment under random actions."""
    env = RacerVectorEnv(n_cars, track=track, reward_function=reward)
    env.reset(seed=0)
    n_calls = max(4, n_steps // n_cars)
    actions = np.random.default_rng(0).integers(10, size=(16, n_cars))

    def run() -> int:
        for k in range(n_calls):
            env.step(actions[k % 16])
        return n_calls * n_cars

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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    n_steps = 100_000 if parser.parse_args().quick else 1_000_000
    load_track("reinvent_2018")
    print(f"{platform.machine()}, Python {platform.python_version()}, 1 thread")
    print(f"{'what':<52} {'steps/s':>12}")
    for n_cars in (1, 64, 1024, 8192, 65536):
        rate = vector_rate(n_cars, None, n_steps if n_cars > 1 else n_steps // 50)
        print(f"{f'RacerVectorEnv, state, no reward, {n_cars} cars':<52} {rate:>12,.0f}")
    for n_cars in (64, 1024):
        rate = vector_rate(n_cars, "center_line", n_steps // 4)
        print(f"{f'RacerVectorEnv, interpreted center_line, {n_cars} cars':<52} {rate:>12,.0f}")
    rate = single_rate(RacerEnv, n_steps // 50)
    print(f"{'RacerEnv, interpreted center_line':<52} {rate:>12,.0f}")
    try:
        rate = single_rate(lambda: gym.make("CarRacing-v3", continuous=False), n_steps // 2000)
    except gym.error.DependencyNotInstalled as error:
        print(f"CarRacing-v3: {error}")
    else:
        print(f"{'CarRacing-v3 (96×96 pixels), gymnasium':<52} {rate:>12,.0f}")


if __name__ == "__main__":
    main()
