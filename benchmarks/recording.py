"""What recording every step costs: training speed with and without it, and bytes a step.

    python benchmarks/recording.py [--pairs 7] [--steps 60000] [--algo vpg]

Trainings come in pairs, with and without recording in turn; the same seed drives the same steps.
Processor time is measured, of all that ``train`` does (with two evaluations of one lap), so that
other programs disturb little; the cost is the median over the pairs. The worst case is measured
too: a world whose driver and reward function cost nothing. One process, one thread.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from racer.config.train_config import TrainConfig
from racer.env import Scenario, ScenarioVectorEnv
from racer.env.recording import RecordingSettings, StepRecorder, recording_schema
from racer.evaluation.recorded_steps import read_recording
from racer.run_files import STEPS
from racer.training.train import train


def training_time(folder: Path, options: argparse.Namespace, seed: int, *, record: bool) -> float:
    """Return microseconds a step of a training."""
    config = TrainConfig.of(
        algo=options.algo, steps=options.steps, seed=seed, record=record, eval_trials=1,
        eval_every=options.steps,
    )  # fmt: skip
    began = time.process_time()
    result = train(config, folder=folder)
    return 1e6 * (time.process_time() - began) / result.total_steps


def world_time(folder: Path, n_cars: int, *, record: bool) -> float:
    """Return microseconds a step of a world whose driver and reward function cost nothing."""
    scenario = Scenario.of("reinvent_2018", None)
    env = ScenarioVectorEnv(scenario, n_cars)
    env.reset(seed=0)
    env.world.reward = lambda measured, cars, rewards: None
    actions = np.random.default_rng(0).integers(10, size=(64, n_cars))
    recorder = None
    if record:
        facts = {"seed": 0, "reward": "", "reward_digest": ""}
        settings = RecordingSettings.of(env.world, scenario.actions, **facts)
        recorder = StepRecorder(folder / f"{n_cars}.arrows", settings)
        recorder.listen(env.world)
    n_steps = max(200_000 // n_cars, 200)
    began = time.process_time()
    for k in range(n_steps):
        if recorder is not None:
            recorder.actions = actions[k % 64]
        env.step(actions[k % 64])
    if recorder is not None:
        recorder.close()
    return 1e6 * (time.process_time() - began) / (n_steps * n_cars)


def recorder_share(folder: Path, options: argparse.Namespace) -> float:
    """Return the share of a training's seconds spent in the recorder, in percent.

    Both times come from one training, so a busy machine disturbs their ratio little.
    """
    spent = [0.0]

    def timed(function: Callable[..., None]) -> Callable[..., None]:
        def run(*arguments: Any) -> None:
            began = time.perf_counter()
            function(*arguments)
            spent[0] += time.perf_counter() - began

        return run

    keep, write = StepRecorder._keep, StepRecorder._write
    try:
        StepRecorder._keep, StepRecorder._write = timed(keep), timed(write)  # type: ignore[method-assign]
        config = TrainConfig.of(algo=options.algo, steps=options.steps, eval_trials=1)
        seconds = train(config, folder=folder).seconds
    finally:
        StepRecorder._keep, StepRecorder._write = keep, write  # type: ignore[method-assign]
    return 100.0 * spent[0] / (seconds - spent[0])


def row(name: str, pairs: list[tuple[float, float]]) -> str:
    """Return a row of the table of pairs (µs a step with recording, without)."""
    with_, without = (statistics.median(column) for column in zip(*pairs, strict=True))
    costs = sorted(100.0 * (a / b - 1.0) for a, b in pairs)
    return (
        f"| {name} | {without:.2f} | {with_:.2f} | {statistics.median(costs):+.1f} % "
        f"| {costs[0]:+.1f} to {costs[-1]:+.1f} % |"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="what recording costs")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--steps", type=int, default=60_000)
    parser.add_argument("--algo", default="vpg")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        recorder_share(Path(scratch) / "warm", options)  # compiles, and warms up
        shares = [recorder_share(Path(scratch) / str(k), options) for k in range(options.pairs)]
    print(f"added by the recorder, within trainings of {options.algo}: median ", end="")
    print(f"{statistics.median(shares):.2f} % (" + ", ".join(f"{s:.2f}" for s in shares) + ")\n")
    print("| what | µs a step without | with recording | cost, median of pairs | all pairs |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pairs = []
        for seed in range(options.pairs):
            first = seed % 2 == 0  # which of the two begins alternates
            took = {
                record: training_time(folder / f"{record}-{seed}", options, seed, record=record)
                for record in (first, not first)
            }
            pairs.append((took[True], took[False]))
        print(row(f"training, {options.algo}, 64 cars", pairs))
        for n_cars in (64, 1024):
            pairs = [
                (
                    world_time(folder, n_cars, record=True),
                    world_time(folder, n_cars, record=False),
                )
                for _ in range(options.pairs)
            ]
            print(row(f"world alone, {n_cars} cars", pairs))
        path = folder / "True-0" / STEPS
        recording = read_recording(path)
        schema = recording_schema(recording.settings)
        raw = sum(field.type.bit_width for field in schema) / 8
        size = path.stat().st_size / recording.n_steps
        print(f"\n{recording.n_steps:,} steps: {raw:.0f} bytes a step, {size:.1f} in the file")


if __name__ == "__main__":
    main()
