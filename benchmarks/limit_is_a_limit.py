"""How near trained cars come to the limit; ends with 1 if one laps faster than it by over 0.5 %.

    python benchmarks/limit_is_a_limit.py [--track oval bowtie ...] [--algo ppo] [--seeds 1]
        [--cpu-seconds 120] [--max-speed 4] [--n-actions 20] [NAME=VALUE ...]

Each training is given so many seconds of one core, whatever else the machine does, and its best
checkpoint drives 20 laps without luck. From four of their starts it is compared with the optimal
lap from there. NAME=VALUE are settings as of ``racer.train``. Needs racer[limit].
"""

import argparse
import math
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

from racer import api
from racer.evaluation import Evaluation
from racer.optimal import limit, reference, solve_lap
from racer.optimal.propose import propose_actions
from racer.track import load_track
from racer.vehicle import vehicle

TRIALS, COMPARED = 20, 5  # laps, and every so many of them is compared with its own limit
ALLOWED = 0.995  # of the limit: the program has nodes, and a car is judged 15 times a second
COLUMNS = ("track", "algo", "seed", "steps", "laps", "median", "limit", "ratio", "best of starts")


class Clock:
    """Says when a training has had its seconds of the processor, from its first question on."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, math.inf

    def is_over(self) -> bool:
        """Return whether they are over."""
        now = time.process_time()
        self._end = min(self._end, now + self._seconds)
        return now > self._end


def trained(
    track: str, algo: str, seed: int, options: argparse.Namespace, folder: Path
) -> tuple[Evaluation, int]:
    """Return the laps of a car that was trained as long as was asked for, and its steps."""
    lap = reference(load_track(track), vehicle("deepracer"), options.max_speed)
    settings: dict[str, Any] = {
        "steps": 10**9, "eval_every": 50_000, "record": False,
        "actions": propose_actions(lap, options.n_actions),
    }  # fmt: skip
    settings |= tomllib.loads("\n".join(options.settings))
    run = api.train(
        settings.pop("reward", "progress_per_step"),
        name=f"{Path(track).stem}-{algo}-{seed}",
        runs_dir=folder,
        track=track,
        algo=algo,
        seed=seed,
        should_stop=Clock(options.cpu_seconds).is_over,
        **settings,
    )
    return api.evaluate(run, trials=TRIALS), int(run.info["total_steps"])


def ratios(found: Evaluation, track: str, top_speed: float) -> list[float]:
    """Return lap times as multiples of the optimal laps from the same starts."""
    trials = [trial for trial in found.trials[::COMPARED] if trial.lap_time is not None]
    road, car = load_track(track), vehicle("deepracer")
    return [
        trial.lap_time / solve_lap(road, car, top_speed, standing=True, start=trial.start).lap_time
        for trial in trials
        if trial.lap_time is not None
    ]


def main() -> None:
    """Print a row a training; the worst of them decides."""
    parser = argparse.ArgumentParser(description="how near trained cars come to the limit")
    parser.add_argument("--track", nargs="+", default=["oval", "bowtie", "reinvent_2018"])
    parser.add_argument("--algo", nargs="+", default=["ppo"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--cpu-seconds", type=float, default=120.0)
    parser.add_argument("--max-speed", type=float, default=4.0)
    parser.add_argument("--n-actions", type=int, default=20)
    parser.add_argument("settings", nargs="*", metavar="NAME=VALUE", default=[])
    options = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    least = 1.0
    with tempfile.TemporaryDirectory() as scratch:
        for track in options.track:
            known = limit(load_track(track), vehicle("deepracer"), options.max_speed)
            for algo in options.algo:
                for seed in options.seeds:
                    found, steps = trained(track, algo, seed, options, Path(scratch))
                    near = ratios(found, track, options.max_speed)
                    median = found.median_lap_time
                    ratio = known.ratio(median)
                    cells = (
                        Path(track).stem, algo, seed, f"{steps:,}",
                        f"{len(found.lap_times)} of {TRIALS}",
                        f"{median:.2f} s" if median else "", str(known),
                        f"{ratio:.3f}" if ratio else "", f"{min(near):.3f}" if near else "",
                    )  # fmt: skip
                    print(f"| {' | '.join(map(str, cells))} |", flush=True)
                    least = min([least, *near])
    if least < ALLOWED:
        sys.exit(f"{least:.4f} of the limit: it is none")


if __name__ == "__main__":
    main()
