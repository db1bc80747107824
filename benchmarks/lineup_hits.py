"""How often the check of a reward function is right on whether a car will lap with it.

    python benchmarks/lineup_hits.py                      # checks again, and prints both tables
    python benchmarks/lineup_hits.py --train [NAME …]     # trains again: a minute a function

``lineup_rewards/`` holds reward functions written for this in the manner of public ones: those that
lap, and those that do not. Each was trained as ``racer train`` does by default with a few seeds;
what came of it is kept in ``data/lineup_hits.json``. A function laps if with at least half of the
seeds the car that is handed out finishes 95 % of its laps. The check was improved while looking at
those in ``seen/``; those in ``held_out/`` were written before, and looked at when it was done.
"""

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
DATA = HERE / "data" / "lineup_hits.json"
SEEDS = {"seen": (1, 2, 3), "held_out": (1, 2)}
"""Of the trainings with each function of a set."""
FINISHES = 0.95
"""Share of laps that a car finishes which laps."""


def reward_files(part: str) -> list[Path]:
    """Return the reward functions of a set."""
    return sorted((HERE / "lineup_rewards" / part).glob("*.py"))


def train_once(path: Path, seed: int) -> dict[str, Any]:
    """Return what came of one training at the defaults: of the best checkpoint, and of the last."""
    import racer

    with tempfile.TemporaryDirectory() as folder:
        run = racer.train(str(path), runs_dir=folder, seed=seed)
        summary = run.evaluation
        return {
            "seed": seed,
            "finish_rate": summary.finish_rate,
            "lap_time": summary.median_lap_time,
            "completion": summary.completion,
            "last_finish_rate": float(run.evaluations["finish_rate"][-1]),
        }


def train(names: list[str]) -> None:
    """Train functions, all without names, and write what came of it after each."""
    found = json.loads(DATA.read_text("utf-8")) if DATA.exists() else {}
    for part, seeds in SEEDS.items():
        for path in reward_files(part):
            if not names or path.stem in names:
                found[path.stem] = [train_once(path, seed) for seed in seeds]
                DATA.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
                print(path.stem, [one["finish_rate"] for one in found[path.stem]], flush=True)


@dataclass(frozen=True)
class Row:
    """A reward function: what was expected of it, and what came of it."""

    name: str
    expected: bool | None
    why: str
    """The kinds of warnings behind it."""
    finish_rates: tuple[float, ...]
    lap_time: float | None

    @property
    def laps(self) -> bool:
        """Whether it laps."""
        return float(np.mean([rate >= FINISHES for rate in self.finish_rates])) >= 0.5

    def cells(self) -> list[str]:
        """Return the row of the table."""
        words = {True: "laps", False: "no laps", None: "nothing"}
        rates = ", ".join(f"{100 * rate:.0f}" for rate in self.finish_rates)
        lap = "–" if self.lap_time is None else f"{self.lap_time:.1f} s"
        is_right = "" if self.expected == self.laps else "**miss**"
        return [f"`{self.name}`", words[self.expected], self.why or "–", rates, lap, is_right]


def check_all(part: str) -> list[Row]:
    """Return the rows of a set; those that were not trained are left out."""
    from racer.env import Scenario
    from racer.reward_lab import check

    trained = json.loads(DATA.read_text("utf-8"))
    rows = []
    for path in reward_files(part):
        if path.stem not in trained:
            continue
        found = check(Scenario.of("reinvent_2018", path), seconds=None)
        warned = [one.code for one in found.findings if one.severity != "note"]
        times = [one["lap_time"] for one in trained[path.stem] if one["finish_rate"] >= FINISHES]
        rows.append(
            Row(
                path.stem, found.expects_laps, ", ".join(dict.fromkeys(warned)),
                tuple(one["finish_rate"] for one in trained[path.stem]),
                float(np.median(times)) if times else None,
            )
        )  # fmt: skip
    return rows


def main() -> None:
    """Train, or check and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train", nargs="*", metavar="NAME")
    names = parser.parse_args().train
    if names is not None:
        train(names)
        return
    for part in SEEDS:
        rows = check_all(part)
        n_right = sum(one.expected == one.laps for one in rows)
        print(f"\n{part}: {n_right} of {len(rows)} right\n")
        print("| function | expected | warned of | laps finished, each seed (%) | lap | |")
        print("|---|---|---|---|---|---|")
        for one in rows:
            print("| " + " | ".join(one.cells()) + " |")


if __name__ == "__main__":
    main()
