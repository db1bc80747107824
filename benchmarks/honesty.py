"""Is a comparison honest? How often it sees a difference that is not there, and one that is.

    python benchmarks/honesty.py [--resamples 2000]
    python benchmarks/honesty.py --train          # trains again, about ten minutes on one core

Many seeds of a few settings are trained once and kept in ``benchmarks/data/honesty.json``. From
these, seeds are drawn again and again. Drawn from one setting and called two (or three to six)
reward functions, every verdict is a false alarm. Drawn from two settings that differ, the share of
verdicts is the power. Nothing is drawn twice within a comparison.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from racer.evaluation.interval import wilson_interval
from racer.studies.pairs import ALPHA, compare_pairs
from racer.studies.scores import SeedScore

DATA = Path(__file__).parent / "data" / "honesty.json"

Z99_ONE_SIDED = 2.326348
"""Of the lower bound of a false-alarm rate: 99 %."""

COLUMNS = ("seed", "finish_rate", "completion", "lap_time", "race_time")
"""What the file keeps of a seed: what a verdict is made from."""

Pool = Sequence[SeedScore]


@dataclass(frozen=True)
class Setting:
    """One reward function with one budget, trained with many seeds."""

    reward: str
    steps: int
    n_seeds: int

    @property
    def name(self) -> str:
        """What the tables call it."""
        return f"{self.reward}, {self.steps:,} steps"


LEARNED = Setting("center_line", 20_000, 80)
HALF_LEARNED = Setting("center_line", 6_000, 80)
OTHERS = (
    Setting("stay_inside", 20_000, 64),
    Setting("progress_per_step", 20_000, 64),
    Setting("goal_only", 20_000, 64),
)
SETTINGS = (LEARNED, HALF_LEARNED, *OTHERS)


@dataclass(frozen=True)
class Rate:
    """How often something happened in many resamples."""

    hits: int
    resamples: int

    @property
    def value(self) -> float:
        """In [0, 1]."""
        return self.hits / self.resamples

    @property
    def lower_bound(self) -> float:
        """The lower 99 % bound."""
        return wilson_interval(self.hits, self.resamples, Z99_ONE_SIDED)[0]


def load(path: Path = DATA) -> dict[str, list[SeedScore]]:
    """Return the seeds of each setting, under its name."""
    content = json.loads(path.read_text("utf-8"))
    pools = {}
    for name, rows in content["seeds"].items():
        known = [dict(zip(content["columns"], row, strict=True)) for row in rows]
        pools[name] = [_score(name, values) for values in known]
    return pools


def draw(pool: Pool, n: int, k: int, rng: np.random.Generator) -> dict[str, list[SeedScore]]:
    """Return k groups of n seeds each from one pool, none twice, as if they were k rewards."""
    picked = rng.permutation(len(pool))[: k * n].reshape(k, n)
    return {f"name {i}": [pool[j] for j in row] for i, row in enumerate(picked)}


def false_alarms(pool: Pool, n: int, *, k: int = 2, resamples: int, seed: int = 0) -> Rate:
    """Return how often k equal reward functions get a verdict on any pair.

    Args:
        pool: seeds of one setting, at least k times n.
        n: seeds of each reward function.
        k: reward functions.
        resamples: how often to draw.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    hits = sum(
        any(pair.is_decided for pair in compare_pairs(draw(pool, n, k, rng), details=False))
        for _ in range(resamples)
    )
    return Rate(hits, resamples)


def power(
    better: Pool,
    worse: Pool,
    n: int,
    *,
    among: Sequence[Pool] = (),
    resamples: int,
    seed: int = 0,
) -> tuple[Rate, Rate]:
    """Return how often the better of two is found, and how often the worse one is called better.

    The two never share a seed: trained with the same one they begin alike.

    Args:
        better: seeds of the better one.
        worse: seeds of the other.
        n: seeds of each reward function.
        among: further reward functions that are compared with them.
        resamples: how often to draw.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    found = wrong = 0
    for _ in range(resamples):
        first = [better[i] for i in rng.permutation(len(better))[:n]]
        taken = {score.seed for score in first}
        rest = [score for score in worse if score.seed not in taken]
        second = [rest[i] for i in rng.permutation(len(rest))[:n]]
        others = {
            f"other {k}": [pool[i] for i in rng.permutation(len(pool))[:n]]
            for k, pool in enumerate(among)
        }
        pair = compare_pairs({"better": first, "worse": second, **others}, details=False)[0]
        found += pair.winner == "better"
        wrong += pair.winner == "worse"
    return Rate(found, resamples), Rate(wrong, resamples)


def halved(pool: Pool) -> Pool:
    """Return the seeds of a setting with all their times halved: a car twice as fast."""

    def half(seconds: float | None) -> float | None:
        return None if seconds is None else 0.5 * seconds

    return [
        replace(score, lap_time=half(score.lap_time), race_time=half(score.race_time))
        for score in pool
    ]


def second_look(pool: Pool, n: int, more: int, *, resamples: int, seed: int = 0) -> Rate:
    """Return how often two equal ones get a verdict if seeds are added after a first look."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(resamples):
        seeds = draw(pool, n + more, 2, rng)
        looks = ({name: scores[:m] for name, scores in seeds.items()} for m in (n, n + more))
        hits += any(compare_pairs(look, details=False)[0].is_decided for look in looks)
    return Rate(hits, resamples)


def advice(
    better: Pool, worse: Pool, n: int, *, resamples: int, seed: int = 0
) -> tuple[float | None, Rate, Rate]:
    """Return what the advice "about so many more seeds" is worth when n seeds settled nothing.

    Returns:
        The median of the advice (None: there was none), how often there was none, and how often the
        advised number of seeds, added to those that were there, settles it.
    """
    rng = np.random.default_rng(seed)
    told: list[int] = []
    settled = n_open = 0
    while n_open < resamples:
        first, second = (_sample(pool, n, rng) for pool in (better, worse))
        (pair,) = compare_pairs({"better": first, "worse": second})
        if pair.is_decided:
            continue
        n_open += 1
        if pair.more_seeds is not None:
            told.append(pair.more_seeds)
            first += _sample(better, pair.more_seeds, rng)
            second += _sample(worse, pair.more_seeds, rng)
            (again,) = compare_pairs({"better": first, "worse": second}, details=False)
            settled += again.is_decided
    return (
        float(np.median(told)) if told else None,
        Rate(n_open - len(told), n_open),
        Rate(settled, max(1, len(told))),
    )


def _sample(pool: Pool, n: int, rng: np.random.Generator) -> list[SeedScore]:
    """Return n seeds of a pool, drawn with replacement."""
    return [pool[i] for i in rng.integers(len(pool), size=n)]


def _score(name: str, values: Mapping[str, Any]) -> SeedScore:
    """Return a seed of the file; what it does not hold decides nothing."""
    return SeedScore(
        reward=name, condition="main", best_lap_time=None, off_tracks=0.0, steering_change=0.0,
        steps_to_first_lap=None, steps_to_finish=None, last_finish_rate=0.0, **values,
    )  # fmt: skip


# --- training ---


def train_all(path: Path) -> None:
    """Train every setting, and write the file with the settings, versions and date."""
    from racer.runs.provenance import provenance

    seeds = {}
    with tempfile.TemporaryDirectory() as scratch:
        for setting in SETTINGS:
            print(setting.name, flush=True)
            scores = [train_one(setting, i, Path(scratch)) for i in range(setting.n_seeds)]
            seeds[setting.name] = [[getattr(one, name) for name in COLUMNS] for one in scores]
    about = {
        "what": "vpg on reinvent_2018, 20 trials a seed; made by benchmarks/honesty.py --train",
        "date": datetime.now(UTC).date().isoformat(),
        "versions": provenance()["versions"],
    }
    write(path, about, seeds)


def train_one(setting: Setting, seed: int, folder: Path) -> SeedScore:
    """Train and evaluate one seed as ``racer compare`` does."""
    from racer.config.train_config import TrainConfig
    from racer.jobs import InProcessExecutor, run_one
    from racer.reward import load_reward
    from racer.studies.training import Outcome, Training

    config = TrainConfig.of(
        reward=setting.reward, seed=seed, steps=setting.steps, eval_every=setting.steps // 4
    )
    training = Training(
        reward=setting.reward,
        learner=config.algo,
        config=config.model_dump(),
        source=load_reward(setting.reward),
        folder=folder / f"{setting.reward}-{setting.steps}-{seed}",
        roads={config.track[0]: {"track": config.track[0]}},
        trials=config.eval_trials,
    )
    ending = run_one(InProcessExecutor(), training.job())
    assert ending is not None  # nobody kills it
    outcome = Outcome.of(ending)
    if outcome.error is not None:
        raise SystemExit(f"{setting.name}, seed {seed}: {outcome.error}")
    return outcome.scores[0]


def write(path: Path, about: Mapping[str, Any], seeds: Mapping[str, list[list[Any]]]) -> None:
    """Write the file, a seed a line."""
    blocks = []
    for name, rows in seeds.items():
        lines = ",\n".join(f"   {json.dumps([_short(value) for value in row])}" for row in rows)
        blocks.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
    head = json.dumps({**about, "columns": COLUMNS}, indent=1)[:-2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{head},\n "seeds": {{\n{",".join(blocks)}\n }}\n}}\n', "utf-8")


def _short(value: Any) -> Any:
    """Return a number with six digits behind the point."""
    return round(value, 6) if isinstance(value, float) else value


# --- tables ---


def print_false_alarms(pools: Mapping[str, Pool], resamples: int) -> None:
    """Print how often equal reward functions get a verdict."""
    print("| setting | seeds that succeed | reward functions | 5 seeds | 10 seeds | 20 seeds |")
    print("|---|---|---|---|---|---|")
    for name, pool in pools.items():
        good = f"{100 * np.mean([score.succeeded for score in pool]):.0f} %"
        for k in (2, 3, 4, 5, 6):
            rates = [
                false_alarms(pool, n, k=k, resamples=resamples) if k * n <= len(pool) else None
                for n in (5, 10, 20)
            ]
            cells = [_alarm_text(rate) for rate in rates]
            print(f"| {name} | {good} | {k} | {' | '.join(cells)} |", flush=True)


def _alarm_text(rate: Rate | None) -> str:
    if rate is None:
        return "–"
    mark = "" if rate.lower_bound <= ALPHA else " TOO MANY"
    return f"{100 * rate.value:.1f} %{mark}"


def print_power(pools: Mapping[str, Pool], resamples: int) -> None:
    """Print how often a difference is found, between two and among five."""
    print("| better | worse | compared | 5 seeds | 10 seeds | 20 seeds | worse called better |")
    print("|---|---|---|---|---|---|---|")
    learned, half = pools[LEARNED.name], pools[HALF_LEARNED.name]
    inside, fast, goal = (pools[setting.name] for setting in OTHERS)
    rows = (
        ("half the lap time", LEARNED.name, halved(learned), learned, (fast, half, inside)),
        ("half the lap time", LEARNED.name, halved(learned), learned, (fast, goal, inside)),
        (LEARNED.name, OTHERS[2].name, learned, goal, ()),
        (OTHERS[1].name, LEARNED.name, fast, learned, ()),
        (OTHERS[1].name, LEARNED.name, fast, learned, (half, goal, inside)),
        (LEARNED.name, HALF_LEARNED.name, learned, half, ()),
        (LEARNED.name, OTHERS[0].name, learned, inside, ()),
    )
    for better, worse, first, second, among in rows:
        rates = [
            power(
                first, second, n, among=among, resamples=resamples if not among else resamples // 5
            )
            for n in (5, 10, 20)
        ]
        cells = [f"{100 * found.value:.0f} %" for found, _ in rates]
        wrong = max(rate.value for _, rate in rates)
        n_compared = 2 + len(among)
        print(
            f"| {better} | {worse} | {n_compared} | {' | '.join(cells)} | {100 * wrong:.1f} % |",
            flush=True,
        )


def print_habits(pools: Mapping[str, Pool], resamples: int) -> None:
    """Print what a second look costs, and what the advised number of seeds is worth."""
    for n, more in ((5, 5), (10, 10)):
        rate = second_look(pools[HALF_LEARNED.name], n, more, resamples=resamples)
        print(f"false alarms with a look at {n} and at {n + more} seeds: {100 * rate.value:.1f} %")
    pairs = (
        (LEARNED.name, HALF_LEARNED.name),
        (OTHERS[1].name, LEARNED.name),
        (OTHERS[1].name, HALF_LEARNED.name),
        (LEARNED.name, OTHERS[0].name),
    )
    for better, worse in pairs:
        for n in (5, 10):
            middle, silent, settled = advice(
                pools[better], pools[worse], n, resamples=max(1, resamples // 10)
            )
            more = "none" if middle is None else f"{middle:.0f} more (median)"
            print(
                f"{better} and {worse}, {n} seeds settle nothing: advice {more}, none in "
                f"{100 * silent.value:.0f} %; followed it settles {100 * settled.value:.0f} %",
                flush=True,
            )


def main() -> None:
    """Print the tables of docs/comparing.md."""
    parser = argparse.ArgumentParser(description="false alarms and power of racer compare")
    parser.add_argument("--resamples", type=int, default=2_000)
    parser.add_argument("--train", action="store_true", help="train again first")
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    if options.train:
        train_all(options.data)
    pools = load(options.data)
    print_false_alarms(pools, options.resamples)
    print()
    print_power(pools, options.resamples)
    print()
    print_habits(pools, options.resamples)


if __name__ == "__main__":
    main()
