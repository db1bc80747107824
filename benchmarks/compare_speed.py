"""How long a comparison takes: reward functions × seeds × steps, from the command to the report.

    python benchmarks/compare_speed.py [--rewards 4] [--seeds 5] [--steps 100000] [--jobs 2]

The command runs as a user runs it, in an empty folder; a first one of a few steps has compiled the
simulator before. Below it: where the time of one training goes, in this process.
"""

import argparse
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from racer.config.train_config import TrainConfig
from racer.jobs import Event, InProcessExecutor, Listener, Phase, run_one
from racer.studies.plan import make_plan

REWARDS = ("center_line", "progress_per_step", "smooth_driver", "stay_inside")


def command(
    rewards: list[str], seeds: int, steps: int, jobs: int, folder: Path
) -> tuple[float, float]:
    """Return the seconds that ``racer compare`` takes, by the clock and of all processors."""
    words = ["compare", *rewards, "--seeds", seeds, "--steps", steps, "--jobs", jobs]
    begun, used = time.perf_counter(), _processor_seconds()
    subprocess.run([sys.executable, "-m", "racer", *map(str, words)], cwd=folder, check=True)
    return time.perf_counter() - begun, _processor_seconds() - used


def _processor_seconds() -> float:
    """Return the processor time of all child processes that have ended (s)."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class StopWatch(Listener):
    """Notes when each phase begins."""

    def __init__(self) -> None:
        """Begin without any."""
        self.marks: list[tuple[str, float]] = []

    def hear(self, name: str, event: Event) -> None:
        """Note a phase."""
        if isinstance(event, Phase):
            self.marks.append((event.text, time.perf_counter()))


def phases(reward: str, steps: int, folder: Path) -> dict[str, float]:
    """Return the seconds of each phase of one training and its evaluations."""
    plan = make_plan([reward, *[one for one in REWARDS if one != reward]],
                     TrainConfig.of(steps=steps), seeds=1)  # fmt: skip
    watch = StopWatch()
    run_one(InProcessExecutor(), plan.trainings(folder)[0].job(), watch)
    marks = watch.marks
    marks.append(("end", time.perf_counter()))
    pairs = itertools.pairwise(marks)
    return {name: after - before for (name, before), (_, after) in pairs}


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description="how long a comparison takes")
    parser.add_argument("--rewards", nargs="+", default=list(REWARDS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command(options.rewards[:2], 1, 1_000, options.jobs, folder)  # compiles
        seconds, used = command(options.rewards, options.seeds, options.steps, options.jobs, folder)
        print(
            f"\n{len(options.rewards)} reward functions, {options.seeds} seeds, "
            f"{options.steps:,} steps, {options.jobs} at a time: {seconds:.1f} s, "
            f"{used:.1f} s of processor time"
        )
        phases(options.rewards[0], 1_000, folder)  # imports
        for reward in options.rewards:
            found = phases(reward, options.steps, folder)
            print(reward, *(f"{name} {value:.2f} s" for name, value in found.items()), sep="  ")


if __name__ == "__main__":
    main()
