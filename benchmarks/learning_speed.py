"""How soon a car laps: steps and seconds of training until 99 % of greedy laps are finished.

    python benchmarks/learning_speed.py [--seeds 5] [--algo vpg ppo a2c]

Each training stops at the first evaluation in which at least 99 % of 50 deterministic laps, from
evenly spaced starts, are finished; evaluations come every 2,000 steps or once an update, whichever
is later, and their time does not count. One process, one thread.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from racer.config.train_config import TrainConfig
from racer.training.train import RunResult, train

LIMITS = {"vpg": 150_000, "ppo": 250_000, "a2c": 250_000}
"""Environment steps after which a seed counts as failed."""


def learn(algo: str, seed: int, track: str, folder: Path) -> RunResult:
    """Train until the laps are finished, or to the limit."""
    config = TrainConfig.of(
        algo=algo,
        seed=seed,
        track=track,
        until_finish=0.99,
        steps=LIMITS[algo],
        eval_every=2_000,
        eval_trials=50,
    )
    return train(config, folder=folder / f"{algo}-{seed}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="steps and seconds until laps are finished")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--algo", nargs="+", default=list(LIMITS), choices=list(LIMITS))
    parser.add_argument("--track", default="reinvent_2018")
    options = parser.parse_args()
    print(f"{options.track}, center_line, {options.seeds} seeds\n")
    print("| algorithm | seeds that succeed | median steps | all steps | median s | all s |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        learn("vpg", 10_000, options.track, Path(scratch))  # compiles, and warms up
        for algo in options.algo:
            results = [
                learn(algo, seed, options.track, Path(scratch)) for seed in range(options.seeds)
            ]
            n_succeeded = sum(result.stop_reason == "until_finish" for result in results)
            steps = [result.total_steps for result in results]
            seconds = [result.seconds for result in results]
            cells = [
                f"{n_succeeded} of {len(results)}",
                f"{statistics.median(steps):,.0f}",
                ", ".join(f"{n:,}" for n in sorted(steps)),
                f"{statistics.median(seconds):.2f}",
                ", ".join(f"{s:.2f}" for s in sorted(seconds)),
            ]
            print(f"| {algo} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
